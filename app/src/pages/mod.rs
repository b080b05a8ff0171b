//! One file per page, in folders as in the site's paths.

pub(crate) mod account;
pub(crate) mod auth;
pub(crate) mod status;
