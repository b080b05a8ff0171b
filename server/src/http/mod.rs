//! What programs call: the JSON API, and what operators' tools ask.
//!
//! Each group is a table of [`Endpoint`]s: the route, its rule and its handler in one row, so that none is without.

pub mod account;
pub mod health;
pub mod home;
pub mod json;
pub mod sessions;

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::access::{Access, Effect, Kind, Rule};
use crate::state::AppState;

/// A route with its rule and its handler.
pub struct Endpoint {
    /// Who may call it, and what it does.
    pub rule: Rule,
    /// What answers.
    pub handler: MethodRouter<AppState>,
}

impl Endpoint {
    /// A GET: it changes nothing.
    pub fn reads<H: Handler<T, AppState>, T: 'static>(path: &str, access: Access, handler: H) -> Self {
        let rule = Rule {
            method: Method::GET,
            path: path.to_owned(),
            access,
            kind: Kind::Api,
            effect: Effect::Reads,
        };
        Self { rule, handler: on(MethodFilter::GET, handler) }
    }

    /// A POST: it changes something.
    pub fn changes<H: Handler<T, AppState>, T: 'static>(path: &str, access: Access, handler: H) -> Self {
        let rule = Rule {
            method: Method::POST,
            path: path.to_owned(),
            access,
            kind: Kind::Api,
            effect: Effect::Changes,
        };
        Self { rule, handler: on(MethodFilter::POST, handler) }
    }
}

/// Routes that need no session and no working database.
pub fn plain() -> Vec<Endpoint> {
    vec![
        Endpoint::reads("/healthz", Access::Public, health::alive),
        Endpoint::reads("/readyz", Access::Public, health::ready),
    ]
}

/// The JSON API.
pub fn api() -> Vec<Endpoint> {
    use Access::{Public, SignedIn};
    vec![
        Endpoint::reads("/", Public, home::home),
        Endpoint::changes("/auth/signup", Public, account::sign_up),
        Endpoint::changes("/auth/login", Public, account::sign_in),
        Endpoint::changes("/auth/logout", Public, account::sign_out),
        Endpoint::reads("/auth/user-info", SignedIn, account::user_info),
        Endpoint::changes("/auth/change-password", SignedIn, account::change_password),
        Endpoint::changes("/ui/settings/sessions/{id}/terminate", SignedIn, sessions::end),
        Endpoint::changes("/ui/settings/sessions/terminate-all", SignedIn, sessions::end_others),
    ]
}

/// The paths of [`beside_pages`].
pub const BESIDE_PAGES: &[&str] = &[sessions::LIST];

/// Answers in JSON at paths where the portal has pages: whoever asks for JSON by name gets these. Without the portal
/// they are all there is.
pub fn beside_pages() -> Vec<Endpoint> {
    vec![Endpoint::reads(sessions::LIST, Access::SignedIn, sessions::list)]
}
