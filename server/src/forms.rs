//! What server functions answer, put right where Leptos' handler does otherwise than this server.

use authtuna::axum::ApiError;
use authtuna::model::code::Code;
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
        if !is_local(place.as_bytes()) {
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

/// A path of this site: one slash at its beginning, and nothing that browsers read as a second one.
fn is_local(place: &[u8]) -> bool {
    place.starts_with(b"/") && !place.starts_with(b"//") && !place.contains(&b'\\')
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn a_place_is_a_path_of_this_site() {
        for local in ["/", "/ui/profile?a=1&b=2", "/auth/login?next=%2Fui%2Fx"] {
            assert!(is_local(local.as_bytes()), "{local}");
        }
        for other in
            ["https://evil.example/x", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x", ""]
        {
            assert!(!is_local(other.as_bytes()), "{other}");
        }
    }
}
