//! `/auth/forgot-password` and `/auth/reset-password`.

use authtuna::auth::Auth;
use authtuna::model::paths::{FORGOT_PASSWORD, LOGIN};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::token;
use crate::api::by_email::{RequestReset, ResetCode, ResetPassword};
use crate::api::sign_in::PasswordStrength;
use crate::i18n::{Lang, lang};
use crate::islands::form::Form;
use crate::islands::password::PasswordField;
use crate::ui::email_challenge::{ActionForm, Again, CheckInbox, Dead, NoMail, NotWaiting, awaited, sends};
use crate::ui::form::{Field, Left, Submit, form_words, password_words};
use crate::ui::load::load;
use crate::ui::sign_in::Entry;
use crate::viewer::auth;

/// Asks for a password reset email.
#[component]
pub(crate) fn Forgot() -> impl IntoView {
    let t = lang();
    if !sends() {
        return Either::Left(view! { <NoMail t title=t.forgot_title()/> });
    }
    let left = Left::take(t);
    let tried = left.tried("forgot-password");
    let below = move || {
        view! {
            <p class="below">
                {t.forgot_remembered()} " " <a href=LOGIN>{t.forgot_sign_in()}</a>
            </p>
        }
    };
    Either::Right(view! {
        <Entry t title=t.forgot_title() heading=t.forgot_heading().to_owned() subtitle=t.forgot_subtitle().to_owned() icon="key" below>
            {left.notice(Some("forgot-password"))}
            <Form action=RequestReset::PATH.to_owned() words=form_words(t) said=tried.about_form(&["email"])>
                <Field name="email" label=t.field_email() kind="email" autocomplete="email" focus=tried.is_new() tried=tried.clone()/>
                <Submit label=t.forgot_submit() busy=t.forgot_busy() wide=true/>
            </Form>
        </Entry>
    })
}

/// Waits for the email; with a token, sets the new password.
#[component]
pub(crate) fn Reset() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let Some(token) = token() else { return Either::Left(check_inbox(t, left)) };
    Either::Right(load(move |auth: Auth, _| async move {
        Ok(if auth.passwords.reset_link_works(&token).await? {
            Either::Left(set(t, token, left))
        } else {
            Either::Right(
                view! { <Dead t title=t.reset_title() to=FORGOT_PASSWORD.to_owned() word=t.reset_again() left/> },
            )
        })
    }))
}

fn check_inbox(t: Lang, left: Left) -> impl IntoView {
    if !sends() {
        return EitherOf3::A(view! { <NoMail t title=t.reset_title()/> });
    }
    let Some(address) = awaited() else {
        return EitherOf3::B(
            view! { <NotWaiting t title=t.reset_title() to=FORGOT_PASSWORD.to_owned() word=t.reset_again()/> },
        );
    };
    let email = address.clone();
    let again = move || view! { <Again t action=RequestReset::PATH fields=vec![("email", email)]/> };
    EitherOf3::C(view! {
        <CheckInbox
            t
            title=t.inbox_title()
            subtitle=t.inbox_sent_if()
            address
            form=(ResetCode::PATH, "reset-code")
            submit=t.reset_code_submit()
            left
            again
            other=FORGOT_PASSWORD.to_owned()
        />
    })
}

fn set(t: Lang, token: String, left: Left) -> impl IntoView {
    let error = left.tried("reset-password").error("password");
    let minimum = auth().map_or(0, |auth| auth.settings().passwords.min_length);
    let note = t.field_password_note(&minimum.to_string());
    let fields = move || {
        view! {
            <PasswordField
                name="password".to_owned()
                autocomplete="new-password".to_owned()
                words=password_words(t, t.field_new_password(), Some(note), error)
                judge=Some(PasswordStrength::PATH.to_owned())
                focus=false
            />
        }
    };
    view! {
        <ActionForm
            t
            title=t.reset_title()
            heading=t.reset_heading().to_owned()
            subtitle=t.reset_subtitle().to_owned()
            icon="key"
            form=(ResetPassword::PATH, "reset-password")
            token
            left
            own=&["password"]
            fields
            submit=t.reset_submit().to_owned()
            busy=t.reset_busy()
        />
    }
}
