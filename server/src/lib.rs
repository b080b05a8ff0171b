//! The AuthTuna server: the core behind HTTP, and the command line around it.
//!
//! A library with a thin `main`, so that tests run the very server that is shipped. Reading order: [`server`] (from
//! settings to a running server), [`router`] (all routes and layers), [`access`] (who may call what), [`layers`],
//! [`http`] (the JSON API), [`portal`] and [`site`] (the pages and their files; the only modules that know Leptos),
//! [`dev_mail`] (mails of development),
//! [`commands`].

// A page of the portal is one type, as deep as its elements are nested.
#![recursion_limit = "256"]

pub mod assets;
pub mod cli;
pub mod cli_error;
pub mod commands;
pub mod dev_mail;
pub mod forms;
pub mod http;
pub mod layers;
pub mod metrics;
pub mod portal;
pub mod route_rules;
pub mod router;
pub mod server;
pub mod shutdown;
pub mod site;
pub mod state;
pub mod telemetry;
