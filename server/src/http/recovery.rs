//! Recovery by whoever lost all second factors, in JSON. The answer to a request for the mail is the same whether the
//! address has an account or not, and whether that has second factors or not.

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

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let off: &[Code] = &[FeatureOff, MailOff];
    vec![
        Endpoint::post("/auth/recovery/request", Public, request, "Ask for a mail to recover an account with")
            .about("For whoever can show no second factor any more.")
            .refuses(off)
            .refuses(&[BadEmail, TooLong, TooManyAttempts]),
        Endpoint::post("/auth/recovery/start", Public, start, "Begin the waiting")
            .about(
                "By the token of that mail's link, or by its six digits in the browser that asked. The second factors can be \
                 taken off after MFA_RECOVERY_DELAY_SECONDS, by the link of another mail.",
            )
            .refuses(off)
            .refuses(&[BadToken, BadOtp, RecoveryTooSoon, TooManyAttempts]),
        Endpoint::post("/auth/recovery/cancel", Public, cancel, "Stop a recovery")
            .about("By the link to stop it, which is in every mail about it.")
            .refuses(&[BadToken]),
        Endpoint::post("/auth/recovery/stop", Public, stop, "Stop a recovery by a second factor")
            .about(
                "By a code of the account's app, or a backup code: for whoever can not sign in, because somebody else has their \
                 mailbox. The answer is the same for a wrong code, where nothing is open, and for a name that nobody has.",
            )
            .refuses(&[RecoveryNotStopped, TooLong, TooManyAttempts]),
        Endpoint::post("/auth/recovery/finish", Public, finish, "Have the second factors taken off")
            .about(
                "Once the waiting is over, by the token of the mail that says so. All sessions end; the answer is a token to \
                 set a password with (`/auth/reset-password`).",
            )
            .refuses(off)
            .refuses(&[BadToken]),
        Endpoint::post("/auth/recovery/undo", Public, undo, "Take the first second factor off again")
            .about(
                "For whoever did not add it, by the token of the mail that told of it, for 72 hours. All sessions end; the \
                 answer is a token to set a password with (`/auth/reset-password`).",
            )
            .refuses(&[BadToken]),
        Endpoint::get("/mfa/recovery", SignedInOrEnrolling, own, "One's own open recovery"),
        Endpoint::delete("/mfa/recovery", SignedInOrEnrolling, cancel_own, "Stop one's own recovery")
            .refuses(&[NotFound]),
    ]
}

/// Who keeps their second factors.
#[derive(Deserialize, ToSchema)]
pub struct Stop {
    /// Username or e-mail address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    identifier: String,
    /// A code of the account's app, or a backup code.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    code: String,
}

/// A recovery that is open.
#[derive(Serialize, ToSchema)]
pub struct OpenRecovery {
    /// When the waiting began.
    started_at: i64,
    /// When it is over.
    due_at: i64,
}

impl From<Recovery> for OpenRecovery {
    fn from(recovery: Recovery) -> Self {
        Self { started_at: recovery.started_at.seconds(), due_at: recovery.due_at.seconds() }
    }
}

/// One's own recovery.
#[derive(Serialize, ToSchema)]
pub struct OwnRecovery {
    /// The one that is open; null when none is.
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
