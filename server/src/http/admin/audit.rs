//! The audit log.

use authtuna::audit::AuditFilter;
use authtuna::auth::Auth;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::{Code, Field};
use authtuna::model::id::UserId;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::PANEL;
use super::dto::AuditEvent;
use crate::http::endpoint::Endpoint;
use crate::http::extract::{Params, moment, page, parsed, person, rows};
use crate::http::response::{Items, items};

/// Returns the route.
pub(super) fn routes() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/admin/audit-log", PANEL, list, "List the entries of the audit log")
            .about("Requires `audit:read`. Newest first. The log itself records who reads it.")
            .refuses(&[Code::Unknown, Code::BadCursor, Code::UserNotFound]),
    ]
}

/// Which entries to return. They must match every filter.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// The stable name of the event, such as `ROLE_ASSIGNED`.
    #[serde(default)]
    event_type: String,
    /// The user whom the event affected.
    #[serde(default)]
    user_id: String,
    /// The user who caused the event.
    #[serde(default)]
    actor_id: String,
    /// The earliest time of an entry.
    #[serde(default, deserialize_with = "parsed")]
    #[param(value_type = Option<i64>)]
    since: Option<i64>,
    /// The time before which an entry must lie.
    #[serde(default, deserialize_with = "parsed")]
    #[param(value_type = Option<i64>)]
    until: Option<i64>,
    /// The `next` of the previous page.
    after: Option<String>,
    /// The number of rows: 50 by default, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

async fn list(
    State(auth): State<Auth>,
    context: AuthContext,
    Params(wanted): Params<Filter>,
) -> Result<Items<AuditEvent>, ApiError> {
    let id = |text: &str| -> Result<Option<UserId>, ApiError> {
        (!text.is_empty()).then(|| person(text)).transpose()
    };
    let at = |seconds: Option<i64>, field| {
        seconds.map(|seconds| moment(seconds, field, Code::WrongType)).transpose()
    };
    let filter = AuditFilter {
        event: wanted.event_type,
        user: id(&wanted.user_id)?,
        actor: id(&wanted.actor_id)?,
        since: at(wanted.since, Field::Since)?,
        until: at(wanted.until, Field::Until)?,
    };
    let found = auth.audit.search(context.actor(), &filter, &page(wanted.after, wanted.limit)).await?;
    Ok(items(found, AuditEvent::from))
}
