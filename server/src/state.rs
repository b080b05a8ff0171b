//! The state that every request can access.

use std::ops::Deref;
use std::sync::Arc;

use authtuna::auth::Auth;
use axum::extract::FromRef;
use serde_json::Value;

use crate::layers::headers::Policy;
use crate::metrics::Metrics;
use crate::route_rules::Rules;
use crate::site::Site;

/// The state that every request can access. Clones are cheap and share the same [`Shared`].
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The contents of an [`AppState`], which dereferences to this type.
pub struct Shared {
    /// The core library.
    pub auth: Auth,
    /// The metrics.
    pub metrics: Metrics,
    /// The rules of all routes.
    pub rules: Rules,
    /// The headers of every response.
    pub policy: Policy,
    /// The OpenAPI document.
    pub document: Value,
    /// The built portal. `None` if ONLY_MIDDLEWARE is true.
    pub site: Option<Site>,
}

impl From<Shared> for AppState {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<AppState> for Auth {
    fn from_ref(state: &AppState) -> Self {
        state.auth.clone()
    }
}
