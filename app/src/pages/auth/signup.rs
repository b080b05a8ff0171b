//! `/auth/signup`, and the fields of a new account.

use authtuna::model::paths::{LOGIN, SIGN_UP};
use http::StatusCode;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;

use super::{query, sent_on, target};
use crate::api::passkey::{PasskeySignUp, SignUpPrompt};
use crate::api::sign_in::{PasswordStrength, SignUp};
use crate::i18n::{Lang, lang};
use crate::islands::form::Form;
use crate::islands::passkey::{Asks, PasskeyForm};
use crate::islands::password::PasswordField;
use crate::links::{query_more, with_next};
use crate::ui::components::Icon;
use crate::ui::form::{Field, Left, Submit, Tried, form_words, new_passkey_words, password_words};
use crate::ui::sign_in::{Entry, product};
use crate::viewer::auth;

/// The fields of a new account.
pub(super) const FIELDS: &[&str] = &["username", "email", "password"];

/// Creates an account.
#[component]
pub(crate) fn Signup() -> impl IntoView {
    if sent_on() {
        return EitherOf3::A(());
    }
    let t = lang();
    let to_login = with_next(LOGIN, target().as_ref());
    let below = move || {
        view! {
            <p class="below">
                {t.signup_have_account()} " " <a href=to_login.clone()>{t.signup_sign_in()}</a>
            </p>
        }
    };
    if !auth().is_ok_and(|auth| auth.settings().app.signup_enabled) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(StatusCode::FORBIDDEN);
        }
        return EitherOf3::B(view! {
            <Entry t title=t.signup_title() heading=t.signup_closed_title().to_owned() subtitle=t.signup_closed_body(&product())>
                <a class="button primary wide" href=LOGIN>{t.signup_sign_in()}</a>
            </Entry>
        });
    }
    let left = Left::take(t);
    let next = target().map(|target| target.as_str().to_owned()).unwrap_or_default();
    let here = with_next(SIGN_UP, target().as_ref());
    let passkeys = auth().is_ok_and(|auth| auth.settings().passkeys_offered());
    let by_passkey = passkeys && query("by").as_deref() == Some("passkey");
    let subtitle = if by_passkey { t.signup_passkey_subtitle() } else { t.signup_subtitle() };
    let form = if by_passkey {
        Either::Left(with_passkey(t, left.tried("passkey-sign-up"), next, here))
    } else {
        let other = query_more(&here, "by", "passkey");
        Either::Right(with_password(t, left.tried("sign-up"), next, passkeys.then_some(other)))
    };
    EitherOf3::C(view! {
        <Entry t title=t.signup_title() heading=t.signup_heading(&product()) subtitle=subtitle.to_owned() below>
            {left.notice_of(&["sign-up", "passkey-sign-up"])}
            {form}
        </Entry>
    })
}

fn with_password(t: Lang, tried: Tried, next: String, other: Option<String>) -> impl IntoView {
    view! {
        <Form action=SignUp::PATH.to_owned() words=form_words(t) said=tried.about_form(FIELDS)>
            <input type="hidden" name="next" value=next/>
            <NewAccount t tried/>
            <Submit label=t.signup_submit() busy=t.signup_busy() wide=true/>
        </Form>
        {other
            .map(|other| {
                view! {
                    <div class="or">{t.signup_or()}</div>
                    <a class="button wide" href=other>
                        <Icon name="passkey"/>
                        {t.signup_with_passkey()}
                    </a>
                }
            })}
    }
}

fn with_passkey(t: Lang, tried: Tried, next: String, other: String) -> impl IntoView {
    view! {
        <PasskeyForm
            action=PasskeySignUp::PATH.to_owned()
            prompt=SignUpPrompt::PATH.to_owned()
            asks=Asks::Create
            words=new_passkey_words(t, t.signup_passkey_submit())
            needs_script=t.passkeys_needs_script().to_owned()
            said=tried.about_form(&["username", "email"])
        >
            <input type="hidden" name="next" value=next/>
            <Names t tried/>
            <Submit label=t.signup_passkey_submit() busy=t.passkeys_busy() wide=true icon="passkey" scripted=true/>
        </PasskeyForm>
        <div class="or">{t.signup_or()}</div>
        <a class="button wide" href=other>{t.signup_with_password()}</a>
    }
}

/// The fields for the username and the email.
#[component]
fn Names(t: Lang, tried: Tried) -> impl IntoView {
    view! {
        <Field
            name="username"
            label=t.field_username()
            autocomplete="username"
            note=t.field_username_note()
            focus=tried.is_new()
            tried=tried.clone()
        />
        <Field
            name="email"
            label=t.field_email()
            kind="email"
            autocomplete="email"
            note=t.field_email_note()
            tried
        />
    }
}

/// The fields for the username, the email and the password.
#[component]
pub(super) fn NewAccount(t: Lang, tried: Tried) -> impl IntoView {
    let error = tried.error("password");
    let minimum = auth().map_or(0, |auth| auth.settings().passwords.min_length);
    view! {
        <Names t tried/>
        <PasswordField
            name="password".to_owned()
            autocomplete="new-password".to_owned()
            words=password_words(
                t,
                t.field_password(),
                Some(t.field_password_note(&minimum.to_string())),
                error,
            )
            judge=Some(PasswordStrength::PATH.to_owned())
            focus=false
        />
    }
}
