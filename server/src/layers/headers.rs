//! The headers that tell browsers what a response may do (OWASP ASVS 5.0 section 3.4).

use std::fmt;
use std::sync::Arc;

use authtuna::foundation::clock::Random;
use authtuna::foundation::config::Settings;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The nonce that allows the scripts and styles of a single response. Stored in the request's
/// extensions.
#[derive(Clone)]
pub struct CspNonce(pub Arc<str>);

/// The policy of responses that are not pages: nothing is allowed. An SVG or a text that a browser
/// navigates to opens without scripts.
const NOT_A_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");

/// The policy of an email in a frame: it may have its own styles, and navigate the whole window
/// when the user clicks.
const MAIL: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
     sandbox allow-top-navigation-by-user-activation",
);

/// How a page relates to frames, stored in the response's extensions. Pages without it neither
/// contain frames nor may appear in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// The page contains frames with other pages of this server.
    Holds,
    /// The page is an email that is shown in a frame of this server.
    Held,
}

/// Turns off the browser features that no page of this server uses.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
);

/// The headers of every response, built from the settings.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The parts of the page policy: before the nonce of `script-src`, between it and the nonce of
    /// `style-src`, and after that.
    page: [String; 3],
    fixed: Vec<(HeaderName, HeaderValue)>,
}

impl CspNonce {
    /// Creates a nonce of 128 random bits (CSP3 section 7.1).
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
    /// Builds the policy from `settings`. `reload` is the address on which the pages of a
    /// development build wait for a new build.
    pub fn new(settings: &Settings, reload: Option<&str>) -> Self {
        // The response to a form may redirect users to another site that they may return to.
        // Browsers also check `form-action` against that site.
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
            // Forms without scripts redirect to the page that they came from.
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

    /// Sets the headers of a response, replacing existing ones.
    pub fn apply(&self, headers: &mut HeaderMap, nonce: &CspNonce, framing: Option<Framing>) {
        // With the two that follow, so that the map grows at most once.
        headers.reserve(self.fixed.len() + 2);
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
        // Origins and base64 are ASCII. If they were not, the strictest policy would be the safe
        // choice.
        HeaderValue::from_str(&format!("{before}{nonce}{between}{nonce}{after}{more}")).unwrap_or(NOT_A_PAGE)
    }
}
