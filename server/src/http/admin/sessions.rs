//! Where others are signed in.

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

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    let one: &[Code] = &[Code::UserNotFound, Code::AboveYourLevel];
    vec![
        Endpoint::get("/admin/users/{id}/sessions", PANEL, list, "Where somebody is signed in")
            .about(
                "Needs `users:read` or `users:manage`. The last used first. The audit log notes who looked.",
            )
            .refuses(&[Code::UserNotFound]),
        Endpoint::post(
            "/admin/users/{id}/sessions/{sid}/terminate",
            PANEL,
            end,
            "End one of somebody's sessions",
        )
        .about("Needs `users:manage`, and a level above theirs.")
        .refuses(one),
        Endpoint::post(
            "/admin/users/{id}/sessions/terminate-all",
            PANEL,
            end_all,
            "End all of somebody's sessions",
        )
        .about("Needs `users:manage`, and a level above theirs.")
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
