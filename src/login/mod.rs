//! Signing in and out.
//!
//! The answer to a wrong password and to an unknown name is one and the same, and takes the same time (OWASP ASVS 5.0
//! 6.3.8). What else may be wrong with an account is only said to whoever knew its password.

use std::sync::Arc;

use crate::actor::{Actor, Origin};
use crate::audit::{Change, Entry, Event, Recorder};
use crate::clock::Random;
use crate::crypto::password::{Passwords, Verdict};
use crate::crypto::strength::Password;
use crate::error::{Error, Problem};
use crate::limit::{Limits, Subject};
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::sessions::{NewSession, Sessions, is_known_device};
use crate::store::Store;
use crate::users::names::identifier_key;
use crate::users::{self, Credentials};

/// What somebody types to sign in.
#[derive(Clone, Default)]
pub struct SignIn {
    /// Username or e-mail address.
    pub identifier: String,
    /// Password.
    pub password: String,
}

/// Somebody who has just come in: what the browser is to keep.
#[derive(Clone)]
pub struct SignedIn {
    /// Who.
    pub user: UserId,
    /// The session with its cookie.
    pub session: NewSession,
    /// The secret of this browser's device cookie.
    pub device_secret: [u8; 32],
}

/// The ways in and out.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) store: Store,
    pub(crate) recorder: Recorder,
    pub(crate) sessions: Sessions,
    pub(crate) passwords: Passwords,
    pub(crate) limits: Limits,
    pub(crate) random: Random,
}

impl Login {
    /// Signs in by password.
    pub(crate) async fn sign_in(&self, actor: &Actor, typed: &SignIn) -> Result<SignedIn, Error> {
        let password = check_form(typed)?;
        let found = match identifier_key(&typed.identifier) {
            Some(key) => users::by_identifier(&mut self.store.read().await?, &key).await?,
            None => None,
        };
        let subjects = self.subjects(actor, found.as_ref(), &typed.identifier).await?;
        self.count(&subjects).await?;
        let verdict = self.verify(&password, found.as_ref()).await?;

        let mut work = self.recorder.begin(actor).await?;
        let (Some(found), true) = (found.as_ref(), verdict != Verdict::Wrong) else {
            return self.refuse(work, found.as_ref(), &typed.identifier, &subjects).await;
        };
        let user = &found.user;
        let refusal = if user.suspended_at.is_some() {
            Some((Code::Suspended, "suspended"))
        } else if user.requires_password_reset {
            Some((Code::PasswordResetRequired, "password_reset_required"))
        } else {
            None
        };
        // Whoever knows the password has not been guessing, whether they may come in or not.
        self.limits.succeeded(&mut work.tx, &subjects).await?;
        if let Some((code, reason)) = refusal {
            work.record(Entry::new(Event::LoginFailed).to(user.id).with("reason", reason));
            work.commit().await?;
            return Err(code.into());
        }
        let new_hash = match (verdict, &found.password_hash) {
            (Verdict::RightButOld, Some(old)) => Some((self.passwords.hash(&password).await?, old)),
            _ => None,
        };
        if let Some((new, old)) = new_hash {
            users::rehash(&mut work.tx, user.id, &new, old).await?;
        }
        work.record(Entry::new(Event::LoginSuccess).to(user.id).with("method", "password"));
        let signed_in = self.enter(&mut work, actor, user.id, "password").await?;
        work.commit().await?;
        Ok(signed_in)
    }

    /// Begins a session for somebody who has proved who they are. Every way in ends here. A session that the browser
    /// had before ends: nothing from before the sign-in lives on (session fixation, OWASP ASVS 5.0 7.2.4).
    pub(crate) async fn enter(
        &self,
        work: &mut Change,
        actor: &Actor,
        user: UserId,
        method: &'static str,
    ) -> Result<SignedIn, Error> {
        let now = work.now();
        if let Ok(before) = actor.user() {
            self.sessions.replace(work, before.session.id).await?;
        }
        let device_secret = actor.origin.device_secret.unwrap_or_else(|| self.random.bytes());
        let origin = Origin { device_secret: Some(device_secret), ..Origin::clone(&actor.origin) };
        let session = self.sessions.begin(work, user, &origin, method).await?;
        users::set_last_login(&mut work.tx, user, now).await?;
        Ok(SignedIn { user, session, device_secret })
    }

    /// Ends the session that asks. Nobody signed in is no error: the aim is reached.
    pub(crate) async fn sign_out(&self, actor: &Actor) -> Result<(), Error> {
        let Ok(snapshot) = actor.user().map(Arc::clone) else { return Ok(()) };
        match self.sessions.end(actor, snapshot.session.id).await {
            Err(error) if error.code() == Code::NotFound => Ok(()),
            other => other,
        }
    }

    /// Compares a password given by a signed-in person with theirs, within the same limits as at sign-in.
    pub(crate) async fn confirm_password(
        &self,
        actor: &Actor,
        found: &Credentials,
        password: &Password,
    ) -> Result<(), Error> {
        let subjects = self.subjects(actor, Some(found), "").await?;
        self.count(&subjects).await?;
        let verdict = self.verify(password, Some(found)).await?;
        let mut work = self.recorder.begin(actor).await?;
        if verdict == Verdict::Wrong {
            let closed = self.limits.failed(&mut work.tx, &subjects).await?;
            work.record(Entry::new(Event::PasswordChangeFailed).to(found.user.id));
            if closed {
                work.record(Entry::new(Event::LoginLocked).to(found.user.id));
            }
            work.commit().await?;
            return Err(Error::on(Field::CurrentPassword, Code::WrongPassword));
        }
        self.limits.succeeded(&mut work.tx, &subjects).await?;
        work.commit().await
    }

    /// What the try counts against.
    async fn subjects(
        &self,
        actor: &Actor,
        found: Option<&Credentials>,
        typed: &str,
    ) -> Result<Vec<Subject>, Error> {
        let origin = &actor.origin;
        let mut subjects: Vec<Subject> = origin.ip.map(Subject::address).into_iter().collect();
        let mut conn = self.store.read().await?;
        subjects.push(match (found, origin.device_secret) {
            (Some(found), Some(device)) if is_known_device(&mut conn, found.user.id, origin).await? => {
                Subject::device(found.user.id, &device)
            }
            (Some(found), _) => Subject::account(found.user.id),
            (None, _) => Subject::nobody(typed.trim()),
        });
        Ok(subjects)
    }

    async fn count(&self, subjects: &[Subject]) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        self.limits.count(&mut tx, subjects).await?;
        tx.commit().await
    }

    /// An account that nobody signs in with has no password here, whatever its row says.
    async fn verify(&self, password: &Password, found: Option<&Credentials>) -> Result<Verdict, Error> {
        let open = found.filter(|found| !found.user.is_system && found.user.deleted_at.is_none());
        self.passwords.verify(password, open.and_then(|found| found.password_hash.as_deref())).await
    }

    async fn refuse(
        &self,
        mut work: Change,
        found: Option<&Credentials>,
        typed: &str,
        subjects: &[Subject],
    ) -> Result<SignedIn, Error> {
        let closed = self.limits.failed(&mut work.tx, subjects).await?;
        for event in [Some(Event::LoginFailed), closed.then_some(Event::LoginLocked)].into_iter().flatten() {
            let mut entry = Entry::new(event).with("reason", "bad_credentials");
            // What was typed may be a password in the wrong field: it is only kept when it names an account.
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
    if typed.identifier.trim().is_empty() {
        problems.push(Problem { field: Field::Identifier, code: Code::Required });
    } else if typed.identifier.len() > 1024 {
        problems.push(Problem { field: Field::Identifier, code: Code::TooLong });
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
