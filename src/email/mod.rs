//! Mail: what is said ([`Message`]), and the outbox that says it.
//!
//! A mail is written into the outbox in the transaction of its cause ([`Outbox`]): nothing that happened goes untold,
//! nothing is told that did not happen. A job delivers it.

mod compose;
mod deliver;
mod dns;
mod mailer;
mod message;
mod office;
mod outbox;
mod render;
mod samples;
mod self_test;
mod smtp;
mod sql;
mod templates;

pub use compose::Mail;
pub use dns::Dns;
pub use mailer::{Mailbox, Mailer, MailerError, Reason, Refusal, folder};
pub use message::{Circumstances, Message};
pub use office::{MailLine, MailState};
pub use outbox::{Letter, Outbox, check};
pub use render::Rendered;
pub use samples::samples;
pub use self_test::{Step, Tested, Verdict};
pub use smtp::Smtp;
pub use templates::TemplateError;

pub(crate) use outbox::Ground;
pub(crate) use sql::ALL;
