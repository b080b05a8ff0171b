//! Refusals as pages, for people whose browser navigated or posted a form.

use authtuna::model::code::Code;
use authtuna::model::id::RequestId;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::headers::CspNonce;
use crate::portal;

/// Replaces the JSON of a refusal by a page; other answers stay as they are.
pub fn dress(response: Response, id: RequestId, nonce: &CspNonce) -> Response {
    let Some(code) = response.extensions().get::<Code>().copied() else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(parts, Body::from(portal::error_page(code, id, nonce)))
}
