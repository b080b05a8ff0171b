//! An overview of an account: what its owner sees first, read by one statement. A page that queried
//! each area separately would wait for the database six times.

use crate::accounts::users::{User, UserRow, credentials, user_columns};
use crate::audit::{Activity, EntryBeside};
use crate::authn::deps::Deps;
use crate::authn::mfa::Factors;
use crate::authn::recovery::Recovery;
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::model::code::Code;
use crate::model::time::Timestamp;

/// The number of recent events.
const RECENT: i64 = 5;

crate::statements! {
    /// Reads a user with what protects the account, the number of open sessions, the browser of
    /// session `$5`, and the last `$6` events: one row per event, or a single row when there are
    /// none.
    OVERVIEW = concat!(
        "SELECT a.*, r.started_at AS recovery_started_at, r.due_at AS recovery_due_at, \
        (SELECT confirmed_at FROM totp WHERE user_id = a.id) AS totp_since, \
        (SELECT COUNT(*) FROM passkeys WHERE user_id = a.id AND blocked_at IS NULL) AS passkeys, \
        (SELECT COUNT(*) FROM passkeys WHERE user_id = a.id AND blocked_at IS NOT NULL) AS blocked_passkeys, \
        (SELECT COUNT(*) FROM backup_codes WHERE user_id = a.id AND used_at IS NULL) AS backup_codes_left, \
        (SELECT COUNT(*) FROM sessions WHERE user_id = a.id AND ended_at IS NULL AND absolute_expires_at > $2 \
        AND created_at > $3 AND last_seen_at > $4) AS sessions, \
        (SELECT device FROM sessions WHERE id = $5) AS device, \
        e.seq, e.at_micros, e.event, e.actor_id, e.user_id, e.scope, e.request_id, e.details, e.personal \
        FROM (SELECT ", user_columns!(), " FROM users WHERE id = $1) a \
        LEFT JOIN recoveries r ON r.user_id = a.id AND r.ended_at IS NULL \
        LEFT JOIN (SELECT seq, at_micros, event, actor_id, user_id, scope, request_id, details, personal \
        FROM audit_events WHERE user_id = $1 ORDER BY seq DESC LIMIT $6) e ON e.user_id = a.id ORDER BY e.seq DESC"
    );
}

/// A row of [`OVERVIEW`].
#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    user: UserRow,
    #[sqlx(flatten)]
    factors: Factors,
    recovery_started_at: Option<Timestamp>,
    recovery_due_at: Option<Timestamp>,
    sessions: i64,
    device: Option<String>,
    #[sqlx(flatten)]
    entry: EntryBeside,
}

/// An overview of an account.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The account.
    pub user: User,
    /// The account's second factors.
    pub factors: Factors,
    /// The open recovery, if there is one.
    pub recovery: Option<Recovery>,
    /// The number of open sessions.
    pub sessions: i64,
    /// The browser and operating system of the current session.
    pub device: Option<String>,
    /// The most recent events, the newest first.
    pub recent: Vec<Activity>,
}

/// Reads overviews of accounts.
#[derive(Clone)]
pub struct Overviews {
    deps: Deps,
}

impl Overviews {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Returns an overview of the caller's own account.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session, or the account is gone.
    /// - [`Code::EnrollmentRequired`] when the caller must first set up a factor.
    pub async fn own(&self, actor: &Actor) -> Result<Overview, Error> {
        let snapshot = actor.user()?;
        let now = self.deps.clock.now();
        let (created_after, seen_after) = self.deps.sessions.idle_limits(now);
        let query = OVERVIEW.bind(snapshot.user.id).bind(now).bind(created_after).bind(seen_after);
        let query = query.bind(actor.session()?.id).bind(RECENT);
        let mut rows = query.all::<Row>(&mut self.deps.store.read().await?).await?.into_iter();
        let first = rows.next().ok_or(Code::NotAuthenticated)?;
        let recovery = first.recovery_started_at.zip(first.recovery_due_at);
        let entries = std::iter::once(first.entry).chain(rows.map(|row| row.entry));
        Ok(Overview {
            recent: entries.filter_map(|entry| entry.activity().transpose()).collect::<Result<_, _>>()?,
            user: credentials(first.user)?.user,
            factors: first.factors,
            recovery: recovery.map(|(started_at, due_at)| Recovery { started_at, due_at }),
            sessions: first.sessions,
            device: first.device,
        })
    }
}
