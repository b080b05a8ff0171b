//! AuthTuna's core: users, sessions, roles and permissions, and the flows that ride on them, over SQLite or Postgres.
//!
//! # In fifteen lines
//!
//! A service of your own, with its accounts in a database of its own or in one that it shares with a portal:
//!
//! ```no_run
//! # #[cfg(feature = "axum")]
//! # mod example {
//! use authtuna::auth::Auth;
//! use authtuna::axum::{AuthLayer, CurrentUser, RequirePermission};
//! use authtuna::foundation::config::Settings;
//! use axum::{Router, routing::get};
//!
//! # pub
//! async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//!     let auth = Auth::start(Settings::load()?).await?;
//!     let app = Router::new()
//!         .route("/projects/{project_id}", get(async || "a project"))
//!         .route_layer(RequirePermission::one("projects:read").scope_from_path("project_id"))
//!         .route("/me", get(async |user: CurrentUser| user.user.username.clone()))
//!         .layer(AuthLayer::new(auth)?);
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     let service = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
//!     Ok(axum::serve(listener, service).await?)
//! }
//! # }
//! ```
//!
//! # The map
//!
//! | what you want | where it is |
//! |---|---|
//! | start everything | [`auth::Auth::start`], with [`config::Settings`] from the environment, a file, or [`config::Settings::builder`] |
//! | know who asks, and guard routes | [`axum`]: a layer, extractors, rules for routes |
//! | make and find people | [`auth::Auth::users`], see [`users`] |
//! | say what can be allowed | [`auth::Auth::permissions`], see [`permissions`] |
//! | make roles, give them to people somewhere | [`auth::Auth::roles`], see [`roles`]; places are [`model::scope::Scope`]s |
//! | ask why somebody may do something, or who may | [`auth::Auth::explorer`], see [`explorer`] |
//! | sign people up, in and out | [`auth::Auth::sign_up`], [`auth::Auth::sign_in`], [`auth::Auth::sign_out`] |
//! | set up and ask for second factors | [`auth::Auth::mfa`], see [`mfa`] and [`login`] |
//! | list and end sessions | [`auth::Auth::sessions`], see [`sessions`] |
//! | suspend, delete, restore people; read the audit log | methods of [`auth::Auth`] |
//! | hear of everything that happens | [`auth::Auth::hooks`], see [`hooks`] |
//! | purge what has run out | [`jobs::run`]: start it beside your server |
//!
//! # Who asks
//!
//! Every operation takes an [`actor::Actor`] and authorises it first. A handler has one from its request; the program
//! itself is [`actor::Actor::system`], which may do everything; for a person without a session there is
//! [`auth::Auth::on_behalf_of`]. Who may give what to whom is decided in one place: [`delegation`].
//!
//! # Errors
//!
//! Operations fail with an [`error::Error`]: a [`model::code::Code`] with a stable name and an HTTP status, the fields that
//! it is about, and when to come back. No free text reaches a client. What is not found is `Ok(None)`.
//!
//! # Features
//!
//! `sqlite` and `postgres` choose the databases, `axum` the integration; all are on by default. Without any, only
//! [`model`] is there, which also compiles to WebAssembly.
//!
//! The modules in reading order, each built only on those before it (a test holds that).

pub mod model;

#[cfg(feature = "server")]
pub mod foundation;

#[cfg(feature = "server")]
pub mod audit;

#[cfg(feature = "server")]
pub mod authz;

#[cfg(feature = "server")]
pub mod mail;

#[cfg(feature = "server")]
pub mod accounts;

#[cfg(feature = "server")]
pub mod authn;

#[cfg(feature = "server")]
mod admin;

#[cfg(feature = "server")]
pub mod auth;
#[cfg(feature = "server")]
pub mod jobs;
#[cfg(feature = "server")]
mod provision;
#[cfg(feature = "server")]
pub mod statements;

#[cfg(feature = "axum")]
pub mod axum;

pub use crate::model::code::{Code, Field};
pub use crate::model::scope::Scope;
#[cfg(feature = "server")]
pub use crate::{auth::Auth, authz::actor::Actor, foundation::config::Settings, foundation::error::Error};

/// What these pages show must compile.
#[cfg(all(doctest, feature = "axum"))]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../docs/python.md")]
    struct Python;
}
