//! What programs call: the JSON API, and what operators' tools ask.
//!
//! Each area has a table of [`Endpoint`]s: the route, its rule, its handler and its document in one row, so that none is
//! without. What a request and an answer look like is read from the handler's own types ([`operation`]).

pub mod account;
pub mod admin;
pub mod by_email;
pub mod dto;
pub mod endpoint;
pub mod extract;
pub mod health;
pub mod home;
pub mod mfa;
pub mod openapi;
pub mod operation;
mod passkeys;
pub mod recovery;
pub mod response;
pub mod sessions;

use authtuna::foundation::config::Settings;

pub use endpoint::Endpoint;

/// Routes that need no session and no working database.
pub fn plain() -> Vec<Endpoint> {
    health::routes()
}

/// The JSON API, as far as `settings` switch it on.
pub fn api(settings: &Settings) -> Vec<Endpoint> {
    let mut all = vec![home::route()];
    all.extend(account::routes());
    all.extend(by_email::routes());
    all.extend(mfa::routes());
    all.extend(passkeys::routes());
    all.extend(recovery::routes());
    all.extend(sessions::routes());
    if settings.app.admin_routes_enabled {
        all.extend(admin::routes());
    }
    all.push(openapi::route());
    all
}

/// The paths of [`beside_pages`].
pub const BESIDE_PAGES: &[&str] = &[sessions::LIST];

/// Answers in JSON at paths where the portal has pages: whoever asks for JSON by name gets these. Without the portal
/// they are all there is.
pub fn beside_pages() -> Vec<Endpoint> {
    vec![sessions::list_route()]
}

/// Every route that `settings` switch on.
pub fn all(settings: &Settings) -> Vec<Endpoint> {
    let mut all = plain();
    if !settings.app.only_middleware {
        all.extend(api(settings));
        all.extend(beside_pages());
    }
    all
}
