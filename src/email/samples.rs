//! One letter of every kind: for the tests, and for whoever looks at templates.

use std::time::Duration;

use url::Url;

use super::message::{Circumstances, Message};
use super::outbox::Letter;
use crate::model::time::Timestamp;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A letter of every kind, in the order of [`Message::KINDS`]. Their links lead to `base` and open nothing.
pub fn samples(base: &Url, now: Timestamp) -> Vec<Letter> {
    let base = base.as_str().trim_end_matches('/');
    let to = |path: &str| format!("{base}{path}");
    let once = |path: &str| format!("{base}{path}?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let code = || "204816".to_owned();
    let circumstances = || Circumstances {
        at: now,
        device: "Firefox on Linux".to_owned(),
        ip: "192.0.2.1".to_owned(),
        place: "Lyon, FR".to_owned(),
    };
    let settings = || to("/ui/settings");
    let text = str::to_owned;
    let messages = vec![
        Message::SignUp { link: once("/auth/verify-email"), code: code() },
        Message::SignUpTaken { sign_in: to("/auth/login"), reset: to("/auth/forgot-password") },
        Message::Verification { link: once("/auth/verify-email"), code: code() },
        Message::PasswordReset { link: once("/auth/reset-password"), code: code() },
        Message::MagicLink { link: once("/auth/magic-link"), code: code() },
        Message::Welcome { link: to("/ui/dashboard") },
        Message::NewDevice { circumstances: circumstances(), link: to("/ui/settings/sessions") },
        Message::PasswordChanged { circumstances: circumstances(), link: to("/auth/forgot-password") },
        Message::EmailChange { link: once("/ui/settings/email/confirm"), code: code() },
        Message::EmailChangeTaken { circumstances: circumstances() },
        Message::EmailChanged { link: settings() },
        Message::EmailChangedOld {
            circumstances: circumstances(),
            undo: once("/auth/change-email/undo"),
            hours: 72,
        },
        Message::EmailChangeUndone { circumstances: circumstances() },
        Message::FactorAdded { circumstances: circumstances(), factor: text("totp"), link: settings() },
        Message::FactorRemoved {
            circumstances: circumstances(),
            factor: text("backup_codes"),
            link: settings(),
        },
        Message::PasskeyAdded {
            circumstances: circumstances(),
            passkey: text("Ana’s phone"),
            link: settings(),
        },
        Message::PasskeyRemoved {
            circumstances: circumstances(),
            passkey: text("Ana’s phone"),
            link: settings(),
        },
        Message::PasskeyBlocked {
            circumstances: circumstances(),
            passkey: text("Ana’s key ring"),
            link: settings(),
        },
        Message::BackupCodesLow { left: 2, link: settings() },
        Message::SocialConnected {
            circumstances: circumstances(),
            provider: text("GitHub"),
            link: settings(),
        },
        Message::OrganizationInvitation {
            inviter: text("Bo Larsen"),
            organization: text("Blue Kayak"),
            link: once("/organizations/join"),
            until: now.plus(7 * DAY),
        },
        Message::TeamInvitation {
            inviter: text("Bo Larsen"),
            organization: text("Blue Kayak"),
            team: text("Paddles"),
            link: once("/organizations/join"),
            until: now.plus(7 * DAY),
        },
        Message::RecoveryStarted {
            circumstances: circumstances(),
            until: now.plus(2 * DAY),
            cancel: once("/auth/recovery/cancel"),
        },
        Message::RecoveryCancelled { circumstances: circumstances(), link: to("/ui/settings/sessions") },
        Message::RecoveryDone { circumstances: circumstances(), link: settings() },
        Message::AccountSuspended {},
        Message::DeletionScheduled { until: now.plus(30 * DAY), link: settings() },
        Message::ExportReady { link: once("/ui/export"), until: now.plus(7 * DAY) },
        Message::ConfirmAct { act: text("delete_account"), link: once("/auth/confirm"), code: code() },
        Message::SelfTest {},
        Message::RecoveryRequest { link: once("/auth/recovery/start"), code: code(), wait: 3 * 24 * 60 },
        Message::RecoveryReminder { until: now.plus(DAY), cancel: once("/auth/recovery/cancel") },
        Message::RecoveryReady {
            link: once("/auth/recovery/finish"),
            until: now.plus(7 * DAY),
            cancel: once("/auth/recovery/cancel"),
        },
        Message::FirstFactor {
            circumstances: circumstances(),
            factor: text("totp"),
            undo: once("/auth/recovery/undo"),
            hours: 72,
        },
    ];
    messages.into_iter().map(|message| letter(message, now)).collect()
}

fn letter(message: Message, now: Timestamp) -> Letter {
    let serves_once = matches!(
        message,
        Message::SignUp { .. }
            | Message::Verification { .. }
            | Message::PasswordReset { .. }
            | Message::MagicLink { .. }
            | Message::EmailChange { .. }
            | Message::ConfirmAct { .. }
            | Message::RecoveryRequest { .. }
    );
    let named = !matches!(message, Message::SignUp { .. } | Message::SelfTest {});
    Letter {
        to: "ana@example.org".to_owned(),
        name: if named { "Ana".to_owned() } else { String::new() },
        user: None,
        language: None,
        expires_at: serves_once.then(|| now.plus(HOUR)),
        message,
    }
}
