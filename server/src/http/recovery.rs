//! The JSON API for recovery by users who lost all second factors. The response to a request for
//! the email is the same whether or not the address has an account, and whether or not the account
//! has second factors.

use authtuna::auth::Auth;
use authtuna::authn::email_challenge::Proof;
use authtuna::authn::recovery::Recovery;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dto::{Address, EmailProof, Token};
use super::endpoint::Endpoint;
use super::extract::{Body, text};
use super::response::{Accepted, Message, message};
use authtuna::authz::guard::Guard::{Public, SignedInOrEnrolling};

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let off: &[Code] = &[FeatureOff, MailOff];
    vec![
        Endpoint::post("/auth/recovery/request", Public, request, "Request a recovery email")
            .about("For users who cannot use any of their second factors anymore.")
            .refuses(off)
            .refuses(&[BadEmail, TooLong, TooManyAttempts]),
        Endpoint::post("/auth/recovery/start", Public, start, "Start recovery")
            .about(
                "Requires the token of the recovery email's link, or its six digits in the browser that \
                 asked. After MFA_RECOVERY_DELAY_SECONDS, the second factors can be removed by the link of \
                 another email.",
            )
            .refuses(off)
            .refuses(&[BadToken, BadOtp, RecoveryTooSoon, TooManyAttempts]),
        Endpoint::post("/auth/recovery/cancel", Public, cancel, "Stop recovery")
            .about(
                "Requires the token of the link to stop it, which every email about the recovery contains.",
            )
            .refuses(&[BadToken]),
        Endpoint::post("/auth/recovery/stop", Public, stop, "Stop recovery with a second factor")
            .about(
                "Requires a code of the account's authenticator app, or a backup code. For users who cannot \
                 sign in because someone else controls their mailbox. The response is the same for a wrong \
                 code, without an open recovery, and for a name that matches no user.",
            )
            .refuses(&[RecoveryNotStopped, TooLong, TooManyAttempts]),
        Endpoint::post("/auth/recovery/finish", Public, finish, "Finish recovery")
            .about(
                "Removes the second factors, once the waiting period is over. Requires the token of the \
                 email that announces this. Ends all sessions, and returns a token to set a password with \
                 (`/auth/reset-password`).",
            )
            .refuses(off)
            .refuses(&[BadToken]),
        Endpoint::post("/auth/recovery/undo", Public, undo, "Undo the setup of the first second factor")
            .about(
                "For users who did not add it. Requires the token of the email that announced it, which \
                 works for 72 hours. Ends all sessions, and returns a token to set a password with \
                 (`/auth/reset-password`).",
            )
            .refuses(&[BadToken]),
        Endpoint::get("/mfa/recovery", SignedInOrEnrolling, own, "Get your open recovery"),
        Endpoint::delete("/mfa/recovery", SignedInOrEnrolling, cancel_own, "Stop your own recovery")
            .refuses(&[NotFound]),
    ]
}

/// A second factor that stops a recovery.
#[derive(Deserialize, ToSchema)]
pub struct Stop {
    /// Username or email address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    identifier: String,
    /// A code of the account's authenticator app, or a backup code.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    code: String,
}

/// An open recovery.
#[derive(Serialize, ToSchema)]
pub struct OpenRecovery {
    /// When the waiting period began.
    started_at: i64,
    /// When the waiting period ends.
    due_at: i64,
}

impl From<Recovery> for OpenRecovery {
    fn from(recovery: Recovery) -> Self {
        Self { started_at: recovery.started_at.seconds(), due_at: recovery.due_at.seconds() }
    }
}

/// The user's own recovery.
#[derive(Serialize, ToSchema)]
pub struct OwnRecovery {
    /// The open recovery; null if there is none.
    recovery: Option<OpenRecovery>,
}

async fn request(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Address>,
) -> Result<Accepted<Message>, ApiError> {
    context.wait(auth.recovery.request(context.actor(), &form.email).await?);
    let message =
        "If an account with this email exists and has second factors, a recovery link has been sent.";
    Ok(Accepted(Message { message }))
}

async fn start(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<EmailProof>,
) -> Result<Json<OpenRecovery>, ApiError> {
    let begun = auth.recovery.start(context.actor(), &Proof::from_form(form.token, form.code)).await?;
    Ok(Json(begun.into()))
}

async fn cancel(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Token>,
) -> Result<Json<Message>, ApiError> {
    auth.recovery.cancel(context.actor(), &form.token).await?;
    Ok(message("The recovery has been stopped."))
}

async fn stop(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Stop>,
) -> Result<Json<Message>, ApiError> {
    auth.recovery.stop(context.actor(), &form.identifier, &form.code).await?;
    Ok(message("The recovery has been stopped."))
}

async fn finish(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Token>,
) -> Result<Json<Token>, ApiError> {
    Ok(Json(Token { token: auth.recovery.finish(context.actor(), &form.token).await? }))
}

async fn undo(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Token>,
) -> Result<Json<Token>, ApiError> {
    Ok(Json(Token { token: auth.recovery.undo_factors(context.actor(), &form.token).await? }))
}

async fn own(State(auth): State<Auth>, context: AuthContext) -> Result<Json<OwnRecovery>, ApiError> {
    let recovery = auth.recovery.own(context.actor()).await?.map(OpenRecovery::from);
    Ok(Json(OwnRecovery { recovery }))
}

async fn cancel_own(State(auth): State<Auth>, context: AuthContext) -> Result<Json<Message>, ApiError> {
    auth.recovery.cancel_own(context.actor()).await?;
    Ok(message("The recovery has been stopped."))
}
