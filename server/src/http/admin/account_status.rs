//! Whether somebody may come in, and what happened to them.

use authtuna::auth::Auth;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::dto::{AuditEvent, PersonLine};
use super::{PANEL, found};
use crate::http::endpoint::Endpoint;
use crate::http::extract::{MaybeBody, Params, PathParams, page, rows, text};
use crate::http::response::{Here, Listed, Message, listed, message};

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let one: &[Code] = &[UserNotFound, AboveYourLevel];
    vec![
        Endpoint::post("/admin/users/{id}/suspend", PANEL, suspend, "Suspend somebody")
            .about("Needs `users:manage`, and a level above theirs. Their sessions end at once.")
            .refuses(&[TooLong, BadCharacters])
            .refuses(one),
        Endpoint::post("/admin/users/{id}/unsuspend", PANEL, unsuspend, "Lift a suspension")
            .about("Needs what suspending needs.")
            .refuses(&[TooLong, BadCharacters])
            .refuses(one),
        Endpoint::post("/admin/users/{id}/unlock", PANEL, unlock, "Open sign-in again")
            .about("After too many wrong passwords have closed it. Needs what suspending needs.")
            .refuses(one),
        Endpoint::get("/admin/users/{id}/audit-log", PANEL, trail, "What happened to somebody")
            .about(
                "Needs `audit:read`. The newest first. A Link header leads on. Empty for ids that nobody has: the log \
                 outlives accounts.",
            )
            .refuses(&[BadCursor]),
    ]
}

/// Why.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Why {
    /// The reason, for the audit log.
    #[serde(default, deserialize_with = "text")]
    reason: String,
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Pages {
    /// What the Link header of the page before says.
    after: Option<String>,
    /// Rows wanted: 25 when not given, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

async fn suspend(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
    MaybeBody(why): MaybeBody<Why>,
) -> Result<Json<PersonLine>, ApiError> {
    auth.admin.suspend(context.actor(), id, &why.reason).await?;
    Ok(Json(PersonLine::from(&found(&auth, &context, id).await?)))
}

async fn unsuspend(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
    MaybeBody(why): MaybeBody<Why>,
) -> Result<Json<PersonLine>, ApiError> {
    auth.admin.unsuspend(context.actor(), id, &why.reason).await?;
    Ok(Json(PersonLine::from(&found(&auth, &context, id).await?)))
}

async fn unlock(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<Json<Message>, ApiError> {
    auth.admin.unlock(context.actor(), id).await?;
    Ok(message("Sign-in is open."))
}

async fn trail(
    State(auth): State<Auth>,
    context: AuthContext,
    here: Here,
    PathParams(id): PathParams<UserId>,
    Params(wanted): Params<Pages>,
) -> Result<Listed<AuditEvent>, ApiError> {
    let page = page(wanted.after, wanted.limit.or(Some(25)));
    let found = auth.audit.of_user(context.actor(), id, &page).await?;
    Ok(listed(&here, found, AuditEvent::from))
}
