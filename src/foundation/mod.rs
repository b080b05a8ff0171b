//! The modules that all others build on: time, settings, cryptography, errors, the database, rate
//! limits and the parsing of names.

pub mod clock;
pub mod config;
pub mod crypto;
pub mod error;
pub mod names;
pub(crate) mod rate_limit;
pub mod store;
pub(crate) mod user_agent;
