//! The emails that users get during the delay of a recovery: halfway, and when they can finish.
//! Also ends recoveries that no one finishes.

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
    /// Queues the emails that are due. Returns how many recoveries were processed.
    ///
    /// Where MFA_RECOVERY_ENABLED is off, it ends the open recoveries. Otherwise one that its owner
    /// has forgotten about would continue when the setting is turned on again.
    ///
    /// # Errors
    ///
    /// The last failure. A recovery that fails does not hold up the others.
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
            // A session in which the user had authenticated recently removed them.
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

/// Queues the email with which the user can finish, as part of `work`. Returns false when it is not
/// due, or was already queued.
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
    // For the current address: when that changes, the recovery ends.
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

/// Deletes recoveries that ended before `before`. Returns how many.
pub(crate) async fn purge(conn: &mut Conn, before: Timestamp) -> Result<u64, Error> {
    PURGE.bind(before).execute(conn).await
}
