//! Authentication: proving who a user is, and everything that such a proof opens or changes.
//!
//! [`sign_up`] and [`email_addresses`] are here rather than in [`accounts`](crate::accounts),
//! because both build on email challenges and begin or end sessions.

pub(crate) mod address_request;
pub(crate) mod credential_reset;
pub(crate) mod deps;
pub mod email_addresses;
pub mod email_challenge;
pub(crate) mod first_proof;
pub mod mfa;
pub mod overview;
pub mod passkeys;
pub mod passwords;
pub mod pending_action;
pub mod recovery;
pub mod sessions;
pub mod sign_in;
pub mod sign_up;
pub(crate) mod tokens;
