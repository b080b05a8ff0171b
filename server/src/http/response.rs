//! Responses that several routes share.

use std::convert::Infallible;

use authtuna::model::page::Page;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

/// A message that says what was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// The message.
    pub message: &'static str,
}

/// Returns `{"message": …}`.
pub fn message(message: &'static str) -> Json<Message> {
    Json(Message { message })
}

/// A resource that was created: 201.
#[derive(Debug)]
pub struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

/// An empty response after a deletion: 204.
#[derive(Debug)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// A request whose work continues later: 202.
#[derive(Debug)]
pub struct Accepted<T>(pub T);

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

/// All rows of a list that is never long, as a bare array.
#[derive(Debug)]
pub struct List<T>(pub Vec<T>);

impl<T: Serialize> IntoResponse for List<T> {
    fn into_response(self) -> Response {
        Json(self.0).into_response()
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Items<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Pass it as `after` to get the next rows; null on the last page.
    pub next: Option<String>,
}

/// Returns `{"items": […], "next": …}`.
pub fn items<T, U>(page: Page<T>, change: impl FnMut(T) -> U) -> Items<U> {
    let Page { items, next } = page.map(change);
    Items { items, next }
}

impl<T: Serialize> IntoResponse for Items<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

/// A page of a list as a bare array, like in the Python version. A Link header (RFC 8288) with
/// `rel="next"` points to the next page; the last page has none.
#[derive(Debug)]
pub struct Listed<T> {
    rows: Vec<T>,
    next: Option<String>,
}

/// Returns a page of the list that was requested at `here`.
pub fn listed<T, U>(here: &Here, page: Page<T>, change: impl FnMut(T) -> U) -> Listed<U> {
    let Page { items, next } = page.map(change);
    Listed { rows: items, next: next.map(|cursor| here.after(&cursor)) }
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.rows).into_response();
        let link = self.next.and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok());
        if let Some(link) = link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

/// The address of the current request.
#[derive(Debug)]
pub struct Here(Uri);

impl<S: Sync> FromRequestParts<S> for Here {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.uri.clone()))
    }
}

impl Here {
    /// Returns the same address with another cursor.
    fn after(&self, cursor: &str) -> String {
        let kept = form_urlencoded::parse(self.0.query().unwrap_or_default().as_bytes());
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept.filter(|(name, _)| name != "after"))
            .append_pair("after", cursor)
            .finish();
        format!("{}?{query}", self.0.path())
    }
}
