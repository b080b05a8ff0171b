//! What a refused form answers. Codes for programs; for people the texts that belong to them, made on the server in
//! the reader's language and sent only in the answer to the very request that was refused. Nothing here is ever read
//! from an address or a cookie, so nobody can put words into the page by a link.

use authtuna::model::code::{Code, Field};
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::form_messages::FormMessage;

/// A refused request: why, beside which fields, and when to come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// What is wrong with which field.
    #[serde(default)]
    pub problems: Vec<Problem>,
    /// Seconds until another try makes sense.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// The same for people. Empty where nobody reads it.
    #[serde(default)]
    pub said: Vec<FormMessage>,
}

/// A field and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The field.
    pub field: Field,
    /// What is wrong with it.
    pub code: Code,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, problems: Vec::new(), retry_after: None, said: Vec::new() }
    }
}

impl FromServerFnError for Refusal {
    type Encoder = JsonEncoding;

    /// What went wrong before a server function ran. Its text is dropped: it would end up in an address.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::from(match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Code::BadRequest,
            _ => Code::Internal,
        })
    }
}
