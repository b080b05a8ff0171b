//! AuthTuna's core: users, sessions, roles and permissions, and the flows that ride on them.
//!
//! The modules in reading order, each built only on those before it (a test holds that).

pub mod model;

#[cfg(feature = "server")]
pub mod access;
#[cfg(feature = "server")]
pub mod actor;
#[cfg(feature = "server")]
mod admin;
#[cfg(feature = "server")]
pub mod audit;
#[cfg(feature = "server")]
pub mod auth;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "server")]
mod cache;
#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod crypto;
#[cfg(feature = "server")]
pub mod delegation;
#[cfg(feature = "server")]
pub mod error;
#[cfg(feature = "server")]
pub mod explorer;
#[cfg(feature = "server")]
pub mod hooks;
#[cfg(feature = "server")]
pub mod jobs;
#[cfg(feature = "server")]
mod limit;
#[cfg(feature = "server")]
pub mod login;
#[cfg(feature = "server")]
pub mod passwords;
#[cfg(feature = "server")]
pub mod permissions;
#[cfg(feature = "server")]
mod provision;
#[cfg(feature = "server")]
pub mod roles;
#[cfg(feature = "server")]
pub mod sessions;
#[cfg(feature = "server")]
pub mod signup;
#[cfg(feature = "server")]
pub mod snapshot;
#[cfg(feature = "server")]
mod standing;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
mod tokens;
#[cfg(feature = "server")]
pub mod users;

/// What these pages show must compile.
#[cfg(all(doctest, feature = "axum"))]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../docs/python.md")]
    struct Python;
}
