//! Composes an email as it goes over the wire: headers, two parts, and the DKIM signature.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::address::Address;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Wire, MultiPart};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, LineEnding};
use rsa::pkcs8::der::Decode;
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey, PrivateKeyInfo, SecretDocument};

use super::mailer::MailerError;
use super::render::Rendered;
use crate::foundation::config::Settings;
use crate::foundation::error::Error;
use crate::foundation::names::Email;
use crate::model::code::Code;
use crate::model::id::MailId;
use crate::model::time::Timestamp;

/// An email, ready for delivery.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The id in the outbox. The Message-ID is derived from it, so it stays the same for every
    /// attempt.
    pub id: MailId,
    /// The envelope sender.
    pub(super) from: Address,
    /// The envelope recipient.
    pub(super) to: Address,
    /// The headers and the body, with CRLF line endings.
    pub data: Vec<u8>,
}

impl Mail {
    /// Returns the recipient's address, with its domain in ASCII.
    pub fn to(&self) -> &str {
        self.to.as_ref()
    }
}

/// Composes emails from rendered messages.
pub(super) struct Composer {
    from: Mailbox,
    signer: Option<Arc<Signer>>,
}

/// Signs emails with DKIM (RFC 6376).
pub(super) struct Signer {
    config: DkimConfig,
    pub(super) domain: String,
    pub(super) selector: String,
    /// The expected `p=` value of the DNS record; `None` for an Ed25519 key.
    pub(super) public: Option<String>,
}

/// The signed headers (RFC 6376 section 5.4.1). Content-Type is not among them: lettre keeps it
/// with the body, and would sign it as a missing header.
const SIGNED: &[&str] = &["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted"];

impl Composer {
    pub(super) fn new(settings: &Settings) -> Result<Self, MailerError> {
        let address = address(&settings.email.sender).map_err(|_| MailerError::Sender)?;
        let name = super::render::clean(&settings.app.name);
        let email = &settings.email;
        let signer = match (&email.dkim_private_key_path, &email.dkim_domain, &email.dkim_selector) {
            (Some(path), Some(domain), Some(selector)) => {
                Some(Arc::new(Signer::read(path, domain, selector)?))
            }
            _ => None,
        };
        Ok(Self { from: Mailbox::new(Some(name), address), signer })
    }

    pub(super) fn signer(&self) -> Option<&Signer> {
        self.signer.as_deref()
    }

    /// Returns the sender's domain.
    pub(super) fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// Composes the email.
    ///
    /// There is no List-Unsubscribe header (RFC 2369): every message answers one action and none
    /// recurs, and an intruder who reads a user's email must not be able to turn off security
    /// notices.
    pub(super) fn compose(
        &self,
        id: MailId,
        to: &str,
        written: Rendered,
        created_at: Timestamp,
    ) -> Result<Mail, Error> {
        let to = address(to).map_err(|code| Error::internal("recipient", code.as_str()))?;
        let date = UNIX_EPOCH + Duration::from_secs(u64::try_from(created_at.seconds()).unwrap_or(0));
        let automatic =
            HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let mut wire = Wire::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(written.subject)
            .date(date)
            .message_id(Some(format!("<{id}@{}>", self.domain())))
            // RFC 3834: no automatic replies to automatic emails.
            .raw_header(automatic)
            .multipart(MultiPart::alternative_plain_html(written.text, written.html))
            .map_err(|source| Error::internal("mail", source))?;
        if let Some(signer) = &self.signer {
            wire.sign(&signer.config);
        }
        Ok(Mail { id, from: self.from.email.clone(), to, data: wire.formatted() })
    }
}

/// Parses an address and converts its domain to ASCII: not every server on the way accepts other
/// domains (RFC 6531).
pub(super) fn address(text: &str) -> Result<Address, Code> {
    let email = Email::parse(text)?;
    let local = email.as_str().rsplit_once('@').map_or("", |(local, _)| local);
    Address::new(local, email.domain()).map_err(|_| Code::BadEmail)
}

impl Signer {
    fn read(path: &Path, domain: &str, selector: &str) -> Result<Self, MailerError> {
        let wrong = |problem: String| MailerError::Dkim(path.to_owned(), problem);
        let text = std::fs::read_to_string(path).map_err(|problem| wrong(problem.to_string()))?;
        let (key, public) = key(&text).map_err(wrong)?;
        let headers = SIGNED.iter().map(|name| HeaderName::new_from_ascii_str(name)).collect();
        let relaxed = DkimCanonicalizationType::Relaxed;
        let canonical = DkimCanonicalization { header: relaxed, body: relaxed };
        let config = DkimConfig::new(selector.to_owned(), domain.to_owned(), key, headers, canonical);
        Ok(Self { config, domain: domain.to_owned(), selector: selector.to_owned(), public })
    }
}

/// The algorithm identifier of Ed25519 keys (RFC 8410).
const ED25519: &str = "1.3.101.112";

/// Reads a key in PEM: RSA in PKCS#1 or PKCS#8, as any version of `openssl genrsa` writes it, or
/// Ed25519 in PKCS#8.
fn key(text: &str) -> Result<(DkimSigningKey, Option<String>), String> {
    if let Ok((_, document)) = SecretDocument::from_pem(text)
        && let Ok(info) = PrivateKeyInfo::from_der(document.as_bytes())
        && info.algorithm.oid.to_string() == ED25519
    {
        // RFC 8410 section 7: the key is a nested octet string of 32 bytes.
        let seed = info.private_key.strip_prefix(&[4, 32]).ok_or("the Ed25519 key in it is damaged")?;
        let key = DkimSigningKey::new(&STANDARD.encode(seed), DkimSigningAlgorithm::Ed25519);
        return Ok((key.map_err(|problem| problem.to_string())?, None));
    }
    let key = RsaPrivateKey::from_pkcs8_pem(text)
        .ok()
        .or_else(|| RsaPrivateKey::from_pkcs1_pem(text).ok())
        .ok_or("it holds no RSA or Ed25519 key in PEM without a passphrase")?;
    if rsa::traits::PublicKeyParts::size(&key) < 128 {
        return Err("the RSA key is shorter than 1024 bits (RFC 8301 section 3.2)".to_owned());
    }
    let public = key.to_public_key().to_public_key_der().ok().map(|der| STANDARD.encode(der.as_bytes()));
    let pem = key.to_pkcs1_pem(LineEnding::LF).map_err(|problem| problem.to_string())?;
    let key = DkimSigningKey::new(&pem, DkimSigningAlgorithm::Rsa).map_err(|problem| problem.to_string())?;
    Ok((key, public))
}
