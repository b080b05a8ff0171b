//! `/auth/verify`: proving an address.

use authtuna::auth::Auth;
use authtuna::authn::sign_up::ToConfirm;
use authtuna::model::paths::{EMAIL, LOGIN, SECURITY, SIGN_UP};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{next, target, token};
use crate::api::addresses::{ConfirmEmail, SendAgain};
use crate::links::with_next;
use crate::ui::form::{Left, Tried};
use crate::ui::inbox::{Act, Again, CheckInbox, Dead, NotWaiting, awaited};
use crate::ui::load::load;
use crate::ui::part::Icon;
use crate::viewer::signed_in;
use crate::words::{Lang, words};

/// The form of this page.
const FORM: (&str, &str) = (ConfirmEmail::PATH, "confirm-email");

/// Without a token: waiting for the mail. With one: what it confirms.
#[component]
pub(crate) fn Verify() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let Some(token) = token() else { return Either::Left(waiting(w, left)) };
    Either::Right(load(move |auth: Auth, _| async move {
        let found = auth.to_confirm(&token).await?;
        Ok(match found {
            Some(found) => Either::Left(confirm(w, token, found, left)),
            None => {
                let to = if signed_in() { SECURITY } else { LOGIN };
                let word = if signed_in() { w.inbox_to_account() } else { w.inbox_to_sign_in() };
                Either::Right(view! { <Dead w title=w.verify_title() to=to.to_owned() word left/> })
            }
        })
    }))
}

fn waiting(w: Lang, left: Left) -> impl IntoView {
    let (other, word) = if signed_in() {
        (EMAIL.to_owned(), w.email_change_heading())
    } else {
        (with_next(SIGN_UP, target().as_ref()), w.verify_sign_up_again())
    };
    let Some(address) = awaited() else {
        return Either::Left(view! { <NotWaiting w title=w.verify_title() to=other word/> });
    };
    let tried = left.tried(FORM.1);
    let again = move || view! { <Again w action=SendAgain::PATH fields=vec![next()]/> };
    let (name, value) = next();
    let fields = move || {
        view! {
            <input type="hidden" name=name value=value/>
            <OtherUsername w tried refused=String::new()/>
        }
    };
    Either::Right(view! {
        <CheckInbox
            w
            title=w.inbox_title()
            subtitle=w.inbox_sent()
            address
            form=FORM
            submit=w.verify_code_submit()
            left
            fields
            again
            other
        />
    })
}

fn confirm(w: Lang, token: String, found: ToConfirm, left: Left) -> impl IntoView {
    let tried = left.tried(FORM.1);
    let ToConfirm { email, username } = found;
    let address = (w.inbox_address(), email);
    let (heading, subtitle, submit) = match &username {
        Some(_) => (w.verify_make_heading(), w.verify_make_body(), w.verify_make_submit()),
        None => (w.verify_heading(), w.verify_body(), w.verify_submit()),
    };
    let taken = tried.error("username").is_some();
    let named = username.clone().filter(|_| !taken).map(|name| (w.inbox_username(), name));
    let facts: Vec<_> = [Some(address), named].into_iter().flatten().collect();
    // The one that was refused stands in the field, to be changed.
    let refused = username.filter(|_| taken).unwrap_or_default();
    let fields = move || view! { <OtherUsername w tried refused/> };
    view! {
        <Act
            w
            title=w.verify_title()
            heading=heading.to_owned()
            subtitle=subtitle.to_owned()
            facts
            form=FORM
            token
            left
            own=&["username"]
            fields
            submit=submit.to_owned()
            busy=w.verify_busy()
        />
    }
}

/// For whoever's name was taken before the mail was opened. Not to be seen until that is said.
#[component]
fn OtherUsername(w: Lang, tried: Tried, refused: String) -> impl IntoView {
    let (value, error) = tried.field("username");
    let value = value.filter(|value| !value.is_empty()).unwrap_or(refused);
    view! {
        <div class="field on-demand">
            <label for="username">{w.verify_other_username()}</label>
            <input
                id="username"
                name="username"
                type="text"
                // What is in it decides whether it is seen.
                placeholder=" "
                value=value
                autocomplete="username"
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=error.is_some().to_string()
                aria-describedby="username-error"
            />
            <p class="field-error">
                <Icon name="alert"/>
                <span id="username-error" role="alert">{error}</span>
            </p>
        </div>
    }
}
