//! The JSON API for passkeys. Responses with options have the format of
//! `PublicKeyCredential.parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON`; clients
//! return the result of `credential.toJSON()`. The browser that asked keeps a cookie, without which
//! the result is not accepted.

use authtuna::auth::Auth;
use authtuna::authn::passkeys::{Ceremony, Kind, OwnPasskey};
use authtuna::authn::sign_in::{PasskeyFor, SecondFactor};
use authtuna::authn::sign_up::PasskeySignUp;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use authtuna::model::id::PasskeyId;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::dto::{Empty, LoggedIn, SignedUpAnswer, given, logged_in};
use super::endpoint::Endpoint;
use super::extract::{Body, MaybeBody, PathParams, text};
use super::response::{Created, List, Message, NoContent, message};
use authtuna::authz::guard::Guard::{Public, SignedIn, SignedInOrEnrolling};

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    const REFUSED: &[Code] = &[BadPasskey, UserVerificationRequired, BadToken, FeatureOff];
    const UNKNOWN: &[Code] = &[PasskeyUnknown, PasskeyBlocked];
    vec![
        Endpoint::get("/passkeys", SignedInOrEnrolling, list, "List your passkeys"),
        Endpoint::post(
            "/passkeys/register-options",
            SignedInOrEnrolling,
            ask_to_add,
            "Request a new passkey",
        )
        .about(
            "Returns options for `navigator.credentials.create`. `/passkeys/register` accepts its result \
             for an hour.",
        )
        .refuses(&[StepUpRequired, TooManyPasskeys, FeatureOff, TooManyAttempts]),
        Endpoint::post("/passkeys/register", SignedInOrEnrolling, add, "Add a passkey")
            .about(
                "Works only in the session that asked for it. Without a name, the passkey gets the name of \
                 its authenticator. A user who had no second factor before gets ten backup codes, which are \
                 never shown again.",
            )
            .refuses(REFUSED)
            .refuses(&[PasskeyExists, TooManyPasskeys, TooLong, BadCharacters]),
        Endpoint::patch("/passkeys/{id}", SignedIn, rename, "Rename a passkey")
            .about(
                "`id` is the authenticator's id of the passkey. An empty name means that of its \
                 authenticator.",
            )
            .refuses(&[TooLong, BadCharacters]),
        Endpoint::delete("/passkeys/{id}", SignedIn, remove, "Remove a passkey")
            .about("`id` is the authenticator's id of the passkey. 409 if it is the last way to sign in.")
            .refuses(&[StepUpRequired, LastWayIn]),
        Endpoint::post("/passkeys/login-options", Public, ask_to_sign_in, "Request a passkey to sign in")
            .about("Returns options for `navigator.credentials.get`. The passkey itself identifies the user.")
            .refuses(&[FeatureOff, TooManyAttempts]),
        Endpoint::post("/passkeys/login", Public, sign_in, "Sign in with a passkey")
            .about("A passkey counts as both factors, so nothing else is required. Sets the session cookie.")
            .refuses(REFUSED)
            .refuses(UNKNOWN)
            .refuses(&[Suspended, EmailNotVerified, PasswordResetRequired]),
        Endpoint::post("/passkeys/mfa-options", Public, ask_for_factor, "Request a passkey as second factor")
            .about(
                "Requires the `mfa_token` that the first factor returned, in the body or in the browser's \
                 cookie. The options of `/passkeys/login-options` work as well.",
            )
            .refuses(&[BadToken, NotFound, TooManyAttempts]),
        Endpoint::post("/passkeys/mfa-login", Public, show_factor, "Complete a sign-in with a passkey")
            .refuses(REFUSED)
            .refuses(UNKNOWN),
        Endpoint::post(
            "/passkeys/confirm-options",
            SignedInOrEnrolling,
            ask_to_confirm,
            "Request a passkey to re-authenticate",
        )
        .about("`/auth/confirm` accepts its result as `passkey`.")
        .refuses(&[NotFound, TooManyAttempts]),
        Endpoint::post("/passkeys/signup-options", Public, ask_to_sign_up, "Request a passkey to sign up")
            .about(
                "The server keeps the username and the address: `/passkeys/signup` requires only the \
                 passkey.",
            )
            .refuses(&[BadUsername, UsernameTaken, BadEmail, EmailDomainNotAllowed, SignupClosed, TooLong])
            .refuses(&[FeatureOff, TooManyAttempts]),
        Endpoint::post("/passkeys/signup", Public, sign_up, "Sign up with a passkey and without a password")
            .about(
                "Like `/auth/signup`: 201 with a session, or 202 if the server sends email. The account has \
                 no backup codes yet; request them from `/mfa/recovery-codes` immediately.",
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
    /// The authenticator's id of the passkey, in base64url.
    id: String,
    /// The name that its owner gave it.
    name: String,
    /// The authenticator that stores it, such as `1Password`; null if unknown.
    authenticator: Option<&'static str>,
    /// The kind of authenticator: `manager`, `device` or `security_key`; null if unknown.
    kind: Option<&'static str>,
    /// Whether it can be on several devices at once.
    backup_eligible: bool,
    /// Whether it is currently backed up.
    backed_up: bool,
    /// When it was added.
    created_at: i64,
    /// When it was last used.
    last_used_at: Option<i64>,
    /// When it was blocked, because a copy of it may exist; null if it is not.
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
    /// The name to give it.
    #[serde(default, deserialize_with = "text")]
    name: String,
    /// The result of `navigator.credentials.create`.
    #[serde(default)]
    #[schema(value_type = Object, required)]
    registration_response: Value,
}

/// An added passkey.
#[derive(Serialize, ToSchema)]
pub(super) struct Added {
    /// `ok`.
    status: &'static str,
    /// Always true.
    verified: bool,
    /// The passkey.
    passkey: Passkey,
    /// The backup codes. Each works once, and is never shown again. Present only if the user had no
    /// second factor before.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// A new name.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewName {
    /// The name to give the passkey.
    #[serde(default, deserialize_with = "text")]
    name: String,
}

/// The response of an authenticator.
#[derive(Deserialize, ToSchema)]
pub(super) struct PasskeyAnswer {
    /// The result of `navigator.credentials`.
    #[serde(default)]
    #[schema(value_type = Object, required)]
    response: Value,
}

/// The token of a sign-in that needs a second factor.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct First {
    /// The token that the first factor returned. Omitted if the browser has it as a cookie.
    #[serde(default, deserialize_with = "text")]
    mfa_token: String,
}

/// A passkey as second factor.
#[derive(Deserialize, ToSchema)]
pub(super) struct SecondPasskey {
    /// The token that the first factor returned. Omitted if the browser has it as a cookie.
    #[serde(default, deserialize_with = "text")]
    mfa_token: String,
    /// The result of `navigator.credentials.get`.
    #[serde(default)]
    #[schema(value_type = Object, required)]
    response: Value,
    /// Whether this browser may skip the second factor for MFA_REMEMBER_DEVICE_DAYS.
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
    /// The email address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    email: String,
}

async fn list(State(auth): State<Auth>, context: AuthContext) -> Result<List<Passkey>, ApiError> {
    let own = auth.passkeys.list(context.actor()).await?;
    Ok(List(own.into_iter().map(Passkey::from).collect()))
}

async fn ask_to_add(
    State(auth): State<Auth>,
    context: AuthContext,
    _: MaybeBody<Empty>,
) -> Result<Json<Options>, ApiError> {
    let asked = auth.passkeys.ask_to_add(context.actor()).await?;
    Ok(options(&context, asked))
}

async fn add(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<NewPasskey>,
) -> Result<Created<Added>, ApiError> {
    let answer = given(&form.registration_response);
    let added = auth.passkeys.add(context.actor(), &form.name, &answer).await?;
    let (passkey, recovery_codes) = (added.passkey.into(), added.backup_codes);
    Ok(Created(Added { status: "ok", verified: true, passkey, recovery_codes }))
}

async fn rename(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<String>,
    Body(form): Body<NewName>,
) -> Result<Json<Message>, ApiError> {
    let id = find(&auth, &context, &id).await?;
    auth.passkeys.rename(context.actor(), id, &form.name).await?;
    Ok(message("Passkey renamed."))
}

async fn remove(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<String>,
) -> Result<NoContent, ApiError> {
    let id = find(&auth, &context, &id).await?;
    auth.passkeys.remove(context.actor(), id).await?;
    Ok(NoContent)
}

async fn ask_to_sign_in(
    State(auth): State<Auth>,
    context: AuthContext,
    _: MaybeBody<Empty>,
) -> Result<Json<Options>, ApiError> {
    let asked = auth.sign_in.passkey_prompt(context.actor(), PasskeyFor::SignIn).await?;
    Ok(options(&context, asked))
}

async fn sign_in(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<PasskeyAnswer>,
) -> Result<Json<LoggedIn>, ApiError> {
    let progress = auth.sign_in.with_passkey(context.actor(), &given(&form.response)).await?;
    logged_in(&context, progress)
}

async fn ask_for_factor(
    State(auth): State<Auth>,
    context: AuthContext,
    MaybeBody(form): MaybeBody<First>,
) -> Result<Json<Options>, ApiError> {
    let token = token(&context, form.mfa_token);
    let asked = auth.sign_in.passkey_prompt(context.actor(), PasskeyFor::SecondFactor(&token)).await?;
    Ok(options(&context, asked))
}

async fn show_factor(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<SecondPasskey>,
) -> Result<Json<Message>, ApiError> {
    let (token, passkey) = (token(&context, form.mfa_token), given(&form.response));
    if passkey.is_empty() {
        return Err(authtuna::foundation::error::Error::on(
            authtuna::model::code::Field::Passkey,
            Code::Required,
        )
        .into());
    }
    let typed = SecondFactor { token, passkey, remember: form.remember, ..SecondFactor::default() };
    context.begin(auth.sign_in.with_second_factor(context.actor(), &typed).await?);
    Ok(message("Login successful."))
}

async fn ask_to_confirm(
    State(auth): State<Auth>,
    context: AuthContext,
    _: MaybeBody<Empty>,
) -> Result<Json<Options>, ApiError> {
    let asked = auth.sign_in.passkey_prompt(context.actor(), PasskeyFor::Confirming).await?;
    Ok(options(&context, asked))
}

async fn ask_to_sign_up(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<NewPasskeyAccount>,
) -> Result<Json<Options>, ApiError> {
    let typed = PasskeySignUp { username: form.username, email: form.email };
    let asked = auth.sign_up.passkey_prompt(context.actor(), &typed).await?;
    Ok(options(&context, asked))
}

async fn sign_up(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<PasskeyAnswer>,
) -> Result<SignedUpAnswer, ApiError> {
    let outcome = auth.sign_up.with_passkey(context.actor(), &given(&form.response)).await?;
    Ok(SignedUpAnswer::of(context.signed_up(outcome)))
}

fn options(context: &AuthContext, asked: Ceremony) -> Json<Options> {
    Json(Options(context.ask(asked)))
}

/// Returns the token of a sign-in that needs a second factor: the given one, or else the browser's
/// cookie.
fn token(context: &AuthContext, given: String) -> String {
    let kept = || context.actor().origin.mfa_challenge.clone().unwrap_or_default();
    if given.is_empty() { kept() } else { given }
}

/// Finds a passkey of the caller by the authenticator's id of it.
///
/// # Errors
///
/// [`Code::NotFound`] when the caller has no such passkey.
async fn find(auth: &Auth, context: &AuthContext, id: &str) -> Result<PasskeyId, ApiError> {
    let own = auth.passkeys.list(context.actor()).await?;
    let found = own.into_iter().find(|own| own.credential_id == id);
    Ok(found.map(|own| own.id).ok_or(Code::NotFound)?)
}
