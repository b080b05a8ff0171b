//! Second factors and confirming who one is, in JSON.

use authtuna::auth::Auth;
use authtuna::authn::mfa::Factor;
use authtuna::authn::sign_in::{Confirmation, Progress, SecondFactor};
use authtuna::axum::{ApiError, Visit};
use authtuna::model::code::Code;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{Accepted, Said, said};
use super::by_mail::{Nothing, Shown, proof};
use super::endpoint::Endpoint;
use super::passkeys::given;
use super::read::{Body, MaybeBody, text};
use crate::access::Access::{Enrolling, Public, SignedIn};

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
        Endpoint::get("/mfa/factors", Enrolling, factors, "One's second factors"),
        Endpoint::post("/mfa/setup", Enrolling, set_up, "Make a secret for an authenticator app")
            .about("It counts once `/mfa/verify` has seen a code of it.")
            .refuses(&[TotpEnabled, FeatureOff, StepUpRequired]),
        Endpoint::post("/mfa/verify", Enrolling, verify, "Turn the authenticator app on")
            .about("By a code of the secret made last. The answer is ten backup codes, which nothing shows again.")
            .refuses(&[BadOtp, TotpEnabled, TotpNotSetUp, FeatureOff, StepUpRequired]),
        Endpoint::post("/mfa/disable", SignedIn, disable, "Turn the authenticator app off")
            .about("The backup codes are gone too, unless there is a passkey.")
            .refuses(&[TotpNotSetUp, StepUpRequired]),
        Endpoint::post("/mfa/recovery-codes", SignedIn, regenerate, "Make ten new backup codes")
            .about("The old ones work no longer.")
            .refuses(&[NoSecondFactor, FeatureOff, StepUpRequired]),
        Endpoint::post("/auth/confirm", Enrolling, confirm, "Confirm who one is")
            .about(
                "By a passkey, a code of one's app, a backup code, or one's password where there is none of these. What answers 403 `step_up_required` works \
                 afterwards, for STEP_UP_SECONDS.",
            )
            .refuses(&[WrongPassword, BadOtp, TooManyAttempts, Busy, BadCharacters, PasswordTooLong])
            .refuses(&[BadPasskey, UserVerificationRequired, BadToken, PasskeyUnknown, PasskeyBlocked]),
        Endpoint::post("/auth/confirm/request", Enrolling, ask, "Ask for a mail to confirm who one is")
            .about("For people with neither password nor second factor; 404 for others.")
            .refuses(&[NotFound, MailOff]),
        Endpoint::post("/auth/confirm/mail", Enrolling, confirm_by_mail, "Confirm who one is by a mail")
            .about("By the token of its link, or by its six digits in the browser that asked.")
            .refuses(&[BadToken, BadOtp, TooManyAttempts]),
    ]
}

/// How far a sign-in came.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// What was done; only with a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    /// True when a second factor is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_required: Option<bool>,
    /// What `/mfa/validate-login` wants with it, for ten minutes. A secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_token: Option<String>,
    /// What can be asked for: `passkey`, `totp`, `backup_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    factors: Option<Vec<&'static str>>,
}

/// Has the answer carry how far somebody came.
pub(super) fn logged_in(visit: &Visit, progress: Progress) -> Result<Json<LoggedIn>, ApiError> {
    let halfway = match &progress {
        Progress::In(_) => None,
        Progress::SecondFactor(halfway) => Some(halfway.clone()),
        Progress::Inbox(waiting) => {
            visit.wait(waiting.clone());
            return Err(Code::EmailNotVerified.into());
        }
    };
    visit.enter(progress);
    Ok(Json(LoggedIn {
        message: halfway.is_none().then_some("Login successful."),
        mfa_required: halfway.is_some().then_some(true),
        factors: halfway
            .as_ref()
            .map(|halfway| halfway.factors.iter().copied().map(Factor::as_str).collect()),
        mfa_token: halfway.map(|halfway| halfway.token),
    }))
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
    visit: Visit,
    Body(form): Body<MfaLogin>,
) -> Result<Json<Said>, ApiError> {
    let kept = || visit.actor().origin.halfway.clone().unwrap_or_default();
    let token = if form.mfa_token.is_empty() { kept() } else { form.mfa_token };
    let typed = SecondFactor { token, code: form.code, remember: form.remember, ..SecondFactor::default() };
    visit.begin(auth.second_factor(visit.actor(), &typed).await?);
    Ok(said("Login successful."))
}

async fn factors(State(auth): State<Auth>, visit: Visit) -> Result<Json<OwnFactors>, ApiError> {
    let factors = auth.mfa.factors(visit.actor()).await?;
    Ok(Json(OwnFactors {
        totp_since: factors.totp_since.map(|since| since.seconds()),
        passkeys: factors.passkeys,
        recovery_codes_left: factors.backup_codes_left,
    }))
}

async fn set_up(
    State(auth): State<Auth>,
    visit: Visit,
    _: MaybeBody<Nothing>,
) -> Result<Json<Setup>, ApiError> {
    let setup = auth.mfa.setup_totp(visit.actor()).await?;
    Ok(Json(Setup { provisioning_uri: setup.uri, secret: setup.secret }))
}

async fn verify(
    State(auth): State<Auth>,
    visit: Visit,
    Body(form): Body<AppCode>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let recovery_codes = auth.mfa.verify_and_enable_totp(visit.actor(), &form.code).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

async fn disable(
    State(auth): State<Auth>,
    visit: Visit,
    _: MaybeBody<Nothing>,
) -> Result<Json<Said>, ApiError> {
    auth.mfa.disable_totp(visit.actor()).await?;
    Ok(said("MFA has been disabled."))
}

async fn regenerate(
    State(auth): State<Auth>,
    visit: Visit,
    _: MaybeBody<Nothing>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let recovery_codes = auth.mfa.regenerate_backup_codes(visit.actor()).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

async fn confirm(
    State(auth): State<Auth>,
    visit: Visit,
    Body(form): Body<Proofs>,
) -> Result<Json<Said>, ApiError> {
    let passkey = given(&form.passkey);
    let typed = Confirmation { password: form.password, code: form.code, passkey };
    auth.confirm(visit.actor(), &typed).await?;
    Ok(said("Confirmed."))
}

async fn ask(
    State(auth): State<Auth>,
    visit: Visit,
    _: MaybeBody<Nothing>,
) -> Result<Accepted<Said>, ApiError> {
    visit.wait(auth.request_confirmation(visit.actor()).await?);
    Ok(Accepted(Said { message: "A confirmation email has been sent." }))
}

async fn confirm_by_mail(
    State(auth): State<Auth>,
    visit: Visit,
    Body(form): Body<Shown>,
) -> Result<Json<Said>, ApiError> {
    auth.confirm_by_mail(visit.actor(), &proof(form.token, form.code)).await?;
    Ok(said("Confirmed."))
}
