//! Mails as the pages of development show them. The server puts them into a request's extensions.

use authtuna::model::time::Timestamp;

/// What a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mails {
    /// Those that were sent last, the newest first.
    Sent(Vec<Mail>),
    /// One of them.
    One(Mail),
    /// One of every kind, made up.
    Samples(Vec<Mail>),
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its id; the kind of one that is made up.
    pub id: String,
    /// Who gets it.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// When it was written.
    pub at: Timestamp,
    /// The part for readers of plain text.
    pub text: String,
}
