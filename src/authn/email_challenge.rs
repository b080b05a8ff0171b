//! Proving something by a mail: asking for one, and showing what it brought.
//!
//! A mail has a link and six digits. The link opens a page in any browser, and the page's button acts: whoever only opens
//! it, such as a scanner, uses nothing up. The digits work in the browser that asked ([`PendingChallenge`]), and nowhere else.
//!
//! Whoever asks for a mail to somebody's address learns nothing about that address: the same is written, and the same
//! answered, whether it has an account or not (OWASP ASVS 5.0 6.3.8).

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

/// How many codes are tried for one address and purpose in a day, in all browsers together: of a million, twenty-five.
/// Links work all the same (NIST SP 800-63B-4 section 3.2.2 allows no more than a hundred in a row).
const MAX_CODES_PER_DAY: u32 = 25;

/// What somebody shows of a mail that they got.
#[derive(Clone)]
pub enum Proof {
    /// The token of its link.
    Link(String),
    /// Its six digits; blanks between them do not count.
    Code(String),
}

impl Proof {
    /// Takes the link's token if there is one, else the code.
    pub fn from_form(token: String, code: String) -> Self {
        if token.is_empty() { Self::Code(code) } else { Self::Link(token) }
    }
}

/// Who is sent what, if they ask for it.
pub(crate) struct Ask<'a> {
    pub(crate) purpose: Purpose,
    /// Where it is sent.
    pub(crate) to: &'a Email,
    /// Whose act the token is: None when the address has no account.
    pub(crate) user: Option<&'a User>,
    /// Who reads the mail, if they have an account.
    pub(crate) reader: Option<&'a User>,
    /// The language that the browser asks for, for readers whose own is not known.
    pub(crate) language: Option<&'a str>,
    /// Whether it is sent. Otherwise it only looks so.
    pub(crate) real: bool,
    /// Whose mails of this kind are counted by the day, beside those to this address.
    pub(crate) counted: Option<UserId>,
    /// What is done once it is proved; encrypted.
    pub(crate) payload: Option<String>,
    /// The browser that asks, if it waits.
    pub(crate) pending_challenge: Option<&'a PendingChallenge>,
    /// The page that the link opens.
    pub(crate) page: &'static str,
    /// What the mail says, with link and code.
    pub(crate) message: &'a (dyn Fn(String, String) -> Message + Sync),
    /// What the audit log says.
    pub(crate) event: Event,
}

/// Asks for mails, and judges what they brought. Cheap to clone.
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

    /// What the browser of `actor` is to keep while it waits for a mail to `address`. One that waits for one to the same
    /// address already keeps its secret: two may be under way.
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

    /// Whether mails are sent at all.
    pub(crate) fn sends(&self) -> bool {
        self.outbox.require().is_ok()
    }

    /// Counts somebody who is not signed in and asks for a mail.
    pub(crate) async fn count(&self, actor: &Actor) -> Result<(), Error> {
        let Some(ip) = actor.origin.ip else { return Ok(()) };
        let mut tx = self.store.write().await?;
        self.limits.count(&mut tx, RateLimitKey::email_requests(ip)).await?;
        tx.commit().await
    }

    /// Writes a token and its mail, as part of `work`.
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
        // Not as it was typed: to some providers other capitals are another mailbox.
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

    /// What a mail is counted for. A stranger who asks for mail after mail takes none from the owner's own browser.
    async fn counted(&self, work: &mut Change, ask: &Ask<'_>) -> Result<Vec<RateLimitKey>, Error> {
        let purpose = ask.purpose.as_str();
        // The same is asked for an address that nobody has.
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

    /// Sends a mail to prove the address of an account, as part of `work`.
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

    /// Tells a person something, as part of `work`. Nobody is told who has no address.
    pub(crate) async fn tell(&self, work: &mut Change, user: &User, message: Message) -> Result<(), Error> {
        let Some(to) = &user.email else { return Ok(()) };
        self.outbox.queue(work, &EmailMessage { to: to.clone(), ..email_message(Some(user), message) }).await
    }

    /// A link to a page of the portal: always on API_BASE_URL, whatever the request said of itself.
    pub(crate) fn link(&self, page: &str, token: Option<&str>) -> String {
        let mut link = self.base.clone();
        link.set_path(page);
        link.set_query(token.map(|token| format!("token={token}")).as_deref());
        link.into()
    }

    /// What a proof shows. A code is tried and counted here; Err([`Code::BadOtp`]) when it is not the right one.
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
            // Whoever asks for mail after mail, from address after address, gets no more tries for it.
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

/// A letter to somebody, less its address. Somebody is called by their name where the address is known to be theirs: else
/// a name could carry any text to any address.
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
