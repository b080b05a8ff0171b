//! Second factors: authenticator apps (TOTP) and backup codes.
//!
//! A user who has a second factor must present it at every sign-in, whatever the first factor was
//! (see the module `sign_in`). Changing second factors requires a session in which the user
//! authenticated recently. Checking a code costs a few SHA hashes, so nothing here is slow.

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

/// The longest code that is read, in bytes.
const MAX_CODE: usize = 64;

/// A second factor that sign-in can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factor {
    /// A passkey.
    Passkey,
    /// A code from an authenticator app.
    Totp,
    /// A backup code.
    BackupCode,
}

impl Factor {
    /// Returns the stable name.
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
    /// When the authenticator app was enabled.
    pub totp_since: Option<Timestamp>,
    /// The number of usable passkeys.
    pub passkeys: i64,
    /// The number of passkeys that are blocked, because a copy of each may exist.
    pub blocked_passkeys: i64,
    /// The number of unused backup codes.
    pub backup_codes_left: i64,
}

impl Factors {
    /// Returns whether sign-in requires a second factor. A blocked passkey counts: the password
    /// alone must not open the account.
    pub fn wanted(&self) -> bool {
        self.totp_since.is_some() || self.passkeys > 0 || self.blocked_passkeys > 0
    }

    /// Returns whether a second factor is required but none can be presented, because only blocked
    /// passkeys are left.
    pub fn is_stuck(&self) -> bool {
        self.wanted() && self.usable().is_empty()
    }

    /// Returns whether enough backup codes are left. With fewer, the server sends the user a
    /// reminder.
    pub fn has_enough_codes(&self) -> bool {
        self.backup_codes_left > i64::from(backup::FEW)
    }

    /// Returns the factors that sign-in can ask for, the best first.
    pub fn usable(&self) -> Vec<Factor> {
        let passkey = (self.passkeys > 0).then_some(Factor::Passkey);
        let totp = self.totp_since.map(|_| Factor::Totp);
        // Backup codes stand in for another factor, and are none by themselves.
        let backup = (self.wanted() && self.backup_codes_left > 0).then_some(Factor::BackupCode);
        passkey.into_iter().chain(totp).chain(backup).collect()
    }
}

/// Manages the second factors of accounts.
#[derive(Clone)]
pub struct Mfa {
    deps: Deps,
}

impl Mfa {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Returns the caller's own second factors.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the caller has no session.
    pub async fn factors(&self, actor: &Actor) -> Result<Factors, Error> {
        let id = actor.session_user()?.user.id;
        factors_of(&mut self.deps.store.read().await?, id).await
    }

    /// Generates a secret for the caller's authenticator app, and replaces one that was generated
    /// before and never confirmed. The app counts as a factor once [`Mfa::verify_and_enable_totp`]
    /// has accepted a code from it.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::FeatureOff`] without MFA_ENABLED.
    /// - [`Code::StepUpRequired`] when the user last authenticated too long ago.
    /// - [`Code::TotpEnabled`] when the account already has an app.
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

    /// Returns the secret that was generated last and is not confirmed yet. `None` when there is
    /// none, when it is older than STEP_UP_SECONDS, or when another session generated it.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::FeatureOff`] without MFA_ENABLED.
    /// - [`Code::StepUpRequired`] when the user last authenticated too long ago: another session of
    ///   the account, in someone else's hands, must not read the secret.
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

    /// Enables the caller's authenticator app, if `code` comes from the secret generated last. From
    /// then on, sign-in asks for its codes. Returns ten backup codes, which are not shown again;
    /// earlier ones stop working.
    ///
    /// # Errors
    ///
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when the code is missing or
    ///   wrong.
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::FeatureOff`] without MFA_ENABLED.
    /// - [`Code::StepUpRequired`] when the user last authenticated too long ago.
    /// - [`Code::TotpEnabled`] when the account already has an app.
    /// - [`Code::TotpNotSetUp`] when no secret of this session waits to be confirmed.
    pub async fn verify_and_enable_totp(&self, actor: &Actor, code: &str) -> Result<Vec<String>, Error> {
        let code = digits(code)?;
        let mut work = self.begin(actor).await?;
        let user = lock_confirmed(&mut work, actor, self.deps.settings.sessions.step_up).await?;
        let now = work.now();
        let row: TotpRow = TOTP.bind(user.id).optional(&mut work.tx).await?.ok_or(Code::TotpNotSetUp)?;
        if row.confirmed_at.is_some() {
            return Err(Code::TotpEnabled.into());
        }
        // A secret that another session generated may be an attacker's.
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

    /// Disables the caller's authenticator app. Deletes the backup codes too, if the account has no
    /// passkey.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::EnrollmentRequired`] when the caller must first set up a factor.
    /// - [`Code::StepUpRequired`] when the user last authenticated too long ago.
    /// - [`Code::TotpNotSetUp`] when the account has no app.
    /// - [`Code::LastWayIn`] when only blocked passkeys would be left.
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

    /// Generates ten new backup codes. The old ones stop working.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session.
    /// - [`Code::EnrollmentRequired`] when the caller must first set up a factor.
    /// - [`Code::FeatureOff`] without MFA_ENABLED.
    /// - [`Code::StepUpRequired`] when the user last authenticated too long ago.
    /// - [`Code::NoSecondFactor`] when the account has no second factor.
    pub async fn regenerate_backup_codes(&self, actor: &Actor) -> Result<Vec<String>, Error> {
        actor.user()?;
        let mut work = self.begin(actor).await?;
        let user = lock_confirmed(&mut work, actor, self.deps.settings.sessions.step_up).await?;
        if !factors_of(&mut work.tx, user.id).await?.wanted() {
            return Err(Code::NoSecondFactor.into());
        }
        let codes = self.replace_backup_codes(&mut work, user.id).await?;
        // Someone who had an old code may have used it to have a browser remembered.
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

    /// Replaces the backup codes with ten new ones, as part of `work`.
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

    /// Deletes the backup codes of an account that has no factor left for which they could stand
    /// in, as part of `work`.
    pub(crate) async fn forget_backup_codes(&self, work: &mut Change, user: UserId) -> Result<(), Error> {
        DELETE_BACKUP_CODES.bind(user).execute(&mut work.tx).await.map(drop)
    }

    /// Begins a change of the caller's own factors.
    async fn begin(&self, actor: &Actor) -> Result<Change, Error> {
        self.allowed(actor)?;
        self.deps.require_confirmed(actor)?;
        self.deps.recorder.begin(actor).await
    }

    fn allowed(&self, actor: &Actor) -> Result<(), Error> {
        actor.session_user()?;
        if self.deps.settings.mfa.enabled { Ok(()) } else { Err(Code::FeatureOff.into()) }
    }

    /// Returns whether a pending secret is recent enough. After STEP_UP_SECONDS, anyone may have
    /// seen it.
    fn is_fresh(&self, row: &TotpRow) -> bool {
        self.deps.clock.now().since(row.created_at) <= self.deps.settings.sessions.step_up
    }

    fn presented(&self, secret: &[u8], user: &User) -> Result<TotpSetup, Error> {
        totp::setup(secret, &self.deps.settings.app.name, user.email.as_deref().unwrap_or(&user.username))
    }

    /// Decrypts the secret of a row. `None` when it belongs to another user, or its key is gone.
    ///
    /// The user's id comes first, then the id of the session that generated the secret, which older
    /// rows lack.
    fn open(&self, user: UserId, sealed: &str) -> Option<Vec<u8>> {
        let plain = self.deps.keys.decrypt(sealed)?;
        let rest = plain.strip_prefix(user.uuid().as_bytes())?;
        Some(rest[rest.len().checked_sub(totp::SECRET_BYTES)?..].to_vec())
    }

    /// Does what [`Mfa::open`] does, but only for a secret that `session` generated.
    fn open_in(&self, user: UserId, session: SessionId, sealed: &str) -> Option<Vec<u8>> {
        let plain = self.deps.keys.decrypt(sealed)?;
        let rest = plain.strip_prefix(user.uuid().as_bytes())?;
        rest.strip_prefix(session.uuid().as_bytes()).map(<[u8]>::to_vec)
    }
}

/// Returns the second factors of an account.
pub(crate) async fn factors_of(conn: &mut Conn, user: UserId) -> Result<Factors, Error> {
    FACTORS.bind(user).one(conn).await
}

/// Removes the authenticator app and the backup codes from an account, as part of `work`. Returns
/// false when no app was enabled. The caller evicts the user.
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

/// Removes what stands in for a second factor, as part of `work`: backup codes and remembered
/// browsers.
pub(crate) async fn forget_stand_ins(work: &mut Change, user: UserId) -> Result<(), Error> {
    DELETE_BACKUP_CODES.bind(user).execute(&mut work.tx).await?;
    distrust_devices(&mut work.tx, user).await
}

/// Returns a typed code without its blanks.
///
/// # Errors
///
/// On the field `code`: [`Code::Required`] when nothing was typed, [`Code::BadOtp`] when it is too
/// long to be a code.
fn digits(typed: &str) -> Result<String, Error> {
    if typed.len() > MAX_CODE {
        return Err(Error::on(Field::Code, Code::BadOtp));
    }
    let code: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    if code.is_empty() { Err(Error::on(Field::Code, Code::Required)) } else { Ok(code) }
}
