//! Limits how long a request may take and how much it may send, and never leaves a change half
//! done.

use authtuna::axum::ApiError;
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use http_body_util::BodyExt;
use tower::Service;
use tracing::Instrument;

use super::answered;
use crate::state::AppState;

/// How much of a body that is too long is read and discarded, so that the client receives the
/// refusal instead of a closed connection.
const DRAINED: usize = 4 * 1024 * 1024;

/// Reads the body before the handler starts, within REQUEST_BODY_LIMIT_BYTES, and gives up after
/// REQUEST_TIMEOUT_SECONDS.
///
/// A request that may change something runs in its own task. If the client disconnects or the time
/// runs out between a commit and what follows it (such as evicting a session that ended), what
/// follows still happens.
pub async fn limited(state: AppState, request: Request, mut inner: Route) -> Response {
    let http = &state.auth.settings().http;
    let until = tokio::time::Instant::now() + http.request_timeout;
    let mut request = request;
    if !request.body().is_end_stream() {
        let body = std::mem::take(request.body_mut());
        match tokio::time::timeout_at(until, read(body, http.body_limit)).await {
            Ok(Ok(bytes)) => *request.body_mut() = Body::from(bytes),
            Ok(Err(code)) => return close(ApiError::from(code).into_response()),
            // RFC 9110 section 15.5.9: the client did not finish its request in time.
            Err(_) => {
                let mut response = ApiError::from(Code::BadRequest).into_response();
                *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
                return close(response);
            }
        }
        // Otherwise axum's extractors would apply their own limit, which may be lower than the
        // operator's.
        DefaultBodyLimit::disable().apply(&mut request);
    }
    let answer = async {
        if request.method().is_safe() {
            return answered(inner.call(request).await);
        }
        match tokio::spawn(inner.call(request).in_current_span()).await {
            Ok(response) => answered(response),
            Err(gone) => match gone.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(cancelled) => ApiError::from(Error::internal("request task", cancelled)).into_response(),
            },
        }
    };
    match tokio::time::timeout_at(until, answer).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!("a request timed out after REQUEST_TIMEOUT_SECONDS");
            ApiError::from(Error::new(Code::Unavailable).retry_after(http.request_timeout)).into_response()
        }
    }
}

async fn read(mut body: Body, limit: usize) -> Result<Bytes, Code> {
    // The server can refuse a body that is announced as too long without keeping any of it, but the
    // client must receive the refusal.
    let mut too_long = usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > limit);
    let mut kept = Vec::new();
    while !too_long {
        match body.frame().await {
            None => return Ok(kept.into()),
            Some(Ok(frame)) => {
                let data = frame.data_ref().map_or(&[][..], |data| data);
                too_long = data.len() > limit - kept.len();
                if !too_long {
                    kept.extend_from_slice(data);
                }
            }
            // The body was cut off, or does not have the format that its headers promise.
            Some(Err(_)) => return Err(Code::BadRequest),
        }
    }
    drain(body).await;
    Err(Code::BodyTooLarge)
}

async fn drain(mut body: Body) {
    let mut drained = 0;
    while drained < DRAINED
        && let Some(Ok(frame)) = body.frame().await
    {
        drained += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// Closes the connection, because the rest of the request on it cannot be interpreted.
fn close(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
