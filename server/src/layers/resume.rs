//! Performs a pending action once the user has confirmed it's them.
//!
//! When a form needs confirmation first, the portal keeps it, encrypted (`PendingActions::keep`).
//! The confirmation form names it. Once the confirmation is accepted, this layer posts the kept
//! form in the same browser and through all inner layers, and returns its response, so the user
//! does not lose what they typed.

use std::net::SocketAddr;

use app::pending_action::PostedForm;
use authtuna::authn::pending_action::PendingAction;
use authtuna::axum::{ApiError, wants_page};
use authtuna::model::code::Code;
use authtuna::model::id::RequestId;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;

use super::headers::CspNonce;

/// The maximum size of a form that is kept, in bytes: more than users type, and more than
/// authenticators return.
const MAX_KEPT: usize = 4 * 1024;

/// Runs around the routes of forms. `forms` contains the same routes, to post to again.
pub async fn resume(State(forms): State<Router>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !is_form(&request) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // An outer layer limits the size of bodies.
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return ApiError::from(Code::BodyTooLarge).into_response();
    };
    let kept = str::from_utf8(&body).ok().filter(|body| body.len() <= MAX_KEPT);
    let posted = PostedForm::new(kept.map(str::to_owned));
    parts.extensions.insert(posted.clone());
    let again = parts.clone();
    let confirmed = next.run(Request::from_parts(parts, Body::from(body))).await;
    match posted.next() {
        Some(act) => post(forms, again, act, confirmed).await,
        None => confirmed,
    }
}

fn is_form(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// Posts `act` as the browser of `again`, which has just confirmed, would. Either way the response
/// leads on: to the result of the action, or back to the page that explains what is wrong.
async fn post(forms: Router, mut again: Parts, act: PendingAction, confirmed: Response) -> Response {
    let Ok(uri) = act.path.parse() else { return confirmed };
    let scripted = !wants_page(&again.headers);
    again.uri = uri;
    // The router recorded the first route that it found in the extensions, so only values from
    // outer layers are kept.
    let mut extensions = Extensions::new();
    keep::<ConnectInfo<SocketAddr>>(&again.extensions, &mut extensions);
    keep::<RequestId>(&again.extensions, &mut extensions);
    keep::<CspNonce>(&again.extensions, &mut extensions);
    again.extensions = extensions;
    again.headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    again.headers.remove(header::CONTENT_LENGTH);
    let request = Request::from_parts(again, Body::from(Bytes::from(act.body)));
    let mut answer = match forms.oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    // The cookies of the confirmation come first, so that those of the action win.
    let later: Vec<HeaderValue> = answer.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    answer.headers_mut().remove(header::SET_COOKIE);
    for cookie in confirmed.headers().get_all(header::SET_COOKIE).iter().cloned().chain(later) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    if scripted && answer.status() == StatusCode::SEE_OTHER {
        *answer.status_mut() = StatusCode::OK;
    }
    answer
}

fn keep<T: Clone + Send + Sync + 'static>(from: &Extensions, to: &mut Extensions) {
    if let Some(value) = from.get::<T>() {
        to.insert(value.clone());
    }
}
