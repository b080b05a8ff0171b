//! Health checks: whether the server is alive, and whether it should receive requests.

use std::time::Duration;

use authtuna::auth::Auth;
use authtuna::axum::ApiError;
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::Endpoint;
use authtuna::authz::guard::Guard::Public;

/// How long the database may take to respond.
const PATIENCE: Duration = Duration::from_secs(2);

/// Returns the routes. They need no session and no working database.
pub(super) fn routes() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/healthz", Public, alive, "Check whether the process responds")
            .about("Does not check the database, because a restart would not fix it."),
        Endpoint::get("/readyz", Public, ready, "Check whether the server should receive requests")
            .about("200 if the database responds and its tables match this program."),
    ]
}

/// The health of the server.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok` or `ready`.
    status: &'static str,
}

async fn alive() -> Json<Health> {
    Json(Health { status: "ok" })
}

async fn ready(State(auth): State<Auth>) -> Result<Json<Health>, ApiError> {
    let unready = || ApiError::from(Error::new(Code::Unavailable).retry_after(PATIENCE));
    match tokio::time::timeout(PATIENCE, auth.store().check_migrations()).await {
        Ok(Ok(())) => Ok(Json(Health { status: "ready" })),
        Ok(Err(trouble)) => {
            tracing::warn!(error = %trouble, "not ready");
            Err(unready())
        }
        Err(_) => {
            tracing::warn!("not ready: the database does not respond");
            Err(unready())
        }
    }
}
