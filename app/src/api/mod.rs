//! The server functions that forms post to.
//!
//! A server function is a public endpoint: it trusts nothing that a page has checked, and the core
//! decides what the caller may do. Every argument is an optional text, so that Leptos itself
//! refuses none: it would put the reason into a URL. A refused call returns a
//! [`Refusal`](crate::error::Refusal) with the core's code.

#![expect(
    missing_docs,
    reason = "the macros make public structs of the arguments, and take no documentation for them"
)]

pub mod account;
mod backup_codes;
pub mod by_email;
pub mod email_addresses;
mod form;
pub mod mfa;
pub mod passkey;
pub mod recovery;
pub mod sign_in;
pub mod theme;
