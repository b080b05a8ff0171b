//! The JSON API for second factors and re-authentication.

use authtuna::auth::Auth;
use authtuna::authn::email_challenge::Proof;
use authtuna::authn::sign_in::{Confirmation, SecondFactor};
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::dto::{EmailProof, Empty, given};
use super::endpoint::Endpoint;
use super::extract::{Body, MaybeBody, text};
use super::response::{Accepted, Message, message};
use authtuna::authz::guard::Guard::{Public, SignedIn, SignedInOrEnrolling};

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    vec![
        Endpoint::post("/mfa/validate-login", Public, validate, "Complete a sign-in with a second factor")
            .about(
                "Requires the `mfa_token` that the first factor returned, in the body or in the browser's \
                 cookie. A wrong code does not use it up. Sets the session cookie.",
            )
            .refuses(&[BadToken, BadOtp, TooManyAttempts]),
        Endpoint::get("/mfa/factors", SignedInOrEnrolling, factors, "Get your second factors"),
        Endpoint::post("/mfa/setup", SignedInOrEnrolling, set_up, "Set up an authenticator app")
            .about("Creates a secret, which takes effect once `/mfa/verify` has accepted a code of it.")
            .refuses(&[TotpEnabled, FeatureOff, StepUpRequired]),
        Endpoint::post("/mfa/verify", SignedInOrEnrolling, verify, "Enable the authenticator app")
            .about(
                "Requires a code of the latest secret. Returns ten backup codes, which are never shown \
                 again.",
            )
            .refuses(&[BadOtp, TotpEnabled, TotpNotSetUp, FeatureOff, StepUpRequired]),
        Endpoint::post("/mfa/disable", SignedIn, disable, "Disable the authenticator app")
            .about("Also deletes the backup codes, unless there is a passkey.")
            .refuses(&[TotpNotSetUp, StepUpRequired]),
        Endpoint::post("/mfa/recovery-codes", SignedIn, regenerate, "Generate ten new backup codes")
            .about("The old ones stop working.")
            .refuses(&[NoSecondFactor, FeatureOff, StepUpRequired]),
        Endpoint::post("/auth/confirm", SignedInOrEnrolling, confirm, "Re-authenticate")
            .about(
                "Requires a passkey, a code of the authenticator app or a backup code; or the password, if \
                 the user has none of these. Requests that were refused with 403 `step_up_required` then \
                 work for STEP_UP_SECONDS.",
            )
            .refuses(&[WrongPassword, BadOtp, TooManyAttempts, Busy, BadCharacters, PasswordTooLong])
            .refuses(&[BadPasskey, UserVerificationRequired, BadToken, PasskeyUnknown, PasskeyBlocked]),
        Endpoint::post(
            "/auth/confirm/request",
            SignedInOrEnrolling,
            ask,
            "Request a re-authentication email",
        )
        .about("For users with neither a password nor a second factor; 404 for others.")
        .refuses(&[NotFound, MailOff]),
        Endpoint::post(
            "/auth/confirm/mail",
            SignedInOrEnrolling,
            confirm_by_mail,
            "Re-authenticate by email",
        )
        .about("Requires the token of the email's link, or its six digits in the browser that asked.")
        .refuses(&[BadToken, BadOtp, TooManyAttempts]),
    ]
}

/// A second factor to sign in with.
#[derive(Deserialize, ToSchema)]
pub struct MfaLogin {
    /// The token that the first factor returned. Omitted if the browser has it as a cookie.
    #[serde(default, deserialize_with = "text")]
    mfa_token: String,
    /// A six-digit code of the authenticator app, or a backup code.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    code: String,
    /// Whether this browser may skip the second factor for MFA_REMEMBER_DEVICE_DAYS.
    #[serde(default)]
    remember: bool,
}

/// The user's second factors.
#[derive(Serialize, ToSchema)]
pub struct OwnFactors {
    /// When the authenticator app was enabled, in seconds since the epoch; null if it is not.
    totp_since: Option<i64>,
    /// The number of passkeys that can be used.
    passkeys: i64,
    /// The number of backup codes that can still be used.
    recovery_codes_left: i64,
}

/// A secret for an authenticator app.
#[derive(Serialize, ToSchema)]
pub struct Setup {
    /// The secret as an `otpauth://` URI.
    provisioning_uri: String,
    /// The secret in base32, to type in.
    secret: String,
}

/// A code of the authenticator app.
#[derive(Deserialize, ToSchema)]
pub struct AppCode {
    /// The six digits.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    code: String,
}

/// New backup codes.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// The codes. Each works once, and is never shown again.
    recovery_codes: Vec<String>,
}

/// Proof for re-authentication: a password, a code or a passkey.
#[derive(Deserialize, ToSchema)]
pub struct Proofs {
    /// The password.
    #[serde(default, deserialize_with = "text")]
    password: String,
    /// A code of the authenticator app, or a backup code.
    #[serde(default, deserialize_with = "text")]
    code: String,
    /// The response of a passkey to the options of `/passkeys/confirm-options`.
    #[serde(default)]
    #[schema(value_type = Object)]
    passkey: Value,
}

async fn validate(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<MfaLogin>,
) -> Result<Json<Message>, ApiError> {
    let kept = || context.actor().origin.mfa_challenge.clone().unwrap_or_default();
    let token = if form.mfa_token.is_empty() { kept() } else { form.mfa_token };
    let typed = SecondFactor { token, code: form.code, remember: form.remember, ..SecondFactor::default() };
    context.begin(auth.sign_in.with_second_factor(context.actor(), &typed).await?);
    Ok(message("Login successful."))
}

async fn factors(State(auth): State<Auth>, context: AuthContext) -> Result<Json<OwnFactors>, ApiError> {
    let factors = auth.mfa.factors(context.actor()).await?;
    Ok(Json(OwnFactors {
        totp_since: factors.totp_since.map(|since| since.seconds()),
        passkeys: factors.passkeys,
        recovery_codes_left: factors.backup_codes_left,
    }))
}

async fn set_up(
    State(auth): State<Auth>,
    context: AuthContext,
    _: MaybeBody<Empty>,
) -> Result<Json<Setup>, ApiError> {
    let setup = auth.mfa.setup_totp(context.actor()).await?;
    Ok(Json(Setup { provisioning_uri: setup.uri, secret: setup.secret }))
}

async fn verify(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<AppCode>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let recovery_codes = auth.mfa.verify_and_enable_totp(context.actor(), &form.code).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

async fn disable(
    State(auth): State<Auth>,
    context: AuthContext,
    _: MaybeBody<Empty>,
) -> Result<Json<Message>, ApiError> {
    auth.mfa.disable_totp(context.actor()).await?;
    Ok(message("MFA has been disabled."))
}

async fn regenerate(
    State(auth): State<Auth>,
    context: AuthContext,
    _: MaybeBody<Empty>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let recovery_codes = auth.mfa.regenerate_backup_codes(context.actor()).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

async fn confirm(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Proofs>,
) -> Result<Json<Message>, ApiError> {
    let passkey = given(&form.passkey);
    let typed = Confirmation { password: form.password, code: form.code, passkey };
    auth.step_up.confirm(context.actor(), &typed).await?;
    Ok(message("Confirmed."))
}

async fn ask(
    State(auth): State<Auth>,
    context: AuthContext,
    _: MaybeBody<Empty>,
) -> Result<Accepted<Message>, ApiError> {
    context.wait(auth.step_up.request_email(context.actor()).await?);
    Ok(Accepted(Message { message: "A confirmation email has been sent." }))
}

async fn confirm_by_mail(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<EmailProof>,
) -> Result<Json<Message>, ApiError> {
    auth.step_up.confirm_by_email(context.actor(), &Proof::from_form(form.token, form.code)).await?;
    Ok(message("Confirmed."))
}
