//! Email challenges: requesting an email, and presenting what it carries.
//!
//! An email has a link and six digits. The link opens a page in any browser, and only the page's
//! button acts, so a scanner that merely opens the link uses nothing up. The digits work only in
//! the browser that asked for them ([`PendingChallenge`]).
//!
//! A client that requests an email to an address learns nothing about that address: the server does
//! the same work and gives the same response, whether the address has an account or not (OWASP ASVS
//! 5.0 6.3.8).

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::accounts::users::{self, User};
use crate::audit::{Change, Entry, Event, Recorder};
use crate::authn::sessions::is_known_device;
use crate::authn::tokens::{NewToken, PresentedToken, Purpose, Tokens};
use crate::authz::actor::{Actor, PendingChallenge};
use crate::foundation::clock::Random;
use crate::foundation::config::Settings;
use crate::foundation::error::Error;
use crate::foundation::names::Email;
use crate::foundation::rate_limit::{Limits, RateLimitKey};
use crate::foundation::store::Store;
use crate::mail::{EmailMessage, Message, Outbox};
use crate::model::code::{Code, Field};
use crate::model::id::{TokenId, UserId};
use crate::model::paths;
use crate::model::time::Timestamp;

/// The number of codes that may be tried for one address and purpose within a day, in all browsers
/// together: twenty-five of a million. Links keep working beyond it (NIST SP 800-63B-4 section
/// 3.2.2 allows no more than a hundred in a row).
const MAX_CODES_PER_DAY: u32 = 25;

/// What a user presents from an email.
#[derive(Clone)]
pub enum Proof {
    /// The token of the link.
    Link(String),
    /// The six digits. Blanks between them do not count.
    Code(String),
}

impl Proof {
    /// Uses the link's token if there is one, otherwise the code.
    pub fn from_form(token: String, code: String) -> Self {
        if token.is_empty() { Self::Code(code) } else { Self::Link(token) }
    }
}

/// An email challenge to create.
pub(crate) struct Ask<'a> {
    pub(crate) purpose: Purpose,
    /// The address that receives the email.
    pub(crate) to: &'a Email,
    /// The user whom the token is for. `None` when the address has no account.
    pub(crate) user: Option<&'a User>,
    /// The user who reads the email, if the reader has an account.
    pub(crate) reader: Option<&'a User>,
    /// The language that the browser prefers, for readers whose own language is unknown.
    pub(crate) language: Option<&'a str>,
    /// Whether the email is sent. If not, the request only looks as if it were.
    pub(crate) real: bool,
    /// The user whose emails of this kind are also counted per day, in addition to those to this
    /// address.
    pub(crate) counted: Option<UserId>,
    /// What to do once the challenge is answered, encrypted.
    pub(crate) payload: Option<String>,
    /// The challenge that the requesting browser keeps, if it keeps one.
    pub(crate) pending_challenge: Option<&'a PendingChallenge>,
    /// The page that the link opens.
    pub(crate) page: &'static str,
    /// Creates the message from the link and the code.
    pub(crate) message: &'a (dyn Fn(String, String) -> Message + Sync),
    /// The event that the audit log records.
    pub(crate) event: Event,
}

/// Creates email challenges and checks the answers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct EmailChallenges {
    store: Store,
    recorder: Recorder,
    outbox: Outbox,
    tokens: Tokens,
    limits: Limits,
    random: Random,
    base: Url,
    lifetime: Duration,
    max_per_day: u32,
}

impl EmailChallenges {
    pub(crate) fn new(
        store: Store,
        recorder: Recorder,
        outbox: Outbox,
        tokens: Tokens,
        limits: Limits,
        random: Random,
        settings: &Settings,
    ) -> Self {
        let base = settings.app.api_base_url.clone();
        let (lifetime, max_per_day) =
            (settings.tokens.expiry, settings.tokens.max_per_day_per_user_per_action);
        Self { store, recorder, outbox, tokens, limits, random, base, lifetime, max_per_day }
    }

    /// Returns what the browser of `actor` keeps while an email to `address` is under way. If a
    /// challenge for the same address is already pending there, its secret is reused, because two
    /// emails may be under way.
    pub(crate) fn pending_challenge(&self, actor: &Actor, address: &Email) -> PendingChallenge {
        let same = |pending_challenge: &&PendingChallenge| {
            Email::parse(&pending_challenge.address).is_ok_and(|before| before.key() == address.key())
        };
        let before = actor.origin.pending_challenge.as_ref().filter(same);
        PendingChallenge {
            secret: before.map_or_else(|| self.random.bytes(), |pending_challenge| pending_challenge.secret),
            address: address.as_str().to_owned(),
            until: self.outbox.now().plus(self.lifetime),
        }
    }

    /// Returns whether the server sends email.
    pub(crate) fn sends(&self) -> bool {
        self.outbox.require().is_ok()
    }

    /// Counts a request for an email from the client's IP address.
    ///
    /// # Errors
    ///
    /// [`Code::TooManyAttempts`] when the client asked for too many.
    pub(crate) async fn count(&self, actor: &Actor) -> Result<(), Error> {
        let Some(ip) = actor.origin.ip else { return Ok(()) };
        let mut tx = self.store.write().await?;
        self.limits.count(&mut tx, RateLimitKey::email_requests(ip)).await?;
        tx.commit().await
    }

    /// Issues a token and queues its email, as part of `work`.
    pub(crate) async fn ask(&self, work: &mut Change, ask: Ask<'_>) -> Result<(), Error> {
        let purpose = ask.purpose.as_str();
        let mut over = false;
        for mails in self.counted(work, &ask).await? {
            over |= self.limits.is_over(&mut work.tx, &mails, self.max_per_day).await?;
        }
        let sent = ask.real && !over;
        let token = NewToken {
            purpose: ask.purpose,
            user: ask.user.map(|user| user.id),
            subject: ask.to.key(),
            payload: ask.payload,
            lifetime: self.lifetime,
            browser: ask.pending_challenge.map(|pending_challenge| &pending_challenge.secret),
            told: sent,
        };
        let issued = self.tokens.issue(&mut work.tx, token).await?;
        let message = (ask.message)(self.link(ask.page, Some(&issued.secret)), issued.code);
        let mut email_message = email_message(ask.reader, message);
        // Not the address as it was typed: some providers treat other capitals as another mailbox.
        let to = ask.reader.and_then(|reader| reader.email.as_deref()).unwrap_or_else(|| ask.to.as_str());
        to.clone_into(&mut email_message.to);
        email_message.expires_at = Some(issued.expires_at);
        email_message.language = email_message.language.or_else(|| ask.language.map(str::to_owned));
        if sent {
            self.outbox.queue(work, &email_message).await?;
        } else {
            self.outbox.queue_dummy(work, &email_message).await?;
        }
        let mut entry =
            Entry::new(if over { Event::MailRequestsLimited } else { ask.event }).with("purpose", purpose);
        if let Some(user) = ask.user {
            entry = entry.to(user.id);
        }
        work.record(entry);
        Ok(())
    }

    /// Returns the keys that an email counts against. A stranger who requests one email after
    /// another uses up none of the quota of the owner's own browser.
    async fn counted(&self, work: &mut Change, ask: &Ask<'_>) -> Result<Vec<RateLimitKey>, Error> {
        let purpose = ask.purpose.as_str();
        // The same query runs for an address without an account.
        let reader = ask.reader.map_or(users::NOBODY, |reader| reader.id);
        let origin = Arc::clone(work.origin());
        let known = is_known_device(&mut work.tx, reader, &origin).await?;
        let to = match origin.device_secret.filter(|_| known) {
            Some(device) => RateLimitKey::emails_from(purpose, reader, &device),
            None => RateLimitKey::emails(purpose, ask.to.key()),
        };
        let whose = ask.counted.map(|user| RateLimitKey::emails(purpose, &user.to_string()));
        Ok([to].into_iter().chain(whose).collect())
    }

    /// Sends an email that verifies the address of an account, as part of `work`. Does nothing when
    /// the account has no address.
    pub(crate) async fn ask_to_verify(
        &self,
        work: &mut Change,
        user: &User,
        pending_challenge: Option<&PendingChallenge>,
    ) -> Result<(), Error> {
        let Some(address) = user.email.as_deref().and_then(|address| Email::parse(address).ok()) else {
            return Ok(());
        };
        let ask = Ask {
            purpose: Purpose::VerifyEmail,
            to: &address,
            user: Some(user),
            reader: Some(user),
            language: None,
            real: true,
            counted: None,
            payload: None,
            pending_challenge,
            page: paths::VERIFY_EMAIL,
            message: &|link, code| Message::Verification { link, code },
            event: Event::EmailVerificationRequested,
        };
        self.ask(work, ask).await
    }

    /// Sends a user a message, as part of `work`. Does nothing when the user has no email address.
    pub(crate) async fn tell(&self, work: &mut Change, user: &User, message: Message) -> Result<(), Error> {
        let Some(to) = &user.email else { return Ok(()) };
        self.outbox.queue(work, &EmailMessage { to: to.clone(), ..email_message(Some(user), message) }).await
    }

    /// Returns a link to a page of the portal. It is always on API_BASE_URL, whatever host the
    /// request named.
    pub(crate) fn link(&self, page: &str, token: Option<&str>) -> String {
        let mut link = self.base.clone();
        link.set_path(page);
        link.set_query(token.map(|token| format!("token={token}")).as_deref());
        link.into()
    }

    /// Returns the token that a proof identifies. A code is tried and counted here.
    ///
    /// # Errors
    ///
    /// - [`Code::Required`] or [`Code::BadOtp`], on the field `code`, when a code is missing or
    ///   wrong.
    /// - [`Code::TooManyAttempts`] when the client tried too many codes.
    pub(crate) async fn judge<'p>(
        &self,
        actor: &Actor,
        purpose: Purpose,
        proof: &'p Proof,
    ) -> Result<PresentedToken<'p>, Error> {
        match proof {
            Proof::Link(secret) => Ok(PresentedToken::Secret(secret)),
            Proof::Code(code) => self.judge_code(actor, purpose, code).await.map(PresentedToken::Known),
        }
    }

    pub(crate) async fn judge_code(
        &self,
        actor: &Actor,
        purpose: Purpose,
        code: &str,
    ) -> Result<TokenId, Error> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if code.is_empty() {
            return Err(Error::on(Field::Code, Code::Required));
        }
        let bad = || Error::on(Field::Code, Code::BadOtp);
        let Some(pending_challenge) = &actor.origin.pending_challenge else { return Err(bad()) };
        let keys = actor.origin.ip.map(RateLimitKey::address).into_iter().collect();
        let mut tx = self.store.write().await?;
        let attempt = self.limits.begin(&mut tx, keys).await?;
        tx.commit().await?;

        let mut work = self.recorder.begin(actor).await?;
        let tried = self.tokens.try_code(&mut work.tx, purpose, &pending_challenge.secret, &code).await?;
        let mut known = None;
        if let Some(tried) = tried {
            // Counted for the address that received the email, so that more emails, or other client
            // addresses, give no further attempts.
            let tries = RateLimitKey::codes(purpose.as_str(), &tried.subject);
            let over = self.limits.is_over(&mut work.tx, &tries, MAX_CODES_PER_DAY).await?;
            known = (tried.right && !over).then_some(tried.id);
        }
        if known.is_some() {
            attempt.succeed(&mut work.tx).await?;
        } else {
            attempt.fail(&mut work.tx).await?;
            work.record(Entry::new(Event::CodeFailed).with("purpose", purpose.as_str()));
        }
        work.commit().await?;
        known.ok_or_else(bad)
    }
}

/// Creates a message to `reader`, without the address. It contains the reader's name only if their
/// address is verified; otherwise a name could carry any text to any address.
fn email_message(reader: Option<&User>, message: Message) -> EmailMessage {
    let proved = reader.filter(|user| user.email_verified_at.is_some());
    EmailMessage {
        to: String::new(),
        name: proved.map(|user| user.called().to_owned()).unwrap_or_default(),
        user: reader.map(|user| user.id),
        language: reader.and_then(|user| user.language.clone()),
        expires_at: None::<Timestamp>,
        message,
    }
}
