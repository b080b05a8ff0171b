//! The sessions of other users.

use authtuna::auth::Auth;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use authtuna::model::id::{SessionId, UserId};
use axum::Json;
use axum::extract::State;

use super::PANEL;
use crate::http::endpoint::Endpoint;
use crate::http::extract::PathParams;
use crate::http::response::{List, Message, message};
use crate::http::sessions::{Ended, Session, session};

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    let one: &[Code] = &[Code::UserNotFound, Code::AboveYourLevel];
    vec![
        Endpoint::get("/admin/users/{id}/sessions", PANEL, list, "List the sessions of a user")
            .about(
                "Requires `users:read` or `users:manage`. Most recently used first. The audit log records \
                 who looked.",
            )
            .refuses(&[Code::UserNotFound]),
        Endpoint::post(
            "/admin/users/{id}/sessions/{sid}/terminate",
            PANEL,
            end,
            "End one of a user's sessions",
        )
        .about("Requires `users:manage` and a level above the user's.")
        .refuses(one),
        Endpoint::post(
            "/admin/users/{id}/sessions/terminate-all",
            PANEL,
            end_all,
            "End all sessions of a user",
        )
        .about("Requires `users:manage` and a level above the user's.")
        .refuses(one),
    ]
}

async fn list(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<List<Session>, ApiError> {
    let sessions = auth.admin.sessions_of(context.actor(), id).await?;
    Ok(List(sessions.into_iter().map(session).collect()))
}

async fn end(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams((id, session)): PathParams<(UserId, SessionId)>,
) -> Result<Json<Message>, ApiError> {
    auth.admin.end_session_of(context.actor(), id, session).await?;
    Ok(message("Session terminated."))
}

async fn end_all(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<Json<Ended>, ApiError> {
    let terminated = auth.admin.end_sessions_of(context.actor(), id).await?;
    Ok(Json(Ended { message: "All sessions have been terminated.", terminated }))
}
