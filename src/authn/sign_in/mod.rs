//! Signing in.
//!
//! A wrong password and an unknown username get one and the same response, which takes the same
//! time (OWASP ASVS 5.0 6.3.8). Only a caller who knows the password learns what else is wrong with
//! an account.

mod confirm;
mod magic_link;
mod passkey;
mod second_factor;

pub use confirm::{Confirmation, Confirms, StepUp};
pub use passkey::PasskeyFor;
pub(crate) use second_factor::AuthMethod;
pub use second_factor::{MfaChallenge, SecondFactor, SignInOutcome};

use std::time::Duration;

use serde::Deserialize;

use crate::accounts::users::{self, Credentials, User};
use crate::audit::{Change, Entry, Event};
use crate::authn::deps::Deps;
use crate::authn::mfa::{Mfa, factors_of};
use crate::authn::passkeys::Passkeys;
use crate::authn::sessions::{NewSession, is_known_device, looks_new, set_confirmed};
use crate::authz::actor::{Actor, Origin};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::crypto::password::Verdict;
use crate::foundation::crypto::strength::Password;
use crate::foundation::error::{Error, Problem};
use crate::foundation::names::{Email, Identifier, identifier_key, identifier_problem};
use crate::foundation::rate_limit::{Attempt, RateLimitKey};
use crate::mail::{Circumstances, Message};
use crate::model::code::{Code, Field};
use crate::model::id::{SessionId, UserId};
use crate::model::paths;

/// What a user types to sign in.
#[derive(Clone, Default, Deserialize)]
pub struct SignIn {
    /// The username or email address.
    pub identifier: String,
    /// The password.
    pub password: String,
}

/// A user who has just signed in, with what the browser keeps.
#[derive(Clone)]
pub struct SignedIn {
    /// The user.
    pub user: UserId,
    /// The session, with its cookie.
    pub session: NewSession,
    /// The secret of this browser's device cookie.
    pub device_secret: [u8; 32],
}

/// The state of a sign-in after the first factor. It takes effect once [`SignInFlow::finish`] has
/// committed it.
pub(crate) enum Entered {
    /// The user gets a session.
    In(Session),
    /// The user gets a token, and must present a second factor.
    MfaChallenge(MfaChallenge),
}

/// A session that is about to begin, and the one that it replaces.
pub(crate) struct Session {
    signed_in: SignedIn,
    replaced: Option<SessionId>,
}

/// Signs users in.
#[derive(Clone)]
pub struct SignInFlow {
    deps: Deps,
    mfa: Mfa,
    passkeys: Passkeys,
    /// How long a remembered browser needs no second factor.
    remember: Duration,
}

impl SignInFlow {
    pub(crate) fn new(deps: Deps, mfa: Mfa, passkeys: Passkeys) -> Self {
        let days = u64::from(deps.settings.mfa.remember_device_days);
        Self { deps, mfa, passkeys, remember: Duration::from_secs(days * 24 * 3600) }
    }

    /// Signs in with a password. The outcome may be that the user must present a second factor, or
    /// verify their email address first.
    ///
    /// # Errors
    ///
    /// - On its field, and all at once, everything that is wrong with the form.
    /// - [`Code::BadCredentials`] when the username and the password do not match, whichever of
    ///   them is wrong.
    /// - [`Code::Suspended`] and [`Code::PasswordResetRequired`], only to a caller who knows the
    ///   password.
    /// - [`Code::TooManyAttempts`] after too many wrong passwords.
    /// - [`Code::Busy`] when the server is busy hashing passwords.
    pub async fn with_password(&self, actor: &Actor, typed: &SignIn) -> Result<SignInOutcome, Error> {
        let password = check_form(typed)?;
        let key = identifier_key(&typed.identifier);
        let found = match &key {
            Some(key) => users::by_identifier(&mut self.deps.store.read().await?, key).await?,
            None => None,
        };
        let nobody = key.map_or_else(|| typed.identifier.trim().to_lowercase(), Identifier::into_key);
        let keys = self.keys(actor, found.as_ref().ok_or(nobody.as_str())).await?;
        let (verdict, attempt) = self.verify(&password, found.as_ref(), keys).await?;
        let new_hash = self.hash_anew(verdict, &password).await?;

        let mut work = self.deps.recorder.begin(actor).await?;
        let (Some(found), true) = (found.as_ref(), verdict != Verdict::Wrong) else {
            return self.refuse(work, found.as_ref(), &typed.identifier, attempt).await;
        };
        let user = &found.user;
        let refusal = if user.suspended_at.is_some() {
            Some((Code::Suspended, "suspended"))
        } else if user.requires_password_reset {
            Some((Code::PasswordResetRequired, "password_reset_required"))
        } else if user.email_verified_at.is_none()
            && user.email.is_some()
            && self.deps.email_challenges.sends()
        {
            return self.ask_for_proof(work, actor, user, Some(attempt)).await;
        } else {
            None
        };
        if let Some((code, reason)) = refusal {
            // A caller who knows the password was not guessing, whether they may sign in or not.
            attempt.succeed(&mut work.tx).await?;
            work.record(Entry::new(Event::LoginFailed).to(user.id).with("reason", reason));
            work.commit().await?;
            return Err(code.into());
        }
        let now = work.now();
        // Lock the user's row before the counts, as everywhere, so that two requests for one user
        // cannot deadlock.
        if !users::record_sign_in(&mut work.tx, found, now).await? {
            // The password was right when the row was read, but something has changed since.
            return self.refuse(work, Some(found), &typed.identifier, attempt).await;
        }
        attempt.succeed(&mut work.tx).await?;
        if let (Some(new), Some(old)) = (new_hash, &found.password_hash) {
            users::rehash(&mut work.tx, user.id, &new, old).await?;
        }
        let entered = self.complete_first_factor(&mut work, actor, user.id, AuthMethod::Password).await?;
        self.finish(work, entered, &[]).await
    }

    /// Sends the email that verifies the address of a user who has proved their first factor. They
    /// continue from the email, in this browser or in another.
    async fn ask_for_proof(
        &self,
        mut work: Change,
        actor: &Actor,
        user: &User,
        attempt: Option<Attempt>,
    ) -> Result<SignInOutcome, Error> {
        let address = Email::parse(user.email.as_deref().unwrap_or_default());
        let address = address.map_err(|code| Error::on(Field::Email, code))?;
        let pending_challenge = self.deps.email_challenges.pending_challenge(actor, &address);
        self.deps.email_challenges.ask_to_verify(&mut work, user, Some(&pending_challenge)).await?;
        if let Some(attempt) = attempt {
            attempt.succeed(&mut work.tx).await?;
        }
        work.record(Entry::new(Event::LoginFailed).to(user.id).with("reason", "email_not_verified"));
        work.commit().await?;
        Ok(SignInOutcome::EmailChallenge(pending_challenge))
    }

    /// Returns a hash with today's parameters for a password whose stored hash has weaker ones.
    /// `None` when that is not needed, or the server is too busy now; the next sign-in tries again.
    async fn hash_anew(&self, verdict: Verdict, password: &Password) -> Result<Option<String>, Error> {
        if verdict != Verdict::RightButOld {
            return Ok(None);
        }
        match self.deps.passwords.hash(password).await {
            Err(error) if error.code() == Code::Busy => Ok(None),
            hashed => hashed.map(Some),
        }
    }

    /// Begins the first session of an account that `work` has just created, and that has no second
    /// factor yet.
    pub(crate) async fn start_first_session(
        &self,
        mut work: Change,
        actor: &Actor,
        user: UserId,
        method: &'static str,
    ) -> Result<SignedIn, Error> {
        let session = self.begin(&mut work, actor, user, method).await?;
        self.commit(work, session, &[]).await
    }

    /// Continues the session of a user who has just proved their password again, under a new id. If
    /// the account has a second factor, this does not count as authentication: the time of the last
    /// one is kept.
    pub(crate) async fn rotate_session(
        &self,
        mut work: Change,
        actor: &Actor,
        touched: &[Evict],
    ) -> Result<SignedIn, Error> {
        let before = actor.user()?;
        let user = before.user.id;
        let session = self.begin(&mut work, actor, user, "password").await?;
        if factors_of(&mut work.tx, user).await?.wanted() {
            set_confirmed(&mut work.tx, session.signed_in.session.id, actor.session()?.confirmed_at).await?;
        }
        self.commit(work, session, touched).await
    }

    /// Begins a session, for users who need to present nothing more:
    /// [`SignInFlow::complete_first_factor`] decides who does.
    ///
    /// A session that the browser had before ends, so that nothing from before the sign-in survives
    /// it (session fixation, OWASP ASVS 5.0 7.2.4).
    async fn begin(
        &self,
        work: &mut Change,
        actor: &Actor,
        user: UserId,
        method: &'static str,
    ) -> Result<Session, Error> {
        let replaced = actor.session_id();
        if let Some(before) = replaced {
            self.deps.sessions.replace(work, before).await?;
        }
        // Someone who used this browser before may have kept its device cookie, so it is reused
        // only if it is already this user's.
        let known = is_known_device(&mut work.tx, user, &actor.origin).await?;
        if !known && !matches!(method, "sign_up" | "set_up") {
            self.tell_of_new_device(work, actor, user).await?;
        }
        let kept = actor.origin.device_secret.filter(|_| known);
        let device_secret = kept.unwrap_or_else(|| self.deps.random.bytes());
        let origin = Origin { device_secret: Some(device_secret), ..Origin::clone(&actor.origin) };
        let session = self.deps.sessions.begin(work, user, &origin, method).await?;
        Ok(Session { signed_in: SignedIn { user, session, device_secret }, replaced })
    }

    /// Tells the user about a session in a new browser: one without their device cookie, that does
    /// not look like a browser used from the same IP address before. Programs keep no device
    /// cookies.
    async fn tell_of_new_device(&self, work: &mut Change, actor: &Actor, user: UserId) -> Result<(), Error> {
        if !self.deps.email_challenges.sends() || !looks_new(&mut work.tx, user, &actor.origin).await? {
            return Ok(());
        }
        let Some(found) = users::by_id(&mut work.tx, user).await? else { return Ok(()) };
        let circumstances = Circumstances::of(&actor.origin, work.now());
        let link = self.deps.email_challenges.link(paths::SESSIONS, None);
        self.deps.email_challenges.tell(work, &found.user, Message::NewDevice { circumstances, link }).await
    }

    /// Commits the state of a sign-in, and evicts what else was `touched`.
    pub(crate) async fn finish(
        &self,
        work: Change,
        entered: Entered,
        touched: &[Evict],
    ) -> Result<SignInOutcome, Error> {
        match entered {
            Entered::In(session) => self.commit(work, session, touched).await.map(SignInOutcome::In),
            Entered::MfaChallenge(mfa_challenge) => {
                work.commit_evicting(self.deps.sessions.cache(), touched).await?;
                Ok(SignInOutcome::SecondFactor(mfa_challenge))
            }
        }
    }

    /// Commits a session, and evicts the one that it replaces and what else was `touched`. From
    /// then on, every process refuses the replaced session.
    async fn commit(&self, work: Change, session: Session, touched: &[Evict]) -> Result<SignedIn, Error> {
        let touched: Vec<Evict> =
            session.replaced.map(Evict::Session).into_iter().chain(touched.iter().copied()).collect();
        work.commit_evicting(self.deps.sessions.cache(), &touched).await?;
        Ok(session.signed_in)
    }

    /// Counts an account that is about to be created from the actor's IP address.
    ///
    /// # Errors
    ///
    /// [`Code::TooManyAttempts`] when too many were created from there.
    pub(crate) async fn count_sign_up(&self, actor: &Actor) -> Result<(), Error> {
        let Some(ip) = actor.origin.ip else { return Ok(()) };
        let mut tx = self.deps.store.write().await?;
        self.deps.limits.count(&mut tx, RateLimitKey::sign_ups(ip)).await?;
        tx.commit().await
    }

    /// Checks the password of a signed-in user, within the same limits as at sign-in.
    ///
    /// # Errors
    ///
    /// - [`Code::WrongPassword`], on the field `current_password`, when it is wrong.
    /// - [`Code::TooManyAttempts`] after too many wrong passwords.
    /// - [`Code::Busy`] when the server is busy hashing passwords.
    pub(crate) async fn confirm_password(
        &self,
        actor: &Actor,
        found: &Credentials,
        password: &Password,
    ) -> Result<(), Error> {
        let failure = (Field::CurrentPassword, Event::PasswordChangeFailed);
        self.judge_password(actor, found, password, failure).await
    }

    /// Does what [`SignInFlow::confirm_password`] does, with the field and the event of `failure`
    /// for a wrong password.
    async fn judge_password(
        &self,
        actor: &Actor,
        found: &Credentials,
        password: &Password,
        (field, failure): (Field, Event),
    ) -> Result<(), Error> {
        let keys = self.keys(actor, Ok(found)).await?;
        let (verdict, attempt) = self.verify(password, Some(found), keys).await?;
        let mut work = self.deps.recorder.begin(actor).await?;
        if verdict == Verdict::Wrong {
            let closed = attempt.fail(&mut work.tx).await?;
            work.record(Entry::new(failure).to(found.user.id));
            if closed {
                work.record(Entry::new(Event::LoginLocked).to(found.user.id));
            }
            work.commit().await?;
            return Err(Error::on(field, Code::WrongPassword));
        }
        attempt.succeed(&mut work.tx).await?;
        work.commit().await
    }

    /// Returns the keys that an attempt counts against: those of a user, or of a folded name that
    /// no user has. Runs the same queries for both.
    async fn keys(
        &self,
        actor: &Actor,
        found: Result<&Credentials, &str>,
    ) -> Result<Vec<RateLimitKey>, Error> {
        let origin = &actor.origin;
        let mut keys: Vec<RateLimitKey> = origin.ip.map(RateLimitKey::address).into_iter().collect();
        let mut conn = self.deps.store.read().await?;
        let user = found.map_or(users::NOBODY, |found| found.user.id);
        let known = is_known_device(&mut conn, user, origin).await?;
        let device = origin.device_secret.map(|secret| RateLimitKey::device(user, &secret));
        let spent = match &device {
            Some(device) => self.deps.limits.is_spent(&mut conn, device).await?,
            None => false,
        };
        keys.push(match (found, device) {
            (Ok(_), Some(device)) if known && !spent => device,
            (Ok(found), _) => RateLimitKey::account(found.user.id),
            (Err(name), _) => RateLimitKey::nobody(name),
        });
        Ok(keys)
    }

    /// Counts an attempt, in a transaction of its own.
    async fn begin_attempt(&self, keys: Vec<RateLimitKey>) -> Result<Attempt, Error> {
        let mut tx = self.deps.store.write().await?;
        let attempt = self.deps.limits.begin(&mut tx, keys).await?;
        tx.commit().await?;
        Ok(attempt)
    }

    /// Counts an attempt and checks the password. An attempt that cannot be checked does not count.
    /// For a system or deleted account, every password is wrong, whatever its row contains.
    async fn verify(
        &self,
        password: &Password,
        found: Option<&Credentials>,
        keys: Vec<RateLimitKey>,
    ) -> Result<(Verdict, Attempt), Error> {
        let attempt = self.begin_attempt(keys).await?;
        let open = found.filter(|found| !found.user.is_system && found.user.deleted_at.is_none());
        let hash = open.and_then(|found| found.password_hash.as_deref());
        match self.deps.passwords.verify(password, hash).await {
            Ok(verdict) => Ok((verdict, attempt)),
            Err(error) => {
                let mut tx = self.deps.store.write().await?;
                attempt.cancel(&mut tx).await?;
                tx.commit().await?;
                Err(error)
            }
        }
    }

    async fn refuse(
        &self,
        mut work: Change,
        found: Option<&Credentials>,
        typed: &str,
        attempt: Attempt,
    ) -> Result<SignInOutcome, Error> {
        let closed = attempt.fail(&mut work.tx).await?;
        for event in [Some(Event::LoginFailed), closed.then_some(Event::LoginLocked)].into_iter().flatten() {
            let mut entry = Entry::new(event).with("reason", "bad_credentials");
            // The user may have typed a password into the wrong field, so the text is recorded only
            // if it names an account.
            if let Some(found) = found {
                entry = entry.to(found.user.id).personal("identifier", typed.trim());
            }
            work.record(entry);
        }
        work.commit().await?;
        Err(Code::BadCredentials.into())
    }
}

fn check_form(typed: &SignIn) -> Result<Password, Error> {
    let mut problems = Vec::new();
    if let Some(code) = identifier_problem(&typed.identifier) {
        problems.push(Problem { field: Field::Identifier, code });
    }
    let password =
        if typed.password.is_empty() { Err(Code::Required) } else { Password::typed(&typed.password) };
    match password {
        Ok(password) if problems.is_empty() => return Ok(password),
        Ok(_) => {}
        Err(code) => problems.push(Problem { field: Field::Password, code }),
    }
    Error::all(problems)?;
    Err(Code::BadRequest.into())
}
