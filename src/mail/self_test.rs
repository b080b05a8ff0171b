//! Tests step by step whether emails arrive, and whether other mail servers trust them.

use super::compose::{Composer, Mail};
use super::dns::{Dns, Silent};
use super::mailer::Mailer;
use super::message::Message;
use super::outbox::{EmailMessage, Outbox};
use super::smtp::Progress;
use crate::audit::{Entry, Event};
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::foundation::names::Email;
use crate::model::id::MailId;
use crate::model::permission::USERS_MANAGE;
use crate::model::scope::Scope;

/// A step of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Connecting to the mail server, with the TLS that the settings require.
    Connect,
    /// Signing in to the mail server.
    SignIn,
    /// Handing over an email.
    Send,
    /// The DNS record that says who may send for the domain (RFC 7208).
    Spf,
    /// The DNS record with the public key of the signature (RFC 6376).
    Dkim,
    /// The DNS record that says what to do with emails that pass neither check (RFC 7489).
    Dmarc,
}

impl Step {
    /// Returns whether no email arrives if this step fails. The other steps decide whether emails
    /// are trusted.
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::Connect | Self::SignIn | Self::Send)
    }

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::SignIn => "sign_in",
            Self::Send => "send",
            Self::Spf => "spf",
            Self::Dkim => "dkim",
            Self::Dmarc => "dmarc",
        }
    }
}

/// The outcome of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The step succeeded.
    Passed,
    /// The step failed.
    Failed,
    /// The step was not tried, or its outcome is unknown.
    Unknown,
}

impl Verdict {
    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// The result of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The step.
    pub step: Step,
    /// The outcome.
    pub verdict: Verdict,
    /// The reason, as a stable name.
    pub code: &'static str,
    /// The mail server's reply, or the DNS record that was found.
    pub text: String,
}

impl Tested {
    fn new(step: Step, verdict: Verdict, code: &'static str, text: impl Into<String>) -> Self {
        Self { step, verdict, code, text: text.into() }
    }
}

impl Outbox {
    /// Sends an email to `to` at once, without the outbox, and looks up the DNS records of the
    /// sender's domain.
    ///
    /// The actor needs `users:manage` globally. A step that fails is not an error: the result
    /// reports it.
    ///
    /// # Errors
    ///
    /// - As for [`Actor::require`].
    /// - [`Code::MailOff`](crate::model::code::Code::MailOff) when EMAIL_ENABLED is not set.
    pub async fn self_test(&self, actor: &Actor, to: &Email) -> Result<Vec<Tested>, Error> {
        actor.require(USERS_MANAGE, &Scope::global())?;
        self.require()?;
        let now = self.clock.now();
        let email_message = EmailMessage {
            to: to.as_str().to_owned(),
            name: String::new(),
            user: None,
            language: None,
            expires_at: None,
            message: Message::SelfTest {},
        };
        let id = MailId::from_uuid(self.random.uuid(now));
        let mail = self.composer.compose(id, &email_message.to, self.render(&email_message, now)?, now)?;
        let mut tested = match self.mailer.as_deref() {
            Some(mailer) => handed_over(mailer, &mail).await,
            None => Vec::new(),
        };
        tested.extend(records(&self.dns, &self.composer).await);

        let mut work = self.recorder.begin(actor).await?;
        let mut entry = Entry::new(Event::MailTested).personal("to", to.as_str());
        for test in &tested {
            entry = entry.with(test.step.as_str(), test.code);
        }
        work.record(entry);
        work.commit().await?;
        Ok(tested)
    }
}

async fn handed_over(mailer: &Mailer, mail: &Mail) -> Vec<Tested> {
    let mut tested = Vec::new();
    let (taken, signs_in) = match mailer {
        Mailer::Smtp(smtp) => {
            let taken = smtp
                .try_out(mail, |progress, text| {
                    let step = match progress {
                        Progress::Connected => Step::Connect,
                        Progress::SignedIn => Step::SignIn,
                    };
                    tested.push(Tested::new(step, Verdict::Passed, "ok", text));
                })
                .await;
            (taken, smtp.signs_in())
        }
        Mailer::Files(_) | Mailer::Memory(_) => (mailer.send(mail).await, false),
    };
    // Steps after the one that failed were not tried.
    let steps = match mailer {
        Mailer::Smtp(_) if signs_in => &[Step::Connect, Step::SignIn, Step::Send][..],
        Mailer::Smtp(_) => &[Step::Connect, Step::Send],
        Mailer::Files(_) | Mailer::Memory(_) => &[Step::Send],
    };
    let mut rest = steps.iter().filter(|step| tested.iter().all(|done| done.step != **step)).copied();
    let ends_here = rest.next().unwrap_or(Step::Send);
    let rest: Vec<Step> = rest.collect();
    tested.push(match taken {
        Ok(text) => Tested::new(ends_here, Verdict::Passed, "ok", text),
        Err(refusal) => {
            let refusal = refusal.without(&[]);
            Tested::new(ends_here, Verdict::Failed, refusal.reason.as_str(), refusal.text)
        }
    });
    tested.extend(rest.into_iter().map(|step| Tested::new(step, Verdict::Unknown, "not_tried", "")));
    tested
}

async fn records(dns: &Dns, composer: &Composer) -> Vec<Tested> {
    let domain = composer.domain();
    let spf = async { found(Step::Spf, dns.texts(domain).await, |text| is_version(text, "v=spf1")) };
    let (spf, dkim, dmarc) = futures::future::join3(spf, dkim(dns, composer), dmarc(dns, domain)).await;
    vec![spf, dkim, dmarc]
}

/// Checks that exactly one of the records fits.
fn found(step: Step, texts: Result<Vec<String>, Silent>, fits: impl Fn(&str) -> bool) -> Tested {
    let Ok(texts) = texts else {
        return Tested::new(step, Verdict::Unknown, "dns_silent", "DNS does not answer");
    };
    let mut fitting = texts.into_iter().filter(|text| fits(text));
    match (fitting.next(), fitting.next()) {
        (None, _) => Tested::new(step, Verdict::Failed, "no_record", ""),
        // Receivers ignore both of two records (RFC 7208 section 4.5, RFC 7489 section 6.6.3).
        (Some(first), Some(_)) => Tested::new(step, Verdict::Failed, "several_records", first),
        (Some(text), None) => Tested::new(step, Verdict::Passed, "ok", text),
    }
}

async fn dkim(dns: &Dns, composer: &Composer) -> Tested {
    let Some(signer) = composer.signer() else {
        return Tested::new(Step::Dkim, Verdict::Unknown, "not_signed", "DKIM_PRIVATE_KEY_PATH is not set");
    };
    let name = format!("{}._domainkey.{}", signer.selector, signer.domain);
    let tested = found(Step::Dkim, dns.texts(&name).await, |text| tag(text, "p").is_some());
    let published = tag(&tested.text, "p").unwrap_or_default();
    match &signer.public {
        Some(own) if tested.verdict == Verdict::Passed && *own != published => {
            Tested::new(Step::Dkim, Verdict::Failed, "other_key", tested.text)
        }
        _ => tested,
    }
}

/// Checks the record of the domain, or else that of the nearest domain above it, which applies to
/// it too.
async fn dmarc(dns: &Dns, domain: &str) -> Tested {
    let mut at = domain;
    loop {
        let texts = dns.texts(&format!("_dmarc.{at}")).await;
        let tested = found(Step::Dmarc, texts, |text| is_version(text, "v=DMARC1"));
        match at.split_once('.') {
            Some((_, above)) if tested.code == "no_record" && above.contains('.') => at = above,
            _ => return tested,
        }
    }
}

/// Returns whether a record starts with exactly this version.
fn is_version(text: &str, version: &str) -> bool {
    let rest = text.strip_prefix(version);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ';']))
}

/// Returns the value of a tag in a list such as `v=DKIM1; p=MII…`, without the whitespace that it
/// may contain.
fn tag(text: &str, name: &str) -> Option<String> {
    text.split(';').find_map(|part| {
        let (tag, value) = part.split_once('=')?;
        (tag.trim() == name).then(|| value.split_whitespace().collect())
    })
}
