//! Signing in.

mod concurrent;
mod magic_link;
