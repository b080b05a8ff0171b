//! Every setting there is: name, type, default, and what it means. One row each; `.env.example`, `authtuna config` and
//! the loader are made from it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::loader::Loader;
use super::theme::Theme;
use super::value::*;

/// What the table says of one setting.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name in the environment.
    pub name: &'static str,
    /// The section it belongs to.
    pub section: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Its default, as text; empty for none.
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
                    // Every field is read before any is found missing, so that all problems are told at once.
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
        /// The product's name, on pages and in mails.
        name: String = "APP_NAME", "AuthTuna";
        /// Refuses secrets made for development, and plain http.
        production: bool = "PRODUCTION", "false";
        /// The address under which people reach this server. Links in mails begin with it.
        api_base_url: Url = "API_BASE_URL", "http://localhost:8000";
        /// Where keys for development and mails in files are kept.
        data_dir: PathBuf = "DATA_DIR", "./data";
        /// How clients prove who they are: COOKIE, BEARER or AUTO.
        strategy: Strategy = "STRATEGY", "COOKIE";
        /// Serve no pages and no API of our own: for servers that share the database of a portal.
        only_middleware: bool = "ONLY_MIDDLEWARE", "false";
        /// Serve the account pages.
        ui_enabled: bool = "UI_ENABLED", "true";
        /// Serve the admin console and its API.
        admin_routes_enabled: bool = "ADMIN_ROUTES_ENABLED", "true";
        /// Let people make accounts by themselves.
        signup_enabled: bool = "SIGNUP_ENABLED", "true";
        /// Let everybody create organizations.
        users_can_create_organizations: bool = "USERS_CAN_CREATE_ORGANIZATIONS", "false";
        /// The language of pages for people who ask for none that we have.
        default_language: String = "DEFAULT_LANGUAGE", "en";
    }
    /// Where the data is.
    Database in database {
        /// sqlite:///./file.db or postgresql://user:password@host:port/name. SQLAlchemy's forms are understood too.
        uri: DatabaseUri = "DEFAULT_DATABASE_URI", "sqlite:///./data/authtuna.db", secret;
        /// Can only be true: there are no other drivers.
        use_async_engine: bool = "DATABASE_USE_ASYNC_ENGINE", "true";
        /// Make the database and bring its tables up to date at start.
        auto_create: bool = "AUTO_CREATE_DATABASE", "true";
        /// Connections that are kept.
        pool_size: u32 = "DATABASE_POOL_SIZE", "20";
        /// Connections beyond that while there is much to do.
        max_overflow: u32 = "DATABASE_MAX_OVERFLOW", "40";
        /// Seconds that a request waits for a connection.
        pool_timeout: Duration = "DATABASE_POOL_TIMEOUT", "30";
        /// Seconds after which a connection is made anew.
        pool_recycle: Duration = "DATABASE_POOL_RECYCLE", "1800";
        /// Look whether a connection still answers before it is used.
        pool_pre_ping: bool = "DATABASE_POOL_PRE_PING", "true";
        /// SQLite: `normal` survives a crash of the program, `full` a loss of power too, at a price in speed.
        sqlite_synchronous: SqliteSynchronous = "DATABASE_SQLITE_SYNCHRONOUS", "normal";
    }
    /// Keys. Outside production those that are missing are made once and kept in DATA_DIR.
    Secrets in secrets {
        /// Fernet keys for cookies, newest first: the first encrypts, all decrypt.
        fernet_keys: Vec<SecretString> = "FERNET_KEYS", "", secret;
        /// Signs access tokens.
        jwt_secret_key: SecretString = "JWT_SECRET_KEY", "dev-secret-key-change-in-production", secret;
        /// How access tokens are signed: HS256, HS384 or HS512.
        algorithm: JwtAlgorithm = "ALGORITHM", "HS256";
        /// Encrypts secrets in the database, such as those of authenticator apps.
        encryption_primary_key: SecretString = "ENCRYPTION_PRIMARY_KEY", "dev-encryption-key-change-in-production", secret;
        /// Keys that only decrypt, while they are being replaced.
        encryption_secondary_keys: Vec<SecretString> = "ENCRYPTION_SECONDARY_KEYS", "", secret;
    }
    /// The accounts that the first start makes.
    Bootstrap in bootstrap {
        /// Password of the account `superadmin`. Without it a one-time link makes the first administrator.
        superadmin_password: Option<SecretString> = "DEFAULT_SUPERADMIN_PASSWORD", "", secret;
        /// Password of the account `admin`. Without it nobody can sign in to that account.
        admin_password: Option<SecretString> = "DEFAULT_ADMIN_PASSWORD", "", secret;
        /// Address of the account `superadmin`.
        superadmin_email: String = "DEFAULT_SUPERADMIN_EMAIL", "superadmin@example.com";
        /// Address of the account `admin`.
        admin_email: String = "DEFAULT_ADMIN_EMAIL", "admin@example.com";
        /// Add what is missing of the built-in roles, permissions and accounts at each start.
        try_full_initialize: bool = "TRY_FULL_INITIALIZE_WHEN_SYSTEM_USER_EXISTS_AGAIN", "false";
    }
    /// Signed-in browsers.
    Sessions in sessions {
        /// Request headers that must stay the same in a session.
        fingerprint_headers: Vec<String> = "FINGERPRINT_HEADERS", "[\"User-Agent\", \"Accept-Language\"]";
        /// Seconds for which a session is trusted without asking the database.
        verification_interval: Duration = "SESSION_DB_VERIFICATION_INTERVAL", "10";
        /// Seconds until a session ends, counted as SESSION_LIFETIME_FROM says.
        lifetime: Duration = "SESSION_LIFETIME_SECONDS", "604800";
        /// Seconds until a session ends in any case.
        absolute_lifetime: Duration = "SESSION_ABSOLUTE_LIFETIME_SECONDS", "31536000";
        /// `last_activity` or `creation`.
        lifetime_from: LifetimeFrom = "SESSION_LIFETIME_FROM", "last_activity";
        /// SameSite of the cookie: LAX, STRICT or NONE.
        same_site: SameSite = "SESSION_SAME_SITE", "LAX";
        /// Send the cookie over https only. Browsers count http://localhost as safe.
        secure: bool = "SESSION_SECURE", "true";
        /// Name of the cookie. It gets the prefix __Host- when it is secure and has no domain.
        cookie_name: String = "SESSION_TOKEN_NAME", "session_token";
        /// Domain of the cookie, to share it with subdomains.
        cookie_domain: Option<String> = "SESSION_COOKIE_DOMAIN", "";
        /// End a session that is used from another country. Needs a GeoIP database or a proxy's headers.
        lock_region: bool = "LOCK_SESSION_REGION", "true";
        /// Do not end a session when an old cookie comes back.
        disable_random_string: bool = "DISABLE_RANDOM_STRING", "false";
        /// Seconds for which a replaced cookie is still taken.
        random_string_grace: Duration = "RANDOM_STRING_GRACE", "300";
        /// Seconds after a proof of identity in which sensitive acts need no new one.
        step_up: Duration = "STEP_UP_SECONDS", "600";
    }
    /// What makes a password, and how it is kept.
    Passwords in passwords {
        /// The fewest characters. NIST asks for 15 where the password is the only factor.
        min_length: usize = "PASSWORD_MIN_LENGTH", "8";
        /// The least zxcvbn score, 0 to 4.
        min_score: u8 = "PASSWORD_MIN_SCORE", "3";
        /// Ask the breached-password range API too.
        breach_check: bool = "PASSWORD_BREACH_CHECK", "false";
        /// Memory of one argon2id hash, in KiB.
        argon2_memory_kib: u32 = "ARGON2_MEMORY_KIB", "19456";
        /// Passes of one argon2id hash.
        argon2_iterations: u32 = "ARGON2_ITERATIONS", "2";
        /// Lanes of one argon2id hash.
        argon2_parallelism: u32 = "ARGON2_PARALLELISM", "1";
        /// Hashes at the same time; 0 for as many as there are cores.
        hash_concurrency: usize = "PASSWORD_HASH_CONCURRENCY", "0";
    }
    /// How often somebody may guess.
    Limits in limits {
        /// Failed sign-ins from one address in the window; 0 for no limit.
        max_login_attempts_per_ip: u32 = "MAX_LOGIN_ATTEMPTS_PER_IP", "10";
        /// Failed sign-ins to one account in the window; 0 for no limit.
        max_login_attempts_per_user: u32 = "MAX_LOGIN_ATTEMPTS_PER_USER", "5";
        /// Accounts made, or tried to make, from one address in the window; 0 for no limit.
        max_sign_ups_per_ip: u32 = "MAX_SIGN_UPS_PER_IP", "60";
        /// Mails asked for from one address in the window, without signing in; 0 for no limit.
        max_mail_requests_per_ip: u32 = "MAX_MAIL_REQUESTS_PER_IP", "30";
        /// Passkey prompts asked for from one address in the window; 0 for no limit. Every look at the sign-in page asks for one.
        max_passkey_prompts_per_ip: u32 = "MAX_PASSKEY_PROMPTS_PER_IP", "600";
        /// The window, in seconds.
        login_window: Duration = "LOGIN_RATE_LIMIT_WINDOW_SECONDS", "900";
        /// Seconds for which a reached limit closes sign-in.
        login_lockout: Duration = "LOGIN_LOCKOUT_DURATION_SECONDS", "1800";
    }
    /// One-time tokens in mails.
    Tokens in tokens {
        /// Seconds for which they work.
        expiry: Duration = "TOKENS_EXPIRY_SECONDS", "3600";
        /// The most per day, person and action.
        max_per_day_per_user_per_action: u32 = "TOKENS_MAX_COUNT_PER_DAY_PER_USER_PER_ACTION", "5";
    }
    /// Second factors.
    Mfa in mfa {
        /// Offer authenticator apps and backup codes.
        enabled: bool = "MFA_ENABLED", "true";
        /// Offer sign-in by a link in a mail.
        passwordless_login: bool = "PASSWORDLESS_LOGIN_ENABLED", "true";
        /// Days for which somebody may have a browser asked for no second factor; 0 asks at every sign-in.
        remember_device_days: u32 = "MFA_REMEMBER_DEVICE_DAYS", "0";
        /// Let whoever lost all second factors have them taken off by a mail, after waiting. Needs EMAIL_ENABLED. Off, what is
        /// open ends, whichever process sees it first.
        recovery_enabled: bool = "MFA_RECOVERY_ENABLED", "true";
        /// Seconds that they wait. Meanwhile they are told of it, and can stop it.
        recovery_delay: Duration = "MFA_RECOVERY_DELAY_SECONDS", "259200";
    }
    /// Passkeys (WebAuthn).
    Passkeys in passkeys {
        /// Offer passkeys.
        enabled: bool = "PASSKEYS_ENABLED", "true";
        /// The README's name for the same; either switches passkeys on.
        webauthn_enabled: bool = "WEBAUTHN_ENABLED", "false";
        /// The domain that passkeys are bound to, for good: the host of WEBAUTHN_ORIGIN, which it is without this setting, or a
        /// domain above it.
        rp_id: Option<String> = "WEBAUTHN_RP_ID", "";
        /// The name that authenticators show; without this setting APP_NAME.
        rp_name: Option<String> = "WEBAUTHN_RP_NAME", "";
        /// The origin of the pages; without this setting that of API_BASE_URL. No other is accepted.
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
        /// The most master keys of one person; 0 for no limit.
        max_master_per_user: u32 = "MAX_MASTER_KEYS_PER_USER", "5";
        /// The most keys of one person; 0 for no limit.
        max_per_user: u32 = "MAX_API_KEYS_PER_USER", "100";
        /// The most scopes of one secret key; 0 for no limit.
        max_scopes_per_secret: u32 = "MAX_SCOPES_PER_SECRET_KEY", "0";
        /// SHA256, SHA384 or SHA512.
        hash_algorithm: KeyHashAlgorithm = "KEY_HASH_ALGORITHM", "SHA384";
        /// Take keys in the query parameter api_key too.
        in_query: bool = "API_KEY_IN_QUERY", "false";
    }
    /// E-mail.
    Email in email {
        /// Send mails. Outside production, and without SMTP_HOST, they become files in DATA_DIR/mail.
        enabled: bool = "EMAIL_ENABLED", "false";
        /// Mail server.
        smtp_host: Option<String> = "SMTP_HOST", "";
        /// Its port.
        smtp_port: u16 = "SMTP_PORT", "587";
        /// User name there.
        smtp_username: Option<String> = "SMTP_USERNAME", "";
        /// Password there.
        smtp_password: Option<SecretString> = "SMTP_PASSWORD", "", secret;
        /// Encrypt with STARTTLS.
        starttls: bool = "MAIL_STARTTLS", "true";
        /// Encrypt from the first byte.
        ssl_tls: bool = "MAIL_SSL_TLS", "false";
        /// Sign in to the mail server.
        use_credentials: bool = "USE_CREDENTIALS", "true";
        /// Check the mail server's certificate.
        validate_certs: bool = "VALIDATE_CERTS", "true";
        /// File with certificates (PEM) of authorities that the mail server's may come from, beside the public ones.
        smtp_ca_file: Option<PathBuf> = "SMTP_CA_FILE", "";
        /// File with the DKIM key (PEM, RSA or Ed25519). Mails are signed when it, domain and selector are set.
        dkim_private_key_path: Option<PathBuf> = "DKIM_PRIVATE_KEY_PATH", "";
        /// Domain that signs.
        dkim_domain: Option<String> = "DKIM_DOMAIN", "";
        /// Selector of the key.
        dkim_selector: Option<String> = "DKIM_SELECTOR", "";
        /// Sender of all mails.
        sender: String = "DEFAULT_SENDER_EMAIL", "noreply@example.com";
        /// Domains of addresses that may sign up; * for any.
        domains: Vec<String> = "EMAIL_DOMAINS", "[\"*\"]";
        /// Seconds that one try to deliver a mail may take.
        timeout: Duration = "MAIL_TIMEOUT_SECONDS", "60";
        /// Seconds after which a mail that can not be delivered is given up.
        give_up_after: Duration = "MAIL_GIVE_UP_SECONDS", "259200";
        /// Mails that are delivered at the same time.
        concurrency: usize = "MAIL_CONCURRENCY", "4";
        /// Folder of mail templates that replace built-in ones.
        template_dir: Option<PathBuf> = "EMAIL_TEMPLATE_DIR", "";
    }
    /// Looks.
    Look in look {
        /// Colours, as JSON: mode, light, dark.
        theme: Theme = "THEME", "{}";
        /// Folder of fragments for the sign-in pages: brand, footer, head, custom.css, logo.svg.
        html_template_dir: Option<PathBuf> = "HTML_TEMPLATE_DIR", "";
        /// The same for the account pages.
        dashboard_template_dir: Option<PathBuf> = "DASHBOARD_AND_USER_INFO_PAGES_TEMPLATE_DIR", "";
    }
    /// Sign-in by others.
    Social in social {
        /// Google: client id.
        google_client_id: Option<String> = "GOOGLE_CLIENT_ID", "";
        /// Google: client secret.
        google_client_secret: Option<SecretString> = "GOOGLE_CLIENT_SECRET", "", secret;
        /// Google: where it sends people back to.
        google_redirect_uri: Option<Url> = "GOOGLE_REDIRECT_URI", "";
        /// GitHub: client id.
        github_client_id: Option<String> = "GITHUB_CLIENT_ID", "";
        /// GitHub: client secret.
        github_client_secret: Option<SecretString> = "GITHUB_CLIENT_SECRET", "", secret;
        /// GitHub: where it sends people back to.
        github_redirect_uri: Option<Url> = "GITHUB_REDIRECT_URI", "";
    }
    /// Personal data.
    Privacy in privacy {
        /// Encrypt addresses, each person's under a key of their own.
        pii_encryption: bool = "PII_ENCRYPTION_ENABLED", "false";
        /// Key by which encrypted addresses are found.
        pii_hmac_key: Option<SecretString> = "PII_HMAC_KEY", "", secret;
        /// Encrypt addresses of clients in the audit log.
        encrypt_audit_ip: bool = "ENCRYPT_AUDIT_IP", "true";
        /// Days after which audit entries go; 0 for never.
        audit_retention_days: u32 = "AUDIT_RETENTION_DAYS", "0";
        /// Days for which a deleted account can be restored.
        deleted_user_restore_days: u32 = "DELETED_USER_RESTORE_DAYS", "30";
    }
    /// The gRPC service.
    Rpc in rpc {
        /// Serve it.
        enabled: bool = "RPC_ENABLED", "false";
        /// Start it together with the web server.
        autostart: bool = "RPC_AUTOSTART", "true";
        /// What clients must present. Never served at its default.
        token: SecretString = "RPC_TOKEN", "changeme-secure-token", secret;
        /// Certificate file.
        tls_cert_file: Option<PathBuf> = "RPC_TLS_CERT_FILE", "";
        /// Key file.
        tls_key_file: Option<PathBuf> = "RPC_TLS_KEY_FILE", "";
        /// Where it listens.
        address: SocketAddr = "RPC_ADDRESS", "[::]:50051";
    }
    /// The web server.
    Http in http {
        /// Where it listens.
        server_address: SocketAddr = "SERVER_ADDRESS", "127.0.0.1:8000";
        /// Where metrics are served; off when empty.
        metrics_address: Option<SocketAddr> = "METRICS_ADDRESS", "";
        /// Where the client's address is read from: peer, x-forwarded-for, x-real-ip or cf-connecting-ip.
        client_ip_source: ClientIpSource = "CLIENT_IP_SOURCE", "peer";
        /// Addresses and networks of the proxies whose headers count.
        trusted_proxies: Vec<IpNet> = "TRUSTED_PROXIES", "";
        /// A MaxMind-format database of places.
        geoip_database_path: Option<PathBuf> = "GEOIP_DATABASE_PATH", "";
        /// A trusted proxy's header with the country.
        geoip_country_header: Option<String> = "GEOIP_COUNTRY_HEADER", "";
        /// A trusted proxy's header with the city.
        geoip_city_header: Option<String> = "GEOIP_CITY_HEADER", "";
        /// Other origins to which people may return after signing in.
        allowed_return_origins: Vec<Url> = "ALLOWED_RETURN_ORIGINS", "";
        /// The longest request body, in bytes.
        body_limit: usize = "REQUEST_BODY_LIMIT_BYTES", "65536";
        /// Seconds after which a request is given up.
        request_timeout: Duration = "REQUEST_TIMEOUT_SECONDS", "30";
        /// Seconds that running requests get at shutdown.
        shutdown_grace: Duration = "SHUTDOWN_GRACE_SECONDS", "10";
        /// text or json.
        log_format: LogFormat = "LOG_FORMAT", "text";
        /// What is logged, such as info or info,authtuna=debug.
        log_level: String = "LOG_LEVEL", "info";
    }
}

impl Email {
    /// Whether addresses of `domain` (ASCII, lower case) may sign up.
    pub fn allows_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(domain))
    }
}
