//! Tests of the core, each on SQLite and, if TEST_POSTGRES_URL names a server, on PostgreSQL. The
//! folders mirror the core's; `input_limits`, `layers` and `examples` concern all of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by failing")]
#![expect(clippy::large_futures, reason = "a test has one future at a time")]

mod accounts;
mod admin;
mod audit;
mod authn;
mod authz;
mod axum;
mod examples;
mod foundation;
mod input_limits;
mod layers;
mod mail;
mod support;
