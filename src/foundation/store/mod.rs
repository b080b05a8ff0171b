//! The database: SQLite inside the process, or PostgreSQL. One SQL text serves both.
//!
//! [`Store::read`] lends a connection for statements that only read, and [`Store::write`] a
//! transaction for statements that write. Statements are declared with
//! [`statements!`](macro@crate::statements), so that a test can prepare every one of them on both
//! databases.

mod open;
mod query;
mod value;

pub(crate) use open::ALL;
pub use open::{OpenError, Store};
pub use query::{Conn, Query, Record, Statement, Tx};
pub use value::Value;
