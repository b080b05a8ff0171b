//! Mail: what is said ([`Message`]), and the outbox that says it.
//!
//! A mail is written into the outbox in the transaction of its cause ([`Outbox::queue`]): nothing that happened goes
//! untold, nothing is told that did not happen. A job delivers it.

mod message;
mod outbox;
mod render;
mod samples;
mod sql;
mod templates;

pub use message::{Circumstances, Message};
pub use outbox::{Letter, Outbox};
pub use render::Rendered;
pub use samples::samples;
pub use templates::TemplateError;

pub(crate) use sql::ALL;
