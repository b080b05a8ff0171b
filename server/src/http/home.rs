//! The bare address.

use authtuna::axum::Visit;
use axum::response::Response;

use crate::layers::guard::{LOGIN, see_other};

/// Where people find their account.
pub const DASHBOARD: &str = "/ui/dashboard";

/// GET `/`: to one's account, or to the door.
pub async fn home(visit: Visit) -> Response {
    see_other(if visit.actor().user().is_ok() { DASHBOARD } else { LOGIN })
}
