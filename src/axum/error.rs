//! Errors as JSON responses.

use ::axum::Json;
use ::axum::http::{HeaderValue, StatusCode, header};
use ::axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::foundation::error::Error;
use crate::model::code::Code;
use crate::model::scope::ScopeError;

/// Responds with an error of the core: its status, `{"detail", "code", "errors"}`, and Retry-After.
#[derive(Debug)]
pub struct ApiError(pub Error);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self(code.into())
    }
}

impl From<ScopeError> for ApiError {
    fn from(error: ScopeError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self(error) = self;
        if error.is_fault() {
            tracing::error!(error = %error, "a request failed");
        }
        let code = error.code();
        let status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let errors: Vec<_> = error
            .problems()
            .iter()
            .map(|problem| json!({ "field": problem.field, "code": problem.code, "detail": problem.code.detail() }))
            .collect();
        let mut body = json!({ "detail": code.detail(), "code": code });
        if !errors.is_empty() {
            body["errors"] = errors.into();
        }
        let mut response = (status, Json(body)).into_response();
        // For layers that show users a page instead of JSON.
        response.extensions_mut().insert(code);
        if let Some(seconds) = error.retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Cookie"));
        }
        response
    }
}
