//! What becomes live in the browser. An island is made on the server like everything else, with all of its words; here
//! it only learns to react. Server and browser must be built from the same source: an island is found by a hash of it.

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
