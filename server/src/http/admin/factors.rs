//! The second factors of other users, and the recovery of users who lost theirs.

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

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let one: &[Code] = &[UserNotFound, AboveYourLevel];
    vec![
        Endpoint::get("/admin/users/{id}/factors", PANEL, factors, "Get the second factors of a user")
            .about("Requires `users:manage` and a level above the user's. The audit log records who looked.")
            .refuses(one),
        Endpoint::delete("/admin/users/{id}/factors", PANEL, remove, "Remove the second factors of a user")
            .about(
                "Requires `users:manage` and a level above the user's. Ends the user's sessions. The user \
                 is notified by email, and must choose a new password.",
            )
            .refuses(one)
            .refuses(&[NoSecondFactor]),
        Endpoint::delete("/admin/users/{id}/recovery", PANEL, end, "Stop the recovery of a user")
            .about("Requires `users:manage` and a level above the user's. The user is notified by email.")
            .refuses(one)
            .refuses(&[NotFound]),
        Endpoint::post("/admin/users/{id}/recovery/hasten", PANEL, hasten, "End a recovery's waiting period")
            .about(
                "Requires `users:manage` and a level above the user's. The user receives the email to \
                 finish the recovery, and nothing is removed before they do.",
            )
            .refuses(one)
            .refuses(&[NotFound, FeatureOff, MailOff]),
    ]
}

/// A user's second factors.
#[derive(Serialize, ToSchema)]
pub(super) struct TheirFactors {
    /// When the authenticator app was enabled, in seconds since the epoch; null if it is not.
    totp_since: Option<i64>,
    /// The number of passkeys that can be used.
    passkeys: i64,
    /// The number of backup codes that can still be used.
    recovery_codes_left: i64,
    /// The open recovery; null if there is none.
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
