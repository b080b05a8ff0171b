//! Mounts the portal's pages and server functions as routes.

use std::sync::Arc;

use any_spawner::Executor;
use app::i18n::lang;
use app::reference::Reference;
use app::routes::{FUNCTIONS, PAGES};
use app::shell::{self, BuiltFiles, Refused};
use authtuna::auth::Auth;
use authtuna::axum::{ApiError, wants_page};
use authtuna::model::code::Code;
use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use leptos::nonce::Nonce;
use leptos::prelude::{Owner, provide_context, with_context};
use serde_json::Value;

use crate::forms;
use crate::layers::headers::CspNonce;
use crate::route_rules::{Effect, Kind, RouteRule};
use crate::site::Site;
use crate::state::AppState;

/// Returns the rules of all pages and server functions.
pub fn rules() -> Vec<RouteRule> {
    let rule = |method, path: &str, guard, kind, effect| RouteRule {
        method,
        path: path.to_owned(),
        guard,
        kind,
        effect,
    };
    let pages = PAGES.iter().map(|page| rule(Method::GET, page.path, page.guard, Kind::Page, Effect::Reads));
    let functions = FUNCTIONS
        .iter()
        .map(|function| rule(Method::POST, function.path, function.guard, Kind::Action, Effect::Changes));
    pages.chain(functions).collect()
}

/// Mounts the pages that `rules` name, and all server functions. `document` is the OpenAPI document
/// that the API page shows.
pub fn routes(auth: &Auth, site: &Site, rules: &[RouteRule], document: &Value) -> Router<AppState> {
    // Leptos runs the futures that pages wait for on tokio. An error means that it already does.
    let _ = Executor::init_tokio();
    let files = BuiltFiles::of(site.options());
    let of_pages = page_context(auth, Arc::new(Reference::of(document)));
    let is_shown = |path: &str| rules.iter().any(|rule| rule.kind == Kind::Page && rule.path == path);
    let pages = PAGES.iter().filter(|page| is_shown(page.path)).fold(Router::new(), |router, page| {
        let files = files.clone();
        let rendered =
            leptos_axum::render_app_async_with_context(of_pages.clone(), move || shell::shell(&files, page));
        router.route(page.path, get(rendered))
    });
    FUNCTIONS.iter().fold(pages, |router, function| {
        let context = context(auth);
        router.route(function.path, post(|request: Request| call(context, request)))
    })
}

/// Responds where there is no route: with a page to browsers, and with JSON to all other clients.
pub fn not_found(auth: &Auth, site: &Site) -> Router {
    let files = BuiltFiles::of(site.options());
    let context = page_context(auth, Arc::default());
    let page = leptos_axum::render_app_async_with_context(context, move || shell::not_found(&files));
    Router::new().fallback(move |request: Request| async move {
        if !wants_page(request.headers()) {
            return ApiError::from(Code::NotFound).into_response();
        }
        page(request).await
    })
}

/// Makes the app render a page that explains the refusal instead of the page of this request.
pub fn refuse(extensions: &mut Extensions, code: Code) {
    extensions.insert(Refused(code));
}

/// The texts of a refusal page.
#[derive(Clone, Copy, Debug)]
pub struct ErrorWords {
    /// The language tag (RFC 5646).
    pub language: &'static str,
    /// The direction of the text.
    pub direction: &'static str,
    /// The title, which says what is wrong.
    pub title: &'static str,
    /// What the user can do about it.
    pub body: &'static str,
    /// What the request id is for.
    pub request_id: &'static str,
    /// The text of the link to the home page.
    pub home: &'static str,
}

/// Returns the texts of a page that is rendered without the app, in the best language for
/// `language` (Accept-Language).
pub fn error_words(auth: &Auth, language: Option<&HeaderValue>, code: Code) -> ErrorWords {
    let (mut parts, ()) = axum::http::Request::new(()).into_parts();
    parts.headers.extend(language.map(|language| (header::ACCEPT_LANGUAGE, language.clone())));
    let t = Owner::new().with(|| {
        provide_context(parts);
        provide_context(auth.clone());
        lang()
    });
    let (title, body) = match code {
        Code::NotFound => (t.status_not_found_title(), t.status_not_found_body()),
        Code::Forbidden => (t.status_forbidden_title(), t.status_forbidden_body()),
        Code::Unavailable | Code::Busy => (t.status_unavailable_title(), t.status_unavailable_body()),
        Code::Internal => (t.status_error_title(), t.status_error_body()),
        Code::BodyTooLarge => (t.status_refused_title(), t.problem_body_too_large()),
        Code::CrossSite => (t.status_refused_title(), t.problem_cross_site_request()),
        Code::NotAuthenticated => (t.status_refused_title(), t.problem_not_authenticated()),
        _ => (t.status_refused_title(), t.problem_bad_request()),
    };
    ErrorWords {
        language: t.tag(),
        direction: t.direction(),
        title,
        body,
        request_id: t.status_request_id(),
        home: t.status_home(),
    }
}

/// Provides the context of pages: the common context, and the reference that the API page shows.
fn page_context(auth: &Auth, reference: Arc<Reference>) -> impl Fn() + Clone + Send + Sync + 'static {
    let usual = context(auth);
    move || {
        usual();
        provide_context(Arc::clone(&reference));
    }
}

/// Provides the context of pages and server functions, in addition to what Leptos provides: the
/// core and the nonce.
fn context(auth: &Auth) -> impl Fn() + Clone + Send + Sync + 'static {
    let auth = auth.clone();
    move || {
        provide_context(auth.clone());
        let nonce = with_context(|parts: &Parts| parts.extensions.get::<CspNonce>().cloned());
        if let Some(CspNonce(nonce)) = nonce.flatten() {
            provide_context(Nonce::from_value(nonce));
        }
    }
}

async fn call(context: impl Fn() + Clone + Send + 'static, mut request: Request) -> Response {
    forms::hide_referer(request.headers_mut());
    let response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    forms::settle(response).await
}
