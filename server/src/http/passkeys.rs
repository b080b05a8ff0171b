//! Passkeys, in JSON. The answers with options are those of `PublicKeyCredential.parseCreationOptionsFromJSON` and
//! `parseRequestOptionsFromJSON`; what comes back is what `credential.toJSON()` gives. The browser that asked keeps a
//! cookie, without which the answer counts nowhere.

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

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    const REFUSED: &[Code] = &[BadPasskey, UserVerificationRequired, BadToken, FeatureOff];
    const UNKNOWN: &[Code] = &[PasskeyUnknown, PasskeyBlocked];
    vec![
        Endpoint::get("/passkeys", SignedInOrEnrolling, list, "One's passkeys"),
        Endpoint::post("/passkeys/register-options", SignedInOrEnrolling, ask_to_add, "Ask for a new passkey")
            .about("Options for `navigator.credentials.create`. `/passkeys/register` wants what it gives, within the hour.")
            .refuses(&[StepUpRequired, TooManyPasskeys, FeatureOff, TooManyAttempts]),
        Endpoint::post("/passkeys/register", SignedInOrEnrolling, add, "Add a passkey")
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
        Endpoint::post("/passkeys/confirm-options", SignedInOrEnrolling, ask_to_confirm, "Ask for a passkey to confirm with")
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
pub(super) struct PasskeyAnswer {
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

/// The token of somebody halfway in: as it is given, or the browser's cookie.
fn token(context: &AuthContext, given: String) -> String {
    let kept = || context.actor().origin.mfa_challenge.clone().unwrap_or_default();
    if given.is_empty() { kept() } else { given }
}

/// One of one's own passkeys by the authenticator's id of it.
async fn find(auth: &Auth, context: &AuthContext, id: &str) -> Result<PasskeyId, ApiError> {
    let own = auth.passkeys.list(context.actor()).await?;
    let found = own.into_iter().find(|own| own.credential_id == id);
    Ok(found.map(|own| own.id).ok_or(Code::NotFound)?)
}
