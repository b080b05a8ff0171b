//! `/auth/verify`: verifies an email.

use authtuna::auth::Auth;
use authtuna::authn::sign_up::ToConfirm;
use authtuna::model::paths::{EMAIL, LOGIN, SECURITY, SIGN_UP};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{next, target, token};
use crate::api::email_addresses::{ConfirmEmail, SendAgain};
use crate::i18n::{Lang, lang};
use crate::links::with_next;
use crate::ui::components::Icon;
use crate::ui::email_challenge::{ActionForm, Again, CheckInbox, Dead, NotWaiting, awaited};
use crate::ui::form::{Left, Tried};
use crate::ui::load::load;
use crate::viewer::signed_in;

/// The form of this page.
const FORM: (&str, &str) = (ConfirmEmail::PATH, "confirm-email");

/// Waits for the email; with a token, shows what it confirms.
#[component]
pub(crate) fn Verify() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let Some(token) = token() else { return Either::Left(check_inbox(t, left)) };
    Either::Right(load(move |auth: Auth, _| async move {
        let found = auth.sign_up.to_confirm(&token).await?;
        Ok(match found {
            Some(found) => Either::Left(confirm(t, token, found, left)),
            None => {
                let to = if signed_in() { SECURITY } else { LOGIN };
                let word = if signed_in() { t.inbox_to_account() } else { t.inbox_to_sign_in() };
                Either::Right(view! { <Dead t title=t.verify_title() to=to.to_owned() word left/> })
            }
        })
    }))
}

fn check_inbox(t: Lang, left: Left) -> impl IntoView {
    let (other, word) = if signed_in() {
        (EMAIL.to_owned(), t.email_change_heading())
    } else {
        (with_next(SIGN_UP, target().as_ref()), t.verify_sign_up_again())
    };
    let Some(address) = awaited() else {
        return Either::Left(view! { <NotWaiting t title=t.verify_title() to=other word/> });
    };
    let tried = left.tried(FORM.1);
    let again = move || view! { <Again t action=SendAgain::PATH fields=vec![next()]/> };
    let (name, value) = next();
    let fields = move || {
        view! {
            <input type="hidden" name=name value=value/>
            <OtherUsername t tried refused=String::new()/>
        }
    };
    Either::Right(view! {
        <CheckInbox
            t
            title=t.inbox_title()
            subtitle=t.inbox_sent()
            address
            form=FORM
            submit=t.verify_code_submit()
            left
            fields
            again
            other
        />
    })
}

fn confirm(t: Lang, token: String, found: ToConfirm, left: Left) -> impl IntoView {
    let tried = left.tried(FORM.1);
    let ToConfirm { email, username } = found;
    let address = (t.inbox_address(), email);
    let (heading, subtitle, submit) = match &username {
        Some(_) => (t.verify_make_heading(), t.verify_make_body(), t.verify_make_submit()),
        None => (t.verify_heading(), t.verify_body(), t.verify_submit()),
    };
    let taken = tried.error("username").is_some();
    let named = username.clone().filter(|_| !taken).map(|name| (t.inbox_username(), name));
    let facts: Vec<_> = [Some(address), named].into_iter().flatten().collect();
    // The field contains the refused username, for the user to change.
    let refused = username.filter(|_| taken).unwrap_or_default();
    let fields = move || view! { <OtherUsername t tried refused/> };
    view! {
        <ActionForm
            t
            title=t.verify_title()
            heading=heading.to_owned()
            subtitle=subtitle.to_owned()
            facts
            form=FORM
            token
            left
            own=&["username"]
            fields
            submit=submit.to_owned()
            busy=t.verify_busy()
        />
    }
}

/// A field for another username, if the first was taken before the user opened the email. It stays
/// hidden until the page says so.
#[component]
fn OtherUsername(t: Lang, tried: Tried, refused: String) -> impl IntoView {
    let (value, error) = tried.field("username");
    let value = value.filter(|value| !value.is_empty()).unwrap_or(refused);
    view! {
        <div class="field on-demand">
            <label for="username">{t.verify_other_username()}</label>
            <input
                id="username"
                name="username"
                type="text"
                // The style sheet hides the field while its placeholder is visible, so while it is
                // empty.
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
