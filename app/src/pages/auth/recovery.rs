//! `/auth/recovery` and the pages that its emails link to, for users who lost all second factors.

use authtuna::auth::Auth;
use authtuna::authn::recovery::Recovery;
use authtuna::model::paths::{LOGIN, RECOVERY, RECOVERY_CANCEL};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::token;
use crate::api::recovery::{
    CancelRecovery, FinishRecovery, RequestRecovery, StartRecovery, StopRecovery, UndoFactors,
};
use crate::i18n::{Lang, lang};
use crate::islands::form::Form;
use crate::messages;
use crate::ui::code::{CodeField, CodeKind};
use crate::ui::email_challenge::{
    ActionForm, Again, CheckInbox, Dead, NoMail, NotWaiting, Unlisted, awaited, sends,
};
use crate::ui::form::{Field, Left, Submit, form_words};
use crate::ui::load::load;
use crate::ui::recovery::recovers;
use crate::ui::sign_in::{Entry, product};

/// The form of the second page.
const FORM: (&str, &str) = (StartRecovery::PATH, "start-recovery");

/// Asks for the email to start a recovery.
#[component]
pub(crate) fn AskRecovery() -> impl IntoView {
    let t = lang();
    if !recovers() {
        return Either::Left(off(t));
    }
    let left = Left::take(t);
    let tried = left.tried("request-recovery");
    let below = move || {
        view! {
            <p class="below">{t.recovery_stop_ask()} " " <a href=RECOVERY_CANCEL>{t.recovery_stop_act()}</a></p>
            <p class="below"><a href=LOGIN>{t.recovery_back()}</a></p>
        }
    };
    let subtitle = t.recovery_subtitle(&waiting_time(t));
    Either::Right(view! {
        <Entry t title=t.recovery_title() heading=t.recovery_heading().to_owned() subtitle icon="key" below>
            {left.notice(Some("request-recovery"))}
            <Form action=RequestRecovery::PATH.to_owned() words=form_words(t) said=tried.about_form(&["email"])>
                <Field name="email" label=t.field_email() kind="email" autocomplete="email" focus=tried.is_new() tried=tried.clone()/>
                <Submit label=t.forgot_submit() busy=t.forgot_busy() wide=true/>
            </Form>
        </Entry>
    })
}

/// Waits for the email; with a token, starts the recovery.
#[component]
pub(crate) fn StartRecoveryPage() -> impl IntoView {
    let t = lang();
    if !recovers() {
        return EitherOf3::A(off(t));
    }
    let left = Left::take(t);
    let Some(token) = token() else { return EitherOf3::B(check_inbox(t, left)) };
    let subtitle = t.recovery_start_body(&waiting_time(t));
    let below = move || view! { <p class="below"><a href=LOGIN>{t.confirm_cancel()}</a></p> };
    EitherOf3::C(load(move |auth: Auth, _| async move {
        Ok(if auth.recovery.request_link_works(&token).await? {
            Either::Left(view! {
                <ActionForm
                    t
                    title=t.recovery_title()
                    heading=t.recovery_start_heading().to_owned()
                    subtitle
                    icon="clock"
                    form=FORM
                    token
                    left
                    submit=t.recovery_start_submit().to_owned()
                    busy=t.recovery_start_busy()
                    below
                />
            })
        } else {
            Either::Right(
                view! { <Dead t title=t.recovery_title() to=RECOVERY.to_owned() word=t.reset_again() left/> },
            )
        })
    }))
}

fn check_inbox(t: Lang, left: Left) -> impl IntoView {
    let Some(address) = awaited() else {
        return Either::Left(
            view! { <NotWaiting t title=t.recovery_title() to=RECOVERY.to_owned() word=t.reset_again()/> },
        );
    };
    let email = address.clone();
    let again = move || view! { <Again t action=RequestRecovery::PATH fields=vec![("email", email)]/> };
    Either::Right(view! {
        <CheckInbox
            t
            title=t.inbox_title()
            subtitle=t.recovery_sent_if()
            address
            form=FORM
            submit=t.recovery_start_submit()
            left
            again
            other=RECOVERY.to_owned()
        />
    })
}

/// Stops a recovery: with the token of an email, or else with a code.
#[component]
pub(crate) fn CancelRecoveryPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let Some(token) = token() else { return Either::Left(stop_by_code(t, left)) };
    Either::Right(load(move |auth: Auth, _| async move {
        Ok(match auth.recovery.to_cancel(&token).await? {
            Some(_) => Either::Left(view! {
                <ActionForm
                    t
                    title=t.recovery_title()
                    heading=t.recovery_cancel_heading().to_owned()
                    subtitle=t.recovery_cancel_body().to_owned()
                    icon="shield"
                    form=(CancelRecovery::PATH, "cancel-recovery")
                    token
                    left
                    submit=t.recovery_cancel_submit().to_owned()
                    busy=t.recovery_cancel_busy()
                />
            }),
            None => Either::Right(over(t, left)),
        })
    }))
}

fn stop_by_code(t: Lang, left: Left) -> impl IntoView {
    let tried = left.tried("stop-recovery");
    let below = move || view! { <p class="below"><a href=LOGIN>{t.recovery_back()}</a></p> };
    view! {
        <Entry
            t
            title=t.recovery_stop_title()
            heading=t.recovery_stop_heading().to_owned()
            subtitle=t.recovery_stop_body().to_owned()
            icon="shield"
            below
        >
            {left.notice(Some("stop-recovery"))}
            <Form action=StopRecovery::PATH.to_owned() words=form_words(t) said=tried.about_form(&["identifier", "code"])>
                <Field
                    name="identifier"
                    label=t.field_identifier()
                    autocomplete="username"
                    focus=tried.is_new()
                    tried=tried.clone()
                />
                <CodeField
                    kind=CodeKind::Backup
                    label=t.field_any_code()
                    note=t.field_any_code_note()
                    error=tried.error("code")
                    focus=tried.error("code").is_some()
                />
                <Submit label=t.recovery_cancel_submit() busy=t.recovery_cancel_busy() wide=true/>
            </Form>
        </Entry>
    }
}

/// Removes the second factors, once the delay is over.
#[component]
pub(crate) fn FinishRecoveryPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let token = token().unwrap_or_default();
    load(move |auth: Auth, _| async move {
        let now = auth.clock.now();
        Ok(match auth.recovery.to_finish(&token).await? {
            Some(open) if open.due_at > now => EitherOf3::A(early(t, open)),
            Some(_) => EitherOf3::B(view! {
                <ActionForm
                    t
                    title=t.recovery_title()
                    heading=t.recovery_finish_heading().to_owned()
                    subtitle=t.recovery_finish_body().to_owned()
                    icon="alert"
                    form=(FinishRecovery::PATH, "finish-recovery")
                    token
                    left
                    submit=t.recovery_finish_submit().to_owned()
                    busy=t.recovery_finish_busy()
                    danger=true
                    below=move || keep(t)
                />
            }),
            None => EitherOf3::C(over(t, left)),
        })
    })
}

/// Removes all second factors again, for a user who did not add the first one.
#[component]
pub(crate) fn UndoFactorsPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let token = token().unwrap_or_default();
    load(move |auth: Auth, _| async move {
        Ok(if auth.recovery.undo_link_works(&token).await? {
            Either::Left(view! {
                <ActionForm
                    t
                    title=t.recovery_title()
                    heading=t.recovery_undo_heading().to_owned()
                    subtitle=t.recovery_undo_body().to_owned()
                    icon="alert"
                    form=(UndoFactors::PATH, "undo-factors")
                    token
                    left
                    submit=t.recovery_undo_submit().to_owned()
                    busy=t.recovery_undo_busy()
                    danger=true
                />
            })
        } else {
            Either::Right(view! {
                <Dead
                    t
                    title=t.recovery_title()
                    body=t.recovery_undo_dead_body()
                    to=RECOVERY.to_owned()
                    word=t.recovery_undo_dead_act()
                    left
                />
            })
        })
    })
}

/// The way out, because this link can only finish the recovery. A signed-in user finds the button
/// that stops it on every page of the account, and signing in with a second factor stops it too.
fn keep(t: Lang) -> impl IntoView {
    view! {
        <p class="below">
            {t.recovery_keep()} " " <a href=LOGIN>{t.recovery_keep_act()}</a> <br/> {t.recovery_keep_mail()}
        </p>
    }
}

/// Shown before the delay is over.
fn early(t: Lang, open: Recovery) -> impl IntoView {
    let (_, until) = messages::exactly(t, open.due_at);
    let subtitle = t.recovery_early_body(&until);
    view! {
        <Unlisted/>
        <Entry t title=t.recovery_title() heading=t.recovery_early_heading().to_owned() subtitle icon="clock">
            <a class="button primary wide" href=LOGIN>{t.inbox_to_sign_in()}</a>
        </Entry>
    }
}

/// Shown for a link of a recovery that is over.
fn over(t: Lang, left: Left) -> impl IntoView {
    view! {
        <Dead
            t
            title=t.recovery_title()
            body=t.recovery_over_body()
            to=LOGIN.to_owned()
            word=t.inbox_to_sign_in()
            left
        />
    }
}

/// Shown when users cannot recover their accounts themselves.
fn off(t: Lang) -> impl IntoView {
    if !sends() {
        return Either::Left(view! { <NoMail t title=t.recovery_title()/> });
    }
    let body = t.recovery_off_body(&product());
    Either::Right(view! {
        <Entry t title=t.recovery_title() heading=t.inbox_closed_heading().to_owned() subtitle=body icon="alert">
            <a class="button primary wide" href=LOGIN>{t.inbox_to_sign_in()}</a>
        </Entry>
    })
}

/// Returns the delay, in words.
fn waiting_time(t: Lang) -> String {
    crate::viewer::auth()
        .map_or_else(|_| String::new(), |auth| messages::in_words(t, auth.settings().mfa.recovery_delay))
}
