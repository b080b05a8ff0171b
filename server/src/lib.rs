//! The AuthTuna server: the core library served over HTTP, and its command line.
//!
//! A library with a thin `main`, so that tests run the same server that ships. Reading order:
//! [`server`] (from settings to a running server), [`router`] (all routes and layers),
//! [`route_rules`] (which callers may use which route), [`layers`], [`http`] (the JSON API),
//! [`portal`] and [`site`] (the pages and their files; the only modules that import Leptos),
//! [`dev_mail`] (email in development), [`commands`].

// A portal page compiles to a single type, nested as deeply as its elements.
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
