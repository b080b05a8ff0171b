//! Accounts.

mod users;
