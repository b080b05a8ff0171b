//! Email messages as the development pages show them. The server puts them into the request's
//! extensions.

use authtuna::model::time::Timestamp;

/// What a development page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mails {
    /// The messages sent last, newest first.
    Sent(Vec<Mail>),
    /// One sent message.
    One(Mail),
    /// A made-up sample of every kind of message.
    Samples(Vec<Mail>),
}

/// An email message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The id of a sent message, or the kind of a sample.
    pub id: String,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it was written.
    pub at: Timestamp,
    /// The plain-text part.
    pub text: String,
}
