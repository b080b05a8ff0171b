//! The portal's files: styles, scripts, icons; as they were built, compressed beforehand.

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

/// Files whose name carries a hash of their content are good for ever (RFC 8246).
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Files of one name through all releases: looked after once in a while.
const A_WHILE: HeaderValue = HeaderValue::from_static("public, max-age=300, must-revalidate");
/// Base64 characters of the hash in a name.
const HASH: usize = 22;

/// The built site's package at its path, `/pkg`. What is not there is 404, without a page: scripts ask here.
pub fn package<S: Clone + Send + Sync + 'static>(site: &Site) -> Router<S> {
    let folder = site.package();
    let files = files(&format!("{}/{folder}", site.root())).fallback(tower::service_fn(|_: Request| async {
        Ok(ApiError::from(Code::NotFound).into_response())
    }));
    Router::new().nest_service(&format!("/{folder}"), files).layer(from_fn(keep))
}

/// Serves the other files of the site, such as `/favicon.ico`; asks `not_found` about everything else.
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

/// Says how long a file may be kept. Only found files get here without a word about it.
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

/// `authtuna.x9t7rr_0pCVvF3wHgHjqAA.js`: some part between dots is a hash.
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
