//! Mails to send, and the test of their way.

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

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/admin/mails", PANEL, list, "Mails of the last 30 days")
            .about(
                "Needs `users:manage`. The newest first, without what they say. The audit log notes who looked.",
            )
            .refuses(&[Code::BadCursor, Code::Unknown]),
        Endpoint::post("/admin/mails/{id}/retry", PANEL, retry, "Try a mail again now")
            .about("Needs `users:manage`. For mails that wait, and for those that were given up.")
            .refuses(&[Code::NotFound, Code::MailDone, Code::MailOff]),
        Endpoint::post("/admin/mails/test", PANEL, test, "Send a mail, and say how every step of it went")
            .about(
                "Needs `users:manage`. Connects, signs in and sends at once, and looks at the SPF, DKIM and DMARC records \
                 of the sender's domain. What fails is in the answer, which is 200 all the same.",
            )
            .refuses(&[Code::BadEmail, Code::TooLong, Code::MailOff]),
    ]
}

/// Which mails are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Only those that are `queued`, `sent` or `failed`.
    #[serde(default)]
    state: String,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows wanted: 50 when not given, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

/// A mail.
#[derive(Serialize, ToSchema)]
pub(super) struct MailRow {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: MailId,
    /// Which message, such as `password_reset`.
    kind: String,
    /// Whom it is about; null for people without an account.
    #[schema(value_type = Option<String>, format = "uuid")]
    user_id: Option<UserId>,
    /// Where it goes.
    to: String,
    /// `queued`, `sent` or `failed`.
    state: &'static str,
    /// When it was queued.
    created_at: i64,
    /// When it is given up at the latest.
    expires_at: i64,
    /// When it is tried next; null when it is done.
    next_try_at: Option<i64>,
    /// How often it was tried.
    tries: i64,
    /// Why the last try failed: a stable name, a colon, and the mail server's words.
    last_error: Option<String>,
    /// When a mail server took it.
    sent_at: Option<i64>,
    /// When it was given up.
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

/// To whom a test goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipient {
    /// An address.
    email: String,
}

/// A step of a test.
#[derive(Serialize, ToSchema)]
pub(super) struct StepRow {
    /// `connect`, `sign_in`, `send`, `spf`, `dkim` or `dmarc`.
    step: &'static str,
    /// `passed`, `failed`, or `unknown`: not tried, or nobody could tell.
    verdict: &'static str,
    /// Why, as a stable name; `ok` when it passed.
    code: &'static str,
    /// The mail server's words, or the record that was found.
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
