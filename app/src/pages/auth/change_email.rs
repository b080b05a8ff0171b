//! `/ui/settings/email/confirm` and `/auth/change-email/undo`: what the mails about a new address lead to.

use authtuna::auth::Auth;
use authtuna::model::paths::{EMAIL, FORGOT_PASSWORD};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::token;
use crate::api::addresses::{ConfirmEmailChange, UndoEmailChange};
use crate::ui::form::Left;
use crate::ui::inbox::{Act, CheckInbox, Dead, NotWaiting, awaited};
use crate::ui::load::load;
use crate::words::{Lang, words};

/// The form of the first page.
const FORM: (&str, &str) = (ConfirmEmailChange::PATH, "confirm-email-change");

/// Without a token: waiting for the mail. With one: the address that the account gets.
#[component]
pub(crate) fn ChangeEmailPage() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let Some(token) = token() else { return Either::Left(waiting(w, left)) };
    Either::Right(load(move |auth: Auth, _| async move {
        Ok(match auth.email_change(&token).await? {
            Some(address) => Either::Left(confirm(w, token, address, left)),
            None => Either::Right(
                view! { <Dead w title=w.email_title() to=EMAIL.to_owned() word=w.email_change_heading() left/> },
            ),
        })
    }))
}

fn waiting(w: Lang, left: Left) -> impl IntoView {
    let Some(address) = awaited() else {
        return Either::Left(
            view! { <NotWaiting w title=w.email_title() to=EMAIL.to_owned() word=w.email_change_heading()/> },
        );
    };
    // Asking again takes the password again: that is on the page where it was asked.
    let again = move || view! { <a class="button wide" href=EMAIL>{w.inbox_again()}</a> };
    Either::Right(view! {
        <CheckInbox
            w
            title=w.inbox_title()
            subtitle=w.inbox_sent()
            address
            form=FORM
            submit=w.email_code_submit()
            left
            again
            other=EMAIL.to_owned()
        />
    })
}

fn confirm(w: Lang, token: String, address: String, left: Left) -> impl IntoView {
    view! {
        <Act
            w
            title=w.email_title()
            heading=w.email_confirm_heading().to_owned()
            subtitle=w.email_confirm_body().to_owned()
            facts=vec![(w.field_new_email(), address)]
            form=FORM
            token
            left
            submit=w.email_confirm_submit().to_owned()
            busy=w.email_confirm_busy()
        />
    }
}

/// The way back, for the owner of the old address.
#[component]
pub(crate) fn UndoEmailPage() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let token = token().unwrap_or_default();
    load(move |auth: Auth, _| async move {
        Ok(match auth.email_undo(&token).await? {
            Some(address) => Either::Left(undo(w, token, address, left)),
            None => Either::Right(view! {
                <Dead
                    w
                    title=w.email_undo_title()
                    body=w.email_undo_dead_body()
                    to=FORGOT_PASSWORD.to_owned()
                    word=w.email_undo_dead_act()
                    left
                />
            }),
        })
    })
}

fn undo(w: Lang, token: String, address: String, left: Left) -> impl IntoView {
    view! {
        <Act
            w
            title=w.email_undo_title()
            heading=w.email_undo_heading().to_owned()
            subtitle=w.email_undo_body().to_owned()
            facts=vec![(w.inbox_address(), address)]
            form=(UndoEmailChange::PATH, "undo-email-change")
            token
            left
            submit=w.email_undo_submit().to_owned()
            busy=w.email_undo_busy()
        />
    }
}
