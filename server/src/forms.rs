//! Corrects the responses of server functions where Leptos's handler does not behave as this server
//! requires.

use authtuna::axum::ApiError;
use authtuna::model::code::Code;
use authtuna::model::paths::LocalPath;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The header that Leptos sets when a function refused or did not run.
const REFUSED: HeaderName = HeaderName::from_static("serverfnerror");
/// The maximum size of a refusal's body, in bytes. Refusals are codes and a few sentences.
const MAX_REFUSAL: usize = 64 * 1024;
/// The address that Leptos redirects to when the function named no location. Nothing exists there.
const NOWHERE: &str = "http://no.place.was.named/";

/// Replaces the Referer header with a marker. When a function names no location, Leptos redirects a
/// plain form to the Referer, with the error in the query. Every function that runs on this server
/// names a location, so the marker shows which ones did not run.
pub fn hide_referer(headers: &mut HeaderMap) {
    headers.insert(header::REFERER, HeaderValue::from_static(NOWHERE));
}

/// Corrects the response of a server function whose request went through [`hide_referer`]:
///
/// - A form whose fields could not be read never reached its function. Leptos responds with 500, or
///   redirects the browser back with the error in the address, where a link could also put one. The
///   corrected status is 400 (RFC 9110 section 15.5.1).
/// - A redirect never leads to another site (CWE-601), and a redirect after a POST is always a 303.
pub async fn settle(response: Response) -> Response {
    let nowhere = response
        .headers()
        .get(header::LOCATION)
        .is_some_and(|place| place.as_bytes().starts_with(NOWHERE.as_bytes()));
    if response.headers().contains_key(REFUSED)
        && (nowhere || response.status() == StatusCode::INTERNAL_SERVER_ERROR)
    {
        return refused(response, nowhere).await;
    }
    let (mut parts, body) = response.into_parts();
    if let Some(place) = parts.headers.get_mut(header::LOCATION) {
        if place.to_str().ok().and_then(LocalPath::parse).is_none() {
            *place = HeaderValue::from_static("/");
        }
        if parts.status == StatusCode::FOUND {
            parts.status = StatusCode::SEE_OTHER;
        }
    }
    Response::from_parts(parts, body)
}

/// Returns the refusal with the status of its code. If a browser posted the form itself, an outer
/// layer turns the refusal into a page.
async fn refused(response: Response, plain: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_REFUSAL).await.unwrap_or_default();
    let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let code = serde_json::from_value(said["code"].clone()).unwrap_or(Code::Internal);
    if plain {
        return ApiError::from(code).into_response();
    }
    parts.status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Response::from_parts(parts, Body::from(body))
}
