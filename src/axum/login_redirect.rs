//! Where browsers without a session are redirected when they open a page.

use ::axum::extract::OriginalUri;
use ::axum::http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use ::axum::response::{IntoResponse, Response};
use url::form_urlencoded::byte_serialize;

use super::accept::wants_page;
use crate::foundation::config::App;
use crate::model::paths::{LOGIN, LocalPath};

/// The sign-in page.
#[derive(Clone, Debug)]
pub(super) struct LoginRedirect {
    page: Uri,
}

impl LoginRedirect {
    /// Uses the portal's sign-in page: on this server or, with ONLY_MIDDLEWARE, at API_BASE_URL.
    pub(super) fn of(app: &App) -> Self {
        let mut page = app.api_base_url.clone();
        page.set_path(LOGIN);
        page.set_query(None);
        let elsewhere = page.as_str().parse().ok().filter(|_| app.only_middleware);
        Self { page: elsewhere.unwrap_or(Uri::from_static(LOGIN)) }
    }

    pub(super) fn at(page: Uri) -> Self {
        Self { page }
    }

    /// Returns where to redirect this request if no user turns out to be signed in. Returns `None`
    /// when the response stays as it is: only a browser that opens a page can show another one, and
    /// only a page that was read can be opened again afterwards.
    pub(super) fn for_request<B>(&self, request: &Request<B>) -> Option<HeaderValue> {
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        if !reads || !wants_page(request.headers()) {
            return None;
        }
        let asked = request.extensions().get::<OriginalUri>().map_or(request.uri(), |original| &original.0);
        // A page on another server cannot redirect back here: it accepts only paths of its own.
        let here = self.page.authority().is_none();
        if here && asked.path() == self.page.path() {
            // The page would redirect to itself forever.
            return None;
        }
        let next = asked.path_and_query().filter(|_| here).and_then(|next| LocalPath::short(next.as_str()));
        let page = self.page.to_string();
        let place = match next {
            Some(next) => {
                let sign = if page.contains('?') { '&' } else { '?' };
                let next: String = byte_serialize(next.as_str().as_bytes()).collect();
                format!("{page}{sign}next={next}")
            }
            None => page,
        };
        HeaderValue::from_str(&place).ok()
    }
}

/// Redirects a browser, which follows with a GET.
pub(super) fn see_other(place: HeaderValue) -> Response {
    let unsaid = HeaderValue::from_static("no-store");
    (StatusCode::SEE_OTHER, [(header::LOCATION, place), (header::CACHE_CONTROL, unsaid)]).into_response()
}
