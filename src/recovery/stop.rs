//! Stopping a recovery by a second factor alone: for whoever has theirs, while somebody else has their mailbox, and by
//! that their password.

use uuid::Uuid;

use super::{Ending, end_and_tell, open_of};
use crate::actor::Actor;
use crate::audit::{Entry, Event};
use crate::auth::Auth;
use crate::error::{Error, Problem};
use crate::limit::Subject;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::users;
use crate::users::names::{Identifier, identifier_key};

/// The longest name or address that is looked up.
const MAX_IDENTIFIER: usize = 1024;

impl Auth {
    /// Stops the open recovery of an account by a code of its app or a backup code. Nobody needs to be signed in: it only
    /// protects. A code is used up only if it stopped something.
    ///
    /// Err([`Code::RecoveryNotStopped`]) beside `code` for a wrong one, and just the same where nothing is open and for a
    /// name that nobody has. Err([`Code::TooManyAttempts`]): tries are counted for the address of the client, and for the
    /// account from there. Not for the account alone: whoever began the recovery could use up the tries of its owner.
    pub async fn stop_recovery(&self, actor: &Actor, identifier: &str, code: &str) -> Result<(), Error> {
        let key = check_form(identifier, code)?;
        let found = match &key {
            Some(key) => users::by_identifier(&mut self.store().read().await?, key).await?,
            None => None,
        };
        let nobody = key.map_or_else(|| identifier.trim().to_lowercase(), Identifier::into_key);
        let id = found.as_ref().map(|found| found.user.id);
        let subjects = subjects(actor, id.ok_or(nobody.as_str()));
        let mut tx = self.store().write().await?;
        self.limits().count(&mut tx, &subjects).await?;
        tx.commit().await?;

        // The same questions for nobody.
        let asked = id.unwrap_or(UserId::from_uuid(Uuid::nil()));
        let mut work = self.recorder().begin(actor).await?;
        users::lock(&mut work.tx, asked).await?;
        let open = open_of(&mut work.tx, asked).await?;
        let user = users::by_id(&mut work.tx, asked).await?.map(|found| found.user);
        if let (Some(_), Some(user)) = (open, &user)
            && let Some(factor) = self.mfa.take(&mut work, user, code).await?
        {
            self.limits().succeeded(&mut work.tx, &subjects).await?;
            work.record(Entry::new(Event::MfaSucceeded).to(user.id).with("factor", factor.as_str()));
            end_and_tell(self.inbox(), &mut work, user, Ending::FactorShown).await?;
            return work.commit().await;
        }
        self.limits().failed(&mut work.tx, &subjects).await?;
        let failed = Entry::new(Event::MfaFailed).with("reason", "recovery_not_stopped");
        work.record(match id {
            Some(id) => failed.to(id),
            None => failed,
        });
        work.commit().await?;
        Err(Error::on(Field::Code, Code::RecoveryNotStopped))
    }
}

/// What a try counts against.
fn subjects(actor: &Actor, whom: Result<UserId, &str>) -> Vec<Subject> {
    let ip = actor.origin.ip;
    ip.map(Subject::address).into_iter().chain([Subject::stops(whom, ip)]).collect()
}

fn check_form(identifier: &str, code: &str) -> Result<Option<Identifier>, Error> {
    let mut problems = Vec::new();
    if identifier.trim().is_empty() {
        problems.push(Problem { field: Field::Identifier, code: Code::Required });
    } else if identifier.len() > MAX_IDENTIFIER {
        problems.push(Problem { field: Field::Identifier, code: Code::TooLong });
    }
    if code.trim().is_empty() {
        problems.push(Problem { field: Field::Code, code: Code::Required });
    }
    Error::all(problems)?;
    Ok(identifier_key(identifier))
}
