//! What happens to every request around its handler, the outermost first:
//!
//! 1. [`edge`]: request id, log line, counters, security headers. Everything that leaves passes it, panics included.
//! 2. `tower_http`'s catch-panic: a panic is a 500 and a line in the log, not a closed connection.
//! 3. [`body`]: the time limit, the body's size limit; a change that has begun runs to its end.
//! 4. [`resume`]: what waited for a confirmation is posted again. Around pages and their forms only.
//! 5. `tower_http`'s csrf: a request from another site changes nothing.
//! 6. [`authtuna::axum::AuthLayer`]: who asks.
//! 7. [`guard`]: whether they may call this route.
//!
//! Health checks and static files go through the first three alone. Refusals leave all of these as JSON; [`edge`] turns
//! them into pages for people ([`error_page`]).

pub mod body;
pub mod csrf;
pub mod edge;
pub mod error_page;
pub mod guard;
pub mod headers;
pub mod resume;
