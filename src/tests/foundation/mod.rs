//! Settings, the database, and rate limits.

mod config;
mod rate_limit;
mod store;
