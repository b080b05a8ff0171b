//! The texts of a form: the server writes them and the browser shows them.

use serde::{Deserialize, Serialize};

/// The texts for failures that come without a message from the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FormWords {
    /// The server could not be reached.
    pub lost: String,
    /// The session has ended.
    pub signed_out: String,
    /// The server's response could not be understood.
    pub failed: String,
}

/// A message about a form, or about one of its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormMessage {
    /// The `name` of the field; `None` for the form as a whole.
    pub field: Option<String>,
    /// The message.
    pub text: String,
}
