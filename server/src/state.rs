//! What every request can reach.

use std::ops::Deref;
use std::sync::Arc;

use authtuna::auth::Auth;
use axum::extract::FromRef;
use serde_json::Value;

use crate::layers::headers::Policy;
use crate::metrics::Metrics;
use crate::route_rules::Rules;
use crate::site::Site;

/// What every request can reach. Cheap to clone: a clone is one reference more to the same [`Shared`].
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What an [`AppState`] dereferences to.
pub struct Shared {
    /// The core.
    pub auth: Auth,
    /// Counters.
    pub metrics: Metrics,
    /// Who may call what.
    pub rules: Rules,
    /// The headers of every answer.
    pub policy: Policy,
    /// The OpenAPI document.
    pub document: Value,
    /// The built portal; None when ONLY_MIDDLEWARE says that there is none.
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
