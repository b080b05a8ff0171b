//! The headers that tell browsers what an answer may do (OWASP ASVS 5.0 section 3.4).

use std::fmt;
use std::sync::Arc;

use authtuna::foundation::clock::Random;
use authtuna::foundation::config::Settings;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Lets exactly one answer's own scripts and styles run. In a request's extensions.
#[derive(Clone)]
pub struct CspNonce(pub Arc<str>);

/// What answers that are no pages may do: nothing. An SVG or a text that a browser is led to opens without scripts.
const NOT_A_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");

/// What a mail in a frame may do: have its own look, and lead the whole window on when somebody clicks.
const MAIL: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
     sandbox allow-top-navigation-by-user-activation",
);

/// What a page has to do with frames; in an answer's extensions. Nothing, for all that do not say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// It shows other pages of ours in frames.
    Holds,
    /// It is a mail, shown in a frame of ours.
    Held,
}

/// Features of browsers that no page of ours uses.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
);

/// The headers of every answer, as the settings want them.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The parts of the page policy before and after the nonce of `script-src`, and after that of `style-src`.
    page: [String; 3],
    fixed: Vec<(HeaderName, HeaderValue)>,
}

impl CspNonce {
    /// A new one: 128 random bits (CSP3 section 7.1).
    pub fn new(random: Random) -> Self {
        Self(STANDARD.encode(random.passing_bytes::<16>()).into())
    }
}

impl fmt::Debug for CspNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CspNonce")
    }
}

impl Policy {
    /// The policy of `settings`. `reload` is the address that a development build's pages wait on for a new build.
    pub fn new(settings: &Settings, reload: Option<&str>) -> Self {
        // A form's answer may send people on to another site that they may return to; browsers hold `form-action`
        // against that too.
        let returns: String = settings
            .http
            .allowed_return_origins
            .iter()
            .map(|url| format!(" {}", url.origin().ascii_serialization()))
            .collect();
        let reload = reload.map(|address| format!(" {address}")).unwrap_or_default();
        let page = [
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'nonce-".to_owned(),
            "'; style-src 'self' 'nonce-".to_owned(),
            format!(
                "'; img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; \
                 form-action 'self'{returns}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
            ),
        ];
        let mut fixed = vec![
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            // Forms without script return to where they came from.
            (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            ),
        ];
        if settings.app.api_base_url.scheme() == "https" {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            fixed.push((header::STRICT_TRANSPORT_SECURITY, year));
        }
        Self { page, fixed }
    }

    /// Puts the headers on an answer, over what is there.
    pub fn apply(&self, headers: &mut HeaderMap, nonce: &CspNonce, framing: Option<Framing>) {
        for (name, value) in &self.fixed {
            headers.insert(name, value.clone());
        }
        let is_page =
            headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let csp = match framing {
            Some(Framing::Held) => {
                headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
                MAIL
            }
            _ if !is_page => NOT_A_PAGE,
            Some(Framing::Holds) => self.for_page(nonce, "; frame-src 'self'"),
            None => self.for_page(nonce, ""),
        };
        headers.insert(header::CONTENT_SECURITY_POLICY, csp);
    }

    fn for_page(&self, CspNonce(nonce): &CspNonce, more: &str) -> HeaderValue {
        let [before, between, after] = &self.page;
        // Origins and base64 are ASCII; were they not, the strictest policy is the safe answer.
        HeaderValue::from_str(&format!("{before}{nonce}{between}{nonce}{after}{more}")).unwrap_or(NOT_A_PAGE)
    }
}
