//! The components that every page is built from. Pages only arrange them; the styles are in
//! `style/`.

#![expect(unreachable_pub, reason = "the macro makes every component's arguments a public struct")]

pub(crate) mod account;
pub(crate) mod code;
pub(crate) mod components;
pub(crate) mod email_challenge;
pub(crate) mod form;
pub(crate) mod load;
pub(crate) mod recovery;
pub(crate) mod sign_in;
pub(crate) mod theme;
pub(crate) mod time;
