//! What keeps an eye on a server: whether it lives, and whether it should get requests.

use std::time::Duration;

use authtuna::auth::Auth;
use authtuna::axum::ApiError;
use authtuna::error::Error;
use authtuna::model::code::Code;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// GET `/healthz`: 200 as long as the process answers. Says nothing of the database: a restart would not mend that.
pub async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// GET `/readyz`: 200 when the database answers and its tables are this program's, else 503.
pub async fn ready(State(auth): State<Auth>) -> Result<Json<Value>, ApiError> {
    let unready = || ApiError::from(Error::new(Code::Unavailable).retry_after(PATIENCE));
    match tokio::time::timeout(PATIENCE, auth.store().check_migrations()).await {
        Ok(Ok(())) => Ok(Json(json!({ "status": "ready" }))),
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
