//! The Axum integration.

mod login_redirect;
mod middleware_only;
mod rule;
