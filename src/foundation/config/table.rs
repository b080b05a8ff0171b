//! The table of all settings: name, type, default and description, one row each. The loader,
//! `.env.example` and `authtuna config` are made from it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::loader::Loader;
use super::theme::Theme;
use super::value::*;

/// The row of one setting.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name in the environment.
    pub name: &'static str,
    /// The section it belongs to.
    pub section: &'static str,
    /// Its description.
    pub doc: &'static str,
    /// Its default as text; empty for none.
    pub default: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
}

macro_rules! table {
    ($(
        $(#[doc = $section_doc:literal])+
        $section:ident in $place:ident {
            $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $name:literal, $default:literal $(, $secret:ident)?;)+
        }
    )+) => {
        $(
            $(#[doc = $section_doc])+
            #[derive(Clone, Debug)]
            pub struct $section {
                $($(#[doc = $doc])+ #[doc = concat!("\n\n`", $name, "`")] pub $field: $type,)+
            }

            impl $section {
                fn load(loader: &mut Loader) -> Option<Self> {
                    // Every field is read before a missing one ends the function, so that all
                    // problems are reported at once.
                    $(let $field = loader.take::<$type>($name, $default);)+
                    Some(Self { $($field: $field?,)+ })
                }
            }
        )+

        /// All sections.
        pub(super) struct Sections { $(pub(super) $place: $section,)+ }

        impl Sections {
            pub(super) fn load(loader: &mut Loader) -> Option<Self> {
                $(let $place = $section::load(loader);)+
                Some(Self { $($place: $place?,)+ })
            }
        }

        /// Every setting, section by section.
        pub const TABLE: &[Row] = &[$($(Row {
            name: $name,
            section: stringify!($section),
            doc: concat!($($doc, "\n"),+),
            default: $default,
            secret: table!(@secret $($secret)?),
        },)+)+];
    };
    (@secret secret) => { true };
    (@secret) => { false };
}

table! {
    /// The product as a whole.
    App in app {
        /// Product name, shown on pages and in emails.
        name: String = "APP_NAME", "AuthTuna";
        /// Reject development secrets and plain HTTP.
        production: bool = "PRODUCTION", "false";
        /// Public URL of this server. Links in emails begin with it.
        api_base_url: Url = "API_BASE_URL", "http://localhost:8000";
        /// Directory of development keys, and of emails that are written to files.
        data_dir: PathBuf = "DATA_DIR", "./data";
        /// How clients authenticate: COOKIE, BEARER or AUTO.
        strategy: Strategy = "STRATEGY", "COOKIE";
        /// Serve neither pages nor an API: for servers that share the database of a portal.
        only_middleware: bool = "ONLY_MIDDLEWARE", "false";
        /// Serve the account pages.
        ui_enabled: bool = "UI_ENABLED", "true";
        /// Serve the admin console and its API.
        admin_routes_enabled: bool = "ADMIN_ROUTES_ENABLED", "true";
        /// Allow self-service sign-up.
        signup_enabled: bool = "SIGNUP_ENABLED", "true";
        /// Allow every user to create organizations.
        users_can_create_organizations: bool = "USERS_CAN_CREATE_ORGANIZATIONS", "false";
        /// Language for users who request none of the available ones.
        default_language: String = "DEFAULT_LANGUAGE", "en";
    }
    /// Where the data is stored.
    Database in database {
        /// sqlite:///./file.db or postgresql://user:password@host:port/name. SQLAlchemy's forms
        /// work too.
        uri: DatabaseUri = "DEFAULT_DATABASE_URI", "sqlite:///./data/authtuna.db", secret;
        /// Must be true: there are only async drivers.
        use_async_engine: bool = "DATABASE_USE_ASYNC_ENGINE", "true";
        /// Create and migrate the database at startup.
        auto_create: bool = "AUTO_CREATE_DATABASE", "true";
        /// Size of the connection pool.
        pool_size: u32 = "DATABASE_POOL_SIZE", "20";
        /// Connections allowed beyond the pool size under load.
        max_overflow: u32 = "DATABASE_MAX_OVERFLOW", "40";
        /// Seconds that a request waits for a connection.
        pool_timeout: Duration = "DATABASE_POOL_TIMEOUT", "30";
        /// Seconds after which a connection is replaced.
        pool_recycle: Duration = "DATABASE_POOL_RECYCLE", "1800";
        /// Check that a connection still responds before using it.
        pool_pre_ping: bool = "DATABASE_POOL_PRE_PING", "true";
        /// SQLite: `normal` survives a crash of the program; `full` also survives a power failure,
        /// but is slower.
        sqlite_synchronous: SqliteSynchronous = "DATABASE_SQLITE_SYNCHRONOUS", "normal";
    }
    /// Keys. Outside production, missing Fernet keys are generated once and kept in `DATA_DIR`.
    Secrets in secrets {
        /// Fernet keys for cookies and for secrets and emails in the database, newest first: the
        /// first encrypts, all decrypt.
        fernet_keys: Vec<SecretString> = "FERNET_KEYS", "", secret;
        /// Secret that signs access tokens.
        jwt_secret_key: SecretString = "JWT_SECRET_KEY", "dev-secret-key-change-in-production", secret;
        /// Signature algorithm of access tokens: HS256, HS384 or HS512.
        algorithm: JwtAlgorithm = "ALGORITHM", "HS256";
        /// Key to encrypt secrets in the database. Not used yet: FERNET_KEYS encrypts them.
        encryption_primary_key: SecretString = "ENCRYPTION_PRIMARY_KEY", "dev-encryption-key-change-in-production", secret;
        /// Keys that only decrypt, while they are being replaced. Not used yet.
        encryption_secondary_keys: Vec<SecretString> = "ENCRYPTION_SECONDARY_KEYS", "", secret;
    }
    /// The accounts that the first start creates.
    Bootstrap in bootstrap {
        /// Password of the account `superadmin`. If unset, a one-time link creates the first
        /// administrator.
        superadmin_password: Option<SecretString> = "DEFAULT_SUPERADMIN_PASSWORD", "", secret;
        /// Password of the account `admin`. If unset, no user can sign in to that account.
        admin_password: Option<SecretString> = "DEFAULT_ADMIN_PASSWORD", "", secret;
        /// Email address of the account `superadmin`.
        superadmin_email: String = "DEFAULT_SUPERADMIN_EMAIL", "superadmin@example.com";
        /// Email address of the account `admin`.
        admin_email: String = "DEFAULT_ADMIN_EMAIL", "admin@example.com";
        /// Add missing built-in roles, permissions and accounts at every startup.
        try_full_initialize: bool = "TRY_FULL_INITIALIZE_WHEN_SYSTEM_USER_EXISTS_AGAIN", "false";
    }
    /// Sessions of signed-in users.
    Sessions in sessions {
        /// Request headers that must stay the same during a session.
        fingerprint_headers: Vec<String> = "FINGERPRINT_HEADERS", "[\"User-Agent\", \"Accept-Language\"]";
        /// Seconds for which a session is trusted without checking the database.
        verification_interval: Duration = "SESSION_DB_VERIFICATION_INTERVAL", "10";
        /// Seconds until a session expires, counted from the moment that SESSION_LIFETIME_FROM
        /// names.
        lifetime: Duration = "SESSION_LIFETIME_SECONDS", "604800";
        /// Seconds until a session expires in any case.
        absolute_lifetime: Duration = "SESSION_ABSOLUTE_LIFETIME_SECONDS", "31536000";
        /// Moment from which SESSION_LIFETIME_SECONDS counts: last_activity or creation.
        lifetime_from: LifetimeFrom = "SESSION_LIFETIME_FROM", "last_activity";
        /// SameSite attribute of the cookie: LAX, STRICT or NONE.
        same_site: SameSite = "SESSION_SAME_SITE", "LAX";
        /// Send the cookie over HTTPS only. Browsers treat http://localhost as secure.
        secure: bool = "SESSION_SECURE", "true";
        /// Name of the cookie. It gets the prefix __Host- if it is secure and has no domain.
        cookie_name: String = "SESSION_TOKEN_NAME", "session_token";
        /// Domain of the cookie, to share it with subdomains.
        cookie_domain: Option<String> = "SESSION_COOKIE_DOMAIN", "";
        /// End a session that is used from another country. Needs a GeoIP database or a proxy's
        /// headers.
        lock_region: bool = "LOCK_SESSION_REGION", "true";
        /// Do not rotate session cookies, and do not end a session when an old cookie comes back.
        disable_random_string: bool = "DISABLE_RANDOM_STRING", "false";
        /// Seconds for which a replaced cookie is still accepted.
        random_string_grace: Duration = "RANDOM_STRING_GRACE", "300";
        /// Seconds after authentication during which sensitive operations do not ask for it again.
        step_up: Duration = "STEP_UP_SECONDS", "600";
    }
    /// What passwords must satisfy, and how they are hashed.
    Passwords in passwords {
        /// Minimum number of characters. NIST requires 15 where the password is the only factor.
        min_length: usize = "PASSWORD_MIN_LENGTH", "8";
        /// Minimum zxcvbn score, 0 to 4.
        min_score: u8 = "PASSWORD_MIN_SCORE", "3";
        /// Also check passwords against the breached-password range API.
        breach_check: bool = "PASSWORD_BREACH_CHECK", "false";
        /// Memory per argon2id hash, in KiB.
        argon2_memory_kib: u32 = "ARGON2_MEMORY_KIB", "19456";
        /// Iterations per argon2id hash.
        argon2_iterations: u32 = "ARGON2_ITERATIONS", "2";
        /// Lanes per argon2id hash.
        argon2_parallelism: u32 = "ARGON2_PARALLELISM", "1";
        /// Number of hashes computed at the same time; 0 for one per core.
        hash_concurrency: usize = "PASSWORD_HASH_CONCURRENCY", "0";
    }
    /// Rate limits.
    Limits in limits {
        /// Failed sign-ins per IP address in the window; 0 for no limit.
        max_login_attempts_per_ip: u32 = "MAX_LOGIN_ATTEMPTS_PER_IP", "10";
        /// Failed sign-ins per account in the window; 0 for no limit.
        max_login_attempts_per_user: u32 = "MAX_LOGIN_ATTEMPTS_PER_USER", "5";
        /// Sign-ups per IP address in the window, including failed ones; 0 for no limit.
        max_sign_ups_per_ip: u32 = "MAX_SIGN_UPS_PER_IP", "60";
        /// Emails requested without signing in, per IP address in the window; 0 for no limit.
        max_mail_requests_per_ip: u32 = "MAX_MAIL_REQUESTS_PER_IP", "30";
        /// Passkey prompts per IP address in the window; 0 for no limit. Every view of the sign-in
        /// page requests one.
        max_passkey_prompts_per_ip: u32 = "MAX_PASSKEY_PROMPTS_PER_IP", "600";
        /// Window of these limits, in seconds.
        login_window: Duration = "LOGIN_RATE_LIMIT_WINDOW_SECONDS", "900";
        /// Seconds for which sign-in is locked once a limit is reached.
        login_lockout: Duration = "LOGIN_LOCKOUT_DURATION_SECONDS", "1800";
    }
    /// One-time tokens, such as the links and codes in emails.
    Tokens in tokens {
        /// Seconds until a token expires.
        expiry: Duration = "TOKENS_EXPIRY_SECONDS", "3600";
        /// Maximum number of emails with a token per day, user and action; 0 for no limit.
        max_per_day_per_user_per_action: u32 = "TOKENS_MAX_COUNT_PER_DAY_PER_USER_PER_ACTION", "5";
    }
    /// Second factors.
    Mfa in mfa {
        /// Offer authenticator apps and backup codes.
        enabled: bool = "MFA_ENABLED", "true";
        /// Offer sign-in by an emailed link.
        passwordless_login: bool = "PASSWORDLESS_LOGIN_ENABLED", "true";
        /// Days for which a user can have a browser skip the second factor; 0 asks for it at every
        /// sign-in.
        remember_device_days: u32 = "MFA_REMEMBER_DEVICE_DAYS", "0";
        /// Let users who lost all second factors remove them by email, after a waiting period.
        /// Needs EMAIL_ENABLED. If false, open recoveries end as soon as one process runs with this
        /// value.
        recovery_enabled: bool = "MFA_RECOVERY_ENABLED", "true";
        /// Waiting period of a recovery, in seconds. Meanwhile the user is notified and can stop
        /// it.
        recovery_delay: Duration = "MFA_RECOVERY_DELAY_SECONDS", "259200";
    }
    /// Passkeys (WebAuthn).
    Passkeys in passkeys {
        /// Offer passkeys.
        enabled: bool = "PASSKEYS_ENABLED", "true";
        /// The README's name for PASSKEYS_ENABLED; either setting turns passkeys on.
        webauthn_enabled: bool = "WEBAUTHN_ENABLED", "false";
        /// Domain that passkeys are bound to permanently: the host of WEBAUTHN_ORIGIN (the default)
        /// or a parent domain of it.
        rp_id: Option<String> = "WEBAUTHN_RP_ID", "";
        /// Name that authenticators show; defaults to APP_NAME.
        rp_name: Option<String> = "WEBAUTHN_RP_NAME", "";
        /// Origin of the pages; defaults to that of API_BASE_URL. No other origin is accepted.
        origin: Option<Url> = "WEBAUTHN_ORIGIN", "";
    }
    /// API keys.
    ApiKeys in api_keys {
        /// Prefix of secret keys.
        prefix_secret: String = "API_KEY_PREFIX_SECRET", "sk";
        /// Prefix of publishable keys.
        prefix_publishable: String = "API_KEY_PREFIX_PUBLISHABLE", "pk";
        /// Prefix of master keys.
        prefix_master: String = "API_KEY_PREFIX_MASTER", "mk";
        /// Prefix of test keys.
        prefix_other: String = "API_KEY_PREFIX_OTHER", "key";
        /// Maximum number of master keys per user; 0 for no limit.
        max_master_per_user: u32 = "MAX_MASTER_KEYS_PER_USER", "5";
        /// Maximum number of keys per user; 0 for no limit.
        max_per_user: u32 = "MAX_API_KEYS_PER_USER", "100";
        /// Maximum number of scopes per secret key; 0 for no limit.
        max_scopes_per_secret: u32 = "MAX_SCOPES_PER_SECRET_KEY", "0";
        /// Hash with which keys are stored: SHA256, SHA384 or SHA512.
        hash_algorithm: KeyHashAlgorithm = "KEY_HASH_ALGORITHM", "SHA384";
        /// Also accept keys in the query parameter api_key.
        in_query: bool = "API_KEY_IN_QUERY", "false";
    }
    /// Email.
    Email in email {
        /// Send emails. Outside production, emails go to files in DATA_DIR/mail if SMTP_HOST is not
        /// set.
        enabled: bool = "EMAIL_ENABLED", "false";
        /// Host name of the mail server.
        smtp_host: Option<String> = "SMTP_HOST", "";
        /// Port of the mail server.
        smtp_port: u16 = "SMTP_PORT", "587";
        /// User name at the mail server.
        smtp_username: Option<String> = "SMTP_USERNAME", "";
        /// Password at the mail server.
        smtp_password: Option<SecretString> = "SMTP_PASSWORD", "", secret;
        /// Encrypt the connection to the mail server with STARTTLS.
        starttls: bool = "MAIL_STARTTLS", "true";
        /// Encrypt the connection to the mail server with TLS from the first byte.
        ssl_tls: bool = "MAIL_SSL_TLS", "false";
        /// Sign in to the mail server with SMTP_USERNAME and SMTP_PASSWORD.
        use_credentials: bool = "USE_CREDENTIALS", "true";
        /// Validate the mail server's certificate.
        validate_certs: bool = "VALIDATE_CERTS", "true";
        /// PEM file of certificate authorities to trust for the mail server, in addition to the
        /// public ones.
        smtp_ca_file: Option<PathBuf> = "SMTP_CA_FILE", "";
        /// File with the DKIM key (PEM, RSA or Ed25519). Emails are signed if key, domain and
        /// selector are set.
        dkim_private_key_path: Option<PathBuf> = "DKIM_PRIVATE_KEY_PATH", "";
        /// Domain of the DKIM signature.
        dkim_domain: Option<String> = "DKIM_DOMAIN", "";
        /// Selector of the DKIM key.
        dkim_selector: Option<String> = "DKIM_SELECTOR", "";
        /// Sender address of all emails.
        sender: String = "DEFAULT_SENDER_EMAIL", "noreply@example.com";
        /// Domains of the email addresses that users may sign up with or change to; * for any.
        domains: Vec<String> = "EMAIL_DOMAINS", "[\"*\"]";
        /// Seconds that one delivery attempt may take.
        timeout: Duration = "MAIL_TIMEOUT_SECONDS", "60";
        /// Seconds after which delivery of an email is abandoned.
        give_up_after: Duration = "MAIL_GIVE_UP_SECONDS", "259200";
        /// Number of emails delivered at the same time.
        concurrency: usize = "MAIL_CONCURRENCY", "4";
        /// Directory of email templates that replace the built-in ones.
        template_dir: Option<PathBuf> = "EMAIL_TEMPLATE_DIR", "";
    }
    /// The look of the pages.
    Look in look {
        /// Colors, as JSON with mode, light and dark.
        theme: Theme = "THEME", "{}";
        /// Directory of fragments for the sign-in pages: brand, footer, head, custom.css, logo.svg.
        html_template_dir: Option<PathBuf> = "HTML_TEMPLATE_DIR", "";
        /// Directory of the same fragments for the account pages.
        dashboard_template_dir: Option<PathBuf> = "DASHBOARD_AND_USER_INFO_PAGES_TEMPLATE_DIR", "";
    }
    /// Sign-in with other providers.
    Social in social {
        /// Google client ID.
        google_client_id: Option<String> = "GOOGLE_CLIENT_ID", "";
        /// Google client secret.
        google_client_secret: Option<SecretString> = "GOOGLE_CLIENT_SECRET", "", secret;
        /// URL to which Google redirects users.
        google_redirect_uri: Option<Url> = "GOOGLE_REDIRECT_URI", "";
        /// GitHub client ID.
        github_client_id: Option<String> = "GITHUB_CLIENT_ID", "";
        /// GitHub client secret.
        github_client_secret: Option<SecretString> = "GITHUB_CLIENT_SECRET", "", secret;
        /// URL to which GitHub redirects users.
        github_redirect_uri: Option<Url> = "GITHUB_REDIRECT_URI", "";
    }
    /// Personal data.
    Privacy in privacy {
        /// Encrypt email addresses, with a separate key for each user.
        pii_encryption: bool = "PII_ENCRYPTION_ENABLED", "false";
        /// HMAC key to look up encrypted email addresses.
        pii_hmac_key: Option<SecretString> = "PII_HMAC_KEY", "", secret;
        /// Encrypt client IP addresses in the audit log.
        encrypt_audit_ip: bool = "ENCRYPT_AUDIT_IP", "true";
        /// Days after which audit entries are deleted; 0 for never.
        audit_retention_days: u32 = "AUDIT_RETENTION_DAYS", "0";
        /// Days during which a deleted account can be restored.
        deleted_user_restore_days: u32 = "DELETED_USER_RESTORE_DAYS", "30";
    }
    /// The gRPC service.
    Rpc in rpc {
        /// Serve the gRPC service.
        enabled: bool = "RPC_ENABLED", "false";
        /// Start the gRPC service together with the web server.
        autostart: bool = "RPC_AUTOSTART", "true";
        /// Token that clients must present. The service never runs with the default.
        token: SecretString = "RPC_TOKEN", "changeme-secure-token", secret;
        /// TLS certificate file.
        tls_cert_file: Option<PathBuf> = "RPC_TLS_CERT_FILE", "";
        /// TLS key file.
        tls_key_file: Option<PathBuf> = "RPC_TLS_KEY_FILE", "";
        /// Listen address of the gRPC service.
        address: SocketAddr = "RPC_ADDRESS", "[::]:50051";
    }
    /// The web server.
    Http in http {
        /// Listen address of the web server.
        server_address: SocketAddr = "SERVER_ADDRESS", "127.0.0.1:8000";
        /// Listen address for metrics; if empty, metrics are off.
        metrics_address: Option<SocketAddr> = "METRICS_ADDRESS", "";
        /// Where the client's IP address is read from: peer, x-forwarded-for, x-real-ip or
        /// cf-connecting-ip.
        client_ip_source: ClientIpSource = "CLIENT_IP_SOURCE", "peer";
        /// Addresses and networks of the proxies whose headers are trusted.
        trusted_proxies: Vec<IpNet> = "TRUSTED_PROXIES", "";
        /// GeoIP database in MaxMind format.
        geoip_database_path: Option<PathBuf> = "GEOIP_DATABASE_PATH", "";
        /// Header in which a trusted proxy sends the country.
        geoip_country_header: Option<String> = "GEOIP_COUNTRY_HEADER", "";
        /// Header in which a trusted proxy sends the city.
        geoip_city_header: Option<String> = "GEOIP_CITY_HEADER", "";
        /// Other origins to which users may return after signing in.
        allowed_return_origins: Vec<Url> = "ALLOWED_RETURN_ORIGINS", "";
        /// Maximum size of a request body, in bytes.
        body_limit: usize = "REQUEST_BODY_LIMIT_BYTES", "65536";
        /// Seconds after which a request is abandoned.
        request_timeout: Duration = "REQUEST_TIMEOUT_SECONDS", "30";
        /// Seconds that running requests get to finish at shutdown.
        shutdown_grace: Duration = "SHUTDOWN_GRACE_SECONDS", "10";
        /// Format of log lines: text or json.
        log_format: LogFormat = "LOG_FORMAT", "text";
        /// Log filter, such as info or info,authtuna=debug.
        log_level: String = "LOG_LEVEL", "info";
    }
}

impl Email {
    /// Returns whether email addresses of `domain` (ASCII, lowercase) are allowed.
    pub fn allows_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(domain))
    }
}
