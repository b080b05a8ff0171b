//! Stopping a recovery with only a second factor, for a user who has theirs while someone else has
//! their mailbox, and thereby their password.

use super::Recoveries;
use super::{Ending, end_and_tell};
use crate::accounts::users;
use crate::audit::{Entry, Event};
use crate::authn::mfa::is_backup_code;
use crate::authn::sessions::is_known_device;
use crate::authz::actor::Actor;
use crate::foundation::error::{Error, Problem};
use crate::foundation::names::{Identifier, identifier_key, identifier_problem};
use crate::foundation::rate_limit::{Attempt, RateLimitKey};
use crate::model::code::{Code, Field};
use crate::model::id::UserId;

/// The number of app codes that may be tried for one account within a day, from all unknown
/// browsers together. At any moment, three of a million codes are right. Backup codes do not count,
/// because they cannot be guessed, so the owner can always use those.
const MAX_CODES_PER_DAY: u32 = 1000;

impl Recoveries {
    /// Stops the open recovery of an account with a code from its app or a backup code.
    ///
    /// This only protects the account, so it needs no session. A code is used up only if it stopped
    /// something. The email about it does not say where the request came from, because someone else
    /// may read it.
    ///
    /// # Errors
    ///
    /// - [`Code::Required`], and what is wrong with the identifier, on their fields.
    /// - [`Code::RecoveryNotStopped`], on the field `code`, when the code is wrong, and likewise
    ///   when no recovery is open or no user has the identifier.
    /// - [`Code::TooManyAttempts`] after too many attempts. They count for the client's IP address,
    ///   and for the identifier from there; in a browser that the account knows, for that browser
    ///   only. So an attacker who started the recovery cannot use up the owner's attempts.
    pub async fn stop(&self, actor: &Actor, identifier: &str, code: &str) -> Result<(), Error> {
        let key = check_form(identifier, code)?;
        let found = match &key {
            Some(key) => users::by_identifier(&mut self.deps.store.read().await?, key).await?,
            None => None,
        };
        let name = key.map_or_else(|| identifier.trim().to_lowercase(), Identifier::into_key);
        let id = found.map(|found| found.user.id);
        let attempt = self.count_stop(actor, id, &name, code).await?;
        let Some(attempt) = self.stopped(actor, id.unwrap_or(users::NOBODY), code, attempt).await? else {
            return Ok(());
        };
        let mut work = self.deps.recorder.begin(actor).await?;
        attempt.fail(&mut work.tx).await?;
        let failed = Entry::new(Event::MfaFailed).with("reason", "recovery_not_stopped");
        work.record(match id {
            Some(id) => failed.to(id),
            None => failed,
        });
        work.commit().await?;
        Err(Error::on(Field::Code, Code::RecoveryNotStopped))
    }

    /// Counts an attempt before it is checked. Runs the same queries whether there is an account or
    /// not.
    ///
    /// # Errors
    ///
    /// [`Code::TooManyAttempts`] after too many attempts.
    async fn count_stop(
        &self,
        actor: &Actor,
        id: Option<UserId>,
        name: &str,
        code: &str,
    ) -> Result<Attempt, Error> {
        let origin = &actor.origin;
        let known =
            is_known_device(&mut self.deps.store.read().await?, id.unwrap_or(users::NOBODY), origin).await?;
        let mut tx = self.deps.store.write().await?;
        let keys = match (id, origin.device_secret.filter(|_| known)) {
            (Some(id), Some(device)) => vec![RateLimitKey::stops_from(id, &device)],
            _ => origin
                .ip
                .map(RateLimitKey::address)
                .into_iter()
                .chain([RateLimitKey::stops(name, origin.ip)])
                .collect(),
        };
        let attempt = self.deps.limits.begin(&mut tx, keys).await?;
        let all = RateLimitKey::all_stops(id.ok_or(name));
        let over = !known
            && !is_backup_code(code)
            && self.deps.limits.is_over(&mut tx, &all, MAX_CODES_PER_DAY).await?;
        tx.commit().await?;
        if over { Err(Code::TooManyAttempts.into()) } else { Ok(attempt) }
    }

    /// Stops the recovery if the code is right. Otherwise it returns the attempt, and uses nothing
    /// up. The code is checked whether a recovery is open or not, because the response time would
    /// tell.
    async fn stopped(
        &self,
        actor: &Actor,
        id: UserId,
        code: &str,
        attempt: Attempt,
    ) -> Result<Option<Attempt>, Error> {
        let mut work = self.deps.recorder.begin(actor).await?;
        users::lock(&mut work.tx, id).await?;
        let user = users::by_id(&mut work.tx, id).await?.map(|found| found.user);
        let taken = self.mfa.verify_silently(&mut work, id, code).await?;
        let (Some(user), Some(factor)) = (user, taken) else { return Ok(Some(attempt)) };
        if !end_and_tell(&self.deps, &mut work, &user, Ending::ByCode).await? {
            return Ok(Some(attempt));
        }
        attempt.succeed(&mut work.tx).await?;
        let presented = Entry::new(Event::MfaSucceeded).to(id).with("factor", factor.as_str());
        work.record(presented.with("reason", "recovery_stopped"));
        work.commit().await?;
        Ok(None)
    }
}

fn check_form(identifier: &str, code: &str) -> Result<Option<Identifier>, Error> {
    let mut problems = Vec::new();
    if let Some(code) = identifier_problem(identifier) {
        problems.push(Problem { field: Field::Identifier, code });
    }
    if code.trim().is_empty() {
        problems.push(Problem { field: Field::Code, code: Code::Required });
    }
    Error::all(problems)?;
    Ok(identifier_key(identifier))
}
