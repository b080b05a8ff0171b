//! Tests of the whole server: real ports, real TCP, on SQLite and, where TEST_POSTGRES_URL names a server, on Postgres.
//! `make test` names one. Each test has a database and a port of its own.
//!
//! Most run the server inside the test, with a clock that stands still until it is moved; what needs a process of its
//! own (starting, stopping, being killed) runs the binary that cargo has built.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by failing")]

mod abuse;
mod admin;
mod allocations;
#[path = "../../src/tests/support/authenticator.rs"]
mod authenticator;
mod by_email;
mod circles;
mod commands;
mod crash;
mod dev_mail;
mod doctor;
mod enrollment;
mod input;
mod json;
mod mail;
mod openapi;
mod ops;
mod pages;
mod recovery;
mod resume;
mod routes;
mod shutdown;
mod site;
mod startup;
mod support;
