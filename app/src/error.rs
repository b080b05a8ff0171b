//! The error that a refused form returns.
//!
//! Programs read the codes. For users, the server adds the matching messages in the reader's
//! language, and only to the response to the refused request itself. No message is ever read from a
//! URL, and the flash cookie carries only codes, so nobody can put text on a page with a crafted
//! link.

use authtuna::model::code::{Code, Field};
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::form_messages::FormMessage;

/// A refused request: the reason, the invalid fields, and when to try again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// The invalid fields.
    #[serde(default)]
    pub problems: Vec<Problem>,
    /// Seconds to wait before the next attempt.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// The messages for the user. Empty if nothing displays them.
    #[serde(default)]
    pub said: Vec<FormMessage>,
}

/// An invalid field and the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The field.
    pub field: Field,
    /// The reason.
    pub code: Code,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, problems: Vec::new(), retry_after: None, said: Vec::new() }
    }
}

impl FromServerFnError for Refusal {
    type Encoder = JsonEncoding;

    /// Converts an error from before the server function ran. Drops its text, which would end up in
    /// a URL.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::from(match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Code::BadRequest,
            _ => Code::Internal,
        })
    }
}
