//! The cookies: the session cookie; the device cookie, which marks a browser in which a user signed
//! in before; and those that hold a pending email challenge, an MFA challenge or a passkey
//! ceremony.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderMap, HeaderValue, header};

use super::CeremonyKept;
use crate::authn::sign_in::{MfaChallenge, SignedIn};
use crate::authz::actor::PendingChallenge;
use crate::foundation::config::{Sessions, Settings};
use crate::foundation::crypto::keyring::Keyring;
use crate::model::time::Timestamp;

/// How long a browser is remembered: 400 days, the longest that browsers allow (RFC 6265bis).
const DEVICE_DAYS: i64 = 400;

/// Writes and reads the cookies, as the settings require.
pub(super) struct CookieJar {
    session: String,
    device: String,
    pending_challenge: String,
    mfa_challenge: String,
    ceremony: String,
    /// How long a browser keeps a pending email challenge.
    patience: Duration,
    settings: Sessions,
}

impl CookieJar {
    pub(super) fn new(settings: &Settings) -> Self {
        let patience = Duration::seconds(i64::try_from(settings.tokens.expiry.as_secs()).unwrap_or(i64::MAX));
        let settings = settings.sessions.clone();
        // With the prefix, browsers reject the cookie unless this very host set it (RFC 6265bis
        // section 4.1.3.2).
        let prefix = if settings.secure && settings.cookie_domain.is_none() { "__Host-" } else { "" };
        Self {
            session: format!("{prefix}{}", settings.cookie_name),
            device: format!("{prefix}{}_device", settings.cookie_name),
            pending_challenge: format!("{prefix}{}_waiting", settings.cookie_name),
            mfa_challenge: format!("{prefix}{}_halfway", settings.cookie_name),
            ceremony: format!("{prefix}{}_ceremony", settings.cookie_name),
            patience,
            settings,
        }
    }

    /// Reads our cookies from the headers of a request.
    pub(super) fn read<'h>(&self, headers: &'h HeaderMap) -> Sent<'h> {
        let names =
            [&self.session, &self.device, &self.pending_challenge, &self.mfa_challenge, &self.ceremony];
        let [session, device, pending_challenge, mfa_challenge, ceremony] =
            values(headers, names.map(String::as_str));
        Sent { session, device, pending_challenge, mfa_challenge, ceremony }
    }

    pub(super) fn set_pending_challenge(
        &self,
        pending_challenge: &PendingChallenge,
        keys: &Keyring,
    ) -> Option<HeaderValue> {
        let value = keys.encrypt(&serde_json::to_vec(pending_challenge).ok()?);
        self.header(&self.pending_challenge, &value, self.patience)
    }

    pub(super) fn delete_pending_challenge(&self) -> Option<HeaderValue> {
        self.header(&self.pending_challenge, "", Duration::ZERO)
    }

    pub(super) fn set_mfa_challenge(
        &self,
        mfa_challenge: &MfaChallenge,
        keys: &Keyring,
        now: Timestamp,
    ) -> Option<HeaderValue> {
        let value = keys.encrypt(&serde_json::to_vec(&(&mfa_challenge.token, mfa_challenge.until)).ok()?);
        let age = i64::try_from(mfa_challenge.until.since(now).as_secs()).unwrap_or(i64::MAX);
        self.header(&self.mfa_challenge, &value, Duration::seconds(age))
    }

    pub(super) fn delete_mfa_challenge(&self) -> Option<HeaderValue> {
        self.header(&self.mfa_challenge, "", Duration::ZERO)
    }

    pub(super) fn set_ceremony(&self, ceremony: &CeremonyKept, now: Timestamp) -> Option<HeaderValue> {
        let age = i64::try_from(ceremony.until.since(now).as_secs()).unwrap_or(i64::MAX);
        self.header(&self.ceremony, &URL_SAFE_NO_PAD.encode(ceremony.secret), Duration::seconds(age))
    }

    pub(super) fn set_session(&self, value: &str) -> Option<HeaderValue> {
        let age =
            Duration::seconds(i64::try_from(self.settings.absolute_lifetime.as_secs()).unwrap_or(i64::MAX));
        self.header(&self.session, value, age)
    }

    pub(super) fn delete_session(&self) -> Option<HeaderValue> {
        self.header(&self.session, "", Duration::ZERO)
    }

    pub(super) fn set_device(&self, signed_in: &SignedIn) -> Option<HeaderValue> {
        let value = URL_SAFE_NO_PAD.encode(signed_in.device_secret);
        self.header(&self.device, &value, Duration::days(DEVICE_DAYS))
    }

    fn header(&self, name: &str, value: &str, age: Duration) -> Option<HeaderValue> {
        let same_site = match self.settings.same_site {
            crate::foundation::config::SameSite::Lax => SameSite::Lax,
            crate::foundation::config::SameSite::Strict => SameSite::Strict,
            crate::foundation::config::SameSite::None => SameSite::None,
        };
        let mut cookie = Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.settings.secure)
            .same_site(same_site)
            .max_age(age)
            .build();
        if let Some(domain) = &self.settings.cookie_domain {
            cookie.set_domain(domain.as_str());
        }
        HeaderValue::from_str(&cookie.to_string()).ok()
    }
}

/// Our cookies in a request.
pub(super) struct Sent<'h> {
    /// The value of the session cookie.
    pub(super) session: Option<&'h str>,
    device: Option<&'h str>,
    pending_challenge: Option<&'h str>,
    mfa_challenge: Option<&'h str>,
    ceremony: Option<&'h str>,
}

impl Sent<'_> {
    /// Returns the secret in the device cookie.
    pub(super) fn device(&self) -> Option<[u8; 32]> {
        secret(self.device?)
    }

    /// Returns the secret of a passkey ceremony that this browser asked for.
    pub(super) fn ceremony(&self) -> Option<[u8; 32]> {
        secret(self.ceremony?)
    }

    /// Returns the pending email challenge of this browser, unless it has expired.
    pub(super) fn pending_challenge(&self, keys: &Keyring, now: Timestamp) -> Option<PendingChallenge> {
        let value = self.pending_challenge.filter(|value| !value.is_empty())?;
        let pending_challenge: PendingChallenge = serde_json::from_slice(&keys.decrypt(value)?).ok()?;
        (now < pending_challenge.until).then_some(pending_challenge)
    }

    /// Returns the token of the MFA challenge that began in this browser with the first factor,
    /// unless it has expired.
    pub(super) fn mfa_challenge(&self, keys: &Keyring, now: Timestamp) -> Option<String> {
        let value = self.mfa_challenge.filter(|value| !value.is_empty())?;
        let (token, until): (String, Timestamp) = serde_json::from_slice(&keys.decrypt(value)?).ok()?;
        (now < until).then_some(token)
    }
}

fn secret(value: &str) -> Option<[u8; 32]> {
    let value = Some(value).filter(|value| value.len() == 43)?;
    URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()
}

/// Returns the value of the only cookie with this name.
///
/// Returns `None` when there are several: one was planted, and the server cannot tell which one is
/// its own.
pub fn cookie_value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let [value] = values(headers, [name]);
    value
}

/// Does the same as [`cookie_value`] for several names in one pass.
fn values<'h, const N: usize>(headers: &'h HeaderMap, names: [&str; N]) -> [Option<&'h str>; N] {
    let mut found = [None; N];
    let mut twice = [false; N];
    // Split bytes, not text: a cookie of another application may not be valid text.
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    for pair in lines.flat_map(|line| line.split(|byte| *byte == b';')) {
        let Some((key, value)) = str::from_utf8(pair).ok().and_then(|pair| pair.split_once('=')) else {
            continue;
        };
        let key = key.trim();
        if let Some(place) = names.iter().position(|name| *name == key) {
            twice[place] |= found[place].replace(value.trim()).is_some();
        }
    }
    for (value, _) in found.iter_mut().zip(twice).filter(|(_, twice)| *twice) {
        *value = None;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_that_is_no_text_hides_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_bytes(b"x=\xff\xfe; ours=1; y=2").unwrap());
        assert_eq!(cookie_value(&headers, "ours"), Some("1"));
        assert_eq!(cookie_value(&headers, "x"), None);
        headers.append(header::COOKIE, HeaderValue::from_static("ours=2"));
        assert_eq!(cookie_value(&headers, "ours"), None, "which of the two is ours can't be known");
    }
}
