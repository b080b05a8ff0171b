//! Tests of the whole server: real ports, real TCP, on SQLite and, if TEST_POSTGRES_URL names a
//! server, on PostgreSQL. `make test` sets it. Each test has its own database and port.
//!
//! Most tests run the server inside the test process, with a clock that stands still until the test
//! moves it. Tests that need a separate process (to start, stop or kill it) run the binary that
//! cargo built.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by failing")]

mod abuse;
mod admin;
mod allocations;
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
