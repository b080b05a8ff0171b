//! Authorization: who the caller is, what they may do, who may assign or grant what to whom, and
//! why.
//!
//! [`delegation`] holds the rules, as pure functions. `effective_access` reads from the database
//! what a user holds now. [`session_snapshot`] holds the same as of a moment ago;
//! `snapshot_cache` keeps it in memory and evicts it when anything in it changes.

pub mod access;
pub mod actor;
pub mod delegation;
pub(crate) mod effective_access;
pub mod explorer;
pub mod guard;
pub mod identity;
pub mod permissions;
pub mod roles;
pub mod session_snapshot;
pub(crate) mod snapshot_cache;
