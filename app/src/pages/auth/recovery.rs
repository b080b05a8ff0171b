//! `/auth/recovery` and what its mails lead to: for whoever lost all second factors.

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
use crate::islands::form::Form;
use crate::say;
use crate::ui::code::{CodeField, CodeKind};
use crate::ui::entry::{Entry, product};
use crate::ui::form::{Field, Left, Submit, form_words};
use crate::ui::inbox::{Act, Again, CheckInbox, Dead, NoMail, NotWaiting, Unlisted, awaited, sends};
use crate::ui::load::load;
use crate::ui::recovery::recovers;
use crate::words::{Lang, words};

/// The form of the second page.
const FORM: (&str, &str) = (StartRecovery::PATH, "start-recovery");

/// Asking for the mail.
#[component]
pub(crate) fn AskRecovery() -> impl IntoView {
    let w = words();
    if !recovers() {
        return Either::Left(off(w));
    }
    let left = Left::take(w);
    let tried = left.tried("request-recovery");
    let below = move || {
        view! {
            <p class="below">{w.recovery_stop_ask()} " " <a href=RECOVERY_CANCEL>{w.recovery_stop_act()}</a></p>
            <p class="below"><a href=LOGIN>{w.recovery_back()}</a></p>
        }
    };
    let subtitle = w.recovery_subtitle(&waiting_time(w));
    Either::Right(view! {
        <Entry w title=w.recovery_title() heading=w.recovery_heading().to_owned() subtitle icon="key" below>
            {left.notice(Some("request-recovery"))}
            <Form action=RequestRecovery::PATH.to_owned() words=form_words(w) said=tried.about_form(&["email"])>
                <Field name="email" label=w.field_email() kind="email" autocomplete="email" focus=tried.is_new() tried=tried.clone()/>
                <Submit label=w.forgot_submit() busy=w.forgot_busy() wide=true/>
            </Form>
        </Entry>
    })
}

/// Without a token: waiting for the mail. With one: beginning.
#[component]
pub(crate) fn StartRecoveryPage() -> impl IntoView {
    let w = words();
    if !recovers() {
        return EitherOf3::A(off(w));
    }
    let left = Left::take(w);
    let Some(token) = token() else { return EitherOf3::B(waiting(w, left)) };
    let subtitle = w.recovery_start_body(&waiting_time(w));
    let below = move || view! { <p class="below"><a href=LOGIN>{w.confirm_cancel()}</a></p> };
    EitherOf3::C(load(move |auth: Auth, _| async move {
        Ok(if auth.recovery_request_open(&token).await? {
            Either::Left(view! {
                <Act
                    w
                    title=w.recovery_title()
                    heading=w.recovery_start_heading().to_owned()
                    subtitle
                    icon="clock"
                    form=FORM
                    token
                    left
                    submit=w.recovery_start_submit().to_owned()
                    busy=w.recovery_start_busy()
                    below
                />
            })
        } else {
            Either::Right(
                view! { <Dead w title=w.recovery_title() to=RECOVERY.to_owned() word=w.reset_again() left/> },
            )
        })
    }))
}

fn waiting(w: Lang, left: Left) -> impl IntoView {
    let Some(address) = awaited() else {
        return Either::Left(
            view! { <NotWaiting w title=w.recovery_title() to=RECOVERY.to_owned() word=w.reset_again()/> },
        );
    };
    let email = address.clone();
    let again = move || view! { <Again w action=RequestRecovery::PATH fields=vec![("email", email)]/> };
    Either::Right(view! {
        <CheckInbox
            w
            title=w.inbox_title()
            subtitle=w.recovery_sent_if()
            address
            form=FORM
            submit=w.recovery_start_submit()
            left
            again
            other=RECOVERY.to_owned()
        />
    })
}

/// Stopping it: with the token of a mail by that, without one by a code.
#[component]
pub(crate) fn CancelRecoveryPage() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let Some(token) = token() else { return Either::Left(stop_by_code(w, left)) };
    Either::Right(load(move |auth: Auth, _| async move {
        Ok(match auth.recovery_to_cancel(&token).await? {
            Some(_) => Either::Left(view! {
                <Act
                    w
                    title=w.recovery_title()
                    heading=w.recovery_cancel_heading().to_owned()
                    subtitle=w.recovery_cancel_body().to_owned()
                    icon="shield"
                    form=(CancelRecovery::PATH, "cancel-recovery")
                    token
                    left
                    submit=w.recovery_cancel_submit().to_owned()
                    busy=w.recovery_cancel_busy()
                />
            }),
            None => Either::Right(over(w, left)),
        })
    }))
}

fn stop_by_code(w: Lang, left: Left) -> impl IntoView {
    let tried = left.tried("stop-recovery");
    let below = move || view! { <p class="below"><a href=LOGIN>{w.recovery_back()}</a></p> };
    view! {
        <Entry
            w
            title=w.recovery_stop_title()
            heading=w.recovery_stop_heading().to_owned()
            subtitle=w.recovery_stop_body().to_owned()
            icon="shield"
            below
        >
            {left.notice(Some("stop-recovery"))}
            <Form action=StopRecovery::PATH.to_owned() words=form_words(w) said=tried.about_form(&["identifier", "code"])>
                <Field
                    name="identifier"
                    label=w.field_identifier()
                    autocomplete="username"
                    focus=tried.is_new()
                    tried=tried.clone()
                />
                <CodeField
                    kind=CodeKind::Backup
                    label=w.field_any_code()
                    note=w.field_any_code_note()
                    error=tried.error("code")
                    focus=tried.error("code").is_some()
                />
                <Submit label=w.recovery_cancel_submit() busy=w.recovery_cancel_busy() wide=true/>
            </Form>
        </Entry>
    }
}

/// Having the factors taken off, once the waiting is over.
#[component]
pub(crate) fn FinishRecoveryPage() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let token = token().unwrap_or_default();
    load(move |auth: Auth, _| async move {
        let now = auth.clock.now();
        Ok(match auth.recovery_to_finish(&token).await? {
            Some(open) if open.due_at > now => EitherOf3::A(early(w, open)),
            Some(_) => EitherOf3::B(view! {
                <Act
                    w
                    title=w.recovery_title()
                    heading=w.recovery_finish_heading().to_owned()
                    subtitle=w.recovery_finish_body().to_owned()
                    icon="alert"
                    form=(FinishRecovery::PATH, "finish-recovery")
                    token
                    left
                    submit=w.recovery_finish_submit().to_owned()
                    busy=w.recovery_finish_busy()
                    danger=true
                    below=move || keep(w)
                />
            }),
            None => EitherOf3::C(over(w, left)),
        })
    })
}

/// Taking the first second factor off again, for whoever did not add it.
#[component]
pub(crate) fn UndoFactorsPage() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let token = token().unwrap_or_default();
    load(move |auth: Auth, _| async move {
        Ok(if auth.can_undo_factors(&token).await? {
            Either::Left(view! {
                <Act
                    w
                    title=w.recovery_title()
                    heading=w.recovery_undo_heading().to_owned()
                    subtitle=w.recovery_undo_body().to_owned()
                    icon="alert"
                    form=(UndoFactors::PATH, "undo-factors")
                    token
                    left
                    submit=w.recovery_undo_submit().to_owned()
                    busy=w.recovery_undo_busy()
                    danger=true
                />
            })
        } else {
            Either::Right(view! {
                <Dead
                    w
                    title=w.recovery_title()
                    body=w.recovery_undo_dead_body()
                    to=RECOVERY.to_owned()
                    word=w.recovery_undo_dead_act()
                    left
                />
            })
        })
    })
}

/// The way out: this link can only finish. Whoever is signed in finds the button that stops it on every page of their
/// account, and whoever signs in by one of the second steps stops it by that.
fn keep(w: Lang) -> impl IntoView {
    view! {
        <p class="below">
            {w.recovery_keep()} " " <a href=LOGIN>{w.recovery_keep_act()}</a> <br/> {w.recovery_keep_mail()}
        </p>
    }
}

/// Before the waiting is over.
fn early(w: Lang, open: Recovery) -> impl IntoView {
    let (_, until) = say::exactly(w, open.due_at);
    let subtitle = w.recovery_early_body(&until);
    view! {
        <Unlisted/>
        <Entry w title=w.recovery_title() heading=w.recovery_early_heading().to_owned() subtitle icon="clock">
            <a class="button primary wide" href=LOGIN>{w.inbox_to_sign_in()}</a>
        </Entry>
    }
}

/// A link of a recovery that is over.
fn over(w: Lang, left: Left) -> impl IntoView {
    view! {
        <Dead
            w
            title=w.recovery_title()
            body=w.recovery_over_body()
            to=LOGIN.to_owned()
            word=w.inbox_to_sign_in()
            left
        />
    }
}

/// Where nobody recovers an account by themselves.
fn off(w: Lang) -> impl IntoView {
    if !sends() {
        return Either::Left(view! { <NoMail w title=w.recovery_title()/> });
    }
    let body = w.recovery_off_body(&product());
    Either::Right(view! {
        <Entry w title=w.recovery_title() heading=w.inbox_closed_heading().to_owned() subtitle=body icon="alert">
            <a class="button primary wide" href=LOGIN>{w.inbox_to_sign_in()}</a>
        </Entry>
    })
}

/// For how long one waits, in words.
fn waiting_time(w: Lang) -> String {
    crate::viewer::auth()
        .map_or_else(|_| String::new(), |auth| say::in_words(w, auth.settings().mfa.recovery_delay))
}
