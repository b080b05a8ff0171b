//! What only the browser does. It compiles for the server too, where nothing calls it.

pub(crate) mod copy;
pub(crate) mod passkey;
pub(crate) mod send;
pub(crate) mod times;
