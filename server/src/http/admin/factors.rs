//! What protects others' accounts beside the password, and how they recover when they lost it.

use authtuna::auth::Auth;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::PANEL;
use super::dto::seconds;
use crate::http::endpoint::Endpoint;
use crate::http::extract::PathParams;
use crate::http::recovery::OpenRecovery;
use crate::http::response::{Message, message};

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let one: &[Code] = &[UserNotFound, AboveYourLevel];
    vec![
        Endpoint::get("/admin/users/{id}/factors", PANEL, factors, "Somebody's second factors")
            .about("Needs `users:manage`, and a level above theirs. The audit log notes who looked.")
            .refuses(one),
        Endpoint::delete("/admin/users/{id}/factors", PANEL, remove, "Take somebody's second factors off")
            .about("Needs `users:manage`, and a level above theirs. Their sessions end; they are told by mail, and choose another password.")
            .refuses(one)
            .refuses(&[NoSecondFactor]),
        Endpoint::delete("/admin/users/{id}/recovery", PANEL, end, "Stop somebody's recovery")
            .about("Needs `users:manage`, and a level above theirs. They are told by mail.")
            .refuses(one)
            .refuses(&[NotFound]),
        Endpoint::post("/admin/users/{id}/recovery/hasten", PANEL, hasten, "End the waiting of a recovery")
            .about(
                "Needs `users:manage`, and a level above theirs. They get the mail to finish it, and nothing is taken off \
                 before they do.",
            )
            .refuses(one)
            .refuses(&[NotFound, FeatureOff, MailOff]),
    ]
}

/// Somebody's second factors.
#[derive(Serialize, ToSchema)]
pub(super) struct TheirFactors {
    /// Since when codes of an app are asked for, in seconds since the epoch; null when none are.
    totp_since: Option<i64>,
    /// How many passkeys can be shown.
    passkeys: i64,
    /// How many backup codes can still be used.
    recovery_codes_left: i64,
    /// Their open recovery; null when there is none.
    recovery: Option<OpenRecovery>,
}

async fn factors(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<Json<TheirFactors>, ApiError> {
    let factors = auth.admin.factors_of(context.actor(), id).await?;
    let recovery = auth.recovery.of_user(context.actor(), id).await?;
    Ok(Json(TheirFactors {
        totp_since: seconds(factors.totp_since),
        passkeys: factors.passkeys,
        recovery_codes_left: factors.backup_codes_left,
        recovery: recovery.map(OpenRecovery::from),
    }))
}

async fn remove(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<Json<Message>, ApiError> {
    auth.admin.remove_factors(context.actor(), id).await?;
    Ok(message("Second factors removed."))
}

async fn end(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<Json<Message>, ApiError> {
    auth.recovery.cancel_of(context.actor(), id).await?;
    Ok(message("Recovery stopped."))
}

async fn hasten(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<Json<Message>, ApiError> {
    auth.recovery.hasten(context.actor(), id).await?;
    Ok(message("The recovery can be finished now."))
}
