//! Renders refusals as pages for browsers that navigated or posted a form, where the app cannot:
//! after a panic, when the database does not respond, when a body is too large. Each page stands
//! alone: it needs no file, no script and no database.

use authtuna::model::code::Code;
use authtuna::model::id::RequestId;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::headers::CspNonce;
use crate::portal::{self, ErrorWords};
use crate::state::AppState;

/// Uses the colors of the system, which are dark if the system is.
const STYLE: &str = "\
    :root{color-scheme:light dark}\
    body{margin:0;min-height:100vh;display:grid;place-content:center;font:1rem/1.5 system-ui,sans-serif}\
    main{max-width:26rem;padding:2rem 1.5rem}h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}\
    p{margin:0 0 1.25rem}small{display:block;margin-top:2rem}code{overflow-wrap:anywhere}";

/// Replaces the JSON of a refusal with a page. Other responses stay unchanged. `language` is the
/// request's Accept-Language.
pub fn dress(
    response: Response,
    state: &AppState,
    language: Option<&HeaderValue>,
    id: RequestId,
    nonce: &CspNonce,
) -> Response {
    let Some(code) = response.extensions().get::<Code>().copied() else { return response };
    let page = page(&portal::error_words(&state.auth, language, code), id, nonce);
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(parts, Body::from(page))
}

/// Renders the page. Nothing in it comes from the request: the texts are the portal's, the id and
/// the nonce the server's.
fn page(w: &ErrorWords, id: RequestId, CspNonce(nonce): &CspNonce) -> String {
    let ErrorWords { language, direction, title, body, request_id, home } = w;
    format!(
        "<!DOCTYPE html><html lang=\"{language}\" dir=\"{direction}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style nonce=\"{nonce}\">{STYLE}</style></head><body><main><h1>{title}</h1><p>{body}</p>\
         <p><a href=\"/\">{home}</a></p><small>{request_id} <code>{id}</code></small></main></body></html>"
    )
}
