//! Mail: what is said ([`Message`]), and the outbox that says it.
//!
//! A mail is written into the outbox in the transaction of its cause ([`Outbox::queue`]): nothing that happened goes
//! untold, nothing is told that did not happen. A job delivers it.

mod message;
mod outbox;
mod sql;

pub use message::{Circumstances, Message};
pub use outbox::{Letter, Outbox};

pub(crate) use sql::ALL;
