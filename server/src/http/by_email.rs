//! The JSON API for what an email proves: addresses, new passwords, sign-in without a password. The
//! response to a request for an email is the same whether or not the address has an account.

use authtuna::auth::Auth;
use authtuna::authn::email_addresses;
use authtuna::authn::email_addresses::Confirmed;
use authtuna::authn::email_challenge::Proof;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dto::{Address, EmailProof, Empty, LoggedIn, PASSWORD, Token, logged_in};
use super::endpoint::Endpoint;
use super::extract::{Body, MaybeBody, text};
use super::response::{Accepted, Message, message};
use authtuna::authz::guard::Guard::{Public, SignedIn};

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let asked: &[Code] = &[MailOff, TooManyAttempts];
    let shown: &[Code] = &[BadToken, BadOtp, TooManyAttempts];
    vec![
        Endpoint::post("/auth/verify", Public, verify, "Verify an email address")
            .about(
                "Requires the token of the email's link, or its six digits in the browser that asked for \
                 it. A verified sign-up becomes an account. The browser that asked for it is signed in; in \
                 any other browser, the response contains a token to choose a password with.",
            )
            .refuses(shown)
            .refuses(&[UsernameTaken, BadUsername, TooLong, EmailTaken, SignupClosed]),
        Endpoint::post("/auth/verify/resend", Public, resend, "Resend the verification email")
            .about("For the signed-in user, or for the sign-up in this browser.")
            .refuses(asked)
            .refuses(&[BadToken, NotFound, SignupClosed]),
        Endpoint::post("/auth/forgot-password", Public, forgot, "Request a password reset email")
            .refuses(asked)
            .refuses(&[BadEmail, TooLong]),
        Endpoint::post(
            "/auth/reset-password/code",
            Public,
            reset_code,
            "Exchange a reset code for its token",
        )
        .about(
            "The code is the six digits of a password reset email. It works only in the browser that asked \
             for it.",
        )
        .refuses(&[BadOtp, TooManyAttempts]),
        Endpoint::post("/auth/reset-password", Public, reset, "Set a new password")
            .about("Ends all sessions, and does not sign in.")
            .refuses(&[BadToken, Busy])
            .refuses(PASSWORD),
        Endpoint::post("/auth/passwordless/request", Public, ask_to_sign_in, "Request a sign-in email")
            .refuses(asked)
            .refuses(&[BadEmail, TooLong, FeatureOff]),
        Endpoint::post("/auth/passwordless/login", Public, sign_in, "Sign in by email")
            .about(
                "Requires the token of the email's link, or its six digits in the browser that asked. Sets \
                 the session cookie.",
            )
            .refuses(shown)
            .refuses(&[FeatureOff, Suspended, PasswordResetRequired]),
        Endpoint::post("/auth/change-email", SignedIn, ask_to_change, "Request a change of email address")
            .about("Sends an email to the new address. Nothing changes until that address is verified.")
            .refuses(asked)
            .refuses(&[BadEmail, TooLong, EmailUnchanged, EmailDomainNotAllowed, WrongPassword])
            .refuses(&[StepUpRequired, Busy, BadCharacters, PasswordTooLong]),
        Endpoint::post("/auth/change-email/confirm", SignedIn, change, "Change the email address")
            .about(
                "Requires a session of the account, and the token of the email's link, or its six digits in \
                 the browser that asked.",
            )
            .refuses(shown)
            .refuses(&[EmailTaken]),
        Endpoint::post("/auth/change-email/undo", Public, undo, "Undo a change of email address")
            .about(
                "Requires the token of the email to the old address. Ends all sessions, and returns a token \
                 to set a new password with.",
            )
            .refuses(&[BadToken]),
    ]
}

/// The token or the digits of an email, for an account to create.
#[derive(Deserialize, ToSchema)]
pub struct EmailProofWithName {
    /// The token of the link.
    #[serde(default, deserialize_with = "text")]
    token: String,
    /// The six digits.
    #[serde(default, deserialize_with = "text")]
    code: String,
    /// Another username, if the requested one has since been taken.
    #[serde(default, deserialize_with = "text")]
    username: String,
}

/// A verified address.
#[derive(Serialize, ToSchema)]
pub struct Verified {
    /// What was done.
    message: &'static str,
    /// A token to set a password with (`/auth/reset-password`). Returned if the address was
    /// verified in another browser than the one in which a password was typed, because that
    /// password does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// The digits of an email.
#[derive(Deserialize, ToSchema)]
pub struct Digits {
    /// The six digits.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    code: String,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
pub struct Reset {
    /// The token of the email's link, or the token that its digits were exchanged for.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    token: String,
    /// The new password.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    new_password: String,
}

/// A new email address for the account.
#[derive(Deserialize, ToSchema)]
pub struct NewAddress {
    /// The address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    email: String,
    /// The current password. Omitted by users without one.
    #[serde(default, deserialize_with = "text")]
    current_password: String,
}

async fn verify(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<EmailProofWithName>,
) -> Result<Json<Verified>, ApiError> {
    let proof = Proof::from_form(form.token, form.code);
    let (message, token) =
        match auth.sign_up.confirm_email(context.actor(), &proof, Some(&form.username)).await? {
            Confirmed::In(signed_in) => {
                context.begin(signed_in);
                ("Email verified. User created and logged in successfully.", None)
            }
            Confirmed::ChoosePassword(token) => ("Email verified. Choose a password.", Some(token)),
            Confirmed::Proved => ("Email verified.", None),
        };
    Ok(Json(Verified { message, token }))
}

async fn resend(
    State(auth): State<Auth>,
    context: AuthContext,
    _: MaybeBody<Empty>,
) -> Result<Accepted<Message>, ApiError> {
    let pending_challenge = match context.actor().user() {
        Ok(_) => auth.email_addresses.request_verification(context.actor()).await?,
        Err(_) => auth.sign_up.resend(context.actor()).await?,
    };
    context.wait(pending_challenge);
    Ok(Accepted(Message { message: "A verification email has been sent." }))
}

async fn forgot(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Address>,
) -> Result<Accepted<Message>, ApiError> {
    context.wait(auth.passwords.request_reset(context.actor(), &form.email).await?);
    let message = "If an account with this email exists, a password reset link has been sent.";
    Ok(Accepted(Message { message }))
}

async fn reset_code(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Digits>,
) -> Result<Json<Token>, ApiError> {
    Ok(Json(Token { token: auth.passwords.redeem_reset_code(context.actor(), &form.code).await? }))
}

async fn reset(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Reset>,
) -> Result<Json<Message>, ApiError> {
    auth.passwords.reset(context.actor(), &form.token, &form.new_password).await?;
    Ok(message("Password has been reset successfully."))
}

async fn ask_to_sign_in(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Address>,
) -> Result<Accepted<Message>, ApiError> {
    context.wait(auth.sign_in.request_magic_link(context.actor(), &form.email).await?);
    Ok(Accepted(Message { message: "If an account with this email exists, a login link has been sent." }))
}

async fn sign_in(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<EmailProof>,
) -> Result<Json<LoggedIn>, ApiError> {
    let progress =
        auth.sign_in.with_magic_link(context.actor(), &Proof::from_form(form.token, form.code)).await?;
    logged_in(&context, progress)
}

async fn ask_to_change(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<NewAddress>,
) -> Result<Accepted<Message>, ApiError> {
    let typed = email_addresses::ChangeEmail { email: form.email, current_password: form.current_password };
    context.wait(auth.email_addresses.request_change(context.actor(), &typed).await?);
    Ok(Accepted(Message { message: "A confirmation email has been sent to the new address." }))
}

async fn change(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<EmailProof>,
) -> Result<Json<Message>, ApiError> {
    auth.email_addresses.confirm_change(context.actor(), &Proof::from_form(form.token, form.code)).await?;
    Ok(message("Email address changed."))
}

async fn undo(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Token>,
) -> Result<Json<Token>, ApiError> {
    Ok(Json(Token { token: auth.email_addresses.undo_change(context.actor(), &form.token).await? }))
}
