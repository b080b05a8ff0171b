//! Settings, the database, and the limits of guessing.

mod config;
mod rate_limit;
mod store;
