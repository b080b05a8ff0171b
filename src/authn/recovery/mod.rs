//! Recovery, for users who lost all their second factors: requested by email, completed after a
//! delay, without an administrator.
//!
//! Someone who reads a user's email is not necessarily the owner of the account, so the owner gets
//! time to object. The server tells them by email and on every page of the account, and any link,
//! any session and any second factor of theirs stops the recovery. Links belong to one recovery:
//! however it ends, they stop working.

mod admin;
mod end;
mod notices;
mod sql;
mod stop;
mod undo;

pub(crate) use end::{Ending, end, end_and_tell};
pub(crate) use notices::purge;
pub(crate) use sql::ALL;

use crate::authn::address_request::{AddressRequest, ask_by_address};
use crate::authn::credential_reset::{issue_password_token, revoke_access};
use crate::authn::deps::Deps;
use std::time::Duration;

use sql::*;

use crate::accounts::users::{self, User};
use crate::audit::{Change, Entry, Event};
use crate::authn::email_challenge::Proof;
use crate::authn::mfa::{Mfa, factors_of};
use crate::authn::passkeys;
use crate::authn::tokens::{NewToken, PresentedToken, Purpose};
use crate::authz::actor::{Actor, PendingChallenge};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::foundation::names::Email;
use crate::foundation::store::Conn;
use crate::mail::{Circumstances, Message};
use crate::model::code::{Code, Field};
use crate::model::id::{RecoveryId, UserId};
use crate::model::paths;
use crate::model::time::Timestamp;

/// How long the final link works. A user who does not use it must start again.
const READY_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long no recovery can start after the user presented a second factor while one was open.
/// Nothing was lost then, and someone who reads the user's email cannot start one again and again
/// until the owner misses one.
const COOLDOWN: Duration = Duration::from_secs(7 * 24 * 3600);

/// The tokens that the end of a recovery voids.
const LINKS: &[Purpose] = &[Purpose::RecoveryStart, Purpose::RecoveryFinish, Purpose::RecoveryCancel];

/// An open recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Recovery {
    /// When the delay began.
    pub started_at: Timestamp,
    /// When the delay ends.
    pub due_at: Timestamp,
}

/// Returns the open recovery of a user.
pub(crate) async fn open_of(conn: &mut Conn, user: UserId) -> Result<Option<Recovery>, Error> {
    OPEN_OF.bind(user).optional(conn).await
}

/// Returns a link that stops the user's recovery and works for `lifetime`.
async fn cancel_link(
    deps: &Deps,
    work: &mut Change,
    user: UserId,
    lifetime: Duration,
) -> Result<String, Error> {
    let token = link_token(Purpose::RecoveryCancel, user, "", lifetime);
    let issued = deps.tokens.issue(&mut work.tx, token).await?;
    Ok(deps.email_challenges.link(paths::RECOVERY_CANCEL, Some(&issued.secret)))
}

fn link_token(purpose: Purpose, user: UserId, subject: &str, lifetime: Duration) -> NewToken<'_> {
    NewToken { purpose, user: Some(user), subject, payload: None, lifetime, browser: None, told: true }
}

fn gone() -> Error {
    Error::on(Field::Token, Code::BadToken)
}

/// Returns the key of the user's email address. Empty when they have none.
fn key_of(user: &User) -> String {
    let address = user.email.as_deref().and_then(|email| Email::parse(email).ok());
    address.map(|email| email.key().to_owned()).unwrap_or_default()
}

/// Manages the recoveries of accounts.
#[derive(Clone)]
pub struct Recoveries {
    deps: Deps,
    mfa: Mfa,
}

impl Recoveries {
    pub(crate) fn new(deps: Deps, mfa: Mfa) -> Self {
        Self { deps, mfa }
    }

    /// Returns whether users can recover their accounts: MFA_RECOVERY_ENABLED is set, and the
    /// server sends email.
    pub fn is_offered(&self) -> bool {
        self.recoveries().is_ok()
    }

    fn recoveries(&self) -> Result<(), Error> {
        if !self.deps.settings.mfa.recovery_enabled {
            return Err(Code::FeatureOff.into());
        }
        self.deps.outbox.require()
    }

    /// Sends an email with which to start a recovery to an address, if it has an account with
    /// second factors. The result is the same if not.
    ///
    /// # Errors
    ///
    /// - [`Code::FeatureOff`] without MFA_RECOVERY_ENABLED, and [`Code::MailOff`] when the server
    ///   sends no email.
    /// - [`Code::BadEmail`], on its field, when the address is invalid.
    /// - [`Code::TooManyAttempts`] when the client asked for too many emails.
    pub async fn request(&self, actor: &Actor, email: &str) -> Result<PendingChallenge, Error> {
        self.recoveries()?;
        let wait = self.deps.settings.mfa.recovery_delay.as_secs().div_ceil(60);
        let message = |link, code| Message::RecoveryRequest { link, code, wait };
        let request = AddressRequest {
            purpose: Purpose::RecoveryStart,
            page: paths::RECOVERY_START,
            message: &message,
            event: Event::RecoveryRequested,
        };
        ask_by_address(&self.deps, actor, email, request).await
    }

    /// Returns whether a link to start a recovery still works. Does not redeem it.
    pub async fn request_link_works(&self, token: &str) -> Result<bool, Error> {
        Ok(self.deps.peek(Purpose::RecoveryStart, PresentedToken::Secret(token)).await?.is_some())
    }

    /// Starts a recovery with the link or the code of that email. It replaces one that was already
    /// open. The server tells the user by email, with a link to stop it.
    ///
    /// # Errors
    ///
    /// - [`Code::FeatureOff`] without MFA_RECOVERY_ENABLED, and [`Code::MailOff`] when the server
    ///   sends no email.
    /// - [`Code::BadToken`], on its field, when the link no longer works, the account has no second
    ///   factor, or its email address has changed within the time in which that can be undone.
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when a code is missing or
    ///   wrong.
    /// - [`Code::RecoveryTooSoon`] for a week after the user presented a second factor while a
    ///   recovery was open. The proof keeps working.
    /// - [`Code::TooManyAttempts`] when the client tried too many codes.
    pub async fn start(&self, actor: &Actor, proof: &Proof) -> Result<Recovery, Error> {
        self.recoveries()?;
        let email_challenges = &self.deps.email_challenges;
        let presented = email_challenges.judge(actor, Purpose::RecoveryStart, proof).await?;
        let found = self.deps.peek(Purpose::RecoveryStart, presented).await?.ok_or_else(gone)?;
        let id = found.user_id.ok_or_else(gone)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        users::lock(&mut work.tx, id).await?;
        self.deps.tokens.redeem(&mut work.tx, Purpose::RecoveryStart, presented).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        let lost = factors_of(&mut work.tx, id).await?.wanted();
        // Not at an address that its previous owner can still restore: otherwise someone who took
        // the account could wait until the delay is over.
        let disputed = !self.deps.tokens.open_of(&mut work.tx, id, Purpose::EmailUndo).await?.is_empty();
        if disputed || !user.may_enter() || !lost || key_of(&user) != found.subject {
            return Err(gone());
        }
        let presented = SHOWN_SINCE.bind(id).bind(now.minus(COOLDOWN));
        let presented = presented.bind(Ending::FactorShown.as_str()).bind(Ending::ByCode.as_str());
        if let Some((at,)) = presented.optional::<(Timestamp,)>(&mut work.tx).await? {
            return Err(Error::new(Code::RecoveryTooSoon).retry_after(at.plus(COOLDOWN).since(now)));
        }
        end(&self.deps, &mut work, id, Ending::Replaced).await?;
        // A user who asked several times starts one recovery.
        self.deps.tokens.void_of(&mut work.tx, id, &[Purpose::RecoveryStart]).await?;
        let delay = self.deps.settings.mfa.recovery_delay;
        let recovery = Recovery { started_at: now, due_at: now.plus(delay) };
        BEGIN
            .bind(RecoveryId::from_uuid(self.deps.random.uuid(now)))
            .bind(id)
            .bind(now)
            .bind(now.plus(delay / 2))
            .bind(recovery.due_at)
            .execute(&mut work.tx)
            .await?;
        let cancel = cancel_link(&self.deps, &mut work, id, delay + READY_FOR).await?;
        let circumstances = Circumstances::of(&actor.origin, now);
        let until = recovery.due_at;
        email_challenges
            .tell(&mut work, &user, Message::RecoveryStarted { circumstances, until, cancel })
            .await?;
        work.record(Entry::new(Event::RecoveryStarted).to(id).with("due_at", until.seconds()));
        work.commit().await?;
        Ok(recovery)
    }

    /// Returns the recovery that a link would finish, whose delay may not be over yet. `None` when
    /// the link no longer works. Does not redeem it.
    pub async fn to_finish(&self, token: &str) -> Result<Option<Recovery>, Error> {
        self.recovery_of_link(Purpose::RecoveryFinish, token).await
    }

    /// Returns the recovery that a link would stop. `None` when the link no longer works. Does not
    /// redeem it.
    pub async fn to_cancel(&self, token: &str) -> Result<Option<Recovery>, Error> {
        self.recovery_of_link(Purpose::RecoveryCancel, token).await
    }

    async fn recovery_of_link(&self, purpose: Purpose, token: &str) -> Result<Option<Recovery>, Error> {
        let found = self.deps.peek(purpose, PresentedToken::Secret(token)).await?;
        let Some(id) = found.and_then(|found| found.user_id) else { return Ok(None) };
        open_of(&mut self.deps.store.read().await?, id).await
    }

    /// Removes all second factors, once the delay is over. All sessions end. Returns a token with
    /// which to set a password, see
    /// [`PasswordFlow::reset`](crate::authn::passwords::PasswordFlow::reset).
    ///
    /// # Errors
    ///
    /// - [`Code::FeatureOff`] without MFA_RECOVERY_ENABLED, and [`Code::MailOff`] when the server
    ///   sends no email.
    /// - [`Code::BadToken`], on its field, before the delay is over, when the recovery has ended,
    ///   or when the user has set up another second factor since it started.
    pub async fn finish(&self, actor: &Actor, token: &str) -> Result<String, Error> {
        self.recoveries()?;
        let email_challenges = &self.deps.email_challenges;
        let presented = PresentedToken::Secret(token);
        let found = self.deps.peek(Purpose::RecoveryFinish, presented).await?.ok_or_else(gone)?;
        let id = found.user_id.ok_or_else(gone)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        users::lock(&mut work.tx, id).await?;
        self.deps.tokens.redeem(&mut work.tx, Purpose::RecoveryFinish, presented).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        if !user.may_enter() || key_of(&user) != found.subject {
            return Err(gone());
        }
        // A second factor was set up since the recovery started, so not everything is lost.
        let open = open_of(&mut work.tx, id).await?.ok_or_else(gone)?;
        let app = factors_of(&mut work.tx, id).await?.totp_since;
        let (newer,): (i64,) = NEWER_PASSKEYS.bind(id).bind(open.started_at).one(&mut work.tx).await?;
        if newer > 0 || app.is_some_and(|since| since > open.started_at) {
            return Err(gone());
        }
        let how = Ending::Completed.as_str();
        if COMPLETE.bind(id).bind(now).bind(how).execute(&mut work.tx).await? == 0 {
            return Err(gone());
        }
        if !passkeys::forget_factors(&mut work, id, Timestamp::EPOCH, "recovered").await? {
            return Err(gone());
        }
        let ended = revoke_access(&self.deps, &mut work, id, "recovered").await?;
        self.deps.tokens.void_of(&mut work.tx, id, LINKS).await?;
        let circumstances = Circumstances::of(&actor.origin, now);
        let link = email_challenges.link(paths::SECURITY, None);
        email_challenges.tell(&mut work, &user, Message::RecoveryDone { circumstances, link }).await?;
        let token = issue_password_token(&self.deps, &mut work, &user).await?;
        work.record(Entry::new(Event::RecoveryCompleted).to(id).with("sessions_ended", ended));
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await?;
        Ok(token)
    }

    /// Stops a recovery with the link of one of its emails. This only protects the account, so it
    /// needs no session.
    ///
    /// # Errors
    ///
    /// [`Code::BadToken`], on its field, when the recovery has ended.
    pub async fn cancel(&self, actor: &Actor, token: &str) -> Result<(), Error> {
        let presented = PresentedToken::Secret(token);
        let found = self.deps.peek(Purpose::RecoveryCancel, presented).await?.ok_or_else(gone)?;
        let id = found.user_id.ok_or_else(gone)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        users::lock(&mut work.tx, id).await?;
        self.deps.tokens.redeem(&mut work.tx, Purpose::RecoveryCancel, presented).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        if !end_and_tell(&self.deps, &mut work, &user, Ending::ByMail).await? {
            return Err(gone());
        }
        work.commit().await
    }

    /// Returns the caller's own open recovery.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
    pub async fn own(&self, actor: &Actor) -> Result<Option<Recovery>, Error> {
        let id = actor.session_user()?.user.id;
        open_of(&mut self.deps.store.read().await?, id).await
    }

    /// Stops the caller's own recovery. This only protects the account, so it needs no recent
    /// authentication.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::NotFound`] when there is no open recovery.
    pub async fn cancel_own(&self, actor: &Actor) -> Result<(), Error> {
        let id = actor.session_user()?.user.id;
        let mut work = self.deps.recorder.begin(actor).await?;
        users::lock(&mut work.tx, id).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
        if !end_and_tell(&self.deps, &mut work, &user, Ending::InSession).await? {
            return Err(Code::NotFound.into());
        }
        work.commit().await
    }
}
