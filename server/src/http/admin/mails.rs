//! The outbox, and the email test.

use authtuna::auth::Auth;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::foundation::error::Error;
use authtuna::foundation::names::Email;
use authtuna::mail::{MailLine, MailState, Tested};
use authtuna::model::code::{Code, Field};
use authtuna::model::id::{MailId, UserId};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PANEL;
use super::dto::seconds;
use crate::http::endpoint::Endpoint;
use crate::http::extract::{Body, Params, PathParams, page, rows};
use crate::http::response::{Items, List, Message, items, message};

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/admin/mails", PANEL, list, "List the emails of the last 30 days")
            .about(
                "Requires `users:manage`. Newest first, without their text. The audit log records who \
                 looked.",
            )
            .refuses(&[Code::BadCursor, Code::Unknown]),
        Endpoint::post("/admin/mails/{id}/retry", PANEL, retry, "Retry an email now")
            .about(
                "Requires `users:manage`. For emails that are waiting, and for those that the server gave \
                 up on.",
            )
            .refuses(&[Code::NotFound, Code::MailDone, Code::MailOff]),
        Endpoint::post("/admin/mails/test", PANEL, test, "Send a test email")
            .about(
                "Requires `users:manage`. Connects, signs in and sends immediately, and checks the SPF, \
                 DKIM and DMARC records of the sender's domain. Returns the result of every step. The \
                 status is 200 even if a step failed.",
            )
            .refuses(&[Code::BadEmail, Code::TooLong, Code::MailOff]),
    ]
}

/// Which emails to return.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Only emails that are `queued`, `sent` or `failed`.
    #[serde(default)]
    state: String,
    /// The `next` of the previous page.
    after: Option<String>,
    /// The number of rows: 50 by default, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

/// An email.
#[derive(Serialize, ToSchema)]
pub(super) struct MailRow {
    /// The email's id.
    #[schema(value_type = String, format = "uuid")]
    id: MailId,
    /// The kind of message, such as `password_reset`.
    kind: String,
    /// The user whom the email concerns; null for recipients without an account.
    #[schema(value_type = Option<String>, format = "uuid")]
    user_id: Option<UserId>,
    /// The address of the recipient.
    to: String,
    /// `queued`, `sent` or `failed`.
    state: &'static str,
    /// When it was queued.
    created_at: i64,
    /// When the server gives up at the latest.
    expires_at: i64,
    /// When the server tries next; null when it is done.
    next_try_at: Option<i64>,
    /// How often the server has tried.
    tries: i64,
    /// Why the last try failed: a stable name, a colon, and the reply of the mail server.
    last_error: Option<String>,
    /// When a mail server accepted it.
    sent_at: Option<i64>,
    /// When the server gave up.
    failed_at: Option<i64>,
}

impl From<MailLine> for MailRow {
    fn from(mail: MailLine) -> Self {
        Self {
            id: mail.id,
            kind: mail.kind,
            user_id: mail.user,
            to: mail.to,
            state: mail.state.as_str(),
            created_at: mail.created_at.seconds(),
            expires_at: mail.expires_at.seconds(),
            next_try_at: seconds(mail.next_try_at),
            tries: mail.tries,
            last_error: mail.last_error,
            sent_at: seconds(mail.sent_at),
            failed_at: seconds(mail.failed_at),
        }
    }
}

/// The recipient of a test email.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipient {
    /// The email address.
    email: String,
}

/// A step of a test.
#[derive(Serialize, ToSchema)]
pub(super) struct StepRow {
    /// `connect`, `sign_in`, `send`, `spf`, `dkim` or `dmarc`.
    step: &'static str,
    /// `passed`, `failed`, or `unknown` if it was not tried or could not be determined.
    verdict: &'static str,
    /// The reason, as a stable name; `ok` if the step passed.
    code: &'static str,
    /// The reply of the mail server, or the record that was found.
    text: String,
}

impl From<Tested> for StepRow {
    fn from(test: Tested) -> Self {
        Self { step: test.step.as_str(), verdict: test.verdict.as_str(), code: test.code, text: test.text }
    }
}

async fn list(
    State(auth): State<Auth>,
    context: AuthContext,
    Params(wanted): Params<Filter>,
) -> Result<Items<MailRow>, ApiError> {
    let state = match wanted.state.as_str() {
        "" => None,
        text => Some(MailState::parse(text).ok_or_else(|| Error::on(Field::State, Code::Unknown))?),
    };
    let found = auth.outbox.list(context.actor(), state, &page(wanted.after, wanted.limit)).await?;
    Ok(items(found, MailRow::from))
}

async fn retry(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<MailId>,
) -> Result<Json<Message>, ApiError> {
    auth.outbox.retry(context.actor(), id).await?.ok_or(Code::NotFound)?;
    Ok(message("The mail is tried again."))
}

async fn test(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(wanted): Body<Recipient>,
) -> Result<List<StepRow>, ApiError> {
    let to = Email::parse(&wanted.email).map_err(|code| Error::on(Field::Email, code))?;
    let tested = auth.outbox.self_test(context.actor(), &to).await?;
    Ok(List(tested.into_iter().map(StepRow::from).collect()))
}
