//! What the forms post to. A server function is a public endpoint: it trusts nothing that a page has checked, and the
//! core decides what its caller may do. Every argument is an optional text, so that none is refused by Leptos itself,
//! which would put the reason into an address.

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
