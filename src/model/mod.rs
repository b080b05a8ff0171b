//! Plain types that the server and the browser share: ids, time, error codes, pages of lists.
//!
//! Nothing here depends on an operating system, so it also compiles to WebAssembly.

pub mod code;
pub mod id;
pub mod page;
pub mod paths;
pub mod permission;
pub mod role;
pub mod scope;
pub mod text;
pub mod time;
