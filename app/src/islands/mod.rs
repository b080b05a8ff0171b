//! What becomes live in the browser. An island is made on the server like everything else, with all of its words; here
//! it only learns to react. Server and browser must be built from the same source: an island is found by a hash of it.

pub mod form;
pub mod password;
pub mod theme;
pub mod times;
