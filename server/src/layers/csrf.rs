//! Keeps requests from other sites from changing anything (OWASP CSRF Prevention Cheat Sheet,
//! "Fetch Metadata headers").

use authtuna::axum::ApiError;
use authtuna::foundation::config::Settings;
use authtuna::model::code::Code;
use axum::response::{IntoResponse, Response};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::cli_error::CliError;

/// Creates the response to a request from another site.
pub type Refuse = fn(ProtectionError) -> Response;

/// Creates the layer. It knows this server's own origin from API_BASE_URL, so it also works behind
/// a proxy that rewrites `Host`.
///
/// # Errors
///
/// [`CliError::Origin`] when API_BASE_URL is not a usable origin.
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
