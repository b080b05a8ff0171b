//! The HTTP API: the JSON API for programs, and the endpoints for operators' tools.
//!
//! Each area has a table of [`Endpoint`]s. A row contains the route, its rule, its handler and its
//! documentation, so that no route lacks one of them. The format of requests and responses is
//! derived from the handler's own types ([`operation`]).

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

/// Returns the routes that need no session and no working database.
pub fn plain() -> Vec<Endpoint> {
    health::routes()
}

/// Returns the routes of the JSON API that `settings` enable.
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

/// Returns the endpoints that respond in JSON at paths where the portal has pages, to clients that
/// ask for JSON by name. Without the portal, nothing else responds at these paths.
pub fn beside_pages() -> Vec<Endpoint> {
    vec![sessions::list_route()]
}

/// Returns every route that `settings` enable.
pub fn all(settings: &Settings) -> Vec<Endpoint> {
    let mut all = plain();
    if !settings.app.only_middleware {
        all.extend(api(settings));
        all.extend(beside_pages());
    }
    all
}
