//! `/auth/forgot-password` and `/auth/reset-password`.

use authtuna::auth::Auth;
use authtuna::model::paths::{FORGOT_PASSWORD, LOGIN};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::token;
use crate::api::by_mail::{RequestReset, ResetCode, ResetPassword};
use crate::api::entry::PasswordStrength;
use crate::islands::form::Form;
use crate::islands::password::PasswordField;
use crate::ui::entry::Entry;
use crate::ui::form::{Field, Left, Submit, form_words, password_words};
use crate::ui::inbox::{Act, Again, CheckInbox, Dead, NoMail, NotWaiting, awaited, sends};
use crate::ui::load::load;
use crate::viewer::auth;
use crate::words::{Lang, words};

/// Asking for the mail.
#[component]
pub(crate) fn Forgot() -> impl IntoView {
    let w = words();
    if !sends() {
        return Either::Left(view! { <NoMail w title=w.forgot_title()/> });
    }
    let left = Left::take(w);
    let tried = left.tried("forgot-password");
    let below = move || {
        view! {
            <p class="below">
                {w.forgot_remembered()} " " <a href=LOGIN>{w.forgot_sign_in()}</a>
            </p>
        }
    };
    Either::Right(view! {
        <Entry w title=w.forgot_title() heading=w.forgot_heading().to_owned() subtitle=w.forgot_subtitle().to_owned() icon="key" below>
            {left.notice(Some("forgot-password"))}
            <Form action=RequestReset::PATH.to_owned() words=form_words(w) said=tried.about_form(&["email"])>
                <Field name="email" label=w.field_email() kind="email" autocomplete="email" focus=tried.is_new() tried=tried.clone()/>
                <Submit label=w.forgot_submit() busy=w.forgot_busy() wide=true/>
            </Form>
        </Entry>
    })
}

/// Without a token: waiting for the mail. With one: the new password.
#[component]
pub(crate) fn Reset() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let Some(token) = token() else { return Either::Left(waiting(w, left)) };
    Either::Right(load(move |auth: Auth, _| async move {
        Ok(if auth.reset_open(&token).await? {
            Either::Left(set(w, token, left))
        } else {
            Either::Right(
                view! { <Dead w title=w.reset_title() to=FORGOT_PASSWORD.to_owned() word=w.reset_again() left/> },
            )
        })
    }))
}

fn waiting(w: Lang, left: Left) -> impl IntoView {
    if !sends() {
        return EitherOf3::A(view! { <NoMail w title=w.reset_title()/> });
    }
    let Some(address) = awaited() else {
        return EitherOf3::B(
            view! { <NotWaiting w title=w.reset_title() to=FORGOT_PASSWORD.to_owned() word=w.reset_again()/> },
        );
    };
    let email = address.clone();
    let again = move || view! { <Again w action=RequestReset::PATH fields=vec![("email", email)]/> };
    EitherOf3::C(view! {
        <CheckInbox
            w
            title=w.inbox_title()
            subtitle=w.inbox_sent_if()
            address
            form=(ResetCode::PATH, "reset-code")
            submit=w.reset_code_submit()
            left
            again
            other=FORGOT_PASSWORD.to_owned()
        />
    })
}

fn set(w: Lang, token: String, left: Left) -> impl IntoView {
    let error = left.tried("reset-password").error("password");
    let minimum = auth().map_or(0, |auth| auth.settings().passwords.min_length);
    let note = w.field_password_note(&minimum.to_string());
    let fields = move || {
        view! {
            <PasswordField
                name="password".to_owned()
                autocomplete="new-password".to_owned()
                words=password_words(w, w.field_new_password(), Some(note), error)
                judge=Some(PasswordStrength::PATH.to_owned())
                focus=false
            />
        }
    };
    view! {
        <Act
            w
            title=w.reset_title()
            heading=w.reset_heading().to_owned()
            subtitle=w.reset_subtitle().to_owned()
            icon="key"
            form=(ResetPassword::PATH, "reset-password")
            token
            left
            own=&["password"]
            fields
            submit=w.reset_submit().to_owned()
            busy=w.reset_busy()
        />
    }
}
