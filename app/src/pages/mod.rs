//! One file per page, in folders that match the site's paths.

#![expect(unreachable_pub, reason = "the macro makes every component's arguments a public struct")]

pub(crate) mod account;
pub(crate) mod auth;
pub(crate) mod dev;
pub(crate) mod docs;
pub(crate) mod status;
