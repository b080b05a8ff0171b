//! Flash messages: an encrypted cookie that one request leaves for the next, which reads it once.
//!
//! It carries codes and what the user typed, never secrets and never messages.

use std::time::Duration;

use authtuna::auth::Auth;
use authtuna::axum::cookie_value;
use authtuna::model::time::Timestamp;
use cookie::{Cookie, SameSite};
use http::HeaderValue;
use http::header::SET_COOKIE;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::viewer::{auth, request};

/// How long a flash stays valid.
const LIFETIME: Duration = Duration::from_secs(60);
/// The longest value to keep, in bytes. A longer one cannot be a name or an email, and would not
/// fit into a cookie.
const MAX_VALUE: usize = 300;

/// The content of the cookie.
#[derive(Serialize, Deserialize)]
pub(crate) struct Flash {
    /// When the flash was left. The server checks its age, because the client can keep a cookie for
    /// longer than it should.
    at: Timestamp,
    content: Content,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Content {
    /// A form was refused.
    Refused(Typed),
    /// An action succeeded.
    Done(Notice),
}

/// A refused form and what the user typed into it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Typed {
    /// The name of the form.
    pub(crate) form: String,
    /// Why it was refused.
    pub(crate) refusal: Refusal,
    /// What the user typed, by field.
    pub(crate) values: Vec<(String, String)>,
}

/// The outcome of a successful action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Notice {
    /// The password was changed, and all other sessions ended.
    PasswordChanged,
    /// The account got its first password.
    PasswordSet,
    /// The profile was changed.
    ProfileSaved,
    /// The password is correct, but the user must verify the email first.
    ProveFirst,
    /// The email was sent again.
    MailSent,
    /// An email was verified in a browser that did not ask for it: the user must choose a password.
    EmailConfirmedChoose,
    /// An account was created and its user is signed in.
    Welcome,
    /// An account was created without an email challenge, and the user must save its backup codes.
    AccountMade,
    /// The user's email is verified.
    EmailConfirmed,
    /// The account has a new email.
    EmailChanged,
    /// The account has its old email again, and needs a new password.
    EmailUndone,
    /// The user reset the password by email.
    PasswordReset,
    /// Sign-in requires a second factor from now on.
    MfaEnabled,
    /// The authenticator app is turned off.
    MfaDisabled,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was renamed.
    PasskeyRenamed,
    /// A passkey was removed.
    PasskeyRemoved,
    /// The user re-authenticated.
    Confirmed,
    /// One session ended.
    SessionEnded,
    /// This many other sessions ended.
    SessionsEnded(u64),
    /// A recovery started, and can be finished from this time on.
    RecoveryStarted(Timestamp),
    /// A recovery was stopped.
    RecoveryStopped,
    /// A recovery was stopped with a code, by a user who is not signed in.
    RecoveryStoppedByCode,
    /// All second factors were removed, and the user must set a new password.
    RecoveryFinished,
}

/// Leaves a refused form for the page that it came from.
pub(crate) fn leave_refused(auth: &Auth, response: &ResponseOptions, mut typed: Typed) {
    typed.values.retain(|(_, value)| value.len() <= MAX_VALUE);
    leave(auth, response, Content::Refused(typed));
}

/// Leaves a notice for the next page.
pub(crate) fn leave_notice(auth: &Auth, response: &ResponseOptions, notice: Notice) {
    leave(auth, response, Content::Done(notice));
}

fn leave(auth: &Auth, response: &ResponseOptions, content: Content) {
    let at = auth.clock.now();
    // Plain data always serializes, and without a flash the next page still works.
    let Ok(json) = serde_json::to_vec(&Flash { at, content }) else { return };
    set(auth, response, auth.keyring().encrypt(&json), LIFETIME);
}

/// Takes what the previous request left, if anything. The current response deletes the cookie.
pub(crate) fn take() -> Option<Content> {
    let auth = auth().ok()?;
    let value = request(|parts| cookie_value(&parts.headers, name(&auth)).map(str::to_owned))?;
    set(&auth, &use_context::<ResponseOptions>()?, String::new(), Duration::ZERO);
    let flash: Flash = serde_json::from_slice(&auth.keyring().decrypt(&value)?).ok()?;
    (auth.clock.now().since(flash.at) <= LIFETIME).then_some(flash.content)
}

/// Returns the name of the cookie. The prefix keeps other hosts of the same site from planting one
/// (RFC 6265bis section 4.1.3.2).
fn name(auth: &Auth) -> &'static str {
    if auth.settings().sessions.secure { "__Host-flash" } else { "flash" }
}

fn set(auth: &Auth, response: &ResponseOptions, value: String, lifetime: Duration) {
    let cookie = Cookie::build((name(auth), value))
        .path("/")
        .http_only(true)
        .secure(auth.settings().sessions.secure)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::try_from(lifetime).unwrap_or_default())
        .build();
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.append_header(SET_COOKIE, value);
    }
}
