//! Passkeys: discoverable WebAuthn credentials that verify the user.
//!
//! A passkey is two factors in one: something the user has, unlocked by a fingerprint, a face or a
//! PIN. Signing in with one requires nothing more (see the module `sign_in`). After a password or
//! an emailed link, it serves as a second factor like an app.

mod authenticator;
mod ceremony;
mod record;
mod sql;

pub use authenticator::{Authenticator, Kind};
pub use ceremony::Ceremony;
pub(crate) use ceremony::{Asserted, Ceremonies, Holder, Made, PasskeyResponse};
pub(crate) use sql::{ALL, Row};

use std::sync::Arc;

use webauthn_rs::prelude::Passkey as WebauthnPasskey;

use record::{credential_text, default_name, numbered, own, read, read_name, write};
use sql::*;

use crate::accounts::users::{self, User};
use crate::audit::{Change, Entry, Event};
use crate::authn::deps::Deps;
use crate::authn::mfa::{self, Factor, Factors, Mfa, factors_of};
use crate::authn::sessions::{distrust_devices, lock_confirmed, lock_holder};
use crate::authn::tokens::Purpose;
use crate::authz::actor::Actor;
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::foundation::store::Conn;
use crate::mail::{Circumstances, Message};
use crate::model::code::{Code, Field};
use crate::model::id::{PasskeyId, SessionId, UserId};
use crate::model::paths;
use crate::model::time::Timestamp;

/// The longest name, in characters.
pub const MAX_NAME: usize = 60;
/// The maximum number of passkeys per account.
pub const MAX_PASSKEYS: usize = 25;

/// A passkey, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPasskey {
    /// The passkey's id on this server.
    pub id: PasskeyId,
    /// The credential id that the authenticator chose, in base64url.
    pub credential_id: String,
    /// The name that its owner gave it.
    pub name: String,
    /// The authenticator that stores it, if known.
    pub authenticator: Option<Authenticator>,
    /// Whether it can be on several devices at once (WebAuthn: backup eligible).
    pub backup_eligible: bool,
    /// Whether it is on several devices now (WebAuthn: backup state).
    pub backed_up: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// When it was blocked: its counter went back, so a copy of it may exist.
    pub blocked_at: Option<Timestamp>,
}

/// The current state of a user's passkeys, for password managers, which remove or update what no
/// longer matches it (W3C Web Authentication Level 3, section 5.1.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The site of the passkeys (the RP ID).
    pub rp_id: String,
    /// The user handle, in base64url.
    pub user_id: String,
    /// The account name that passkeys carry: the email address or the username.
    pub name: String,
    /// The name of their owner.
    pub display_name: String,
    /// The credential ids of all passkeys of the account, including blocked ones, in base64url.
    pub credential_ids: Vec<String>,
}

/// A passkey that was added.
#[derive(Clone, Debug)]
pub struct Added {
    /// The passkey.
    pub passkey: OwnPasskey,
    /// Ten backup codes, if the user had no second factor before. They are not shown again.
    pub backup_codes: Option<Vec<String>>,
}

/// Manages the passkeys of users.
#[derive(Clone)]
pub struct Passkeys {
    pub(crate) ceremonies: Ceremonies,
    deps: Deps,
    mfa: Mfa,
    /// Whether the server offers passkeys.
    enabled: bool,
}

impl Passkeys {
    pub(crate) fn new(deps: Deps, mfa: Mfa) -> Result<Self, Error> {
        let ceremonies = Ceremonies::new(deps.clone())?;
        let enabled = deps.settings.passkeys_offered();
        Ok(Self { ceremonies, deps, mfa, enabled })
    }

    /// Returns the caller's own passkeys, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<OwnPasskey>, Error> {
        let id = actor.session_user()?.user.id;
        let rows: Vec<Row> = OF_USER.bind(id).all(&mut self.deps.store.read().await?).await?;
        rows.into_iter().map(own).collect()
    }

    /// Returns the current state of the passkeys of `user` for password managers. `own` must be all
    /// of them.
    pub fn accepted(&self, user: &User, own: &[OwnPasskey]) -> Accepted {
        let holder = Holder::of(user);
        Accepted {
            rp_id: self.ceremonies.rp_id().to_owned(),
            user_id: credential_text(holder.id.uuid().as_bytes()),
            name: holder.name,
            display_name: holder.display_name,
            credential_ids: own.iter().map(|own| own.credential_id.clone()).collect(),
        }
    }

    /// Returns one of the caller's own passkeys.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
    pub async fn get(&self, actor: &Actor, id: PasskeyId) -> Result<Option<OwnPasskey>, Error> {
        let user = actor.session_user()?.user.id;
        let row = OWN.bind(id).bind(user).optional::<Row>(&mut self.deps.store.read().await?).await?;
        row.map(own).transpose()
    }

    /// Begins a ceremony in which the browser creates a passkey for the caller.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::FeatureOff`] without PASSKEYS_ENABLED.
    /// - [`Code::StepUpRequired`] when the user last authenticated too long ago.
    /// - [`Code::TooManyAttempts`] when the user asked for too many prompts.
    /// - [`Code::TooManyPasskeys`] when the account has [`MAX_PASSKEYS`].
    pub async fn ask_to_add(&self, actor: &Actor) -> Result<Ceremony, Error> {
        let snapshot = actor.session_user()?;
        self.offered()?;
        self.deps.require_confirmed(actor)?;
        self.ceremonies.count(actor, Some(snapshot.user.id)).await?;
        let mut conn = self.deps.store.read().await?;
        let user = users::by_id(&mut conn, snapshot.user.id).await?.ok_or(Code::NotAuthenticated)?.user;
        let rows: Vec<Row> = OF_USER.bind(user.id).all(&mut conn).await?;
        drop(conn);
        if rows.len() >= MAX_PASSKEYS {
            return Err(Code::TooManyPasskeys.into());
        }
        let known = rows.into_iter().map(|row| row.credential_id).collect();
        let holder = Holder::of(&user);
        self.ceremonies.ask_to_make(actor, Purpose::PasskeyAdd, &holder, known, actor.session()?.id).await
    }

    /// Adds the passkey that an authenticator created, in the session that asked for it. If `name`
    /// is empty, the passkey is named after its authenticator. From then on, a password or an
    /// emailed link alone opens no session.
    ///
    /// # Errors
    ///
    /// - On the field `passkey`: [`Code::BadPasskey`], [`Code::UserVerificationRequired`],
    ///   [`Code::PasskeyExists`], and [`Code::BadToken`] when it was asked for too long ago or in
    ///   another session.
    /// - On the field `name`: [`Code::TooLong`], [`Code::BadCharacters`].
    /// - [`Code::NotAuthenticated`], [`Code::FeatureOff`], [`Code::StepUpRequired`] and
    ///   [`Code::TooManyPasskeys`], as for [`Passkeys::ask_to_add`].
    pub async fn add(&self, actor: &Actor, name: &str, answer: &str) -> Result<Added, Error> {
        let session = actor.session()?.id;
        self.offered()?;
        // Checked again, because the response may come much later. A late response does not use up
        // the ceremony.
        self.deps.require_confirmed(actor)?;
        let name = read_name(name)?;
        let (made, asked) = self.ceremonies.made::<SessionId>(actor, Purpose::PasskeyAdd, answer).await?;
        if asked != session {
            return Err(Error::on(Field::Passkey, Code::BadToken));
        }
        let mut work = self.deps.recorder.begin(actor).await?;
        let user = lock_confirmed(&mut work, actor, self.deps.settings.sessions.step_up).await?;
        let is_first = !factors_of(&mut work.tx, user.id).await?.wanted();
        let passkey = self.insert(&mut work, user.id, name, &made).await?;
        let mut backup_codes = None;
        if is_first {
            self.mfa.forget_what_passwords_opened(&mut work, actor).await?;
            backup_codes = Some(self.mfa.replace_backup_codes(&mut work, user.id).await?);
        }
        if !is_first || !self.mfa.tell_of_first(&mut work, actor, &user, Factor::Passkey).await? {
            let circumstances = Circumstances::of(&actor.origin, work.now());
            let (link, named) =
                (self.deps.email_challenges.link(paths::SECURITY, None), passkey.name.clone());
            let message = Message::PasskeyAdded { circumstances, passkey: named, link };
            self.deps.email_challenges.tell(&mut work, &user, message).await?;
        }
        work.commit_evicting(&self.deps.cache, &[Evict::User(user.id)]).await?;
        Ok(Added { passkey, backup_codes })
    }

    /// Renames one of the caller's own passkeys. If `name` is empty, the passkey is named after its
    /// authenticator.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::EnrollmentRequired`] when the caller must first set up a factor.
    /// - On the field `name`: [`Code::TooLong`], [`Code::BadCharacters`].
    /// - [`Code::NotFound`] when the caller has no such passkey.
    pub async fn rename(&self, actor: &Actor, id: PasskeyId, name: &str) -> Result<(), Error> {
        actor.user()?;
        let name = read_name(name)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let (user, _) = lock_holder(&mut work, actor).await?;
        let row: Row = OWN.bind(id).bind(user.id).optional(&mut work.tx).await?.ok_or(Code::NotFound)?;
        let name = name.unwrap_or_else(|| default_name(row.aaguid, &actor.origin));
        if RENAME.bind(id).bind(user.id).bind(&name).execute(&mut work.tx).await? > 0 {
            let entry = Entry::new(Event::PasskeyRenamed).to(user.id).with("passkey", id.to_string());
            work.record(entry.personal("before", row.name.as_str()).personal("after", name.as_str()));
        }
        work.commit().await
    }

    /// Removes one of the caller's own passkeys.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::EnrollmentRequired`] when the caller must first set up a factor.
    /// - [`Code::StepUpRequired`] when the user last authenticated too long ago.
    /// - [`Code::NotFound`] when the caller has no such passkey.
    /// - [`Code::LastWayIn`] when it is the only way left to sign in to the account.
    pub async fn remove(&self, actor: &Actor, id: PasskeyId) -> Result<(), Error> {
        actor.user()?;
        self.deps.require_confirmed(actor)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let user = lock_confirmed(&mut work, actor, self.deps.settings.sessions.step_up).await?;
        let row: Row = OWN.bind(id).bind(user.id).optional(&mut work.tx).await?.ok_or(Code::NotFound)?;
        DELETE.bind(id).bind(user.id).execute(&mut work.tx).await?;
        // Removing a blocked passkey closes no way to sign in.
        let left = factors_of(&mut work.tx, user.id).await?;
        if row.blocked_at.is_none() && (left.is_stuck() || !self.has_way_in(&user, left)) {
            return Err(Code::LastWayIn.into());
        }
        if !left.wanted() {
            self.mfa.forget_backup_codes(&mut work, user.id).await?;
        }
        // Someone who had the passkey may have used it to have a browser remembered.
        distrust_devices(&mut work.tx, user.id).await?;
        let entry = Entry::new(Event::PasskeyRemoved).to(user.id).with("passkey", id.to_string());
        work.record(entry.personal("name", row.name.as_str()));
        let circumstances = Circumstances::of(&actor.origin, work.now());
        let link = self.deps.email_challenges.link(paths::SECURITY, None);
        let message = Message::PasskeyRemoved { circumstances, passkey: row.name, link };
        self.deps.email_challenges.tell(&mut work, &user, message).await?;
        work.commit_evicting(&self.deps.cache, &[Evict::User(user.id)]).await
    }

    /// Checks that the server offers new passkeys.
    ///
    /// # Errors
    ///
    /// [`Code::FeatureOff`] when it does not.
    pub(crate) fn offered(&self) -> Result<(), Error> {
        if self.enabled { Ok(()) } else { Err(Code::FeatureOff.into()) }
    }

    /// Inserts a passkey, as part of `work`.
    pub(crate) async fn insert(
        &self,
        work: &mut Change,
        user: UserId,
        name: Option<String>,
        made: &Made,
    ) -> Result<OwnPasskey, Error> {
        let now = work.now();
        let (origin, credential_id) = (Arc::clone(work.origin()), made.credential.cred_id().clone());
        let existing: Vec<Row> = OF_USER.bind(user).all(&mut work.tx).await?;
        if existing.len() >= MAX_PASSKEYS {
            return Err(Code::TooManyPasskeys.into());
        }
        let taken: Vec<&str> = existing.iter().map(|row| row.name.as_str()).collect();
        let name = name.unwrap_or_else(|| numbered(&default_name(made.aaguid, &origin), &taken));
        let row = Row {
            id: PasskeyId::from_uuid(self.deps.random.uuid(now)),
            user_id: user,
            credential_id,
            name,
            aaguid: made.aaguid,
            credential: write(&made.credential)?,
            created_at: now,
            last_used_at: None,
            blocked_at: None,
        };
        let inserted = INSERT
            .bind(row.id)
            .bind(user)
            .bind(row.credential_id.clone())
            .bind(&row.name)
            .bind(row.aaguid)
            .bind(&row.credential)
            .bind(now)
            .execute(&mut work.tx)
            .await?;
        if inserted == 0 {
            return Err(Error::on(Field::Passkey, Code::PasskeyExists));
        }
        let entry = Entry::new(Event::PasskeyAdded).to(user).with("passkey", row.id.to_string());
        work.record(entry.personal("name", row.name.as_str()));
        own(row)
    }

    /// Returns whether the user can still sign in: with a password, a passkey or an emailed link.
    fn has_way_in(&self, user: &User, left: Factors) -> bool {
        let by_mail = self.deps.settings.mfa.passwordless_login
            && self.deps.email_challenges.sends()
            && user.email.is_some();
        user.has_password || by_mail || left.passkeys > 0
    }

    /// Checks a passkey response against the passkey that it names, as part of `work`, in which its
    /// owner's row is locked. Stores the passkey's new counter and flags, or blocks the passkey if
    /// it was copied.
    pub(crate) async fn judge(
        &self,
        work: &mut Change,
        owner: &User,
        answer: PasskeyResponse,
    ) -> Result<Asserted, Error> {
        let row: Option<Row> =
            BY_CREDENTIAL.bind(answer.credential_id().to_vec()).optional(&mut work.tx).await?;
        let Some(row) = row.filter(|row| row.user_id == owner.id) else {
            return Ok(Asserted::Wrong("unknown_passkey", Code::PasskeyUnknown));
        };
        if row.blocked_at.is_some() {
            return Ok(Asserted::Wrong("blocked_passkey", Code::PasskeyBlocked));
        }
        if !answer.may_be_of(owner.id) {
            return Ok(Asserted::Wrong("another_account", Code::BadPasskey));
        }
        let (mut passkey, now) = (read(&row)?, work.now());
        let judged = self.ceremonies.judge(answer, &mut passkey)?;
        match judged {
            Asserted::Right => {
                USED.bind(row.id).bind(write(&passkey)?).bind(now).execute(&mut work.tx).await?;
            }
            Asserted::Copied => {
                BLOCK.bind(row.id).bind(now).execute(&mut work.tx).await?;
                distrust_devices(&mut work.tx, owner.id).await?;
                let entry =
                    Entry::new(Event::PasskeyBlocked).to(owner.id).with("passkey", row.id.to_string());
                work.record(entry.personal("name", row.name.as_str()));
                let circumstances = Circumstances::of(work.origin(), now);
                let (link, passkey) = (self.deps.email_challenges.link(paths::SECURITY, None), row.name);
                let message = Message::PasskeyBlocked { circumstances, passkey, link };
                self.deps.email_challenges.tell(work, owner, message).await?;
            }
            Asserted::Wrong(..) => {}
        }
        Ok(judged)
    }

    /// Returns the passkeys that the user can use.
    pub(crate) async fn usable(&self, conn: &mut Conn, user: UserId) -> Result<Vec<WebauthnPasskey>, Error> {
        let rows: Vec<Row> = OF_USER.bind(user).all(conn).await?;
        rows.iter().filter(|row| row.blocked_at.is_none()).map(read).collect()
    }
}

impl Holder {
    pub(crate) fn of(user: &User) -> Self {
        Self {
            id: user.id,
            name: user.email.clone().unwrap_or_else(|| user.username.clone()),
            display_name: user.called().to_owned(),
        }
    }
}

/// Returns the owner of the passkey with this credential id, if there is one.
pub(crate) async fn owner(conn: &mut Conn, credential_id: &[u8]) -> Result<Option<UserId>, Error> {
    let row: Option<Row> = BY_CREDENTIAL.bind(credential_id.to_vec()).optional(conn).await?;
    Ok(row.map(|row| row.user_id))
}

/// Removes the second factors that were added to an account after `since`, as part of `work`,
/// because someone else may have added them. Returns false when there were none. The caller evicts
/// the user.
pub(crate) async fn forget_factors(
    work: &mut Change,
    user: UserId,
    since: Timestamp,
    why: &'static str,
) -> Result<bool, Error> {
    let removed = DELETE_SINCE.bind(user).bind(since).execute(&mut work.tx).await?;
    if removed > 0 {
        // Someone who added a passkey has seen the backup codes.
        mfa::forget_stand_ins(work, user).await?;
        let entry = Entry::new(Event::PasskeyRemoved).to(user).with("count", removed);
        work.record(entry.with("reason", why));
    }
    let app = factors_of(&mut work.tx, user).await?.totp_since;
    let had_app = app.is_none_or(|app| app > since) && mfa::forget_app(work, user, why).await?;
    Ok(had_app || removed > 0)
}
