//! What people are told while they wait: halfway, and when they can finish. And the end of what nobody finishes.

use super::sql::*;
use super::{Ending, READY_FOR, Recoveries, cancel_link, end, end_and_tell, key_of, link_token};
use crate::accounts::users::{self, User};
use crate::audit::Change;
use crate::authn::deps::Deps;
use crate::authn::mfa::factors_of;
use crate::authn::tokens::Purpose;
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::foundation::store::Conn;
use crate::mail::Message;
use crate::model::id::RecoveryId;
use crate::model::paths;
use crate::model::time::Timestamp;

impl Recoveries {
    /// Writes the mails that are due. How many recoveries were looked at. One that fails does not keep the others waiting.
    /// Where MFA_RECOVERY_ENABLED is off they end: else one whose owner forgot about it would go on when it is on again.
    pub(crate) async fn write_notices(&self) -> Result<u64, Error> {
        let enabled = self.deps.settings.mfa.recovery_enabled;
        if enabled && !self.is_offered() {
            return Ok(0);
        }
        let now = self.deps.clock.now();
        let due = if enabled { WAITING.bind(now).bind(now.minus(READY_FOR)) } else { ALL_OPEN.query() };
        let due: Vec<WaitingRow> = due.all(&mut self.deps.store.read().await?).await?;
        let (mut done, mut failed) = (0, None);
        for row in due {
            let outcome = if enabled { self.notice(&row).await } else { self.switched_off(&row).await };
            match outcome {
                Ok(()) => done += 1,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(done), Err)
    }

    async fn switched_off(&self, row: &WaitingRow) -> Result<(), Error> {
        let mut work = self.deps.recorder.begin(&Actor::system()).await?;
        users::lock(&mut work.tx, row.user_id).await?;
        let Some(found) = users::by_id(&mut work.tx, row.user_id).await? else { return Ok(()) };
        end_and_tell(&self.deps, &mut work, &found.user, Ending::SwitchedOff).await?;
        work.commit().await
    }

    async fn notice(&self, row: &WaitingRow) -> Result<(), Error> {
        let deps = &self.deps;
        let mut work = self.deps.recorder.begin(&Actor::system()).await?;
        let now = work.now();
        users::lock(&mut work.tx, row.user_id).await?;
        let left =
            IS_LEFT.bind(row.id).bind(now.minus(READY_FOR)).optional::<(RecoveryId,)>(&mut work.tx).await?;
        if left.is_some() {
            end(deps, &mut work, row.user_id, Ending::Expired).await?;
            return work.commit().await;
        }
        if !factors_of(&mut work.tx, row.user_id).await?.wanted() {
            // They were taken off by a session that was confirmed shortly before.
            end(deps, &mut work, row.user_id, Ending::FactorsRemoved).await?;
            return work.commit().await;
        }
        let Some(found) = users::by_id(&mut work.tx, row.user_id).await? else { return Ok(()) };
        if !tell_ready(deps, &mut work, row.id, &found.user).await? {
            let due: Option<DueRow> = REMIND.bind(row.id).bind(now).optional(&mut work.tx).await?;
            if let Some(DueRow { due_at: until }) = due {
                let lifetime = until.since(now) + READY_FOR;
                let cancel = cancel_link(deps, &mut work, row.user_id, lifetime).await?;
                deps.email_challenges
                    .tell(&mut work, &found.user, Message::RecoveryReminder { until, cancel })
                    .await?;
            }
        }
        work.commit().await
    }
}

/// Writes the mail that lets somebody finish, as part of `work`. False when it is not due, or was written before.
pub(super) async fn tell_ready(
    deps: &Deps,
    work: &mut Change,
    recovery: RecoveryId,
    user: &User,
) -> Result<bool, Error> {
    let now = work.now();
    if TELL.bind(recovery).bind(now).execute(&mut work.tx).await? == 0 {
        return Ok(false);
    }
    // For the address of now: when that changes, the recovery is over.
    let address = key_of(user);
    let token = link_token(Purpose::RecoveryFinish, user.id, &address, READY_FOR);
    let issued = deps.tokens.issue(&mut work.tx, token).await?;
    let link = deps.email_challenges.link(paths::RECOVERY_FINISH, Some(&issued.secret));
    let cancel = cancel_link(deps, work, user.id, READY_FOR).await?;
    deps.email_challenges
        .tell(work, user, Message::RecoveryReady { link, until: issued.expires_at, cancel })
        .await?;
    Ok(true)
}

/// Deletes recoveries that ended before `before`.
pub(crate) async fn purge(conn: &mut Conn, before: Timestamp) -> Result<u64, Error> {
    PURGE.bind(before).execute(conn).await
}
