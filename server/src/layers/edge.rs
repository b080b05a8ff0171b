//! The outermost layer. It gives a request its id, and its answer the headers, a line in the log and a place in the
//! counters.

use std::time::Instant;

use authtuna::axum::wants_page;
use authtuna::clock::Random;
use authtuna::model::id::RequestId;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::error_page;
use super::headers::{CspNonce, Framing};
use crate::metrics::UNMATCHED;
use crate::state::AppState;

/// The header that carries the request's id back. One that a client sends is not looked at.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// See the module.
pub async fn edge(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    #[expect(clippy::disallowed_methods, reason = "a duration is measured; nothing is decided by it")]
    let began = Instant::now();
    let _counted = state.metrics.enter();
    let id = RequestId::from_uuid(Random.uuid(state.auth.clock.now()));
    let nonce = CspNonce::new(Random);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let page = wants_page(request.headers());
    let language = request.headers().get(header::ACCEPT_LANGUAGE).filter(|_| page).cloned();
    request.extensions_mut().insert(id);
    request.extensions_mut().insert(nonce.clone());

    let span = tracing::info_span!("request", request.id = %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    if page {
        response = error_page::dress(response, &state, language.as_ref(), id, &nonce);
    }
    let framing = response.extensions().get::<Framing>().copied();
    state.policy.apply(response.headers_mut(), &nonce, framing);
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }

    let route = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let took = began.elapsed();
    state.metrics.answered(&method, route, response.status(), took);
    span.in_scope(|| log(&method, route, response.status(), took));
    response
}

/// The path's pattern and never the path: paths and queries carry tokens and names.
fn log(method: &Method, route: &str, status: StatusCode, took: std::time::Duration) {
    let ms = took.as_secs_f64() * 1000.0;
    let status = status.as_u16();
    if route == "/healthz" || route == "/readyz" || route.starts_with("/pkg/") {
        tracing::debug!(http.method = %method, http.route = route, http.status = status, http.ms = ms, "answered");
    } else if status >= 500 {
        tracing::warn!(http.method = %method, http.route = route, http.status = status, http.ms = ms, "answered");
    } else {
        tracing::info!(http.method = %method, http.route = route, http.status = status, http.ms = ms, "answered");
    }
}
