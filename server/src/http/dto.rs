//! What several areas read or answer.

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

/// What a mail brought: the token of its link, or its six digits.
#[derive(Deserialize, ToSchema)]
pub struct EmailProof {
    /// The token of the link.
    #[serde(default, deserialize_with = "text")]
    pub(super) token: String,
    /// The six digits.
    #[serde(default, deserialize_with = "text")]
    pub(super) code: String,
}

/// Where a mail is to go.
#[derive(Deserialize, ToSchema)]
pub struct Address {
    /// The e-mail address.
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

/// Nothing.
#[derive(Default, Deserialize, ToSchema)]
pub struct Empty {}

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

/// What an authenticator answered, as the core reads it: empty for nothing.
pub(super) fn given(answer: &Value) -> String {
    if answer.is_null() { String::new() } else { answer.to_string() }
}

/// What a sign-up led to.
pub(super) enum SignedUpAnswer {
    /// An account, signed in.
    In,
    /// A mail.
    Inbox,
}

impl SignedUpAnswer {
    /// With a session, or with a mail.
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

/// Why a new password is refused.
pub(super) const PASSWORD: &[Code] = &[
    Code::PasswordTooShort,
    Code::PasswordTooLong,
    Code::PasswordTooWeak,
    Code::PasswordCommon,
    Code::PasswordBreached,
    Code::BadCharacters,
];
