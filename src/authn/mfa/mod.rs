//! Second factors: authenticator apps (TOTP) and backup codes.
//!
//! Who has one is asked for it at every sign-in, whichever way they come (the module `login`). Changing them needs a
//! session that was confirmed lately. A wrong code costs a few hashes by SHA: nothing here is slow.

mod backup;
mod first;
mod sql;
mod totp;
mod verify;

pub(crate) use sql::ALL;
pub use totp::{Qr, TotpSetup};
pub(crate) use verify::is_backup_code;

use sql::*;

use crate::accounts::users::{self, User};
use crate::audit::{Change, Entry, Event};
use crate::authn::deps::Deps;
use crate::authn::sessions::{distrust_devices, lock_confirmed};
use crate::authz::actor::Actor;
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::foundation::store::Conn;
use crate::mail::{Circumstances, Message};
use crate::model::code::{Code, Field};
use crate::model::id::{SessionId, UserId};
use crate::model::paths;
use crate::model::time::Timestamp;

/// The longest code that is read at all.
const MAX_CODE: usize = 64;

/// What can be asked for after the first factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factor {
    /// A passkey.
    Passkey,
    /// A code of an authenticator app.
    Totp,
    /// A backup code.
    BackupCode,
}

impl Factor {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::BackupCode => "backup_code",
        }
    }
}

/// The second factors of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Factors {
    /// Since when codes of an authenticator app are asked for.
    pub totp_since: Option<Timestamp>,
    /// How many passkeys can be used.
    pub passkeys: i64,
    /// How many passkeys are there that can not be used, because there may be a copy of each.
    pub blocked_passkeys: i64,
    /// How many backup codes can still be used.
    pub backup_codes_left: i64,
}

impl Factors {
    /// Whether a second factor is asked for. A blocked passkey keeps the account closed to whoever has only the password.
    pub fn wanted(&self) -> bool {
        self.totp_since.is_some() || self.passkeys > 0 || self.blocked_passkeys > 0
    }

    /// Whether something is asked for that can not be shown: all that is left is blocked.
    pub fn is_stuck(&self) -> bool {
        self.wanted() && self.usable().is_empty()
    }

    /// Whether so many backup codes are left that nobody has to think of them. With fewer, a mail says so.
    pub fn has_enough_codes(&self) -> bool {
        self.backup_codes_left > i64::from(backup::FEW)
    }

    /// What can be asked for, the best first.
    pub fn usable(&self) -> Vec<Factor> {
        let passkey = (self.passkeys > 0).then_some(Factor::Passkey);
        let totp = self.totp_since.map(|_| Factor::Totp);
        // They stand in for another factor, and are none by themselves.
        let backup = (self.wanted() && self.backup_codes_left > 0).then_some(Factor::BackupCode);
        passkey.into_iter().chain(totp).chain(backup).collect()
    }
}

/// The second factors of accounts.
#[derive(Clone)]
pub struct Mfa {
    deps: Deps,
}

impl Mfa {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// One's own second factors.
    pub async fn factors(&self, actor: &Actor) -> Result<Factors, Error> {
        let id = actor.session_user()?.user.id;
        factors_of(&mut self.deps.store.read().await?, id).await
    }

    /// Makes a secret for one's authenticator app, in the place of one that was made before and never confirmed. It counts
    /// once [`Mfa::verify_and_enable_totp`] has seen a code of it.
    ///
    /// Err([`Code::StepUpRequired`]) when the session was confirmed too long ago, Err([`Code::TotpEnabled`]) when there is
    /// an app already, Err([`Code::FeatureOff`]) without MFA_ENABLED.
    pub async fn setup_totp(&self, actor: &Actor) -> Result<TotpSetup, Error> {
        let mut work = self.begin(actor).await?;
        let user = lock_confirmed(&mut work, actor, self.deps.settings.sessions.step_up).await?;
        let secret = totp::new_secret(self.deps.random);
        let session = actor.session()?.id;
        let owner = [user.id.uuid().into_bytes(), session.uuid().into_bytes()].concat();
        let sealed = self.deps.keys.encrypt(&[owner, secret.clone()].concat());
        let now = work.now();
        if BEGIN_TOTP.bind(user.id).bind(sealed).bind(now).execute(&mut work.tx).await? == 0 {
            return Err(Code::TotpEnabled.into());
        }
        work.commit().await?;
        self.presented(&secret, &user)
    }

    /// The secret that was made last and waits to be confirmed; None when there is none.
    ///
    /// Err([`Code::StepUpRequired`]) when the session was confirmed too long ago: another session of the same account, in
    /// other hands, must not read along.
    pub async fn pending_totp(&self, actor: &Actor) -> Result<Option<TotpSetup>, Error> {
        self.allowed(actor)?;
        self.deps.require_confirmed(actor)?;
        let id = actor.session_user()?.user.id;
        let mut conn = self.deps.store.read().await?;
        let Some(user) = users::by_id(&mut conn, id).await?.map(|found| found.user) else { return Ok(None) };
        let row: Option<TotpRow> = TOTP.bind(id).optional(&mut conn).await?;
        let waits = |row: &TotpRow| row.confirmed_at.is_none() && self.is_fresh(row);
        let session = actor.session()?.id;
        let secret = row.filter(waits).and_then(|row| self.open_in(id, session, &row.secret));
        secret.map(|secret| self.presented(&secret, &user)).transpose()
    }

    /// Has sign-in ask for codes of one's authenticator app from now on, if `code` is one of the secret made last. The
    /// answer is ten backup codes, which nothing shows again; codes from before work no longer.
    ///
    /// Err beside `code`: [`Code::BadOtp`]; Err([`Code::TotpEnabled`]), Err([`Code::TotpNotSetUp`]),
    /// Err([`Code::StepUpRequired`]).
    pub async fn verify_and_enable_totp(&self, actor: &Actor, code: &str) -> Result<Vec<String>, Error> {
        let code = digits(code)?;
        let mut work = self.begin(actor).await?;
        let user = lock_confirmed(&mut work, actor, self.deps.settings.sessions.step_up).await?;
        let now = work.now();
        let row: TotpRow = TOTP.bind(user.id).optional(&mut work.tx).await?.ok_or(Code::TotpNotSetUp)?;
        if row.confirmed_at.is_some() {
            return Err(Code::TotpEnabled.into());
        }
        // One that was made in another session is somebody else's, for all that is known.
        let session = actor.session()?.id;
        let secret = self.open_in(user.id, session, &row.secret).filter(|_| self.is_fresh(&row));
        let secret = secret.ok_or(Code::TotpNotSetUp)?;
        let step = totp::step_of(&secret, &code, now).ok_or_else(|| Error::on(Field::Code, Code::BadOtp))?;
        let is_first = !factors_of(&mut work.tx, user.id).await?.wanted();
        CONFIRM_TOTP.bind(user.id).bind(now).bind(step).execute(&mut work.tx).await?;
        let codes = self.replace_backup_codes(&mut work, user.id).await?;
        work.record(Entry::new(Event::MfaEnabled).to(user.id).with("factor", Factor::Totp.as_str()));
        if is_first {
            self.forget_what_passwords_opened(&mut work, actor).await?;
        }
        if !is_first || !self.tell_of_first(&mut work, actor, &user, Factor::Totp).await? {
            let factor = Factor::Totp.as_str().to_owned();
            let circumstances = Circumstances::of(&actor.origin, now);
            let link = self.deps.email_challenges.link(paths::SECURITY, None);
            self.deps
                .email_challenges
                .tell(&mut work, &user, Message::FactorAdded { circumstances, factor, link })
                .await?;
        }
        work.commit_evicting(&self.deps.cache, &[Evict::User(user.id)]).await?;
        Ok(codes)
    }

    /// Has sign-in ask for no codes of an app any more. Where there is no passkey either, the backup codes are gone too. Err([`Code::TotpNotSetUp`]) when there is no
    /// app, Err([`Code::StepUpRequired`]), Err([`Code::LastWayIn`]) beside a blocked passkey alone.
    pub async fn disable_totp(&self, actor: &Actor) -> Result<(), Error> {
        actor.user()?;
        self.deps.require_confirmed(actor)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let user = lock_confirmed(&mut work, actor, self.deps.settings.sessions.step_up).await?;
        if DELETE_TOTP.bind(user.id).execute(&mut work.tx).await? == 0 {
            return Err(Code::TotpNotSetUp.into());
        }
        let left = factors_of(&mut work.tx, user.id).await?;
        if left.is_stuck() {
            return Err(Code::LastWayIn.into());
        }
        if !left.wanted() {
            self.forget_backup_codes(&mut work, user.id).await?;
        }
        distrust_devices(&mut work.tx, user.id).await?;
        work.record(Entry::new(Event::MfaDisabled).to(user.id).with("factor", Factor::Totp.as_str()));
        let factor = Factor::Totp.as_str().to_owned();
        let circumstances = Circumstances::of(&actor.origin, work.now());
        let link = self.deps.email_challenges.link(paths::SECURITY, None);
        self.deps
            .email_challenges
            .tell(&mut work, &user, Message::FactorRemoved { circumstances, factor, link })
            .await?;
        work.commit_evicting(&self.deps.cache, &[Evict::User(user.id)]).await
    }

    /// Ten new backup codes; the old ones work no longer. Err([`Code::NoSecondFactor`]) for people without a second factor,
    /// Err([`Code::StepUpRequired`]).
    pub async fn regenerate_backup_codes(&self, actor: &Actor) -> Result<Vec<String>, Error> {
        actor.user()?;
        let mut work = self.begin(actor).await?;
        let user = lock_confirmed(&mut work, actor, self.deps.settings.sessions.step_up).await?;
        if !factors_of(&mut work.tx, user.id).await?.wanted() {
            return Err(Code::NoSecondFactor.into());
        }
        let codes = self.replace_backup_codes(&mut work, user.id).await?;
        // Whoever had one of the old codes may have had a browser remembered by it.
        distrust_devices(&mut work.tx, user.id).await?;
        work.record(Entry::new(Event::BackupCodesRegenerated).to(user.id));
        let circumstances = Circumstances::of(&actor.origin, work.now());
        let (factor, link) =
            ("backup_codes".to_owned(), self.deps.email_challenges.link(paths::SECURITY, None));
        self.deps
            .email_challenges
            .tell(&mut work, &user, Message::FactorAdded { circumstances, factor, link })
            .await?;
        work.commit().await?;
        Ok(codes)
    }

    /// Ten new backup codes in the place of those that there were, as part of `work`.
    pub(crate) async fn replace_backup_codes(
        &self,
        work: &mut Change,
        user: UserId,
    ) -> Result<Vec<String>, Error> {
        DELETE_BACKUP_CODES.bind(user).execute(&mut work.tx).await?;
        let codes: Vec<String> = (0..backup::COUNT).map(|_| backup::new_code(self.deps.random)).collect();
        for code in codes.iter().filter_map(|code| backup::normal(code)) {
            ADD_BACKUP_CODE.bind(user).bind(backup::hash(user, &code)).execute(&mut work.tx).await?;
        }
        Ok(codes)
    }

    /// Takes the backup codes off an account that has nothing left for which they could stand in, as part of `work`.
    pub(crate) async fn forget_backup_codes(&self, work: &mut Change, user: UserId) -> Result<(), Error> {
        DELETE_BACKUP_CODES.bind(user).execute(&mut work.tx).await.map(drop)
    }

    /// A change of one's own factors.
    async fn begin(&self, actor: &Actor) -> Result<Change, Error> {
        self.allowed(actor)?;
        self.deps.require_confirmed(actor)?;
        self.deps.recorder.begin(actor).await
    }

    fn allowed(&self, actor: &Actor) -> Result<(), Error> {
        actor.session_user()?;
        if self.deps.settings.mfa.enabled { Ok(()) } else { Err(Code::FeatureOff.into()) }
    }

    /// A secret that was left lying about for longer than a confirmation lasts was seen by who knows whom.
    fn is_fresh(&self, row: &TotpRow) -> bool {
        self.deps.clock.now().since(row.created_at) <= self.deps.settings.sessions.step_up
    }

    fn presented(&self, secret: &[u8], user: &User) -> Result<TotpSetup, Error> {
        totp::setup(secret, &self.deps.settings.app.name, user.email.as_deref().unwrap_or(&user.username))
    }

    /// The secret of a row. None when it is another person's, or its key is gone. Behind the person's id stands that of the
    /// session in which it was made; in older rows it does not.
    fn open(&self, user: UserId, sealed: &str) -> Option<Vec<u8>> {
        let plain = self.deps.keys.decrypt(sealed)?;
        let rest = plain.strip_prefix(user.uuid().as_bytes())?;
        Some(rest[rest.len().checked_sub(totp::SECRET_BYTES)?..].to_vec())
    }

    /// The same, for a secret that was made in `session`.
    fn open_in(&self, user: UserId, session: SessionId, sealed: &str) -> Option<Vec<u8>> {
        let plain = self.deps.keys.decrypt(sealed)?;
        let rest = plain.strip_prefix(user.uuid().as_bytes())?;
        rest.strip_prefix(session.uuid().as_bytes()).map(<[u8]>::to_vec)
    }
}

/// The second factors of an account.
pub(crate) async fn factors_of(conn: &mut Conn, user: UserId) -> Result<Factors, Error> {
    FACTORS.bind(user).one(conn).await
}

/// Takes the authenticator app and the backup codes off an account, as part of `work`. The caller evicts the person. False
/// when there was no app that counted.
pub(crate) async fn forget_app(work: &mut Change, user: UserId, why: &'static str) -> Result<bool, Error> {
    let had = factors_of(&mut work.tx, user).await?.totp_since.is_some();
    FORGET_TOTP.bind(user).execute(&mut work.tx).await?;
    forget_stand_ins(work, user).await?;
    if had {
        let entry = Entry::new(Event::MfaDisabled).to(user).with("factor", Factor::Totp.as_str());
        work.record(entry.with("reason", why));
    }
    Ok(had)
}

/// Takes off what stands in for a second factor, as part of `work`: backup codes and remembered browsers.
pub(crate) async fn forget_stand_ins(work: &mut Change, user: UserId) -> Result<(), Error> {
    DELETE_BACKUP_CODES.bind(user).execute(&mut work.tx).await?;
    distrust_devices(&mut work.tx, user).await
}

/// Six digits, as they are typed: blanks between them do not count.
fn digits(typed: &str) -> Result<String, Error> {
    if typed.len() > MAX_CODE {
        return Err(Error::on(Field::Code, Code::BadOtp));
    }
    let code: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    if code.is_empty() { Err(Error::on(Field::Code, Code::Required)) } else { Ok(code) }
}
