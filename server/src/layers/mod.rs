//! What happens to every request around its handler, the outermost first:
//!
//! 1. [`edge`]: request id, log line, counters, security headers. Everything that leaves passes it, panics included.
//! 2. `tower_http`'s catch-panic: a panic is a 500 and a line in the log, not a closed connection.
//! 3. [`body`]: the time limit, the body's size limit; a change that has begun runs to its end.
//! 4. `tower_http`'s csrf: a request from another site changes nothing.
//! 5. [`authtuna::axum::AuthLayer`]: who asks.
//! 6. [`guard`]: whether they may call this route.
//!
//! Health checks and static files go through the first three alone. Refusals leave all of these as JSON; [`edge`] turns
//! them into pages for people ([`error_page`]).

pub mod body;
pub mod csrf;
pub mod edge;
pub mod error_page;
pub mod guard;
pub mod headers;
