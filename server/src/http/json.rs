//! Request bodies in JSON. What is wrong with one is said in the same form as everything else that is refused.

use authtuna::axum::ApiError;
use authtuna::error::{Error, Problem};
use authtuna::model::code::{Code, Field};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

/// A JSON object. Fields that a route does not read are not looked at.
pub struct Form {
    fields: Map<String, Value>,
    problems: Vec<Problem>,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        // A form of another site can send other types without asking first; only JSON needs the browser's consent.
        if !is_json(request.headers()) {
            return Err(Code::UnsupportedMediaType.into());
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| Code::BadRequest)?;
        // A text that is no UTF-8 is no JSON either (RFC 8259 section 8.1).
        let fields = serde_json::from_slice(&body).map_err(|_| Code::BadRequest)?;
        Ok(Self { fields, problems: Vec::new() })
    }
}

impl Form {
    /// Takes a text out of the body. One that is missing is empty: the core says what must be there. What is no text is
    /// a problem of its field.
    pub fn text(&mut self, name: &str, field: Field) -> String {
        match self.fields.remove(name) {
            Some(Value::String(text)) => text,
            None | Some(Value::Null) => String::new(),
            Some(_) => {
                self.problems.push(Problem { field, code: Code::BadRequest });
                String::new()
            }
        }
    }

    /// Ok when everything that was taken was a text.
    pub fn check(self) -> Result<(), ApiError> {
        Ok(Error::all(self.problems)?)
    }
}

/// `application/json`, with or without parameters (RFC 9110 section 8.3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
