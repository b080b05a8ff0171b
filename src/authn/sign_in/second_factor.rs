//! What happens between the first factor and the session.
//!
//! Every way to sign in ends in [`SignInFlow::complete_first_factor`]. A user who has a second
//! factor gets no session there, but a token that says that the first factor was proved. The token
//! and the second factor together open the session. The token works for ten minutes, as long as
//! nothing changes on which the first factor depends: a new password, for example, voids it.

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

/// How long the user may take to present the second factor.
const PATIENCE: Duration = Duration::from_secs(600);

/// The outcome of a sign-in whose first factor was right.
#[derive(Clone)]
pub enum SignInOutcome {
    /// The user is signed in. Holds what the browser keeps.
    In(SignedIn),
    /// The user must present a second factor.
    SecondFactor(MfaChallenge),
    /// The user must verify their email address first, and the email is under way. Holds what the
    /// browser keeps for its code.
    EmailChallenge(PendingChallenge),
}

impl SignInOutcome {
    /// Returns the session, if there is one yet.
    pub fn signed_in(self) -> Option<SignedIn> {
        match self {
            Self::In(signed_in) => Some(signed_in),
            Self::SecondFactor(_) | Self::EmailChallenge(_) => None,
        }
    }
}

/// A user who has proved their first factor.
#[derive(Clone)]
pub struct MfaChallenge {
    /// The token that proves it. It is a secret of this browser.
    pub token: String,
    /// When the token expires.
    pub until: Timestamp,
    /// The factors that the user can present, the best first.
    pub factors: Vec<Factor>,
}

/// What a user presents after the first factor.
#[derive(Clone, Default)]
pub struct SecondFactor {
    /// The token of [`MfaChallenge`].
    pub token: String,
    /// A code from the authenticator app, or a backup code.
    pub code: String,
    /// The response of a passkey instead: see [`SignInFlow::passkey_prompt`].
    pub passkey: String,
    /// Whether this browser should need no second factor for MFA_REMEMBER_DEVICE_DAYS. Has no
    /// effect when that is 0.
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

/// What the token of an [`MfaChallenge`] holds.
#[derive(Serialize, Deserialize)]
struct FirstFactor {
    /// Serialized as `way`, because processes of an older version read it during a rolling update.
    #[serde(rename = "way")]
    method: AuthMethod,
}

impl SignInFlow {
    /// Signs in a user who has proved their first factor, or asks for the second. Every sign-in to
    /// an existing account ends here.
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
                // The browser was remembered, so the first factor alone opened the session. That
                // does not count for step-up.
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

    /// Returns the factors that the user of a token can present. `None` when the token no longer
    /// works.
    pub async fn pending_factors(&self, token: &str) -> Result<Option<Vec<Factor>>, Error> {
        let found = self.deps.peek(Purpose::SecondFactor, PresentedToken::Secret(token)).await?;
        let Some(user) = found.and_then(|found| found.user_id) else { return Ok(None) };
        let factors = factors_of(&mut self.deps.store.read().await?, user).await?.usable();
        Ok(Some(factors))
    }

    /// Signs in a user who presents a second factor after the first. A wrong one does not use up
    /// the token. Attempts are counted for the account, even if the sign-in is restarted meanwhile.
    ///
    /// # Errors
    ///
    /// - [`Code::BadToken`], on its field, when the user must prove the first factor again.
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when the code is missing or
    ///   wrong.
    /// - On the field `passkey`, the codes of [`SignInFlow::with_passkey`] for a response that is
    ///   refused.
    /// - [`Code::TooManyAttempts`] after too many wrong codes.
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
        // Only now, because a mistyped code must not cost the user their sign-in. If the token is
        // gone by now, this attempt fails too.
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

    /// Checks a code from an app, or a backup code. A right one is used up in the change that is
    /// returned, which the caller completes and commits. A wrong one is counted, and recorded as
    /// `failure`.
    ///
    /// # Errors
    ///
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when the code is missing or
    ///   wrong.
    /// - [`Code::BadToken`], on its field, when the user may no longer sign in.
    /// - [`Code::TooManyAttempts`] after too many wrong codes.
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

    /// Ends an open recovery: a user who has just presented a second factor has not lost them all.
    pub(super) async fn has_a_factor(&self, work: &mut Change, user: &User) -> Result<(), Error> {
        recovery::end_and_tell(&self.deps, work, user, Ending::FactorShown).await.map(drop)
    }

    /// Returns the keys that an attempt counts against. A client that knows a password and guesses
    /// codes locks the account for strangers, but never for its owner's own browsers.
    async fn factor_keys(&self, actor: &Actor, user: UserId) -> Result<Vec<RateLimitKey>, Error> {
        let origin = &actor.origin;
        let mut conn = self.deps.store.read().await?;
        let known = is_known_device(&mut conn, user, origin).await?;
        let mut device = origin.device_secret.filter(|_| known);
        // A browser that failed too often counts as unknown.
        if let Some(secret) = device
            && self.deps.limits.is_spent(&mut conn, &RateLimitKey::factor(user, Some(&secret))).await?
        {
            device = None;
        }
        let address = origin.ip.map(RateLimitKey::address);
        Ok(address.into_iter().chain([RateLimitKey::factor(user, device.as_ref())]).collect())
    }
}
