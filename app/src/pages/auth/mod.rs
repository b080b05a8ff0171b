//! Pages for users who are not signed in.

pub(crate) mod challenge;
pub(crate) mod change_email;
pub(crate) mod forgot;
pub(crate) mod login;
pub(crate) mod passwordless;
pub(crate) mod recovery;
pub(crate) mod setup;
pub(crate) mod signed_out;
pub(crate) mod signup;
pub(crate) mod verify;

use crate::viewer::{request, signed_in};
use authtuna::model::paths::{DASHBOARD, LocalPath};

/// Returns a parameter of the page's query.
pub(crate) fn query(name: &str) -> Option<String> {
    request(|parts| {
        let mut pairs = url::form_urlencoded::parse(parts.uri.query()?.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    })
}

/// Returns the token of the page's link.
fn token() -> Option<String> {
    query("token").filter(|token| !token.is_empty())
}

/// Returns where the user was going, as a field for the form that continues there.
fn next() -> (&'static str, String) {
    ("next", target().map(|target| target.as_str().to_owned()).unwrap_or_default())
}

/// Returns where the user was going.
pub(crate) fn target() -> Option<LocalPath> {
    query("next").as_deref().and_then(LocalPath::to_return_to)
}

/// Redirects a signed-in user, who has nothing to do here. Returns whether it did.
fn sent_on() -> bool {
    let signed_in = signed_in();
    if signed_in {
        leptos_axum::redirect(target().as_ref().map_or(DASHBOARD, LocalPath::as_str));
    }
    signed_in
}
