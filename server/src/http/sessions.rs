//! One's own sessions, in JSON.

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

/// Where the list is; the portal's page has the same path.
pub const LIST: &str = "/ui/settings/sessions";

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/ui/settings/sessions/{id}/terminate", SignedIn, end, "End one of one's sessions")
            .about(
                "404 for all that are not one's own; 400 for the one that asks, which is what signing out is for.",
            )
            .refuses(&[Code::BadRequest]),
        Endpoint::post(
            "/ui/settings/sessions/terminate-all",
            SignedIn,
            end_others,
            "End all of one's other sessions",
        ),
    ]
}

/// The list of sessions: JSON where the portal has a page.
pub(super) fn list_route() -> Endpoint {
    Endpoint::get(LIST, SignedIn, list, "One's sessions")
        .about("In JSON when that is asked for by name (`Accept: application/json`); else this is a page.")
}

/// A session. Times are whole seconds since the epoch.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    session_id: SessionId,
    /// Where it was used from last, when that is known.
    region: Option<String>,
    /// Browser and system.
    device: String,
    /// The address it was used from last.
    last_ip: Option<String>,
    /// When it began.
    ctime: i64,
    /// When it was used last.
    mtime: i64,
    /// Whether it is the one that asks.
    is_current: bool,
}

/// Sessions that were ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ended {
    /// What was done.
    pub message: &'static str,
    /// How many.
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

/// A session as it is shown.
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
