//! What server functions answer, put right where Leptos' handler does otherwise than this server.

use authtuna::axum::ApiError;
use authtuna::model::code::Code;
use authtuna::model::paths::LocalPath;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Leptos marks answers of functions that refused, or did not run, with this header.
const REFUSED: HeaderName = HeaderName::from_static("serverfnerror");
/// Refusals are codes and a few sentences.
const MAX_REFUSAL: usize = 64 * 1024;
/// Where Leptos leads a browser to when the function has named no place. Nothing is there.
const NOWHERE: &str = "http://no.place.was.named/";

/// Leptos leads a plain form back to the Referer when its function names no place, with the error in the query. Here
/// every function that runs names one; this shows which did not.
pub fn hide_referer(headers: &mut HeaderMap) {
    headers.insert(header::REFERER, HeaderValue::from_static(NOWHERE));
}

/// Puts the answer of a server function right, whose request had its Referer hidden:
///
/// - A form whose fields could not be read never reached its function. Leptos answers it with 500, or leads the browser
///   back with the error in the address, where a link could put one too. It is 400 (RFC 9110 section 15.5.1).
/// - Nobody is led to another site (CWE-601), and after a POST always on by 303.
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

/// The refusal under the status of its code. A browser that posted by itself gets a page of it further out.
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
