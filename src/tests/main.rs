//! Tests of the core, each on SQLite and, where TEST_POSTGRES_URL names a server, on Postgres.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by failing")]
#![expect(clippy::large_futures, reason = "a test has one future at a time")]

mod audit;
mod beside;
mod config;
mod delegation;
mod entrance;
mod examples;
mod layers;
mod limits;
mod passwords;
mod policy;
mod races;
mod rotation;
mod rules;
mod schema;
mod sessions;
mod signup;
mod support;
mod web;
