//! Cryptography: the keyring, one-time secrets, password hashing and password strength.

pub mod keyring;
pub mod password;
pub mod strength;
pub mod token;
