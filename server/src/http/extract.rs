//! Reads requests into types: the body, the query, and the parameters of the path. Errors have the
//! same form as all other refusals, and name their field.

use authtuna::axum::ApiError;
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::id::{SessionId, UserId};
use authtuna::model::page::PageRequest;
use authtuna::model::scope::Scope;
use authtuna::model::time::Timestamp;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use url::form_urlencoded;

/// A body that is a JSON object.
pub struct Body<T>(pub T);

/// A body that is a JSON object, and may be omitted.
pub struct MaybeBody<T>(pub T);

/// The query. Parameters that the route does not know are refused; empty ones count as omitted.
pub struct Params<T>(pub T);

/// The parameters of the path. If one cannot be parsed, the response is a 404.
pub struct PathParams<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        // A form on another site can send other types without a preflight request; JSON requires
        // the browser's consent.
        if !is_json(request.headers()) {
            return Err(Code::UnsupportedMediaType.into());
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| Code::BadRequest)?;
        // Text that is not UTF-8 is not JSON either (RFC 8259 section 8.1).
        let fields: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| Code::BadRequest)?;
        Ok(Self(typed(fields)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::new(body), state).await.map_err(|_| Code::BadRequest)?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        let Body(given) = Body::from_request(Request::from_parts(parts, bytes.into()), state).await?;
        Ok(Self(given))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut fields = Map::new();
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            if name == "skip" {
                return Err(Error::on(Field::Skip, Code::NoOffsets).into());
            }
            if fields.insert(name.into_owned(), value.into_owned().into()).is_some() {
                // Programs disagree about which of two equal parameters counts.
                return Err(Code::BadRequest.into());
            }
        }
        fields.retain(|_, value| value != "");
        Ok(Self(typed(fields)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(place) = Path::from_request_parts(parts, state).await.map_err(|_| Code::NotFound)?;
        Ok(Self(place))
    }
}

/// Returns whether the type is `application/json`, with or without parameters (RFC 9110 section
/// 8.3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn typed<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|problem| {
        let text = problem.inner().to_string();
        // Serde offers no other way to tell these errors apart. A test pins its wording.
        let code = match text.split_once(" field `") {
            Some(("unknown", _)) => Code::UnknownField,
            Some(("missing", _)) => Code::Required,
            _ => Code::WrongType,
        };
        let missing = text.split('`').nth(1).filter(|_| code == Code::Required);
        let path = problem.path().to_string();
        let name = missing.or_else(|| path.split(['.', '[']).next()).unwrap_or_default();
        match field(name).filter(|_| code != Code::UnknownField) {
            Some(field) => Error::on(field, code).into(),
            None => code.into(),
        }
    })
}

/// Returns the field that a name in bodies and queries stands for.
fn field(name: &str) -> Option<Field> {
    match name {
        "username_or_email" => Some(Field::Identifier),
        "new_password" => Some(Field::Password),
        "user_id" | "actor_id" => Some(Field::User),
        "role_name" | "assigner_role_name" | "assignable_role_name" | "granter_role_name" => {
            Some(Field::Role)
        }
        "add_assignable" | "remove_assignable" => Some(Field::Role),
        "permission_name" | "grantable_permission_name" | "permissions" => Some(Field::Permission),
        "add_permissions" | "remove_permissions" | "add_grantable" | "remove_grantable" => {
            Some(Field::Permission)
        }
        "after" => Some(Field::Cursor),
        "is_active" => Some(Field::State),
        "event_type" => Some(Field::Event),
        name => serde_json::from_value(Value::String(name.to_owned())).ok(),
    }
}

/// Deserializes a string. Null becomes an empty one.
///
/// # Errors
///
/// Fails when the value is not a string.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Deserializes a value that may be null. `None` means that the field is omitted.
///
/// # Errors
///
/// Fails when the value has another type.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Parses a number or a boolean of a query, where everything is text.
///
/// # Errors
///
/// Fails when the text has another type.
pub fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_| serde::de::Error::custom("another type"))
}

/// Parses a number of rows in a query, which is a nonnegative `int32`. Lists return at most 200
/// rows.
///
/// # Errors
///
/// Fails when the text has another type.
pub fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let rows: Option<i32> = parsed(deserializer)?;
    rows.map(u32::try_from).transpose().map_err(|_| serde::de::Error::custom("another type"))
}

/// Returns the request for a page of a list.
pub fn page(after: Option<String>, limit: Option<u32>) -> PageRequest {
    PageRequest { after, limit }
}

/// Parses the id of a user in a body or query. An invalid id matches no user.
///
/// # Errors
///
/// [`Code::UserNotFound`] when the id is invalid.
pub fn person(id: &str) -> Result<UserId, ApiError> {
    Ok(id.parse().map_err(|_| Error::on(Field::User, Code::UserNotFound))?)
}

/// Parses the id of a session in a path.
///
/// # Errors
///
/// [`Code::NotFound`] when the id is invalid.
pub fn session(id: &str) -> Result<SessionId, ApiError> {
    Ok(id.parse().map_err(|_| Error::on(Field::Session, Code::NotFound))?)
}

/// Parses a scope. Empty text means `otherwise`.
///
/// # Errors
///
/// [`Code::BadScope`] when the text is not a scope.
pub fn scope(text: &str, otherwise: Scope) -> Result<Scope, ApiError> {
    if text.is_empty() { Ok(otherwise) } else { Ok(text.parse().map_err(Error::from)?) }
}

/// Converts whole seconds since the epoch to a time in the years 1 to 9999, which every database
/// can store.
///
/// # Errors
///
/// `code` on `field` when the time is outside these years.
pub fn moment(seconds: i64, field: Field, code: Code) -> Result<Timestamp, ApiError> {
    if !(-62_135_596_800..=253_402_300_799).contains(&seconds) {
        return Err(Error::on(field, code).into());
    }
    Ok(Timestamp::from_micros(seconds * 1_000_000))
}
