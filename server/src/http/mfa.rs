//! Second factors and confirming who one is, in JSON.

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

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    vec![
        Endpoint::post("/mfa/validate-login", Public, validate, "Sign in by the second factor")
            .about(
                "With the `mfa_token` that the first factor led to, or in the browser that has it as a cookie. A wrong code \
                 uses nothing up. The answer sets the session's cookie.",
            )
            .refuses(&[BadToken, BadOtp, TooManyAttempts]),
        Endpoint::get("/mfa/factors", SignedInOrEnrolling, factors, "One's second factors"),
        Endpoint::post("/mfa/setup", SignedInOrEnrolling, set_up, "Make a secret for an authenticator app")
            .about("It counts once `/mfa/verify` has seen a code of it.")
            .refuses(&[TotpEnabled, FeatureOff, StepUpRequired]),
        Endpoint::post("/mfa/verify", SignedInOrEnrolling, verify, "Turn the authenticator app on")
            .about("By a code of the secret made last. The answer is ten backup codes, which nothing shows again.")
            .refuses(&[BadOtp, TotpEnabled, TotpNotSetUp, FeatureOff, StepUpRequired]),
        Endpoint::post("/mfa/disable", SignedIn, disable, "Turn the authenticator app off")
            .about("The backup codes are gone too, unless there is a passkey.")
            .refuses(&[TotpNotSetUp, StepUpRequired]),
        Endpoint::post("/mfa/recovery-codes", SignedIn, regenerate, "Make ten new backup codes")
            .about("The old ones work no longer.")
            .refuses(&[NoSecondFactor, FeatureOff, StepUpRequired]),
        Endpoint::post("/auth/confirm", SignedInOrEnrolling, confirm, "Confirm who one is")
            .about(
                "By a passkey, a code of one's app, a backup code, or one's password where there is none of these. What answers 403 `step_up_required` works \
                 afterwards, for STEP_UP_SECONDS.",
            )
            .refuses(&[WrongPassword, BadOtp, TooManyAttempts, Busy, BadCharacters, PasswordTooLong])
            .refuses(&[BadPasskey, UserVerificationRequired, BadToken, PasskeyUnknown, PasskeyBlocked]),
        Endpoint::post("/auth/confirm/request", SignedInOrEnrolling, ask, "Ask for a mail to confirm who one is")
            .about("For people with neither password nor second factor; 404 for others.")
            .refuses(&[NotFound, MailOff]),
        Endpoint::post("/auth/confirm/mail", SignedInOrEnrolling, confirm_by_mail, "Confirm who one is by a mail")
            .about("By the token of its link, or by its six digits in the browser that asked.")
            .refuses(&[BadToken, BadOtp, TooManyAttempts]),
    ]
}

/// A second factor.
#[derive(Deserialize, ToSchema)]
pub struct MfaLogin {
    /// What the first factor led to. Left out where the browser has it as a cookie.
    #[serde(default, deserialize_with = "text")]
    mfa_token: String,
    /// Six digits of one's app, or a backup code.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    code: String,
    /// Whether this browser is to be asked for no second factor for MFA_REMEMBER_DEVICE_DAYS.
    #[serde(default)]
    remember: bool,
}

/// One's second factors.
#[derive(Serialize, ToSchema)]
pub struct OwnFactors {
    /// Since when codes of an app are asked for, in seconds since the epoch; null when none are.
    totp_since: Option<i64>,
    /// How many passkeys can be shown.
    passkeys: i64,
    /// How many backup codes can still be used.
    recovery_codes_left: i64,
}

/// A secret for an authenticator app.
#[derive(Serialize, ToSchema)]
pub struct Setup {
    /// As an `otpauth://` address.
    provisioning_uri: String,
    /// In base 32, to type.
    secret: String,
}

/// A code of one's app.
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
    /// Each works once. Nothing shows them again.
    recovery_codes: Vec<String>,
}

/// A password, or a code.
#[derive(Deserialize, ToSchema)]
pub struct Proofs {
    /// One's password.
    #[serde(default, deserialize_with = "text")]
    password: String,
    /// A code of one's app, or a backup code.
    #[serde(default, deserialize_with = "text")]
    code: String,
    /// What a passkey answered to the options of `/passkeys/confirm-options`.
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
