//! Authorization: who calls, what they may do, who may grant what to whom, and why.
//!
//! [`delegation`] decides every grant as pure functions. [`effective_access`] reads from the database what a user holds
//! at this moment; [`session_snapshot`] is the same as of a moment ago, kept in memory by [`snapshot_cache`] and evicted
//! when anything in it changes.

pub mod access;
pub mod actor;
pub mod delegation;
pub(crate) mod effective_access;
pub mod explorer;
pub mod guard;
pub mod permissions;
pub mod roles;
pub mod session_snapshot;
pub(crate) mod snapshot_cache;
