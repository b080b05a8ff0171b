//! Between the first factor and the session.
//!
//! Every way in ends in [`SignInFlow::complete_first_factor`]. Who has a second factor gets no session there but a token, which says that the
//! first one was proved; token and second factor together open the session. A token is good for ten minutes, and for as
//! long as nothing changes that the first factor stood on: a new password makes it worthless.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Entered, SignInFlow, SignedIn};
use crate::accounts::users::{self, User};
use crate::audit::{Change, Entry, Event};
use crate::authn::mfa::{Factor, factors_of};
use crate::authn::recovery::{self, Ending};
use crate::authn::sessions::{is_known_device, is_trusted_device, set_confirmed, trust_device};
use crate::authn::tokens::{NewToken, PresentedToken, Purpose};
use crate::authz::actor::{Actor, PendingChallenge};
use crate::foundation::error::Error;
use crate::foundation::rate_limit::RateLimitKey;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// How long somebody may look for their phone.
const PATIENCE: Duration = Duration::from_secs(600);

/// How far somebody came who proved their first factor.
#[derive(Clone)]
pub enum SignInOutcome {
    /// In: what the browser is to keep.
    In(SignedIn),
    /// The second factor is wanted.
    SecondFactor(MfaChallenge),
    /// Their address has to be proved first: the mail is under way. What the browser is to keep for its code.
    EmailChallenge(PendingChallenge),
}

impl SignInOutcome {
    /// The session, if there is one yet.
    pub fn signed_in(self) -> Option<SignedIn> {
        match self {
            Self::In(signed_in) => Some(signed_in),
            Self::SecondFactor(_) | Self::EmailChallenge(_) => None,
        }
    }
}

/// Somebody who proved their first factor.
#[derive(Clone)]
pub struct MfaChallenge {
    /// What shows that, until then. A secret, for this browser alone.
    pub token: String,
    /// Until when it is good.
    pub until: Timestamp,
    /// What can be asked for, the most usual first.
    pub factors: Vec<Factor>,
}

/// What somebody shows after the first factor.
#[derive(Clone, Default)]
pub struct SecondFactor {
    /// The token of [`MfaChallenge`].
    pub token: String,
    /// A code of their app, or a backup code.
    pub code: String,
    /// Instead, what a passkey answered: see [`Auth::ask_for_passkey`](crate::auth::Auth::ask_for_passkey).
    pub passkey: String,
    /// Whether this browser is to be asked for no second factor for MFA_REMEMBER_DEVICE_DAYS. Without effect where that is 0.
    pub remember: bool,
}

/// The first factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthMethod {
    Password,
    MagicLink,
    /// Two factors in one.
    Passkey,
}

impl AuthMethod {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::MagicLink => "magic_link",
            Self::Passkey => "passkey",
        }
    }

    const fn with(self, factor: Factor) -> &'static str {
        match (self, factor) {
            (Self::Password, Factor::Totp) => "password+totp",
            (Self::Password, Factor::BackupCode) => "password+backup_code",
            (Self::MagicLink, Factor::Totp) => "magic_link+totp",
            (Self::MagicLink, Factor::BackupCode) => "magic_link+backup_code",
            (Self::Password, Factor::Passkey) => "password+passkey",
            (Self::MagicLink, Factor::Passkey) => "magic_link+passkey",
            (Self::Passkey, _) => "passkey",
        }
    }
}

/// What the token of somebody halfway holds.
#[derive(Serialize, Deserialize)]
struct FirstFactor {
    /// Kept under this name: nodes of an older version read it while they are replaced.
    #[serde(rename = "way")]
    method: AuthMethod,
}

impl SignInFlow {
    /// Lets somebody in who has proved their first factor, or asks for the second. Every way into an account that was there
    /// before ends here.
    pub(crate) async fn complete_first_factor(
        &self,
        work: &mut Change,
        actor: &Actor,
        user: UserId,
        method: AuthMethod,
    ) -> Result<Entered, Error> {
        let factors = factors_of(&mut work.tx, user).await?;
        let now = work.now();
        let enough = method == AuthMethod::Passkey || !factors.wanted();
        let trusted = !enough
            && !self.remember.is_zero()
            && is_trusted_device(&mut work.tx, user, &actor.origin, now).await?;
        if enough || trusted {
            work.record(Entry::new(Event::LoginSuccess).to(user).with("method", method.as_str()));
            let session = self.begin(work, actor, user, method.as_str()).await?;
            if trusted {
                // In by a password alone: that confirms nothing.
                set_confirmed(&mut work.tx, session.signed_in.session.id, Timestamp::EPOCH).await?;
            }
            return Ok(Entered::In(session));
        }
        let payload = self.deps.tokens.seal(&FirstFactor { method })?;
        let token = NewToken {
            purpose: Purpose::SecondFactor,
            user: Some(user),
            subject: "",
            payload: Some(payload),
            lifetime: PATIENCE,
            browser: None,
            told: true,
        };
        let issued = self.deps.tokens.issue(&mut work.tx, token).await?;
        work.record(Entry::new(Event::MfaRequired).to(user).with("method", method.as_str()));
        Ok(Entered::MfaChallenge(MfaChallenge {
            token: issued.secret,
            until: issued.expires_at,
            factors: factors.usable(),
        }))
    }

    /// The factors that the person of a token can show. None when it is good for nothing any more.
    pub async fn pending_factors(&self, token: &str) -> Result<Option<Vec<Factor>>, Error> {
        let found = self.deps.peek(Purpose::SecondFactor, PresentedToken::Secret(token)).await?;
        let Some(user) = found.and_then(|found| found.user_id) else { return Ok(None) };
        let factors = factors_of(&mut self.deps.store.read().await?, user).await?.usable();
        Ok(Some(factors))
    }

    /// Signs in whoever shows a second factor after the first. A wrong one uses nothing up; tries are counted for the
    /// account, whatever is restarted meanwhile.
    pub async fn with_second_factor(&self, actor: &Actor, typed: &SecondFactor) -> Result<SignedIn, Error> {
        let gone = || Error::on(Field::Token, Code::BadToken);
        let presented = PresentedToken::Secret(&typed.token);
        let found = self.deps.peek(Purpose::SecondFactor, presented).await?.ok_or_else(gone)?;
        let id = found.user_id.ok_or_else(gone)?;
        let first: FirstFactor = self.deps.tokens.open(&found)?;
        let (mut work, user, factor) = if typed.passkey.is_empty() {
            self.judge_factor(actor, id, &typed.code, Event::MfaFailed).await?
        } else {
            self.judge_passkey_of(actor, id, &typed.passkey, Event::MfaFailed).await?
        };
        // Not before the code was right: a mistyped one costs nobody their way in. If it is gone by now, so is this try.
        self.deps.tokens.redeem(&mut work.tx, Purpose::SecondFactor, presented).await?;
        if user.requires_password_reset {
            return Err(gone());
        }
        let method = first.method.with(factor);
        work.record(Entry::new(Event::LoginSuccess).to(id).with("method", method));
        let session = self.begin(&mut work, actor, id, method).await?;
        if typed.remember && !self.remember.is_zero() {
            let (device, until) = (session.signed_in.device_secret, work.now().plus(self.remember));
            trust_device(&mut work.tx, id, &device, until).await?;
            work.record(Entry::new(Event::DeviceTrusted).to(id));
        }
        self.commit(work, session, &[]).await
    }

    /// Judges a code of an app, or a backup code. A right one is used up in the change that comes back; what is done with
    /// it is the caller's to commit. A wrong one is counted, noted as `failure`, and Err beside `code`.
    pub(super) async fn judge_factor(
        &self,
        actor: &Actor,
        id: UserId,
        code: &str,
        failure: Event,
    ) -> Result<(Change, User, Factor), Error> {
        if code.trim().is_empty() {
            return Err(Error::on(Field::Code, Code::Required));
        }
        let attempt = self.begin_attempt(self.factor_keys(actor, id).await?).await?;
        let mut work = self.deps.recorder.begin(actor).await?;
        users::lock(&mut work.tx, id).await?;
        let user = users::by_id(&mut work.tx, id).await?.map(|found| found.user).filter(User::may_enter);
        let user = user.ok_or_else(|| Error::on(Field::Token, Code::BadToken))?;
        if let Some(factor) = self.mfa.verify(&mut work, &user, code).await? {
            attempt.succeed(&mut work.tx).await?;
            self.has_a_factor(&mut work, &user).await?;
            work.record(Entry::new(Event::MfaSucceeded).to(id).with("factor", factor.as_str()));
            return Ok((work, user, factor));
        }
        let closed = attempt.fail(&mut work.tx).await?;
        work.record(Entry::new(failure).to(id));
        if closed {
            work.record(Entry::new(Event::LoginLocked).to(id));
        }
        work.commit().await?;
        Err(Error::on(Field::Code, Code::BadOtp))
    }

    /// Whoever has just shown a second factor has not lost all: a recovery that somebody began is over.
    pub(super) async fn has_a_factor(&self, work: &mut Change, user: &User) -> Result<(), Error> {
        recovery::end_and_tell(&self.deps, work, user, Ending::FactorShown).await.map(drop)
    }

    /// What a try counts against: whoever knows a password and guesses codes closes the account to strangers, never to
    /// its owner's own browsers.
    async fn factor_keys(&self, actor: &Actor, user: UserId) -> Result<Vec<RateLimitKey>, Error> {
        let origin = &actor.origin;
        let mut conn = self.deps.store.read().await?;
        let known = is_known_device(&mut conn, user, origin).await?;
        let mut device = origin.device_secret.filter(|_| known);
        // One that failed too often counts as an unknown one.
        if let Some(secret) = device
            && self.deps.limits.is_spent(&mut conn, &RateLimitKey::factor(user, Some(&secret))).await?
        {
            device = None;
        }
        let address = origin.ip.map(RateLimitKey::address);
        Ok(address.into_iter().chain([RateLimitKey::factor(user, device.as_ref())]).collect())
    }
}
