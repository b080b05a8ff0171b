//! The bare address.

use authtuna::axum::Visit;
use authtuna::model::paths::{DASHBOARD, LOGIN};
use axum::response::Response;

use super::endpoint::Endpoint;
use crate::access::Access::Public;
use crate::layers::guard::see_other;

/// The route.
pub(super) fn route() -> Endpoint {
    Endpoint::get("/", Public, home, "To one's account, or to sign-in")
}

async fn home(visit: Visit) -> Response {
    see_other(if visit.actor().holder().is_ok() { DASHBOARD } else { LOGIN })
}
