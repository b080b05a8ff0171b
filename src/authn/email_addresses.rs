//! A person's address: proving it, changing it, and taking it back.

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

/// For how long the owner of the old address can take a change back.
const UNDO: Duration = Duration::from_secs(72 * 3600);

/// What every change of address makes worthless: all of it was sent to the address until now.
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

/// What proving an address led to.
#[derive(Clone)]
pub enum Confirmed {
    /// An account was made and signed in: in the browser that asked for it.
    In(SignedIn),
    /// The address is proved, in another browser than the one in which a password was typed. That one may be a stranger's,
    /// so that it does not count: a new one is set with this token, see [`SignUpFlow::reset_password`].
    ChoosePassword(String),
    /// The address of an account that was there is proved.
    Proved,
}

/// What somebody types to change their address.
#[derive(Clone, Default)]
pub struct ChangeEmail {
    /// The new address.
    pub email: String,
    /// Their password. Left empty by those who have none; they must have signed in lately.
    pub current_password: String,
}

/// What a proved change of address is to do.
#[derive(Serialize, Deserialize)]
struct NewAddress {
    email: String,
    /// The key of the address that the account had when it was asked for.
    before: String,
    /// When the password was set that it was asked for with.
    password_changed_at: Option<Timestamp>,
}

/// What taking back an address is to do.
#[derive(Serialize, Deserialize)]
struct OldAddress {
    email: String,
    /// When the account lost it.
    #[serde(default)]
    changed_at: Option<Timestamp>,
    /// The ways back that were open before: those of the person from whom the account was taken outlive a thief's own.
    older: Vec<TokenId>,
}

/// The email addresses of accounts.
#[derive(Clone)]
pub struct EmailAddresses {
    deps: Deps,
    sign_in: SignInFlow,
}

impl EmailAddresses {
    pub(crate) fn new(deps: Deps, sign_in: SignInFlow) -> Self {
        Self { deps, sign_in }
    }

    /// Sends a mail to prove one's own address.
    pub async fn request_verification(&self, actor: &Actor) -> Result<PendingChallenge, Error> {
        self.deps.outbox.require()?;
        let id = actor.user()?.user.id;
        self.deps.email_challenges.count(actor).await?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Code::NotFound)?.user;
        let address = Email::parse(user.email.as_deref().unwrap_or_default());
        let address = address.map_err(|code| Error::on(Field::Email, code))?;
        let pending_challenge = self.deps.email_challenges.pending_challenge(actor, &address);
        // Known already: nothing is left to do.
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
            // Whoever asked for the mail knew the password; whoever read it may be somebody else.
            take_from_strangers(&self.deps, &mut work, actor, &user).await?;
            Confirmed::ChoosePassword(issue_password_token(&self.deps, &mut work, &user).await?)
        };
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await?;
        Ok(outcome)
    }

    /// Sends a mail to the address that one's account is to have. Whoever has that address already is told, and the
    /// answer is the same.
    ///
    /// Err beside its field: [`Code::BadEmail`], [`Code::EmailUnchanged`], [`Code::EmailDomainNotAllowed`],
    /// [`Code::WrongPassword`]; [`Code::StepUpRequired`] for people without a password, or with a second factor, who confirmed
    /// too long ago.
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
        // Whoever stole session and password must not have the mails that take factors off.
        if factors_of(&mut work.tx, id).await?.wanted()
            && now.since(confirmed_at) > self.deps.settings.sessions.step_up
        {
            return Err(Code::StepUpRequired.into());
        }
        let address = Identifier::Email(new.key().to_owned());
        let holder = users::by_identifier(&mut work.tx, &address).await?.map(|found| found.user);
        let holder = holder.filter(|holder| holder.id != id);
        let kept = is_kept(&mut work.tx, new.key(), Some(id), now).await?;
        // Where somebody sits is no affair of a stranger whose address they typed.
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

    /// Ok when the one who asks knows the password of the account; where there is none, when they confirmed lately.
    async fn confirm_owner(&self, actor: &Actor, found: &Credentials, password: &str) -> Result<(), Error> {
        if found.user.has_password {
            let password =
                Password::typed(password).map_err(|code| Error::on(Field::CurrentPassword, code))?;
            return self.sign_in.confirm_password(actor, found, &password).await;
        }
        self.deps.require_confirmed(actor)
    }

    /// The address that a link would give its account; None when it does not work any more. Looking uses nothing up.
    pub async fn pending_change(&self, token: &str) -> Result<Option<String>, Error> {
        let Some(found) = self.deps.peek(Purpose::EmailChange, PresentedToken::Secret(token)).await? else {
            return Ok(None);
        };
        Ok(Some(self.deps.tokens.open::<NewAddress>(&found)?.email))
    }

    /// Changes the address: the new one is proved, by somebody who is signed in to the account: else a stranger's account
    /// could be given the address of whoever presses a button in a mail. The old one is told, and can take it back for 72
    /// hours.
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

    /// The address that a link would give its account back; None when it does not work any more. Looking uses nothing up.
    pub async fn pending_undo(&self, token: &str) -> Result<Option<String>, Error> {
        let Some(found) = self.deps.peek(Purpose::EmailUndo, PresentedToken::Secret(token)).await? else {
            return Ok(None);
        };
        Ok(Some(self.deps.tokens.open::<OldAddress>(&found)?.email))
    }

    /// Gives an account the address back that it had. Whoever changed it knew the password: all sessions end, and a new
    /// one must be set. The answer is the token to set it with, see [`EmailAddresses::reset_password`].
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
        // The ways back of later changes; not those of earlier ones, which are the owner's if this one is a thief's.
        for other in self.deps.tokens.open_of(&mut work.tx, id, Purpose::EmailUndo).await? {
            if !old.older.contains(&other) {
                self.deps.tokens.void_one(&mut work.tx, other).await?;
            }
        }
        forget_devices(&mut work.tx, id, None).await?;
        // Whoever took the account may have put an app or a passkey of theirs on it, shortly before or since.
        let since = old.changed_at.map_or(Timestamp::EPOCH, |changed| changed.minus(UNDO));
        passkeys::forget_factors(&mut work, id, since, "email_change_undone").await?;
        // Also beside factors of the owner's: whoever took the account may have made new codes.
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

/// The key of a person's address.
fn key_of(user: &User) -> Option<String> {
    Some(Email::parse(user.email.as_deref()?).ok()?.key().to_owned())
}
