//! Email: the messages ([`Message`]), and the outbox that delivers them.
//!
//! The core writes an email into the outbox ([`Outbox`]) in the transaction of the change that
//! causes it: every change is reported, and nothing that did not happen is. A job delivers the
//! email. It retries until MAIL_GIVE_UP_SECONDS have passed, or until what the email opens has
//! expired.
//!
//! # Where emails go
//!
//! | settings | emails go |
//! |---|---|
//! | EMAIL_ENABLED is not set | nowhere; operations that need an email fail with [`Code::MailOff`] |
//! | EMAIL_ENABLED, no SMTP_HOST | into files in DATA_DIR/mail; not in PRODUCTION |
//! | EMAIL_ENABLED and SMTP_HOST | to that server ([`Smtp`]), signed if the DKIM settings are set |
//! | any | to the [`Mailer`] given to `Auth::start_with`, if there is one; [`Mailbox`] keeps them in memory for tests |
//!
//! [`Code::MailOff`]: crate::model::code::Code::MailOff
//!
//! # Custom templates
//!
//! Each file in EMAIL_TEMPLATE_DIR replaces one of the built-in files of `src/mail/templates/en`:
//!
//! ```text
//! layout.html                  wraps every HTML part
//! password_reset/subject.txt   one message, in every language
//! de/words.txt                 what messages share, in German
//! de/password_reset/body.html  one message, in German
//! ```
//!
//! For the language of an email, the server looks for its exact name (`de-AT`), then its general
//! name (`de`), then DEFAULT_LANGUAGE, and falls back to English. The templates use the syntax of
//! minijinja, which is Jinja's. They see the fields of the [`Message`] and `app`, `url`, `name`,
//! `language`, `minutes` (for which the link works; 0 for notices), `light` and `dark` (the colors
//! of THEME). The server reads them at startup, which fails with the file and line of a template
//! that cannot be used.
//!
//! ```no_run
//! use authtuna::authz::actor::Actor;
//! use authtuna::auth::Auth;
//! use authtuna::foundation::clock::Clock;
//! use authtuna::mail::{Mailbox, Mailer};
//!
//! # async fn example(settings: authtuna::foundation::config::Settings) -> Result<(), Box<dyn std::error::Error>> {
//! let mailbox = Mailbox::default();
//! let auth = Auth::start_with(settings, Clock::system(), Some(Mailer::Memory(mailbox.clone()))).await?;
//! auth.outbox.deliver_due(&Actor::system()).await?;
//! assert!(mailbox.mails().is_empty());
//! # Ok(())
//! # }
//! ```

mod admin;
mod compose;
mod deliver;
mod dns;
mod mailer;
mod message;
mod outbox;
mod render;
mod samples;
mod self_test;
mod smtp;
mod sql;
mod templates;

pub use admin::{MailLine, MailState};
pub use compose::Mail;
pub use dns::Dns;
pub use mailer::{Mailbox, Mailer, MailerError, Reason, Refusal, folder};
pub use message::{Circumstances, Message};
pub use outbox::{EmailMessage, Outbox, check};
pub use render::Rendered;
pub use samples::samples;
pub use self_test::{Step, Tested, Verdict};
pub use smtp::Smtp;
pub use templates::TemplateError;

pub(crate) use outbox::OutboxDeps;
pub(crate) use sql::ALL;
