//! The portal's pages. The only module that knows Leptos and `app`.

use std::sync::Arc;

use authtuna::axum::ApiError;
use authtuna::model::code::Code;
use authtuna::model::id::RequestId;
use axum::Router;

use crate::access::Rule;
use crate::failure::Failure;
use crate::layers::headers::CspNonce;
use crate::state::AppState;

/// Where the built site is.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its folder.
    pub root: Arc<str>,
    /// The package's folder in it, and its path.
    pub package: Arc<str>,
    /// The address that a development build's pages wait on for a new build.
    pub reload: Option<String>,
}

impl Site {
    /// Reads Leptos.toml and the LEPTOS_* variables.
    pub fn load() -> Result<Self, Failure> {
        Ok(Self { root: "target/site".into(), package: "pkg".into(), reload: None })
    }
}

/// The rules of all pages and server functions.
pub fn rules() -> Vec<Rule> {
    Vec::new()
}

/// The pages and server functions.
pub fn routes(_: &AppState) -> Router<AppState> {
    Router::new()
}

/// What answers where there is nothing.
pub fn not_found(state: &AppState) -> Router {
    Router::new().fallback(|| async { ApiError::from(Code::NotFound) }).with_state(state.clone())
}

/// A page that says what went wrong, whole in itself.
pub fn error_page(code: Code, id: RequestId, CspNonce(nonce): &CspNonce) -> String {
    format!("<!doctype html><title>{code}</title><style nonce=\"{nonce}\"></style><p>{} <code>{id}</code>", code.detail())
}
