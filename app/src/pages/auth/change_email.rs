//! `/ui/settings/email/confirm` and `/auth/change-email/undo`: the pages that the emails about a
//! new address link to.

use authtuna::auth::Auth;
use authtuna::model::paths::{EMAIL, FORGOT_PASSWORD};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::token;
use crate::api::email_addresses::{ConfirmEmailChange, UndoEmailChange};
use crate::i18n::{Lang, lang};
use crate::ui::email_challenge::{ActionForm, CheckInbox, Dead, NotWaiting, awaited};
use crate::ui::form::Left;
use crate::ui::load::load;

/// The form of the first page.
const FORM: (&str, &str) = (ConfirmEmailChange::PATH, "confirm-email-change");

/// Waits for the email; with a token, shows the address that the account gets.
#[component]
pub(crate) fn ChangeEmailPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let Some(token) = token() else { return Either::Left(check_inbox(t, left)) };
    Either::Right(load(move |auth: Auth, _| async move {
        Ok(match auth.email_addresses.pending_change(&token).await? {
            Some(address) => Either::Left(confirm(t, token, address, left)),
            None => Either::Right(
                view! { <Dead t title=t.email_title() to=EMAIL.to_owned() word=t.email_change_heading() left/> },
            ),
        })
    }))
}

fn check_inbox(t: Lang, left: Left) -> impl IntoView {
    let Some(address) = awaited() else {
        return Either::Left(
            view! { <NotWaiting t title=t.email_title() to=EMAIL.to_owned() word=t.email_change_heading()/> },
        );
    };
    // Another email requires the password again, which the user types on the page of the request.
    let again = move || view! { <a class="button wide" href=EMAIL>{t.inbox_again()}</a> };
    Either::Right(view! {
        <CheckInbox
            t
            title=t.inbox_title()
            subtitle=t.inbox_sent()
            address
            form=FORM
            submit=t.email_code_submit()
            left
            again
            other=EMAIL.to_owned()
        />
    })
}

fn confirm(t: Lang, token: String, address: String, left: Left) -> impl IntoView {
    view! {
        <ActionForm
            t
            title=t.email_title()
            heading=t.email_confirm_heading().to_owned()
            subtitle=t.email_confirm_body().to_owned()
            facts=vec![(t.field_new_email(), address)]
            form=FORM
            token
            left
            submit=t.email_confirm_submit().to_owned()
            busy=t.email_confirm_busy()
        />
    }
}

/// Undoes the change, for the owner of the old address.
#[component]
pub(crate) fn UndoEmailPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let token = token().unwrap_or_default();
    load(move |auth: Auth, _| async move {
        Ok(match auth.email_addresses.pending_undo(&token).await? {
            Some(address) => Either::Left(undo(t, token, address, left)),
            None => Either::Right(view! {
                <Dead
                    t
                    title=t.email_undo_title()
                    body=t.email_undo_dead_body()
                    to=FORGOT_PASSWORD.to_owned()
                    word=t.email_undo_dead_act()
                    left
                />
            }),
        })
    })
}

fn undo(t: Lang, token: String, address: String, left: Left) -> impl IntoView {
    view! {
        <ActionForm
            t
            title=t.email_undo_title()
            heading=t.email_undo_heading().to_owned()
            subtitle=t.email_undo_body().to_owned()
            facts=vec![(t.inbox_address(), address)]
            form=(UndoEmailChange::PATH, "undo-email-change")
            token
            left
            submit=t.email_undo_submit().to_owned()
            busy=t.email_undo_busy()
        />
    }
}
