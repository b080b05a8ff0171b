//! Serves the portal's files (styles, scripts, icons) as the build wrote them, precompressed.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, header};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::{Router, http};
use tower_http::services::ServeDir;

use authtuna::axum::ApiError;
use authtuna::model::code::Code;

use crate::site::Site;

/// The Cache-Control of files whose name contains a hash of their content. They never change (RFC
/// 8246).
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The Cache-Control of files whose name stays the same across releases. Browsers revalidate them
/// after five minutes.
const A_WHILE: HeaderValue = HeaderValue::from_static("public, max-age=300, must-revalidate");
/// The length of the hash in a file name, in base64 characters.
const HASH: usize = 22;

/// Serves the built site's package at its path, `/pkg`. A missing file results in a 404 without a
/// page, because scripts make these requests.
pub fn package<S: Clone + Send + Sync + 'static>(site: &Site) -> Router<S> {
    let folder = site.package();
    let files = files(&format!("{}/{folder}", site.root())).fallback(tower::service_fn(|_: Request| async {
        Ok(ApiError::from(Code::NotFound).into_response())
    }));
    Router::new().nest_service(&format!("/{folder}"), files).layer(from_fn(keep))
}

/// Serves the other files of the site, such as `/favicon.ico`. Passes every other request to
/// `not_found`.
pub fn beside<S: Clone + Send + Sync + 'static>(site: &Site, not_found: Router) -> Router<S> {
    let files = files(site.root()).fallback(not_found).call_fallback_on_method_not_allowed(true);
    Router::new().fallback_service(files).layer(from_fn(keep))
}

fn files(folder: &str) -> ServeDir {
    ServeDir::new(folder)
        .append_index_html_on_directories(false)
        .redirect_to_trailing_slash(false)
        .precompressed_br()
        .precompressed_gzip()
}

/// Sets Cache-Control on files that were found. No other successful response gets here without one.
async fn keep(request: Request, next: Next) -> Response<Body> {
    let hashed = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let found = matches!(
        response.status(),
        http::StatusCode::OK | http::StatusCode::NOT_MODIFIED | http::StatusCode::PARTIAL_CONTENT
    );
    if found {
        let keep = if hashed { FOR_EVER } else { A_WHILE };
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(keep);
    }
    response
}

/// Returns whether a part of the name after the first dot is a hash, as in
/// `authtuna.x9t7rr_0pCVvF3wHgHjqAA.js`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_hash = |part: &str| {
        part.len() == HASH && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    name.split('.').skip(1).any(is_hash)
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn only_names_with_a_hash_are_good_for_ever() {
        assert!(is_hashed("/pkg/authtuna.x9t7rr_0pCVvF3wHgHjqAA.js"));
        assert!(is_hashed("/pkg/authtuna_bg.wasm.d.482eKp9fDT3kv_Eh7o0Y5w.ts"));
        assert!(!is_hashed("/pkg/authtuna.js"));
        assert!(!is_hashed("/pkg/x9t7rr_0pCVvF3wHgHjqAA/authtuna.js"));
    }
}
