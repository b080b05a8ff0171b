//! The innermost layer: checks whether the caller may use the route. A route without a rule results
//! in a 404.

use std::convert::Infallible;

use authtuna::authz::actor::{Actor, Origin};
use authtuna::authz::guard::Guard;
use authtuna::axum::{ApiError, AuthContext, wants_json, wants_page};
use authtuna::model::code::Code;
use authtuna::model::paths::{LOGIN, LocalPath, MFA_ENROLL};
use axum::extract::{MatchedPath, OriginalUri, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::Route;
use tower::Service;
use url::form_urlencoded::byte_serialize;

use super::answered;
use crate::portal;
use crate::route_rules::{Found, Kind};
use crate::state::AppState;

/// Checks the rule of the route; see the module documentation. The router's pattern decides, never
/// the text of the path, so no spelling of a path gets a different rule than its handler.
pub async fn guard(state: AppState, request: Request, inner: Route) -> Result<Response, Infallible> {
    Ok(guarded(&state, request, inner).await)
}

async fn guarded(state: &AppState, mut request: Request, mut inner: Route) -> Response {
    // Without a pattern, the request goes to the fallback, which only shows "not found".
    let Some(path) = request.extensions().get::<MatchedPath>() else {
        return answered(inner.call(request).await);
    };
    let rule = match state.rules.find(path.as_str(), request.method()) {
        Found::RouteRule(rule) => rule,
        Found::OtherMethods(allowed) => return wrong_method(&allowed),
        Found::Nothing => {
            tracing::error!(http.route = path.as_str(), "refused a request to a route without a rule");
            return ApiError::from(Code::NotFound).into_response();
        }
    };
    let allowed = match request.extensions().get::<AuthContext>() {
        Some(context) => rule.guard.check(context.actor()),
        // Outside the session layer: health checks. Nothing is made up for them at every request.
        None if rule.guard == Guard::Public => Ok(()),
        None => rule.guard.check(&Actor::anonymous(Origin::default())),
    };
    match allowed {
        Ok(()) => kept_by_nobody(answered(inner.call(request).await)),
        Err(error) if error.code() == Code::NotAuthenticated && shows_login(rule.kind, request.headers()) => {
            then(LOGIN, &asked_for(rule.kind, &request))
        }
        Err(error)
            if error.code() == Code::EnrollmentRequired && shows_login(rule.kind, request.headers()) =>
        {
            then(MFA_ENROLL, &asked_for(rule.kind, &request))
        }
        Err(error) if rule.kind == Kind::Page && !wants_json(request.headers()) => {
            portal::refuse(request.extensions_mut(), error.code());
            kept_by_nobody(answered(inner.call(request).await))
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Forbids storing the response, which is meant for one user (OWASP ASVS 5.0 14.3.2).
fn kept_by_nobody(mut response: Response) -> Response {
    let unsaid = HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(unsaid);
    response
}

fn wrong_method(allowed: &str) -> Response {
    let mut response = ApiError::from(Code::MethodNotAllowed).into_response();
    if let Ok(value) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

fn shows_login(kind: Kind, headers: &HeaderMap) -> bool {
    match kind {
        Kind::Api => false,
        Kind::Page => !wants_json(headers),
        Kind::Action => wants_page(headers),
    }
}

/// Returns the page to come back to: the requested page, or the page that contained the form.
fn asked_for(kind: Kind, request: &Request) -> LocalPath {
    let uri = match kind {
        Kind::Action => request
            .headers()
            .get(header::REFERER)
            .and_then(|value| value.to_str().ok()?.parse::<Uri>().ok())
            .unwrap_or_default(),
        Kind::Api | Kind::Page => {
            request.extensions().get::<OriginalUri>().map_or(request.uri(), |original| &original.0).clone()
        }
    };
    let path = uri.path_and_query().and_then(|path| LocalPath::parse(path.as_str()));
    path.unwrap_or_else(|| LocalPath::of("/"))
}

/// Redirects to a page that leads on to `next`.
fn then(page: &str, next: &LocalPath) -> Response {
    let next: String = byte_serialize(next.as_str().as_bytes()).collect();
    see_other(&format!("{page}?next={next}"))
}

/// Redirects a browser, which follows with a GET. `place` is a path of this server.
pub fn see_other(place: &str) -> Response {
    let location = HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/"));
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
    )
        .into_response()
}
