//! Authentication, and everything that proving an identity opens or changes.

mod email_addresses;
mod email_challenge;
pub(crate) mod mfa;
mod notices;
pub(crate) mod passkeys;
mod passwords;
mod recovery;
mod sessions;
mod sign_in;
mod sign_up;
