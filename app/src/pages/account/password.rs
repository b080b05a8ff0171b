//! The section of the security page about the password: changing it, or choosing the first one.

use authtuna::accounts::users::User;
use authtuna::authn::mfa::Factors;
use authtuna::model::paths::{CONFIRM, SECURITY};
use authtuna::model::time::Timestamp;
use leptos::either::EitherOf3;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::account::{ChangePassword, SetPassword};
use crate::api::sign_in::PasswordStrength;
use crate::i18n::{HERE, Lang};
use crate::islands::form::Form;
use crate::islands::password::PasswordField;
use crate::links::query;
use crate::ui::form::{Submit, Tried, form_words, password_words};
use crate::ui::time::{Time, around};

/// The form for a user who has a password.
pub(super) const CHANGE: &str = "change-password";
/// The form for a user who has none.
pub(super) const SET: &str = "set-password";

/// The last attempts at the forms.
pub(super) struct Tries {
    pub(super) change: Tried,
    pub(super) set: Tried,
}

/// The section. A password has at least `minimum` characters. A first password requires a recently
/// `confirmed` session, because a form with a password cannot wait for that.
pub(super) fn section(
    t: Lang,
    now: Timestamp,
    user: &User,
    factors: Factors,
    minimum: usize,
    confirmed: bool,
    tried: Tries,
) -> impl IntoView + use<> {
    let note = t.field_password_note(&minimum.to_string());
    let body = if user.has_password {
        EitherOf3::A(change(t, now, user, note, tried.change))
    } else if !confirmed {
        EitherOf3::B(confirm(t, factors))
    } else {
        EitherOf3::C(set(t, user, factors, note, tried.set))
    };
    view! {
        <section class="card">
            <header>
                <h2>{t.security_password()}</h2>
            </header>
            <div class="body narrow">{body}</div>
        </section>
    }
}

fn change(t: Lang, now: Timestamp, user: &User, note: String, tried: Tried) -> impl IntoView + use<> {
    let (changed, username) = (user.password_changed_at, user.username.clone());
    view! {
        <p class="meta lead">
            {changed.map(|at| around(&t.security_password_changed(HERE), view! { <Time t now at/> }))} " "
            {t.security_ends_others()}
        </p>
        <Form
            action=ChangePassword::PATH.to_owned()
            words=form_words(t)
            said=tried.about_form(&["current_password", "password"])
        >
            {whose(username)}
            <PasswordField
                name="current_password".to_owned()
                autocomplete="current-password".to_owned()
                words=password_words(t, t.field_current_password(), None, tried.error("current_password"))
                judge=None
                focus=false
            />
            {chosen(t, t.field_new_password(), note, tried.error("password"))}
            <div class="acts">
                <Submit label=t.security_submit() busy=t.security_busy() plain=true/>
            </div>
        </Form>
    }
}

fn confirm(t: Lang, factors: Factors) -> impl IntoView {
    view! {
        <p class="meta lead">{why(t, factors)}</p>
        <a class="button" href=query(CONFIRM, "next", SECURITY)>{t.security_set_begin()}</a>
    }
}

fn why(t: Lang, factors: Factors) -> &'static str {
    if factors.wanted() { t.security_no_password_protected() } else { t.security_no_password() }
}

fn set(t: Lang, user: &User, factors: Factors, note: String, tried: Tried) -> impl IntoView + use<> {
    let username = user.username.clone();
    view! {
        <p class="meta lead">{why(t, factors)}</p>
        <Form action=SetPassword::PATH.to_owned() words=form_words(t) said=tried.about_form(&["password"])>
            {whose(username)}
            {chosen(t, t.field_password(), note, tried.error("password"))}
            <div class="acts">
                <Submit label=t.security_set_submit() busy=t.security_set_busy() plain=true/>
            </div>
        </Form>
    }
}

/// Tells password managers whose password it is. The input has no name, so the browser does not
/// send it.
fn whose(username: String) -> impl IntoView {
    view! { <input type="text" autocomplete="username" value=username hidden/> }
}

/// The field for the chosen password.
fn chosen(t: Lang, label: &'static str, note: String, error: Option<String>) -> impl IntoView {
    view! {
        <PasswordField
            name="password".to_owned()
            autocomplete="new-password".to_owned()
            words=password_words(t, label, Some(note), error)
            judge=Some(PasswordStrength::PATH.to_owned())
            focus=false
        />
    }
}
