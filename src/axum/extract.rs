//! Extractors, and errors as JSON.

use std::sync::Arc;

use ::axum::Json;
use ::axum::extract::FromRequestParts;
use ::axum::http::request::Parts;
use ::axum::http::{HeaderValue, StatusCode, header};
use ::axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Visit;
use crate::error::Error;
use crate::model::code::Code;
use crate::snapshot::Snapshot;

/// An error of the core as an answer: its status, `{"detail", "code", "errors"}`, and Retry-After.
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
        // For layers that show people a page in place of JSON.
        response.extensions_mut().insert(code);
        if let Some(wait) = error.wait() {
            // Rounded up: whoever waits exactly that long must not come too early.
            let seconds = wait.as_millis().div_ceil(1000).max(1);
            if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Cookie"));
        }
        response
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let missing = || ApiError(Error::internal("Visit", "the session layer is missing from this router"));
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}

/// The signed-in person. A request without one is answered 401.
#[derive(Clone, Debug)]
pub struct CurrentUser(pub Arc<Snapshot>);

impl std::ops::Deref for CurrentUser {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let visit = Visit::from_request_parts(parts, state).await?;
        Ok(Self(Arc::clone(visit.actor().user()?)))
    }
}
