//! Where people are sent who open a page without being signed in.

use ::axum::extract::OriginalUri;
use ::axum::http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use ::axum::response::{IntoResponse, Response};
use url::form_urlencoded::byte_serialize;

use super::accept::wants_page;
use crate::foundation::config::App;
use crate::model::paths::{LOGIN, LocalPath};

/// The sign-in page.
#[derive(Clone, Debug)]
pub(super) struct Entrance {
    page: Uri,
}

impl Entrance {
    /// The portal's page: on this server, or, where this one only shares the portal's database, at API_BASE_URL.
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

    /// Where to send this request when it turns out that nobody is signed in. None for what is answered as it is: only
    /// a browser that opens a page can show another one, and only what was read can be read again afterwards.
    pub(super) fn for_request<B>(&self, request: &Request<B>) -> Option<HeaderValue> {
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        if !reads || !wants_page(request.headers()) {
            return None;
        }
        let asked = request.extensions().get::<OriginalUri>().map_or(request.uri(), |original| &original.0);
        // A page on another server could not come back: it only takes paths of its own.
        let here = self.page.authority().is_none();
        if here && asked.path() == self.page.path() {
            // It would send people to itself, for ever.
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

/// Sends a browser on with a GET.
pub(super) fn see_other(place: HeaderValue) -> Response {
    let unsaid = HeaderValue::from_static("no-store");
    (StatusCode::SEE_OTHER, [(header::LOCATION, place), (header::CACHE_CONTROL, unsaid)]).into_response()
}
