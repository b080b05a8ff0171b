//! Suspending and unlocking users, and their entries in the audit log.

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

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let one: &[Code] = &[UserNotFound, AboveYourLevel];
    vec![
        Endpoint::post("/admin/users/{id}/suspend", PANEL, suspend, "Suspend a user")
            .about(
                "Requires `users:manage` and a level above the user's. Ends the user's sessions immediately.",
            )
            .refuses(&[TooLong, BadCharacters])
            .refuses(one),
        Endpoint::post("/admin/users/{id}/unsuspend", PANEL, unsuspend, "Lift a suspension")
            .about("Requires what suspending requires.")
            .refuses(&[TooLong, BadCharacters])
            .refuses(one),
        Endpoint::post("/admin/users/{id}/unlock", PANEL, unlock, "Unlock sign-in")
            .about(
                "For users who are locked out after too many wrong passwords. Requires what suspending \
                 requires.",
            )
            .refuses(one),
        Endpoint::get("/admin/users/{id}/audit-log", PANEL, trail, "List the audit log entries of a user")
            .about(
                "Requires `audit:read`. Newest first. A Link header points to the next page. Empty for ids \
                 that match no user: the log outlives accounts.",
            )
            .refuses(&[BadCursor]),
    ]
}

/// The reason for an action.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Why {
    /// The reason, for the audit log.
    #[serde(default, deserialize_with = "text")]
    reason: String,
}

/// A page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Pages {
    /// The cursor in the Link header of the previous page.
    after: Option<String>,
    /// The number of rows: 25 by default, at most 200.
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
