//! `/auth/signup`, and the fields of a new account.

use http::StatusCode;
use leptos::either::EitherOf3;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;

use super::{sent_on, target};
use crate::api::entry::{PasswordStrength, SignUp};
use crate::islands::form::Form;
use crate::islands::password::PasswordField;
use crate::routes::{LOGIN, with_next};
use crate::ui::entry::{Entry, product};
use crate::ui::form::{Field, Left, Submit, Tried, form_words, password_words};
use crate::viewer::auth;
use crate::words::{Lang, words};

/// The fields of a new account.
pub(super) const FIELDS: &[&str] = &["username", "email", "password"];

/// Making an account.
#[component]
pub(crate) fn Signup() -> impl IntoView {
    if sent_on() {
        return EitherOf3::A(());
    }
    let w = words();
    let to_login = with_next(LOGIN, target().as_ref());
    let below = move || {
        view! {
            <p class="below">
                {w.signup_have_account()} " " <a href=to_login.clone()>{w.signup_sign_in()}</a>
            </p>
        }
    };
    if !auth().is_ok_and(|auth| auth.settings().app.signup_enabled) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(StatusCode::FORBIDDEN);
        }
        return EitherOf3::B(view! {
            <Entry w title=w.signup_title() heading=w.signup_closed_title().to_owned() subtitle=w.signup_closed_body(&product())>
                <a class="button primary wide" href=LOGIN>{w.signup_sign_in()}</a>
            </Entry>
        });
    }
    let left = Left::take(w);
    let tried = left.tried("sign-up");
    let next = target().map(|target| target.as_str().to_owned()).unwrap_or_default();
    EitherOf3::C(view! {
        <Entry w title=w.signup_title() heading=w.signup_heading(&product()) subtitle=w.signup_subtitle().to_owned() below>
            {left.notice(Some("sign-up"))}
            <Form action=SignUp::PATH.to_owned() words=form_words(w) said=tried.about_form(FIELDS)>
                <input type="hidden" name="next" value=next/>
                <NewAccount w tried/>
                <Submit label=w.signup_submit() busy=w.signup_busy() wide=true/>
            </Form>
        </Entry>
    })
}

/// Username, address, password.
#[component]
pub(super) fn NewAccount(w: Lang, tried: Tried) -> impl IntoView {
    let error = tried.error("password");
    let minimum = auth().map_or(0, |auth| auth.settings().passwords.min_length);
    view! {
        <Field
            name="username"
            label=w.field_username()
            autocomplete="username"
            note=w.field_username_note()
            focus=tried.is_new()
            tried=tried.clone()
        />
        <Field
            name="email"
            label=w.field_email()
            kind="email"
            autocomplete="email"
            note=w.field_email_note()
            tried
        />
        <PasswordField
            name="password".to_owned()
            autocomplete="new-password".to_owned()
            words=password_words(
                w,
                w.field_password(),
                Some(w.field_password_note(&minimum.to_string())),
                error,
            )
            judge=Some(PasswordStrength::PATH.to_owned())
        />
    }
}
