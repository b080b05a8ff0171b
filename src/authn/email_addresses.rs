//! The email address of a user: verifying, changing and restoring it.

use crate::authn::credential_reset::issue_password_token;
use crate::authn::deps::Deps;
use crate::authn::first_proof::take_from_strangers;
use crate::authn::sign_in::{SignInFlow, SignedIn};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::accounts::users::{self, Credentials, User};
use crate::audit::{Change, Entry, Event};
use crate::authn::email_challenge::{Ask, Proof};
use crate::authn::mfa::{self, factors_of};
use crate::authn::passkeys;
use crate::authn::recovery::{self, Ending};
use crate::authn::sessions::{end_all_of, forget_devices, lock_holder};
use crate::authn::tokens::{Found, NewToken, PresentedToken, Purpose, is_kept};
use crate::authz::actor::{Actor, Origin, PendingChallenge};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::crypto::strength::Password;
use crate::foundation::error::{Error, Problem};
use crate::foundation::names::{Email, Identifier};
use crate::mail::{Circumstances, EmailMessage, Message};
use crate::model::code::{Code, Field};
use crate::model::id::{TokenId, UserId};
use crate::model::paths;
use crate::model::time::Timestamp;

/// How long the owner of the old address can undo a change.
const UNDO: Duration = Duration::from_secs(72 * 3600);

/// The tokens that every change of address voids: all of them were sent to the previous address.
const SENT_TO_ADDRESS: &[Purpose] = &[
    Purpose::VerifyEmail,
    Purpose::PasswordReset,
    Purpose::MagicLink,
    Purpose::EmailChange,
    Purpose::SecondFactor,
    Purpose::Confirm,
    Purpose::RecoveryStart,
    Purpose::FactorUndo,
];

/// The result of verifying an address.
#[derive(Clone)]
pub enum Confirmed {
    /// The account was created and signed in, in the browser that asked for it.
    In(SignedIn),
    /// The address is verified, but in another browser than the one in which a password was typed.
    /// That browser may be a stranger's, so its password does not count: the user sets a new one
    /// with this token, see [`PasswordFlow::reset`](crate::authn::passwords::PasswordFlow::reset).
    ChoosePassword(String),
    /// The address of an existing account is verified.
    Proved,
}

/// What a user types to change their email address.
#[derive(Clone, Default)]
pub struct ChangeEmail {
    /// The new email address.
    pub email: String,
    /// The current password. Empty for users who have none; they must have authenticated recently.
    pub current_password: String,
}

/// What a confirmed change of address does.
#[derive(Serialize, Deserialize)]
struct NewAddress {
    email: String,
    /// The key of the address that the account had when the change was requested.
    before: String,
    /// When the password was set that the account had when the change was requested.
    password_changed_at: Option<Timestamp>,
}

/// What undoing a change of address does.
#[derive(Serialize, Deserialize)]
struct OldAddress {
    email: String,
    /// When the account lost the address.
    #[serde(default)]
    changed_at: Option<Timestamp>,
    /// The undo tokens that were open before this change. They outlive an undo of this change: if a
    /// thief made both changes, the older tokens are the owner's.
    older: Vec<TokenId>,
}

/// Manages the email addresses of accounts.
#[derive(Clone)]
pub struct EmailAddresses {
    deps: Deps,
    sign_in: SignInFlow,
}

impl EmailAddresses {
    pub(crate) fn new(deps: Deps, sign_in: SignInFlow) -> Self {
        Self { deps, sign_in }
    }

    /// Sends an email that verifies the caller's own address. Sends nothing when the address is
    /// already verified.
    ///
    /// # Errors
    ///
    /// - [`Code::MailOff`] when the server sends no email.
    /// - [`Code::NotAuthenticated`] when the caller has no session, and
    ///   [`Code::EnrollmentRequired`] when they must first set up a factor.
    /// - [`Code::TooManyAttempts`] when the client asked for too many emails.
    pub async fn request_verification(&self, actor: &Actor) -> Result<PendingChallenge, Error> {
        self.deps.outbox.require()?;
        let id = actor.user()?.user.id;
        self.deps.email_challenges.count(actor).await?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
        let address = Email::parse(user.email.as_deref().unwrap_or_default());
        let address = address.map_err(|code| Error::on(Field::Email, code))?;
        let pending_challenge = self.deps.email_challenges.pending_challenge(actor, &address);
        // If the address is already verified, there is nothing to do.
        if user.email_verified_at.is_none() {
            self.deps.email_challenges.ask_to_verify(&mut work, &user, Some(&pending_challenge)).await?;
            work.commit().await?;
        }
        Ok(pending_challenge)
    }

    pub(crate) async fn prove_email(
        &self,
        actor: &Actor,
        presented: PresentedToken<'_>,
        found: &Found,
    ) -> Result<Confirmed, Error> {
        let gone = || Error::on(Field::Token, Code::BadToken);
        let id = found.user_id.ok_or_else(gone)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        users::lock(&mut work.tx, id).await?;
        self.deps.tokens.redeem(&mut work.tx, Purpose::VerifyEmail, presented).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        if !users::verify_email(&mut work.tx, id, &found.subject, now).await? {
            return Err(gone());
        }
        self.deps.tokens.void_of(&mut work.tx, id, &[Purpose::VerifyEmail]).await?;
        let asked_here = found.is_of(
            actor.origin.pending_challenge.as_ref().map(|pending_challenge| &pending_challenge.secret),
        );
        let outcome = if asked_here || actor.user_id() == Some(id) {
            work.record(Entry::new(Event::EmailVerified).to(id));
            Confirmed::Proved
        } else {
            // The client that requested the email knew the password. Its reader may be someone
            // else.
            take_from_strangers(&self.deps, &mut work, actor, &user).await?;
            Confirmed::ChoosePassword(issue_password_token(&self.deps, &mut work, &user).await?)
        };
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await?;
        Ok(outcome)
    }

    /// Sends an email to the address that the caller's account is to have. If another account
    /// already has that address, its owner is told, and the result is the same.
    ///
    /// # Errors
    ///
    /// - [`Code::MailOff`] when the server sends no email.
    /// - [`Code::NotAuthenticated`] when the caller has no session, and
    ///   [`Code::EnrollmentRequired`] when they must first set up a factor.
    /// - On the field `email`: [`Code::BadEmail`], [`Code::EmailUnchanged`],
    ///   [`Code::EmailDomainNotAllowed`].
    /// - On the field `current_password`: [`Code::Required`], [`Code::WrongPassword`].
    /// - [`Code::StepUpRequired`] when a user who has no password, or has a second factor, last
    ///   authenticated too long ago.
    /// - [`Code::TooManyAttempts`] after too many wrong passwords.
    pub async fn request_change(
        &self,
        actor: &Actor,
        typed: &ChangeEmail,
    ) -> Result<PendingChallenge, Error> {
        self.deps.outbox.require()?;
        let id = actor.user()?.user.id;
        let found = users::by_id(&mut self.deps.store.read().await?, id).await?.ok_or(Code::NotFound)?;
        let new = self.check_new_address(&found.user, typed)?;
        self.confirm_owner(actor, &found, &typed.current_password).await?;

        let email_challenges = &self.deps.email_challenges;
        let pending_challenge = email_challenges.pending_challenge(actor, &new);
        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        let (_, confirmed_at) = lock_holder(&mut work, actor).await?;
        // A thief of the session and the password must not receive the emails that remove factors.
        if factors_of(&mut work.tx, id).await?.wanted()
            && now.since(confirmed_at) > self.deps.settings.sessions.step_up
        {
            return Err(Code::StepUpRequired.into());
        }
        let address = Identifier::Email(new.key().to_owned());
        let holder = users::by_identifier(&mut work.tx, &address).await?.map(|found| found.user);
        let holder = holder.filter(|holder| holder.id != id);
        let kept = is_kept(&mut work.tx, new.key(), Some(id), now).await?;
        // The requester's location is not disclosed to a stranger whose address they typed.
        let circumstances = Circumstances::of(&Origin::default(), now);
        let message = |link, code| match &holder {
            Some(_) => Message::EmailChangeTaken { circumstances: circumstances.clone() },
            None => Message::EmailChange { link, code },
        };
        let payload = NewAddress {
            email: new.as_str().to_owned(),
            before: key_of(&found.user).unwrap_or_default(),
            password_changed_at: found.user.password_changed_at,
        };
        let ask = Ask {
            purpose: Purpose::EmailChange,
            to: &new,
            user: Some(&found.user),
            reader: holder.as_ref(),
            language: actor.origin.language.as_deref(),
            real: holder.as_ref().map_or(!kept, User::may_enter),
            counted: Some(id),
            payload: Some(self.deps.tokens.seal(&payload)?),
            pending_challenge: Some(&pending_challenge),
            page: paths::CONFIRM_EMAIL_CHANGE,
            message: &message,
            event: Event::EmailChangeRequested,
        };
        email_challenges.ask(&mut work, ask).await?;
        work.commit().await?;
        Ok(pending_challenge)
    }

    fn check_new_address(&self, user: &User, typed: &ChangeEmail) -> Result<Email, Error> {
        let mut problems = Vec::new();
        let mut note = |field, code| problems.push(Problem { field, code });
        let new = Email::parse(&typed.email).map_err(|code| note(Field::Email, code)).ok();
        if let Some(new) = &new {
            if user.email.as_deref() == Some(new.as_str()) {
                note(Field::Email, Code::EmailUnchanged);
            } else if !self.deps.settings.email.allows_domain(new.domain()) {
                note(Field::Email, Code::EmailDomainNotAllowed);
            }
        }
        if user.has_password && typed.current_password.is_empty() {
            note(Field::CurrentPassword, Code::Required);
        }
        Error::all(problems)?;
        new.ok_or_else(|| Code::BadRequest.into())
    }

    /// Checks that the caller knows the password of the account or, if it has none, that they
    /// authenticated recently.
    async fn confirm_owner(&self, actor: &Actor, found: &Credentials, password: &str) -> Result<(), Error> {
        if found.user.has_password {
            let password =
                Password::typed(password).map_err(|code| Error::on(Field::CurrentPassword, code))?;
            return self.sign_in.confirm_password(actor, found, &password).await;
        }
        self.deps.require_confirmed(actor)
    }

    /// Returns the address that a link would give its account. `None` when the link no longer
    /// works. Does not redeem it.
    pub async fn pending_change(&self, token: &str) -> Result<Option<String>, Error> {
        let Some(found) = self.deps.peek(Purpose::EmailChange, PresentedToken::Secret(token)).await? else {
            return Ok(None);
        };
        Ok(Some(self.deps.tokens.open::<NewAddress>(&found)?.email))
    }

    /// Changes the address of the caller's account to the one that the proof verifies.
    ///
    /// The caller must be signed in to that account; otherwise an account of a stranger could get
    /// the address of anyone who presses a button in an email. The owner of the old address is
    /// told, and can undo the change for 72 hours.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller has no session, and
    ///   [`Code::EnrollmentRequired`] when they must first set up a factor.
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when a code is missing or
    ///   wrong.
    /// - [`Code::BadToken`], on its field, when the token no longer works, belongs to another
    ///   account, or the password has changed since.
    /// - [`Code::EmailTaken`], on its field, when another account has the address by now.
    /// - [`Code::TooManyAttempts`] when the client tried too many codes.
    pub async fn confirm_change(&self, actor: &Actor, proof: &Proof) -> Result<(), Error> {
        let asks = actor.user()?.user.id;
        let presented = self.deps.email_challenges.judge(actor, Purpose::EmailChange, proof).await?;
        let gone = || Error::on(Field::Token, Code::BadToken);
        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        users::lock(&mut work.tx, asks).await?;
        let token = self.deps.tokens.redeem(&mut work.tx, Purpose::EmailChange, presented).await?;
        let change: NewAddress = self.deps.tokens.open(&token)?;
        let new = Email::parse(&change.email).map_err(|code| Error::on(Field::Email, code))?;
        let id = token.user_id.filter(|id| *id == asks).ok_or_else(gone)?;
        let before = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        if before.password_changed_at != change.password_changed_at || before.requires_password_reset {
            return Err(gone());
        }
        if self.taken(&mut work, &new, id).await? {
            return Err(Error::on(Field::Email, Code::EmailTaken));
        }
        if !users::change_email(&mut work.tx, id, &change.before, &new, now).await? {
            return Err(gone());
        }
        self.deps.tokens.void_of(&mut work.tx, id, SENT_TO_ADDRESS).await?;
        recovery::end(&self.deps, &mut work, id, Ending::AddressChanged).await?;
        self.tell_of_change(&mut work, actor, &before, &new).await?;
        let entry = Entry::new(Event::EmailChanged).to(id);
        let entry = entry.personal("before", before.email.as_deref().unwrap_or_default());
        work.record(entry.personal("after", new.as_str()));
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await
    }

    async fn taken(&self, work: &mut Change, address: &Email, by_other_than: UserId) -> Result<bool, Error> {
        let key = Identifier::Email(address.key().to_owned());
        let holder = users::by_identifier(&mut work.tx, &key).await?;
        let now = work.now();
        Ok(holder.is_some_and(|holder| holder.user.id != by_other_than)
            || is_kept(&mut work.tx, address.key(), Some(by_other_than), now).await?)
    }

    async fn tell_of_change(
        &self,
        work: &mut Change,
        actor: &Actor,
        before: &User,
        new: &Email,
    ) -> Result<(), Error> {
        let email_challenges = &self.deps.email_challenges;
        if let (Some(old), Some(key)) = (&before.email, key_of(before)) {
            let older = self.deps.tokens.open_of(&mut work.tx, before.id, Purpose::EmailUndo).await?;
            let changed_at = Some(work.now());
            let payload = self.deps.tokens.seal(&OldAddress { email: old.clone(), older, changed_at })?;
            let token = NewToken {
                purpose: Purpose::EmailUndo,
                user: Some(before.id),
                subject: &key,
                payload: Some(payload),
                lifetime: UNDO,
                browser: None,
                told: true,
            };
            let issued = self.deps.tokens.issue(&mut work.tx, token).await?;
            let told = Message::EmailChangedOld {
                circumstances: Circumstances::of(&actor.origin, work.now()),
                undo: email_challenges.link(paths::UNDO_EMAIL_CHANGE, Some(&issued.secret)),
                hours: UNDO.as_secs() / 3600,
            };
            email_challenges.tell(work, before, told).await?;
        }
        let told = Message::EmailChanged { link: email_challenges.link(paths::SECURITY, None) };
        let email_message = EmailMessage {
            to: new.as_str().to_owned(),
            name: before.called().to_owned(),
            user: Some(before.id),
            language: before.language.clone(),
            expires_at: None,
            message: told,
        };
        self.deps.outbox.queue(work, &email_message).await
    }

    /// Returns the address that a link would restore. `None` when the link no longer works. Does
    /// not redeem it.
    pub async fn pending_undo(&self, token: &str) -> Result<Option<String>, Error> {
        let Some(found) = self.deps.peek(Purpose::EmailUndo, PresentedToken::Secret(token)).await? else {
            return Ok(None);
        };
        Ok(Some(self.deps.tokens.open::<OldAddress>(&found)?.email))
    }

    /// Restores the email address that an account had before. Someone who changed it knew the
    /// password, so all sessions end, and the user must set a new password. Returns the token with
    /// which to set it, see [`PasswordFlow::reset`](crate::authn::passwords::PasswordFlow::reset).
    ///
    /// # Errors
    ///
    /// - [`Code::BadToken`], on its field, when the token no longer works.
    /// - [`Code::EmailTaken`], on its field, when another account has the address by now.
    pub async fn undo_change(&self, actor: &Actor, token: &str) -> Result<String, Error> {
        let gone = || Error::on(Field::Token, Code::BadToken);
        let presented = PresentedToken::Secret(token);
        let found = self.deps.peek(Purpose::EmailUndo, presented).await?.ok_or_else(gone)?;
        let id = found.user_id.ok_or_else(gone)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        users::lock(&mut work.tx, id).await?;
        self.deps.tokens.redeem(&mut work.tx, Purpose::EmailUndo, presented).await?;
        let old: OldAddress = self.deps.tokens.open(&found)?;
        let old_email = Email::parse(&old.email).map_err(|code| Error::on(Field::Email, code))?;
        let taken_from = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        if !users::take_email_back(&mut work.tx, id, &old_email, now).await? {
            return Err(gone());
        }
        self.deps.tokens.void_of(&mut work.tx, id, SENT_TO_ADDRESS).await?;
        recovery::end(&self.deps, &mut work, id, Ending::AddressChanged).await?;
        // Voids the undo tokens of later changes. Those of earlier changes stay: if a thief made
        // this change, they are the owner's.
        for other in self.deps.tokens.open_of(&mut work.tx, id, Purpose::EmailUndo).await? {
            if !old.older.contains(&other) {
                self.deps.tokens.void_one(&mut work.tx, other).await?;
            }
        }
        forget_devices(&mut work.tx, id, None).await?;
        // Someone who took the account may have added an app or a passkey of their own, shortly
        // before the change or since.
        let since = old.changed_at.map_or(Timestamp::EPOCH, |changed| changed.minus(UNDO));
        passkeys::forget_factors(&mut work, id, since, "email_change_undone").await?;
        // Also when the owner's factors stay, because someone who took the account may have
        // generated new codes.
        mfa::forget_stand_ins(&mut work, id).await?;
        let circumstances = Circumstances::of(&Origin::default(), now);
        self.deps
            .email_challenges
            .tell(&mut work, &taken_from, Message::EmailChangeUndone { circumstances })
            .await?;
        let ended = end_all_of(&mut work.tx, id, None, "email_change_undone", now).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        let token = issue_password_token(&self.deps, &mut work, &user).await?;
        let entry = Entry::new(Event::EmailChangeUndone).to(id).with("sessions_ended", ended);
        work.record(entry.personal("after", old_email.as_str()));
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await?;
        Ok(token)
    }
}

/// Returns the key of the user's email address.
fn key_of(user: &User) -> Option<String> {
    Some(Email::parse(user.email.as_deref()?).ok()?.key().to_owned())
}
