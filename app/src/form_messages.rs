//! What a form says: sentences that the server writes and the browser shows.

use serde::{Deserialize, Serialize};

/// What a form says when no answer of the server's says it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FormWords {
    /// The server could not be reached.
    pub lost: String,
    /// The session has ended.
    pub signed_out: String,
    /// The server answered nothing that can be understood.
    pub failed: String,
}

/// A sentence about a form, or about one of its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormMessage {
    /// The `name` of the field; None for the whole form.
    pub field: Option<String>,
    /// The sentence.
    pub text: String,
}
