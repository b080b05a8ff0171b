//! What server functions answer, put right where Leptos' handler does otherwise than this server.

use authtuna::axum::ApiError;
use authtuna::model::code::Code;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded::{Serializer, parse};

/// Leptos marks answers of functions that refused, or did not run, with this header.
const REFUSED: HeaderName = HeaderName::from_static("serverfnerror");
/// Refusals are codes and a few sentences.
const MAX_REFUSAL: usize = 64 * 1024;

/// Puts the answer of a server function right:
///
/// - A form whose fields could not be read never reached its function. Leptos answers it with 500, or leads the browser
///   back with the error in the address, where a link could put one too. It is 400 (RFC 9110 section 15.5.1).
/// - Nobody is led to another site, whatever the Referer says (CWE-601), and after a POST always on by 303.
pub async fn settle(response: Response) -> Response {
    if response.headers().contains_key(REFUSED) && never_ran(&response) {
        return refused(response).await;
    }
    let (mut parts, body) = response.into_parts();
    if let Some(place) = parts.headers.get(header::LOCATION) {
        let place = HeaderValue::from_str(&local(place)).unwrap_or(HeaderValue::from_static("/"));
        parts.headers.insert(header::LOCATION, place);
        if parts.status == StatusCode::FOUND {
            parts.status = StatusCode::SEE_OTHER;
        }
    }
    Response::from_parts(parts, body)
}

/// A function of ours that refuses sets its status, or the place to go back to, by itself.
fn never_ran(response: &Response) -> bool {
    let by_address = |place: &HeaderValue| place.to_str().is_ok_and(|place| place.contains("__err="));
    response.status() == StatusCode::INTERNAL_SERVER_ERROR
        || response.headers().get(header::LOCATION).is_some_and(by_address)
}

/// The refusal under the status of its code. A browser that posted by itself gets a page of it further out.
async fn refused(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_REFUSAL).await.unwrap_or_default();
    let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let code = serde_json::from_value(said["code"].clone()).unwrap_or(Code::Internal);
    if parts.headers.contains_key(header::LOCATION) {
        return ApiError::from(code).into_response();
    }
    parts.status = StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Response::from_parts(parts, Body::from(body))
}

/// The place as a path of this site, without what Leptos puts into queries.
fn local(place: &HeaderValue) -> String {
    let Some(uri) = place.to_str().ok().and_then(|place| place.parse::<Uri>().ok()) else {
        return "/".to_owned();
    };
    let path = uri.path();
    if !path.starts_with('/') || path.starts_with("//") || path.contains('\\') {
        return "/".to_owned();
    }
    let Some(query) = uri.query() else { return path.to_owned() };
    if !["__path", "__err"].iter().any(|name| query.contains(name)) {
        return format!("{path}?{query}");
    }
    let kept = parse(query.as_bytes()).filter(|(name, _)| name != "__path" && name != "__err");
    let query = Serializer::new(String::new()).extend_pairs(kept).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::local;
    use axum::http::HeaderValue;

    #[test]
    fn a_place_is_a_path_of_this_site() {
        for (given, led_to) in [
            ("/ui/profile?a=1&b=2", "/ui/profile?a=1&b=2"),
            ("http://localhost:8000/auth/login?next=%2Fui%2Fx", "/auth/login?next=%2Fui%2Fx"),
            (
                "http://localhost:8000/auth/login?__path=%2Fapi&next=%2Fui&__err=eyJ9",
                "/auth/login?next=%2Fui",
            ),
            ("/auth/login?__err=x", "/auth/login"),
            ("https://evil.example/auth/login", "/auth/login"),
            ("https://evil.example", "/"),
            ("//evil.example/x", "/"),
            ("https://a//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("x", "/"),
        ] {
            assert_eq!(local(&HeaderValue::from_static(given)), led_to, "{given}");
        }
    }
}
