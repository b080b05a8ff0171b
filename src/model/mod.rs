//! Plain types that server and browser share: ids, time, error codes, pages of lists.
//!
//! Nothing here touches an operating system, so it also compiles to wasm.

pub mod code;
pub mod id;
pub mod page;
pub mod paths;
pub mod permission;
pub mod role;
pub mod scope;
pub mod text;
pub mod time;
