//! Types that several areas read or return.

use authtuna::authn::mfa::Factor;
use authtuna::authn::sign_in::SignInOutcome;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::Code;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::extract::text;
use super::operation::{ApiResponse, Contract};
use super::response::{Accepted, Created, Message};

/// What an email contains: the token of its link, or its six digits.
#[derive(Deserialize, ToSchema)]
pub struct EmailProof {
    /// The token of the link.
    #[serde(default, deserialize_with = "text")]
    pub(super) token: String,
    /// The six digits.
    #[serde(default, deserialize_with = "text")]
    pub(super) code: String,
}

/// The address to send an email to.
#[derive(Deserialize, ToSchema)]
pub struct Address {
    /// The email address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    pub(super) email: String,
}

/// The token of a link.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Token {
    /// The token.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    pub(super) token: String,
}

/// An empty body.
#[derive(Default, Deserialize, ToSchema)]
pub struct Empty {}

/// The outcome of a sign-in.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// What was done. Present only if the user is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    /// True if a second factor is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_required: Option<bool>,
    /// The token that `/mfa/validate-login` requires, valid for ten minutes. A secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_token: Option<String>,
    /// The factors that the user can use: `passkey`, `totp`, `backup_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    factors: Option<Vec<&'static str>>,
}

/// Returns the response to a sign-in, which also sets cookies.
///
/// # Errors
///
/// [`Code::EmailNotVerified`] when the user must verify their address first.
pub(super) fn logged_in(context: &AuthContext, progress: SignInOutcome) -> Result<Json<LoggedIn>, ApiError> {
    let mfa_challenge = match &progress {
        SignInOutcome::In(_) => None,
        SignInOutcome::SecondFactor(mfa_challenge) => Some(mfa_challenge.clone()),
        SignInOutcome::EmailChallenge(pending_challenge) => {
            context.wait(pending_challenge.clone());
            return Err(Code::EmailNotVerified.into());
        }
    };
    context.enter(progress);
    Ok(Json(LoggedIn {
        message: mfa_challenge.is_none().then_some("Login successful."),
        mfa_required: mfa_challenge.is_some().then_some(true),
        factors: mfa_challenge
            .as_ref()
            .map(|mfa_challenge| mfa_challenge.factors.iter().copied().map(Factor::as_str).collect()),
        mfa_token: mfa_challenge.map(|mfa_challenge| mfa_challenge.token),
    }))
}

/// Returns the response of an authenticator as the core reads it: empty if there is none.
pub(super) fn given(answer: &Value) -> String {
    if answer.is_null() { String::new() } else { answer.to_string() }
}

/// The outcome of a sign-up.
pub(super) enum SignedUpAnswer {
    /// The account is created and signed in.
    In,
    /// An email was sent.
    Inbox,
}

impl SignedUpAnswer {
    /// Returns the outcome with a session if `is_in`, and otherwise the one with an email.
    pub(super) fn of(is_in: bool) -> Self {
        if is_in { Self::In } else { Self::Inbox }
    }
}

impl IntoResponse for SignedUpAnswer {
    fn into_response(self) -> Response {
        match self {
            Self::In => {
                Created(Message { message: "User created and logged in successfully." }).into_response()
            }
            Self::Inbox => Accepted(Message { message: "User created. A verification email has been sent." })
                .into_response(),
        }
    }
}

impl ApiResponse for SignedUpAnswer {
    fn note(contract: &mut Contract) {
        contract.succeed::<Message>(StatusCode::CREATED);
        contract.also = Some(StatusCode::ACCEPTED);
    }
}

/// The codes that a new password may be refused with.
pub(super) const PASSWORD: &[Code] = &[
    Code::PasswordTooShort,
    Code::PasswordTooLong,
    Code::PasswordTooWeak,
    Code::PasswordCommon,
    Code::PasswordBreached,
    Code::BadCharacters,
];
