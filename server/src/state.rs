//! What every request can reach.

use std::sync::Arc;

use authtuna::auth::Auth;
use axum::extract::FromRef;
use serde_json::Value;

use crate::access::Rules;
use crate::layers::headers::Policy;
use crate::metrics::Metrics;
use crate::site::Site;

/// What every request can reach. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The core.
    pub auth: Auth,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Who may call what.
    pub rules: Arc<Rules>,
    /// The headers of every answer.
    pub policy: Arc<Policy>,
    /// The OpenAPI document.
    pub document: Arc<Value>,
    /// The built portal; None when ONLY_MIDDLEWARE says that there is none.
    pub site: Option<Site>,
}

impl FromRef<AppState> for Auth {
    fn from_ref(state: &AppState) -> Self {
        state.auth.clone()
    }
}
