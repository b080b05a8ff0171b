//! What keeps an eye on a server: whether it lives, and whether it should get requests.

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

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The routes. They need no session and no working database.
pub(super) fn routes() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/healthz", Public, alive, "Whether the process answers")
            .about("Says nothing of the database: a restart would not mend that."),
        Endpoint::get("/readyz", Public, ready, "Whether the server should get requests")
            .about("200 when the database answers and its tables are this program's."),
    ]
}

/// How the server is.
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
            tracing::warn!("not ready: the database does not answer");
            Err(unready())
        }
    }
}
