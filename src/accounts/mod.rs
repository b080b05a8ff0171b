//! Accounts: the users themselves, their profiles, and their state.

pub(crate) mod oversight;
pub mod users;
