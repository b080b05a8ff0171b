//! One's own sessions, in JSON.

use authtuna::auth::Auth;
use authtuna::axum::{ApiError, Visit};
use authtuna::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::id::SessionId;
use authtuna::sessions::SessionView;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::account::said;

/// Where the list is; the portal's page has the same path.
pub const LIST: &str = "/ui/settings/sessions";

/// GET `/ui/settings/sessions`, when JSON is asked for. Times are whole seconds since the epoch.
pub async fn list(State(auth): State<Auth>, visit: Visit) -> Result<Json<Value>, ApiError> {
    let sessions = auth.sessions.list(visit.actor()).await?;
    Ok(Json(sessions.iter().map(in_json).collect()))
}

/// POST `/ui/settings/sessions/{id}/terminate`: ends another one of one's sessions. 404 for all that are not one's own;
/// 400 for the one that asks, which is what signing out is for.
pub async fn end(
    State(auth): State<Auth>,
    visit: Visit,
    id: Result<Path<SessionId>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    // What can be no id is nobody's session.
    let Path(id) = id.map_err(|_| Code::NotFound)?;
    if visit.actor().session_id() == Some(id) {
        return Err(Error::on(Field::Session, Code::BadRequest).into());
    }
    auth.sessions.end(visit.actor(), id).await?;
    Ok(said("Session terminated."))
}

/// POST `/ui/settings/sessions/terminate-all`: ends all of one's sessions but the one that asks.
pub async fn end_others(State(auth): State<Auth>, visit: Visit) -> Result<Json<Value>, ApiError> {
    let ended = auth.sessions.end_others(visit.actor()).await?;
    Ok(Json(json!({ "message": "All other sessions have been terminated.", "terminated": ended })))
}

fn in_json(session: &SessionView) -> Value {
    let place = [session.city.as_deref(), session.country.as_deref()];
    let region: Vec<&str> = place.into_iter().flatten().collect();
    json!({
        "session_id": session.id,
        "region": if region.is_empty() { Value::Null } else { region.join(", ").into() },
        "device": session.device,
        "last_ip": session.ip,
        "ctime": session.created_at.seconds(),
        "mtime": session.last_seen_at.seconds(),
        "is_current": session.current,
    })
}
