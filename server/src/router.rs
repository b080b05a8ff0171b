//! Builds the router: all routes, and the layers around them.

use authtuna::axum::{ApiError, AuthLayer, wants_json};
use authtuna::foundation::config::Settings;
use authtuna::model::code::Code;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tower::{ServiceBuilder, ServiceExt};

use crate::cli_error::CliError;
use crate::http::Endpoint;
use crate::layers::{around, csrf, edge, guard, resume};
use crate::route_rules::{RouteRule, Rules};
use crate::state::AppState;
use crate::{assets, dev_mail, http, portal};

/// Returns the rules of all routes that `settings` enable.
pub fn rules(settings: &Settings) -> Rules {
    let mut all: Vec<RouteRule> = http::plain().into_iter().map(|endpoint| endpoint.rule).collect();
    if !settings.app.only_middleware {
        all.extend(http::api(settings).into_iter().map(|endpoint| endpoint.rule));
        let pages = pages(settings);
        let beside = http::beside_pages().into_iter().map(|endpoint| endpoint.rule);
        let without_page: Vec<RouteRule> = beside.filter(|rule| !has(&pages, rule)).collect();
        all.extend(pages);
        all.extend(without_page);
    }
    Rules::new(all)
}

/// Builds the complete router.
///
/// # Errors
///
/// - [`CliError::GeoIp`] when the GeoIP database cannot be read.
/// - [`CliError::Origin`] when API_BASE_URL is not a usable origin.
pub fn build(state: &AppState) -> Result<Router, CliError> {
    let settings = state.auth.settings();
    let guarded = around(state, guard::guard);
    let sessions = AuthLayer::new(state.auth.clone())?.without_redirects();
    let plain = mount(Router::new(), http::plain()).layer(guarded.clone());
    let Some(site) = &state.site else {
        let router = plain.fallback(|| async { ApiError::from(Code::NotFound) });
        return Ok(within_edge(router, state));
    };

    let inner = ServiceBuilder::new().layer(csrf::layer(settings)?).layer(sessions).layer(guarded);
    let pages = pages(settings);
    let (beside, alone): (Vec<_>, Vec<_>) =
        http::beside_pages().into_iter().partition(|endpoint| has(&pages, &endpoint.rule));
    let json: Router = mount(Router::new(), beside).with_state(state.clone());
    let shown = portal::routes(&state.auth, site, &pages, &state.document)
        .layer(from_fn_with_state(json, instead_of_page));
    let shown = if dev_mail::is_on(settings) {
        shown.layer(from_fn_with_state(state.clone(), dev_mail::shelve)).merge(dev_mail::routes())
    } else {
        shown
    };
    let shown = shown.layer(inner.clone());
    // Outside the session layer, so that a form that is posted again sees the session as the
    // confirmation left it.
    let forms: Router = shown.clone().with_state(state.clone());
    let shown = shown.layer(from_fn_with_state(forms, resume::resume));
    let routes = mount(mount(Router::new(), http::api(settings)), alone).layer(inner.clone()).merge(shown);

    let not_found = Router::new().fallback_service(portal::not_found(&state.auth, site)).layer(inner);
    let files = assets::beside(site, not_found);
    let package = assets::package(site);
    let all = routes.merge(plain).merge(package).merge(files);
    Ok(within_edge(all, state))
}

/// Adds the outermost layer, which every request passes, including those for files and health
/// checks.
pub fn within_edge(router: Router<AppState>, state: &AppState) -> Router {
    router.layer(around(state, edge::edge)).with_state(state.clone())
}

/// Returns the rules of the pages and server functions that `settings` enable.
fn pages(settings: &Settings) -> Vec<RouteRule> {
    let off = |rule: &RouteRule| {
        let below = |place: &str| rule.path == place || rule.path.starts_with(&format!("{place}/"));
        (below("/dev") && !dev_mail::is_on(settings))
            || (below("/ui") && !settings.app.ui_enabled)
            || (below("/admin") && !settings.app.admin_routes_enabled)
    };
    portal::rules().into_iter().chain(dev_mail::rules()).filter(|rule| !off(rule)).collect()
}

fn has(pages: &[RouteRule], rule: &RouteRule) -> bool {
    pages.iter().any(|page| page.path == rule.path && page.method == rule.method)
}

fn mount(router: Router<AppState>, endpoints: Vec<Endpoint>) -> Router<AppState> {
    endpoints.into_iter().fold(router, |router, endpoint| router.route(&endpoint.rule.path, endpoint.handler))
}

/// Responds in JSON instead of with a page when the client asks for JSON by name.
async fn instead_of_page(State(json): State<Router>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let answers = path.is_some_and(|path| http::BESIDE_PAGES.contains(&path));
    if !answers || !wants_json(request.headers()) {
        return next.run(request).await;
    }
    match json.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
