//! The rows of the activity.

use authtuna::audit::{Activity, Event};
use authtuna::model::id::UserId;
use authtuna::model::time::Timestamp;
use leptos::prelude::*;

use crate::i18n::Lang;
use crate::messages;
use crate::ui::components::{Tile, Tone};
use crate::ui::time::Time;

/// The events, newest first.
#[component]
pub(super) fn Events(t: Lang, now: Timestamp, viewer: UserId, events: Vec<Activity>) -> impl IntoView {
    let line = move |event: Activity| {
        let (icon, tone) = picture(messages::event_of(&event));
        let mut about = Vec::new();
        if event.actor.is_some_and(|actor| actor != viewer) {
            // An administrator's location is not disclosed.
            about.push(t.activity_by_other().to_owned());
        } else {
            about.extend(
                event
                    .device
                    .as_deref()
                    .filter(|device| !device.is_empty())
                    .map(|name| messages::device(t, name)),
            );
            about.extend(messages::place(t, event.city.as_deref(), event.country.as_deref()));
            about.extend(event.ip.as_deref().map(|ip| t.activity_from(ip)));
        }
        view! {
            <li>
                <Tile icon tone/>
                <div class="grow">
                    <h3>{messages::event(t, &event)}</h3>
                    <p class="meta">{about.join(" · ")}</p>
                </div>
                <Time t now at=event.at/>
            </li>
        }
    };
    view! { <ul class="list">{events.into_iter().map(line).collect_view()}</ul> }
}

fn picture(event: Option<Event>) -> (&'static str, Tone) {
    let Some(event) = event else { return ("clock", Tone::Plain) };
    match event {
        Event::LoginSuccess => ("enter", Tone::Plain),
        Event::LoginFailed | Event::LoginLocked | Event::SessionInvalidated | Event::PasswordChangeFailed => {
            ("alert", Tone::Warn)
        }
        Event::PasswordChanged | Event::PasswordResetCompleted | Event::TokenUsed | Event::LoginUnlocked => {
            ("key", Tone::Plain)
        }
        Event::SessionCreated | Event::SessionIpUpdated => ("laptop", Tone::Plain),
        Event::SessionTerminated | Event::SessionsTerminatedAll => ("leave", Tone::Plain),
        Event::RoleAssigned
        | Event::RoleRemoved
        | Event::RoleCreated
        | Event::RoleUpdated
        | Event::RoleDeleted
        | Event::PermissionCreated
        | Event::PermissionUpdated
        | Event::PermissionDeleted => ("tag", Tone::Plain),
        Event::UserSuspended | Event::UserDeleted => ("lock", Tone::Warn),
        Event::UserCreated | Event::UserUpdated | Event::UserUnsuspended | Event::UserRestored => {
            ("person", Tone::Plain)
        }
        Event::UserRead | Event::AuditRead => ("eye", Tone::Plain),
        Event::CodeFailed
        | Event::MfaFailed
        | Event::MfaDisabled
        | Event::PasskeyBlocked
        | Event::ConfirmationFailed
        | Event::MailRequestsLimited
        | Event::MailFailed => ("alert", Tone::Warn),
        Event::PasskeyAdded | Event::PasskeyRenamed | Event::PasskeyRemoved => ("passkey", Tone::Plain),
        Event::MfaRequired
        | Event::MfaSucceeded
        | Event::MfaEnabled
        | Event::BackupCodesRegenerated
        | Event::DeviceTrusted
        | Event::Confirmed => ("shield", Tone::Plain),
        Event::ConfirmationRequested
        | Event::SignUpRequested
        | Event::EmailVerificationRequested
        | Event::EmailVerified
        | Event::PasswordResetRequested
        | Event::PasswordlessLoginRequested
        | Event::EmailChangeRequested
        | Event::EmailChanged
        | Event::EmailChangeUndone
        | Event::MailRetried
        | Event::MailsRead
        | Event::MailTested => ("mail", Tone::Plain),
        Event::Provisioned => ("gear", Tone::Plain),
        Event::RecoveryStarted | Event::RecoveryHastened | Event::RecoveryCompleted | Event::MfaUndone => {
            ("alert", Tone::Warn)
        }
        Event::RecoveryRequested | Event::RecoveryCancelled => ("shield", Tone::Plain),
    }
}
