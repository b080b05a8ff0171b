//! The root path.

use authtuna::axum::AuthContext;
use authtuna::model::paths::{DASHBOARD, LOGIN};
use axum::response::Response;

use super::endpoint::Endpoint;
use crate::layers::guard::see_other;
use authtuna::authz::guard::Guard::Public;

/// Returns the route.
pub(super) fn route() -> Endpoint {
    Endpoint::get("/", Public, home, "Redirect to the dashboard or to sign-in")
}

async fn home(context: AuthContext) -> Response {
    see_other(if context.actor().session_user().is_ok() { DASHBOARD } else { LOGIN })
}
