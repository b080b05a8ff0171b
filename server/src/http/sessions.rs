//! The JSON API for the user's own sessions.

use authtuna::auth::Auth;
use authtuna::authn::sessions::SessionView;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::id::SessionId;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::Endpoint;
use super::extract::PathParams;
use super::response::{List, Message, message};
use authtuna::authz::guard::Guard::SignedIn;

/// The path of the list. The portal's page has the same path.
pub const LIST: &str = "/ui/settings/sessions";

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/ui/settings/sessions/{id}/terminate", SignedIn, end, "End one of your sessions")
            .about("404 for sessions of other users; 400 for the current session, which signing out ends.")
            .refuses(&[Code::BadRequest]),
        Endpoint::post(
            "/ui/settings/sessions/terminate-all",
            SignedIn,
            end_others,
            "End all of your other sessions",
        ),
    ]
}

/// Returns the list of sessions, which responds in JSON where the portal has a page.
pub(super) fn list_route() -> Endpoint {
    Endpoint::get(LIST, SignedIn, list, "List your sessions").about(
        "Responds in JSON if the client asks for it by name (`Accept: application/json`), and otherwise \
         with a page.",
    )
}

/// A session. Times are whole seconds since the epoch.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// The session's id.
    #[schema(value_type = String, format = "uuid")]
    session_id: SessionId,
    /// The place that it was last used from, if known.
    region: Option<String>,
    /// The browser and the operating system.
    device: String,
    /// The IP address that it was last used from.
    last_ip: Option<String>,
    /// When it began.
    ctime: i64,
    /// When it was last used.
    mtime: i64,
    /// Whether it is the caller's current session.
    is_current: bool,
}

/// Sessions that were ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ended {
    /// What was done.
    pub message: &'static str,
    /// The number of sessions that were ended.
    pub terminated: u64,
}

async fn list(State(auth): State<Auth>, context: AuthContext) -> Result<List<Session>, ApiError> {
    let sessions = auth.sessions.list(context.actor()).await?;
    Ok(List(sessions.into_iter().map(session).collect()))
}

async fn end(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<SessionId>,
) -> Result<Json<Message>, ApiError> {
    if context.actor().session_id() == Some(id) {
        return Err(Error::on(Field::Session, Code::BadRequest).into());
    }
    auth.sessions.end(context.actor(), id).await?;
    Ok(message("Session terminated."))
}

async fn end_others(State(auth): State<Auth>, context: AuthContext) -> Result<Json<Ended>, ApiError> {
    let terminated = auth.sessions.end_others(context.actor()).await?;
    Ok(Json(Ended { message: "All other sessions have been terminated.", terminated }))
}

/// Converts a session to the format of the API.
pub(super) fn session(session: SessionView) -> Session {
    let region: Vec<String> = [session.city, session.country].into_iter().flatten().collect();
    Session {
        session_id: session.id,
        region: (!region.is_empty()).then(|| region.join(", ")),
        device: session.device,
        last_ip: session.ip,
        ctime: session.created_at.seconds(),
        mtime: session.last_seen_at.seconds(),
        is_current: session.current,
    }
}
