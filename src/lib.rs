//! AuthTuna's core: users, sign-in, sessions, roles and permissions, on SQLite or PostgreSQL.
//!
//! # In a few lines
//!
//! A service of your own, with its accounts in its own database or in one that it shares with a
//! portal:
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
//!     tokio::spawn(authtuna::jobs::run(auth.clone()));
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
//! | start the core | [`Auth::start`], with [`Settings`] from the environment, a file, or [`Settings::builder`] |
//! | authenticate requests and guard routes | [`axum`]: a layer, extractors, rules for routes |
//! | sign users in | [`auth.sign_in`](auth::Core::sign_in), see [`authn::sign_in`] |
//! | create accounts, also the first administrator's | [`auth.sign_up`](auth::Core::sign_up), see [`authn::sign_up`] |
//! | re-authenticate users before sensitive operations | [`auth.step_up`](auth::Core::step_up) |
//! | change and reset passwords | [`auth.passwords`](auth::Core::passwords), see [`authn::passwords`] |
//! | verify, change and restore email addresses | [`auth.email_addresses`](auth::Core::email_addresses), see [`authn::email_addresses`] |
//! | recover accounts whose second factors are lost | [`auth.recovery`](auth::Core::recovery), see [`authn::recovery`] |
//! | manage authenticator apps and backup codes | [`auth.mfa`](auth::Core::mfa), see [`authn::mfa`] |
//! | manage passkeys | [`auth.passkeys`](auth::Core::passkeys), see [`authn::passkeys`] |
//! | sign users out, list and end sessions | [`auth.sessions`](auth::Core::sessions), see [`authn::sessions`] |
//! | keep a form until the user re-authenticates, show a value once | [`auth.pending_actions`](auth::Core::pending_actions), see [`authn::pending_action`] |
//! | show an account at a glance | [`auth.overview`](auth::Core::overview), see [`authn::overview`] |
//! | find users, edit profiles | [`auth.users`](auth::Core::users), see [`accounts::users`] |
//! | suspend, delete and restore users, end their sessions | [`auth.admin`](auth::Core::admin) |
//! | define permissions | [`auth.permissions`](auth::Core::permissions), see [`authz::permissions`] |
//! | define roles, and assign them in a [`Scope`] | [`auth.roles`](auth::Core::roles), see [`authz::roles`] |
//! | explain why a user may do something, or who may | [`auth.explorer`](auth::Core::explorer), see [`authz::explorer`] |
//! | read the audit log | [`auth.audit`](auth::Core::audit), see [`audit`] |
//! | react to events | [`auth.hooks`](auth::Core::hooks), see [`audit::hooks`] |
//! | deliver emails, purge expired rows | [`jobs::run`]: start it next to your server |
//!
//! # The caller
//!
//! Every operation takes an [`Actor`] and authorizes it first. A handler gets the actor from its
//! request. The program itself is [`Actor::system`], which may do everything. To act for a user
//! without a session, the program calls [`Auth::on_behalf_of`]. One module decides who may assign
//! or grant what to whom: [`authz::delegation`].
//!
//! # Errors
//!
//! Operations fail with an [`Error`]: a [`Code`] with a stable name and an HTTP status, the fields
//! that it is about, and when to try again. No free text reaches a client. Lookups that find
//! nothing return `Ok(None)`.
//!
//! # Features
//!
//! `sqlite` and `postgres` choose the databases, `axum` the integration. All are on by default.
//! Without any of them, the crate has only [`model`], which also compiles to WebAssembly.
//!
//! # Modules
//!
//! The modules in reading order: each builds only on those before it, with a few exceptions that a
//! test lists.
//!
//! | module | holds |
//! |---|---|
//! | [`model`] | plain types that the browser shares: ids, time, codes, scopes, paths |
//! | [`foundation`] | clock, settings, cryptography, errors, the database, rate limits |
//! | [`audit`] | the hash-chained audit log, and hooks |
//! | [`authz`] | the caller, effective access, delegation, permissions, roles, the access explorer |
//! | [`mail`] | messages, templates, the outbox |
//! | [`accounts`] | users |
//! | [`authn`] | sign-in, sign-up, sessions, passwords, second factors, passkeys, recovery |
//! | `admin` | operations of administrators on other users' accounts |
//! | [`auth`], `provision`, [`jobs`], [`mod@statements`] | the core put together, built-in data, background jobs, every SQL statement |
//! | [`axum`] | the integration with Axum |

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
pub mod admin;

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

/// Compiles the examples in these documents.
#[cfg(all(doctest, feature = "axum"))]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../docs/python.md")]
    struct Python;
}
