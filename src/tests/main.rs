//! Tests of the core, each on SQLite and, where TEST_POSTGRES_URL names a server, on Postgres.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by failing")]
#![expect(clippy::large_futures, reason = "a test has one future at a time")]

mod accounts;
mod audit;
mod authenticator;
mod beside;
mod cast;
mod catalogue;
mod config;
mod delegation;
mod edges;
mod enrolment;
mod entrance;
mod eviction;
mod examples;
mod explorer;
mod first_password;
mod foresight;
mod giving;
mod grants;
mod holders;
mod layers;
mod limits;
mod listening;
mod mail;
mod mailed;
mod mails;
mod mfa;
mod outlasting;
mod oversight;
mod parallel;
mod passkeys;
mod passwords;
mod people;
mod permissions;
mod policy;
mod races;
mod roles;
mod rotation;
mod rules;
mod schema;
mod sessions;
mod signup;
mod support;
mod unlevelled;
mod web;
