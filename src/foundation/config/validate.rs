//! Rules that settings must follow together, and what production rejects.

use secrecy::ExposeSecret;

use super::loader::Loader;
use super::value::{ClientIpSource, DatabaseUri, SameSite, Strategy};
use super::{Settings, TABLE};

/// The minimum that OWASP's Password Storage Cheat Sheet sets for argon2id: (memory in KiB,
/// iterations).
const ARGON2_FLOOR: &[(u32, u32)] = &[(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// Reports settings that do not fit together.
pub(super) fn check(settings: &Settings, loader: &mut Loader) {
    let s = settings;
    let mut no = |name: &str, problem: &str| loader.note(name, problem.to_owned());

    if !s.database.use_async_engine {
        no("DATABASE_USE_ASYNC_ENGINE", "it must be true: there are only async drivers");
    }
    if s.database.pool_size == 0 {
        no("DATABASE_POOL_SIZE", "it must be at least 1");
    }
    if s.database.pool_timeout.is_zero() {
        no("DATABASE_POOL_TIMEOUT", "it must be at least 1 second");
    }
    for (name, zero) in [
        ("SESSION_LIFETIME_SECONDS", s.sessions.lifetime.is_zero()),
        ("SESSION_ABSOLUTE_LIFETIME_SECONDS", s.sessions.absolute_lifetime.is_zero()),
        ("LOGIN_RATE_LIMIT_WINDOW_SECONDS", s.limits.login_window.is_zero()),
        ("LOGIN_LOCKOUT_DURATION_SECONDS", s.limits.login_lockout.is_zero()),
        ("TOKENS_EXPIRY_SECONDS", s.tokens.expiry.is_zero()),
        ("MFA_RECOVERY_DELAY_SECONDS", s.mfa.recovery_delay.is_zero()),
        ("MAIL_TIMEOUT_SECONDS", s.email.timeout.is_zero()),
        ("MAIL_GIVE_UP_SECONDS", s.email.give_up_after.is_zero()),
        ("REQUEST_TIMEOUT_SECONDS", s.http.request_timeout.is_zero()),
    ] {
        if zero {
            no(name, "it must be at least 1 second");
        }
    }
    if s.sessions.lifetime > s.sessions.absolute_lifetime {
        no("SESSION_LIFETIME_SECONDS", "it must not be longer than SESSION_ABSOLUTE_LIFETIME_SECONDS");
    }
    if !is_token(&s.sessions.cookie_name) {
        no("SESSION_TOKEN_NAME", "it must be 1 to 64 letters, digits, - and _; for example session_token");
    }
    if s.sessions.fingerprint_headers.iter().any(|name| !is_token(name)) {
        no("FINGERPRINT_HEADERS", "each entry must be a header name; for example [\"User-Agent\"]");
    }
    if s.sessions.same_site == SameSite::None && !s.sessions.secure {
        no("SESSION_SAME_SITE", "NONE needs SESSION_SECURE=true: browsers reject the cookie otherwise");
    }
    if let Some(domain) = &s.sessions.cookie_domain {
        let host = s.app.api_base_url.host_str().unwrap_or_default();
        let domain = domain.trim_start_matches('.');
        if host != domain && !host.ends_with(&format!(".{domain}")) {
            no("SESSION_COOKIE_DOMAIN", "it must be the host of API_BASE_URL or a parent domain of it");
        }
    }
    if !(4..=128).contains(&s.passwords.min_length) {
        no("PASSWORD_MIN_LENGTH", "it must be from 4 to 128");
    }
    if s.passwords.min_score > 4 {
        no("PASSWORD_MIN_SCORE", "it must be from 0 to 4");
    }
    let (memory, passes) = (s.passwords.argon2_memory_kib, s.passwords.argon2_iterations);
    if !ARGON2_FLOOR.iter().any(|(least, with)| memory >= *least && passes >= *with) {
        no("ARGON2_MEMORY_KIB", "it is below OWASP's minimum, such as 19456 with ARGON2_ITERATIONS=2");
    }
    if s.passwords.argon2_parallelism == 0 || memory > 4 * 1024 * 1024 || passes > 100 {
        no("ARGON2_PARALLELISM", "it must be at least 1, with at most 4194304 KiB and 100 iterations");
    }
    if s.http.client_ip_source != ClientIpSource::Peer && s.http.trusted_proxies.is_empty() {
        no(
            "TRUSTED_PROXIES",
            "it must list the proxies whose headers to trust, because CLIENT_IP_SOURCE is a header",
        );
    }
    for (name, header) in [
        ("GEOIP_COUNTRY_HEADER", &s.http.geoip_country_header),
        ("GEOIP_CITY_HEADER", &s.http.geoip_city_header),
    ] {
        let Some(header) = header else { continue };
        if !is_token(header) {
            no(name, "it must be a header name; for example CF-IPCountry");
        }
        if s.http.trusted_proxies.is_empty() {
            no(name, "it needs TRUSTED_PROXIES: without them any client could set the header");
        }
    }
    if s.http.body_limit < 4096 {
        no("REQUEST_BODY_LIMIT_BYTES", "it must be at least 4096");
    }
    let names = [
        ("DEFAULT_SUPERADMIN_EMAIL", &s.bootstrap.superadmin_email),
        ("DEFAULT_ADMIN_EMAIL", &s.bootstrap.admin_email),
        ("DEFAULT_SENDER_EMAIL", &s.email.sender),
    ];
    for (name, email) in names {
        if crate::foundation::names::Email::parse(email).is_err() {
            no(name, "it must be an email address; for example admin@example.org");
        }
    }
    if s.email.starttls && s.email.ssl_tls {
        no("MAIL_SSL_TLS", "it cannot be true together with MAIL_STARTTLS");
    }
    if s.email.concurrency == 0 || s.email.concurrency > 100 {
        no("MAIL_CONCURRENCY", "it must be from 1 to 100");
    }
    if s.email.enabled
        && s.email.use_credentials
        && s.email.smtp_username.is_some() != s.email.smtp_password.is_some()
    {
        no(
            "SMTP_PASSWORD",
            "it and SMTP_USERNAME must be set together, or neither, because USE_CREDENTIALS is true",
        );
    }
    let dkim = [
        s.email.dkim_private_key_path.is_some(),
        s.email.dkim_domain.is_some(),
        s.email.dkim_selector.is_some(),
    ];
    if dkim.contains(&true) && dkim.contains(&false) {
        no(
            "DKIM_PRIVATE_KEY_PATH",
            "it, DKIM_DOMAIN and DKIM_SELECTOR must all be set, or none of the three",
        );
    }
    let (origin, rp_id) = (s.webauthn_origin(), s.webauthn_rp_id());
    let host = origin.host_str().unwrap_or_default();
    if s.passkeys.rp_id.is_some() && host != rp_id && !host.ends_with(&format!(".{rp_id}")) {
        no(
            "WEBAUTHN_RP_ID",
            "it must be the host of WEBAUTHN_ORIGIN (or of API_BASE_URL) or a parent domain of it",
        );
    }
    if s.passkeys.origin.is_some() && origin.domain().is_none() {
        no(
            "WEBAUTHN_ORIGIN",
            "its host must be a domain name: browsers do not create passkeys for IP addresses",
        );
    }
    if s.passkeys.origin.is_some() && origin.scheme() != "https" && host != "localhost" {
        no("WEBAUTHN_ORIGIN", "it must begin with https://, because browsers create passkeys nowhere else");
    }
    if s.rpc.tls_cert_file.is_some() != s.rpc.tls_key_file.is_some() {
        no("RPC_TLS_CERT_FILE", "it and RPC_TLS_KEY_FILE must be set together");
    }
    if s.privacy.pii_encryption && s.privacy.pii_hmac_key.is_none() {
        no("PII_HMAC_KEY", "it must be set, because PII_ENCRYPTION_ENABLED is true");
    }
    for (place, key) in s.secrets.fernet_keys.iter().enumerate() {
        if fernet::Fernet::new(key.expose_secret()).is_none() {
            no(
                "FERNET_KEYS",
                &format!("key {} is not a Fernet key; `authtuna keys generate` makes one", place + 1),
            );
        }
    }
    if s.app.production {
        production(s, loader);
    }
}

/// Reports what production does not allow.
fn production(s: &Settings, loader: &mut Loader) {
    let is_default =
        |name: &str, value: &str| TABLE.iter().any(|row| row.name == name && row.default == value);
    let secrets = [
        ("JWT_SECRET_KEY", &s.secrets.jwt_secret_key, true),
        ("ENCRYPTION_PRIMARY_KEY", &s.secrets.encryption_primary_key, true),
        ("RPC_TOKEN", &s.rpc.token, s.rpc.enabled),
    ];
    for (name, value, counts) in secrets {
        let value = value.expose_secret();
        if counts && (is_default(name, value) || value.len() < 16) {
            loader.note(name, "PRODUCTION needs a secret of your own of at least 16 characters".to_owned());
        }
    }
    if s.secrets.fernet_keys.is_empty() {
        loader.note("FERNET_KEYS", "PRODUCTION needs a key; `authtuna keys generate` makes one".to_owned());
    }
    let host = s.app.api_base_url.host_str().unwrap_or_default();
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if is_default("API_BASE_URL", s.app.api_base_url.as_str().trim_end_matches('/')) {
        loader.note(
            "API_BASE_URL",
            "PRODUCTION needs the public URL under which users reach this server".to_owned(),
        );
    } else if s.app.api_base_url.scheme() != "https" && !local {
        loader.note("API_BASE_URL", "PRODUCTION needs https://".to_owned());
    }
    if !s.sessions.secure {
        loader.note("SESSION_SECURE", "PRODUCTION needs true".to_owned());
    }
    if s.email.enabled && s.email.smtp_host.is_none() {
        let need = "PRODUCTION needs a mail server, because EMAIL_ENABLED is true";
        loader.note("SMTP_HOST", need.to_owned());
    }
    if let DatabaseUri::Postgres { url } = &s.database.uri
        && !is_private_connection(url.expose_secret())
    {
        let need =
            "PRODUCTION needs TLS to a database on another machine: add ?sslmode=verify-full (or require)";
        loader.note("DEFAULT_DATABASE_URI", need.to_owned());
    }
}

/// Returns what is not a mistake, but what an operator should know.
pub(super) fn notices(s: &Settings) -> Vec<String> {
    // These are read and checked already, so that operators can prepare their files. An entry
    // leaves this list when its feature is implemented.
    let unused = [
        ("STRATEGY", s.app.strategy != Strategy::Cookie, "the server accepts only session cookies"),
        ("PASSWORD_BREACH_CHECK", s.passwords.breach_check, "passwords are not looked up in breaches"),
        ("PII_ENCRYPTION_ENABLED", s.privacy.pii_encryption, "email addresses are stored unencrypted"),
        ("RPC_ENABLED", s.rpc.enabled, "there is no gRPC service"),
    ];
    let mut notices: Vec<String> = unused
        .into_iter()
        .filter(|(_, on, _)| *on)
        .map(|(name, _, instead)| format!("{name} has no effect yet: {instead}"))
        .collect();
    if s.app.api_base_url.scheme() == "https" && s.http.client_ip_source == ClientIpSource::Peer {
        notices.push(
            "API_BASE_URL is https, so this server is behind a proxy, but CLIENT_IP_SOURCE is peer: all clients \
             appear to have the proxy's address and share its rate limits. Set CLIENT_IP_SOURCE and TRUSTED_PROXIES"
                .to_owned(),
        );
    }
    let (email, encrypted) = (&s.email, s.email.starttls || s.email.ssl_tls);
    let local = matches!(email.smtp_host.as_deref(), None | Some("localhost" | "127.0.0.1" | "::1"));
    if email.enabled && !local && !encrypted {
        notices.push(
            "MAIL_STARTTLS and MAIL_SSL_TLS are false: anyone between this server and SMTP_HOST can read the password \
             and the emails, and use the links in them. Set one of the two to true"
                .to_owned(),
        );
    }
    if email.enabled && !local && encrypted && !email.validate_certs {
        notices.push(
            "VALIDATE_CERTS is false: anyone between this server and SMTP_HOST can impersonate it. For a certificate \
             of your own CA, set SMTP_CA_FILE instead"
                .to_owned(),
        );
    }
    notices
}

/// Returns whether the connection to the database is private: to this machine, or with TLS
/// required.
fn is_private_connection(uri: &str) -> bool {
    let Ok(url) = url::Url::parse(uri) else { return false };
    let option = |wanted: &[&str]| {
        url.query_pairs().filter(|(name, _)| wanted.contains(&name.as_ref())).map(|(_, value)| value).last()
    };
    // A host in the query overrides the one in the authority; a path is a socket.
    let host = option(&["host", "hostaddr"]).unwrap_or_else(|| url.host_str().unwrap_or_default().into());
    let local = host.starts_with('/') || matches!(&*host, "" | "localhost" | "127.0.0.1" | "::1" | "[::1]");
    let mode = option(&["sslmode", "ssl-mode"]);
    local || mode.is_some_and(|mode| matches!(&*mode, "require" | "verify-ca" | "verify-full"))
}

/// Returns whether `text` is a token of RFC 9110, of at most 64 characters, without the punctuation
/// that no name here needs.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
