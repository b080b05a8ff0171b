//! No request from another site changes anything (OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata headers").

use authtuna::axum::ApiError;
use authtuna::foundation::config::Settings;
use authtuna::model::code::Code;
use axum::response::{IntoResponse, Response};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::cli_error::CliError;

/// How a request from another site is answered.
pub type Refuse = fn(ProtectionError) -> Response;

/// The layer. This server's own origin is known from API_BASE_URL, also behind a proxy that rewrites `Host`.
pub fn layer(settings: &Settings) -> Result<CsrfLayer<Refuse>, CliError> {
    let origin = settings.app.api_base_url.origin().ascii_serialization();
    let layer = CsrfLayer::new()
        .add_trusted_origin(&origin)
        .map_err(|problem| CliError::Origin(problem.to_string()))?;
    Ok(layer.with_rejection_response(refuse as Refuse))
}

fn refuse(_: ProtectionError) -> Response {
    ApiError::from(Code::CrossSite).into_response()
}
