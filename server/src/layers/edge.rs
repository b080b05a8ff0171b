//! The outermost layer. It gives every request an id, sets the headers of the response, logs it and
//! counts it. A panic in an inner layer becomes an internal error like any other.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use authtuna::axum::{ApiError, wants_page};
use authtuna::foundation::clock::Random;
use authtuna::model::code::Code;
use authtuna::model::id::RequestId;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use futures::FutureExt;
use tracing::Instrument;

use super::headers::{CspNonce, Framing};
use super::{body, error_page};
use crate::metrics::UNMATCHED;
use crate::state::AppState;

/// The response header that contains the request id. The server ignores one that a client sends.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs the inner layers within the limits of [`body`]; see the module documentation.
pub async fn edge(state: AppState, mut request: Request, inner: Route) -> Result<Response, Infallible> {
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
    // After a panic, nothing that it left behind is used except the metrics, which are atomic.
    let answer = AssertUnwindSafe(body::limited(state.clone(), request, inner)).catch_unwind();
    // The hook in `crate::telemetry` logs the panic itself.
    let panicked = |_| ApiError::from(Code::Internal).into_response();
    let mut response = answer.instrument(span.clone()).await.unwrap_or_else(panicked);
    if page {
        response = error_page::dress(response, &state, language.as_ref(), id, &nonce);
    }
    let framing = response.extensions().get::<Framing>().copied();
    state.policy.apply(response.headers_mut(), &nonce, framing);
    response.headers_mut().insert(REQUEST_ID, header_value(id));

    let route = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let took = began.elapsed();
    state.metrics.answered(&method, route, response.status(), took);
    span.in_scope(|| log(&method, route, response.status(), took));
    Ok(response)
}

fn header_value(id: RequestId) -> HeaderValue {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let text = id.uuid().hyphenated().encode_lower(&mut text);
    // Cannot fail: a UUID consists of hexadecimal digits and hyphens.
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

/// Logs the response with the pattern of the path, never the path: paths and queries contain tokens
/// and names.
fn log(method: &Method, route: &str, status: StatusCode, took: Duration) {
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
