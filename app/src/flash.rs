//! What one request leaves for the next one: an encrypted cookie that is read once. It carries codes and what was
//! typed, never a secret and never a sentence.

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

/// How long it waits for the next request.
const LIFETIME: Duration = Duration::from_secs(60);
/// The longest value that is kept. Longer ones are no name and no address, and would not fit into a cookie.
const MAX_VALUE: usize = 300;

/// What is left for the next page.
#[derive(Serialize, Deserialize)]
pub(crate) struct Flash {
    /// When it was left. A cookie's own age is its bearer's word.
    at: Timestamp,
    content: Content,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Content {
    /// A form was refused.
    Refused(Typed),
    /// Something was done.
    Done(Notice),
}

/// A refused form with what was typed into it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Typed {
    /// Which form.
    pub(crate) form: String,
    /// Why it was refused.
    pub(crate) refusal: Refusal,
    /// What was typed, by field.
    pub(crate) values: Vec<(String, String)>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Notice {
    /// The password was changed, and all other sessions ended.
    PasswordChanged,
    /// The account has a password from now on.
    PasswordSet,
    /// The profile was changed.
    ProfileSaved,
    /// The password is right; the address has to be proved first.
    ProveFirst,
    /// The mail was sent once more.
    MailSent,
    /// An address is proved in a browser that did not ask for it: a password is to be chosen.
    EmailConfirmedChoose,
    /// An account was made, and its person is signed in.
    Welcome,
    /// An account was made without a mail, and its backup codes are to be saved.
    AccountMade,
    /// The address is known to be the person's.
    EmailConfirmed,
    /// The account has another address.
    EmailChanged,
    /// The account has its old address again, and needs a new password.
    EmailUndone,
    /// A new password was set by a mail.
    PasswordReset,
    /// Sign-in asks for a second factor from now on.
    MfaEnabled,
    /// Sign-in asks for no second factor any more.
    MfaDisabled,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey has another name.
    PasskeyRenamed,
    /// A passkey was removed.
    PasskeyRemoved,
    /// The person confirmed who they are.
    Confirmed,
    /// One session ended.
    SessionEnded,
    /// So many other sessions ended.
    SessionsEnded(u64),
    /// A recovery began, and can be finished from then on.
    RecoveryStarted(Timestamp),
    /// A recovery was stopped.
    RecoveryStopped,
    /// The same, by somebody who is not signed in.
    RecoveryStoppedByCode,
    /// All second factors are taken off, and a new password is to be set.
    RecoveryFinished,
}

/// Leaves a refused form for the page that it came from.
pub(crate) fn leave_refused(auth: &Auth, response: &ResponseOptions, mut typed: Typed) {
    typed.values.retain(|(_, value)| value.len() <= MAX_VALUE);
    leave(auth, response, Content::Refused(typed));
}

/// Leaves word of what was done for the next page.
pub(crate) fn leave_notice(auth: &Auth, response: &ResponseOptions, notice: Notice) {
    leave(auth, response, Content::Done(notice));
}

fn leave(auth: &Auth, response: &ResponseOptions, content: Content) {
    let at = auth.clock.now();
    // Plain data: it can not fail to become JSON, and without a flash the page still comes.
    let Ok(json) = serde_json::to_vec(&Flash { at, content }) else { return };
    set(auth, response, auth.keyring().encrypt(&json), LIFETIME);
}

/// What the request before left, if it did. The answer at hand deletes it.
pub(crate) fn take() -> Option<Content> {
    let auth = auth().ok()?;
    let value = request(|parts| cookie_value(&parts.headers, name(&auth)).map(str::to_owned))?;
    set(&auth, &use_context::<ResponseOptions>()?, String::new(), Duration::ZERO);
    let flash: Flash = serde_json::from_slice(&auth.keyring().decrypt(&value)?).ok()?;
    (auth.clock.now().since(flash.at) <= LIFETIME).then_some(flash.content)
}

/// The prefix keeps other hosts of the same site from planting one (RFC 6265bis section 4.1.3.2).
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
