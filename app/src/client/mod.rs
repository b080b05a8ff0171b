//! Code that runs only in the browser. It also compiles for the server, where nothing calls it.

pub(crate) mod copy;
pub(crate) mod passkey;
pub(crate) mod send;
pub(crate) mod times;
