//! Accounts: the users themselves, their profiles, and their state.

pub mod users;
