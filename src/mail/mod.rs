//! Mail: what is said ([`Message`]), and the outbox that says it.
//!
//! A mail is written into the outbox in the transaction of its cause ([`Outbox`]): nothing that happened goes untold,
//! nothing is told that did not happen. A job delivers it, and goes on
//! trying until MAIL_GIVE_UP_SECONDS, or until what the mail opens has run out.
//!
//! # Where mails go
//!
//! | settings | mails go |
//! |---|---|
//! | EMAIL_ENABLED is not set | nowhere; what needs a mail says so |
//! | EMAIL_ENABLED, no SMTP_HOST | into files in DATA_DIR/mail; not in PRODUCTION |
//! | EMAIL_ENABLED and SMTP_HOST | to that server ([`Smtp`]), signed where the DKIM settings are set |
//! | whatever they say | to the [`Mailer`] given to `Auth::start_with`: [`Mailbox`] keeps them in memory for tests |
//!
//! # Templates of one's own
//!
//! EMAIL_TEMPLATE_DIR holds files that replace the built-in ones of `src/mail/templates/en`, each on its own:
//!
//! ```text
//! layout.html                  around every HTML part
//! password_reset/subject.txt   one message, in every language
//! de/words.txt                 what messages share, in German
//! de/password_reset/body.html  one message in German
//! ```
//!
//! The language of a letter is looked for as it is (`de-AT`), in general (`de`), as DEFAULT_LANGUAGE, and is English else.
//! Templates are those of minijinja, which are Jinja's; they see the fields of the [`Message`] and `app`, `url`, `name`,
//! `language`, `minutes` (for which the link works; 0 for notices), `light` and `dark` (the colors of THEME). They are read at
//! the start, which fails with file and line where one can not be used.
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

pub(crate) use outbox::Deps;
pub(crate) use sql::ALL;
