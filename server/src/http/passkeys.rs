//! Passkeys, in JSON. The answers with options are those of `PublicKeyCredential.parseCreationOptionsFromJSON` and
//! `parseRequestOptionsFromJSON`; what comes back is what `credential.toJSON()` gives. The browser that asked keeps a
//! cookie, without which the answer counts nowhere.

use authtuna::auth::Auth;
use authtuna::authn::passkeys::{Ceremony, Kind, OwnPasskey};
use authtuna::authn::sign_in::{PasskeyFor, SecondFactor};
use authtuna::authn::sign_up::PasskeySignUp;
use authtuna::axum::{ApiError, Visit};
use authtuna::model::code::Code;
use authtuna::model::id::PasskeyId;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::account::SignedUpAnswer;
use super::answer::{Created, Gone, Said, Whole, said};
use super::by_mail::Nothing;
use super::endpoint::Endpoint;
use super::mfa::{LoggedIn, logged_in};
use super::read::{Body, MaybeBody, Place, text};
use crate::access::Access::{Enrolling, Public, SignedIn};

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    const REFUSED: &[Code] = &[BadPasskey, UserVerificationRequired, BadToken, FeatureOff];
    const UNKNOWN: &[Code] = &[PasskeyUnknown, PasskeyBlocked];
    vec![
        Endpoint::get("/passkeys", Enrolling, list, "One's passkeys"),
        Endpoint::post("/passkeys/register-options", Enrolling, ask_to_add, "Ask for a new passkey")
            .about("Options for `navigator.credentials.create`. `/passkeys/register` wants what it gives, within the hour.")
            .refuses(&[StepUpRequired, TooManyPasskeys, FeatureOff, TooManyAttempts]),
        Endpoint::post("/passkeys/register", Enrolling, add, "Add a passkey")
            .about(
                "In the session that asked for it. Without a name it gets that of its authenticator. Whoever had no second \
                 factor before gets ten backup codes, which nothing shows again.",
            )
            .refuses(REFUSED)
            .refuses(&[PasskeyExists, TooManyPasskeys, TooLong, BadCharacters]),
        Endpoint::patch("/passkeys/{id}", SignedIn, rename, "Give a passkey another name")
            .about("By the authenticator's id of it. An empty name is that of its authenticator.")
            .refuses(&[TooLong, BadCharacters]),
        Endpoint::delete("/passkeys/{id}", SignedIn, remove, "Remove a passkey")
            .about("By the authenticator's id of it. 409 for the last way in.")
            .refuses(&[StepUpRequired, LastWayIn]),
        Endpoint::post("/passkeys/login-options", Public, ask_to_sign_in, "Ask for a passkey to sign in with")
            .about("Options for `navigator.credentials.get`. Whose passkey it is, it says by itself.")
            .refuses(&[FeatureOff, TooManyAttempts]),
        Endpoint::post("/passkeys/login", Public, sign_in, "Sign in by a passkey")
            .about("It is two factors in one: nothing more is asked for. The answer sets the session's cookie.")
            .refuses(REFUSED)
            .refuses(UNKNOWN)
            .refuses(&[Suspended, EmailNotVerified, PasswordResetRequired]),
        Endpoint::post("/passkeys/mfa-options", Public, ask_for_factor, "Ask for a passkey as second factor")
            .about(
                "With the `mfa_token` that the first factor led to, or in the browser that has it as a cookie. The options of \
                 `/passkeys/login-options` do as well.",
            )
            .refuses(&[BadToken, NotFound, TooManyAttempts]),
        Endpoint::post("/passkeys/mfa-login", Public, show_factor, "Sign in by a passkey as second factor")
            .refuses(REFUSED)
            .refuses(UNKNOWN),
        Endpoint::post("/passkeys/confirm-options", Enrolling, ask_to_confirm, "Ask for a passkey to confirm with")
            .about("`/auth/confirm` wants what it gives as `passkey`.")
            .refuses(&[NotFound, TooManyAttempts]),
        Endpoint::post("/passkeys/signup-options", Public, ask_to_sign_up, "Ask for a passkey for a new account")
            .about("Name and address come back with the passkey: `/passkeys/signup` wants nothing else.")
            .refuses(&[BadUsername, UsernameTaken, BadEmail, EmailDomainNotAllowed, SignupClosed, TooLong])
            .refuses(&[FeatureOff, TooManyAttempts]),
        Endpoint::post("/passkeys/signup", Public, sign_up, "Sign up with a passkey, and no password")
            .about(
                "As `/auth/signup`: 201 with a session, or 202 where mails are sent. The account has no backup codes yet: \
                 `/mfa/recovery-codes` makes them, and should be asked at once.",
            )
            .refuses(REFUSED)
            .refuses(&[UsernameTaken, EmailTaken, EmailDomainNotAllowed, SignupClosed, TooManyAttempts]),
    ]
}

/// Options for the browser's `navigator.credentials`.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(super) struct Options(Value);

/// A passkey. Times are whole seconds since the epoch.
#[derive(Serialize, ToSchema)]
pub(super) struct Passkey {
    /// The authenticator's id of it, in base64url.
    id: String,
    /// What its owner calls it.
    name: String,
    /// What keeps it, such as `1Password`; null when that is not known.
    authenticator: Option<&'static str>,
    /// What kind of thing that is: `manager`, `device` or `security_key`.
    kind: Option<&'static str>,
    /// Whether it can be on several devices at once.
    backup_eligible: bool,
    /// Whether it is.
    backed_up: bool,
    /// When it was added.
    created_at: i64,
    /// When it was last used.
    last_used_at: Option<i64>,
    /// Since when it opens nothing, because there may be a copy.
    blocked_at: Option<i64>,
}

impl From<OwnPasskey> for Passkey {
    fn from(own: OwnPasskey) -> Self {
        Self {
            id: own.credential_id,
            name: own.name,
            authenticator: own.authenticator.map(|authenticator| authenticator.name),
            kind: own.authenticator.map(|authenticator| authenticator.kind).map(Kind::as_str),
            backup_eligible: own.backup_eligible,
            backed_up: own.backed_up,
            created_at: own.created_at.seconds(),
            last_used_at: own.last_used_at.map(|at| at.seconds()),
            blocked_at: own.blocked_at.map(|at| at.seconds()),
        }
    }
}

/// A new passkey.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewPasskey {
    /// What to call it.
    #[serde(default, deserialize_with = "text")]
    name: String,
    /// What `navigator.credentials.create` gave.
    #[serde(default)]
    #[schema(value_type = Object, required)]
    registration_response: Value,
}

/// A passkey that was added.
#[derive(Serialize, ToSchema)]
pub(super) struct Added {
    /// `ok`.
    status: &'static str,
    /// True.
    verified: bool,
    /// The passkey.
    passkey: Passkey,
    /// Backup codes: each works once, and nothing shows them again. Only for whoever had no second factor before.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// Another name.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewName {
    /// What to call it.
    #[serde(default, deserialize_with = "text")]
    name: String,
}

/// What an authenticator answered.
#[derive(Deserialize, ToSchema)]
pub(super) struct Shown {
    /// What `navigator.credentials` gave.
    #[serde(default)]
    #[schema(value_type = Object, required)]
    response: Value,
}

/// The first factor.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct First {
    /// What the first factor led to. Left out where the browser has it as a cookie.
    #[serde(default, deserialize_with = "text")]
    mfa_token: String,
}

/// A passkey as second factor.
#[derive(Deserialize, ToSchema)]
pub(super) struct SecondPasskey {
    /// What the first factor led to. Left out where the browser has it as a cookie.
    #[serde(default, deserialize_with = "text")]
    mfa_token: String,
    /// What `navigator.credentials.get` gave.
    #[serde(default)]
    #[schema(value_type = Object, required)]
    response: Value,
    /// Whether this browser is to be asked for no second factor for MFA_REMEMBER_DEVICE_DAYS.
    #[serde(default)]
    remember: bool,
}

/// A new account without a password.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewPasskeyAccount {
    /// The username.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    username: String,
    /// The e-mail address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    email: String,
}

async fn list(State(auth): State<Auth>, visit: Visit) -> Result<Whole<Passkey>, ApiError> {
    let own = auth.passkeys.list(visit.actor()).await?;
    Ok(Whole(own.into_iter().map(Passkey::from).collect()))
}

async fn ask_to_add(
    State(auth): State<Auth>,
    visit: Visit,
    _: MaybeBody<Nothing>,
) -> Result<Json<Options>, ApiError> {
    let asked = auth.passkeys.ask_to_add(visit.actor()).await?;
    Ok(options(&visit, asked))
}

async fn add(
    State(auth): State<Auth>,
    visit: Visit,
    Body(form): Body<NewPasskey>,
) -> Result<Created<Added>, ApiError> {
    let answer = given(&form.registration_response);
    let added = auth.passkeys.add(visit.actor(), &form.name, &answer).await?;
    let (passkey, recovery_codes) = (added.passkey.into(), added.backup_codes);
    Ok(Created(Added { status: "ok", verified: true, passkey, recovery_codes }))
}

async fn rename(
    State(auth): State<Auth>,
    visit: Visit,
    Place(id): Place<String>,
    Body(form): Body<NewName>,
) -> Result<Json<Said>, ApiError> {
    let id = find(&auth, &visit, &id).await?;
    auth.passkeys.rename(visit.actor(), id, &form.name).await?;
    Ok(said("Passkey renamed."))
}

async fn remove(State(auth): State<Auth>, visit: Visit, Place(id): Place<String>) -> Result<Gone, ApiError> {
    let id = find(&auth, &visit, &id).await?;
    auth.passkeys.remove(visit.actor(), id).await?;
    Ok(Gone)
}

async fn ask_to_sign_in(
    State(auth): State<Auth>,
    visit: Visit,
    _: MaybeBody<Nothing>,
) -> Result<Json<Options>, ApiError> {
    let asked = auth.ask_for_passkey(visit.actor(), PasskeyFor::SignIn).await?;
    Ok(options(&visit, asked))
}

async fn sign_in(
    State(auth): State<Auth>,
    visit: Visit,
    Body(form): Body<Shown>,
) -> Result<Json<LoggedIn>, ApiError> {
    let progress = auth.sign_in_by_passkey(visit.actor(), &given(&form.response)).await?;
    logged_in(&visit, progress)
}

async fn ask_for_factor(
    State(auth): State<Auth>,
    visit: Visit,
    MaybeBody(form): MaybeBody<First>,
) -> Result<Json<Options>, ApiError> {
    let token = token(&visit, form.mfa_token);
    let asked = auth.ask_for_passkey(visit.actor(), PasskeyFor::SecondFactor(&token)).await?;
    Ok(options(&visit, asked))
}

async fn show_factor(
    State(auth): State<Auth>,
    visit: Visit,
    Body(form): Body<SecondPasskey>,
) -> Result<Json<Said>, ApiError> {
    let (token, passkey) = (token(&visit, form.mfa_token), given(&form.response));
    if passkey.is_empty() {
        return Err(authtuna::foundation::error::Error::on(
            authtuna::model::code::Field::Passkey,
            Code::Required,
        )
        .into());
    }
    let typed = SecondFactor { token, passkey, remember: form.remember, ..SecondFactor::default() };
    visit.begin(auth.second_factor(visit.actor(), &typed).await?);
    Ok(said("Login successful."))
}

async fn ask_to_confirm(
    State(auth): State<Auth>,
    visit: Visit,
    _: MaybeBody<Nothing>,
) -> Result<Json<Options>, ApiError> {
    let asked = auth.ask_for_passkey(visit.actor(), PasskeyFor::Confirming).await?;
    Ok(options(&visit, asked))
}

async fn ask_to_sign_up(
    State(auth): State<Auth>,
    visit: Visit,
    Body(form): Body<NewPasskeyAccount>,
) -> Result<Json<Options>, ApiError> {
    let typed = PasskeySignUp { username: form.username, email: form.email };
    let asked = auth.ask_to_sign_up(visit.actor(), &typed).await?;
    Ok(options(&visit, asked))
}

async fn sign_up(
    State(auth): State<Auth>,
    visit: Visit,
    Body(form): Body<Shown>,
) -> Result<SignedUpAnswer, ApiError> {
    let outcome = auth.sign_up_by_passkey(visit.actor(), &given(&form.response)).await?;
    Ok(SignedUpAnswer::of(visit.signed_up(outcome)))
}

fn options(visit: &Visit, asked: Ceremony) -> Json<Options> {
    Json(Options(visit.ask(asked)))
}

/// What an authenticator answered, as the core reads it: empty for nothing.
pub(super) fn given(answer: &Value) -> String {
    if answer.is_null() { String::new() } else { answer.to_string() }
}

/// The token of somebody halfway in: as it is given, or the browser's cookie.
fn token(visit: &Visit, given: String) -> String {
    let kept = || visit.actor().origin.halfway.clone().unwrap_or_default();
    if given.is_empty() { kept() } else { given }
}

/// One of one's own passkeys by the authenticator's id of it.
async fn find(auth: &Auth, visit: &Visit, id: &str) -> Result<PasskeyId, ApiError> {
    let own = auth.passkeys.list(visit.actor()).await?;
    let found = own.into_iter().find(|own| own.credential_id == id);
    Ok(found.map(|own| own.id).ok_or(Code::NotFound)?)
}
