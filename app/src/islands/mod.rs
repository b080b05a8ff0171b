//! The islands: components that become interactive in the browser.
//!
//! The server renders an island like everything else, with all of its texts; the browser only adds
//! behavior. Server and browser must be built from the same source, because a hash of the source
//! identifies an island.

#![expect(
    missing_docs,
    reason = "the macros make public structs of the arguments, and take no documentation for them"
)]

pub mod form;
pub mod passkey;
pub mod password;
pub mod save;
mod sending;
pub mod theme;
pub mod times;
