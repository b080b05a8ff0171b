//! Settings: where they come from, how errors are reported, and what is never shown.

use std::collections::HashMap;

use authtuna::foundation::config::{
    DatabaseUri, Settings, SettingsBuilder, SettingsError, Source, TABLE, ThemeMode, env_example,
};
use secrecy::ExposeSecret;

/// The names of all 91 settings of the Python version.
const ORIGINAL: &str = "APP_NAME PRODUCTION ALGORITHM API_BASE_URL TRY_FULL_INITIALIZE_WHEN_SYSTEM_USER_EXISTS_AGAIN \
    JWT_SECRET_KEY ENCRYPTION_PRIMARY_KEY ENCRYPTION_SECONDARY_KEYS FERNET_KEYS MFA_ENABLED PASSKEYS_ENABLED UI_ENABLED \
    ADMIN_ROUTES_ENABLED PASSWORDLESS_LOGIN_ENABLED ONLY_MIDDLEWARE DEFAULT_SUPERADMIN_PASSWORD DEFAULT_ADMIN_PASSWORD \
    DEFAULT_SUPERADMIN_EMAIL DEFAULT_ADMIN_EMAIL DEFAULT_DATABASE_URI DATABASE_USE_ASYNC_ENGINE AUTO_CREATE_DATABASE \
    DATABASE_POOL_SIZE DATABASE_MAX_OVERFLOW DATABASE_POOL_TIMEOUT DATABASE_POOL_RECYCLE DATABASE_POOL_PRE_PING \
    FINGERPRINT_HEADERS SESSION_DB_VERIFICATION_INTERVAL SESSION_LIFETIME_SECONDS SESSION_ABSOLUTE_LIFETIME_SECONDS \
    SESSION_LIFETIME_FROM SESSION_SAME_SITE SESSION_SECURE SESSION_TOKEN_NAME SESSION_COOKIE_DOMAIN LOCK_SESSION_REGION \
    DISABLE_RANDOM_STRING RANDOM_STRING_GRACE EMAIL_ENABLED SMTP_HOST SMTP_PORT SMTP_USERNAME SMTP_PASSWORD \
    DKIM_PRIVATE_KEY_PATH DKIM_DOMAIN DKIM_SELECTOR DEFAULT_SENDER_EMAIL EMAIL_DOMAINS PII_ENCRYPTION_ENABLED \
    PII_HMAC_KEY ENCRYPT_AUDIT_IP TOKENS_EXPIRY_SECONDS TOKENS_MAX_COUNT_PER_DAY_PER_USER_PER_ACTION MAIL_STARTTLS \
    MAIL_SSL_TLS USE_CREDENTIALS VALIDATE_CERTS EMAIL_TEMPLATE_DIR HTML_TEMPLATE_DIR \
    DASHBOARD_AND_USER_INFO_PAGES_TEMPLATE_DIR GOOGLE_CLIENT_ID GOOGLE_CLIENT_SECRET GITHUB_CLIENT_ID \
    GITHUB_CLIENT_SECRET GOOGLE_REDIRECT_URI GITHUB_REDIRECT_URI RPC_ENABLED RPC_AUTOSTART RPC_TLS_CERT_FILE \
    RPC_TLS_KEY_FILE RPC_ADDRESS RPC_TOKEN WEBAUTHN_ENABLED WEBAUTHN_RP_ID WEBAUTHN_RP_NAME WEBAUTHN_ORIGIN STRATEGY \
    API_KEY_PREFIX_SECRET API_KEY_PREFIX_PUBLISHABLE API_KEY_PREFIX_MASTER API_KEY_PREFIX_OTHER \
    MAX_MASTER_KEYS_PER_USER MAX_API_KEYS_PER_USER MAX_SCOPES_PER_SECRET_KEY KEY_HASH_ALGORITHM \
    MAX_LOGIN_ATTEMPTS_PER_IP MAX_LOGIN_ATTEMPTS_PER_USER LOGIN_RATE_LIMIT_WINDOW_SECONDS \
    LOGIN_LOCKOUT_DURATION_SECONDS THEME";

struct ConfigFolder(tempfile::TempDir);

impl ConfigFolder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Returns a builder that reads nothing from this machine.
    fn builder(&self) -> SettingsBuilder {
        self.with(&[])
    }

    /// Returns a builder that reads this environment.
    fn with(&self, environment: &[(&str, &str)]) -> SettingsBuilder {
        let mut values: HashMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        values.insert("DATA_DIR".to_owned(), self.0.path().display().to_string());
        Settings::builder().environment(values)
    }
}

fn wrong(builder: SettingsBuilder) -> Vec<(String, String)> {
    let SettingsError(wrong) = builder.build().unwrap_err();
    wrong.into_iter().map(|w| (w.name, w.problem)).collect()
}

#[test]
fn every_setting_of_the_original_is_there() {
    let names: Vec<&str> = ORIGINAL.split_whitespace().collect();
    assert_eq!(names.len(), 91);
    for name in names {
        assert!(TABLE.iter().any(|row| row.name == name), "{name} is not read");
    }
}

#[test]
fn every_default_is_good_and_every_row_has_words() {
    ConfigFolder::new().builder().build().unwrap();
    for row in TABLE {
        assert!(row.doc.trim().len() > 5, "{} has no description", row.name);
        assert_eq!(
            TABLE.iter().filter(|other| other.name == row.name).count(),
            1,
            "{} is listed more than once",
            row.name
        );
    }
}

#[test]
fn the_program_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let folder = ConfigFolder::new();
    let file = folder.0.path().join("my.env");
    std::fs::write(&file, "APP_NAME='from file'\nSMTP_HOST=mail.example.org\nPASSWORD_MIN_SCORE=2\n")
        .unwrap();
    let environment = [("app_name", "from environment"), ("PASSWORD_MIN_SCORE", "1")];
    let build = |builder: SettingsBuilder| builder.env_file(&file).build().unwrap();

    let all = build(folder.with(&environment).set("APP_NAME", "from program"));
    assert_eq!(all.app.name, "from program");
    assert_eq!(all.passwords.min_score, 1);
    assert_eq!(all.email.smtp_host.as_deref(), Some("mail.example.org"));
    assert_eq!(all.email.smtp_port, 587);
    assert_eq!(build(folder.with(&environment)).app.name, "from environment");
    assert_eq!(build(folder.builder()).app.name, "from file");
    // An empty value sets nothing and hides nothing.
    assert_eq!(build(folder.with(&[("APP_NAME", " ")])).app.name, "from file");
    let source = |name: &str| all.describe().into_iter().find(|row| row.name == name).unwrap().source;
    assert_eq!(source("APP_NAME"), Source::Program);
    assert_eq!(source("PASSWORD_MIN_SCORE"), Source::Environment);
    assert_eq!(source("SMTP_HOST"), Source::File(file.display().to_string()));
    assert_eq!(source("SMTP_PORT"), Source::Default);
}

#[test]
fn a_variable_names_the_file_and_another_stops_both() {
    let folder = ConfigFolder::new();
    let file = folder.0.path().join("my.env");
    std::fs::write(&file, "APP_NAME=Acme\n").unwrap();
    let named = file.display().to_string();
    assert_eq!(folder.with(&[("ENV_FILE_NAME", &named)]).build().unwrap().app.name, "Acme");
    for yes in ["true", "1", "T", "yes"] {
        let environment = [("ENV_FILE_NAME", named.as_str()), ("AUTHTUNA_NO_ENV", yes), ("SMTP_PORT", "x")];
        let builder = folder.with(&environment).set("DATA_DIR", folder.0.path().display().to_string());
        assert_eq!(builder.build().unwrap().app.name, "AuthTuna");
    }
    let missing = wrong(folder.with(&[("ENV_FILE_NAME", "/nowhere/at/all.env")]));
    assert_eq!(missing[0].0, "ENV_FILE_NAME");
}

#[test]
fn lists_are_json_or_separated_by_commas() {
    let folder = ConfigFolder::new();
    for text in ["[\"a.org\", \"b.org\"]", "a.org,b.org", " a.org , b.org , "] {
        let settings = folder.builder().set("EMAIL_DOMAINS", text).build().unwrap();
        assert_eq!(settings.email.domains, ["a.org", "b.org"], "{text}");
    }
    assert_eq!(wrong(folder.builder().set("EMAIL_DOMAINS", "[\"a.org\""))[0].0, "EMAIL_DOMAINS");
}

#[test]
fn databases_are_named_as_in_sqlalchemy_or_plainly() {
    let folder = ConfigFolder::new();
    let uri = |text: &str| folder.builder().set("DEFAULT_DATABASE_URI", text).build().map(|s| s.database.uri);
    for (text, path) in [
        ("sqlite+aiosqlite:///./a.db", "./a.db"),
        ("sqlite:///a.db", "a.db"),
        ("sqlite:////var/a.db", "/var/a.db"),
        ("sqlite:a.db", "a.db"),
        ("SQLITE://a.db?mode=rwc", "a.db"),
    ] {
        assert!(
            matches!(uri(text).unwrap(), DatabaseUri::Sqlite { path: found } if found.as_os_str() == path),
            "{text}"
        );
    }
    for text in ["postgresql+asyncpg://u:p@h/d", "postgres://u:p@h/d", "postgresql://u:p@h/d"] {
        let DatabaseUri::Postgres { url } = uri(text).unwrap() else { panic!("{text}") };
        assert_eq!(url.expose_secret(), "postgres://u:p@h/d");
    }
    for bad in ["sqlite:///:memory:", "sqlite://", "mysql://h/d", "nonsense", "postgresql:///", "postgresql:"]
    {
        assert!(uri(bad).is_err(), "{bad}");
    }
}

#[test]
fn all_problems_are_told_at_once_each_with_a_right_example() {
    let bad = [
        ("SMTP_PORT", "70000"),
        ("SESSION_SECURE", "perhaps"),
        ("STRATEGY", "MAGIC"),
        ("API_BASE_URL", "ftp://x"),
        ("SESSION_LIFETIME_SECONDS", "-5"),
        ("SERVER_ADDRESS", "8000"),
        ("THEME", "{\"light\":{\"primary\":\"red;}\"}}"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
    ];
    let told = wrong(ConfigFolder::new().with(&bad));
    for (name, _) in bad {
        let (_, problem) =
            told.iter().find(|(told, _)| told == name).unwrap_or_else(|| panic!("{name} is not reported"));
        assert!(problem.contains(&format!("{name}=")), "{name} has no example: {problem}");
    }
    assert_eq!(told.len(), bad.len());
}

#[test]
fn what_does_not_fit_together_is_told() {
    let folder = ConfigFolder::new();
    for (given, named) in [
        (vec![("DATABASE_USE_ASYNC_ENGINE", "false")], "DATABASE_USE_ASYNC_ENGINE"),
        (vec![("SESSION_LIFETIME_SECONDS", "31536001")], "SESSION_LIFETIME_SECONDS"),
        (vec![("SESSION_SAME_SITE", "none"), ("SESSION_SECURE", "false")], "SESSION_SAME_SITE"),
        (vec![("SESSION_TOKEN_NAME", "a;b")], "SESSION_TOKEN_NAME"),
        (vec![("SESSION_COOKIE_DOMAIN", "evil.example")], "SESSION_COOKIE_DOMAIN"),
        (vec![("CLIENT_IP_SOURCE", "x-forwarded-for")], "TRUSTED_PROXIES"),
        (vec![("GEOIP_COUNTRY_HEADER", "CF-IPCountry")], "GEOIP_COUNTRY_HEADER"),
        (vec![("ARGON2_MEMORY_KIB", "1024")], "ARGON2_MEMORY_KIB"),
        (vec![("PASSWORD_MIN_SCORE", "5")], "PASSWORD_MIN_SCORE"),
        (vec![("EMAIL_ENABLED", "true"), ("SMTP_USERNAME", "portal")], "SMTP_PASSWORD"),
        (vec![("DKIM_DOMAIN", "example.org")], "DKIM_PRIVATE_KEY_PATH"),
        (vec![("MAIL_CONCURRENCY", "0")], "MAIL_CONCURRENCY"),
        (vec![("MAIL_SSL_TLS", "true")], "MAIL_SSL_TLS"),
        (vec![("RPC_TLS_CERT_FILE", "x")], "RPC_TLS_CERT_FILE"),
        (vec![("PII_ENCRYPTION_ENABLED", "true")], "PII_HMAC_KEY"),
        (vec![("FERNET_KEYS", "abc")], "FERNET_KEYS"),
        (vec![("DEFAULT_ADMIN_EMAIL", "admin")], "DEFAULT_ADMIN_EMAIL"),
    ] {
        let told = wrong(folder.with(&given));
        assert_eq!(told.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), [named]);
    }
}

#[test]
fn a_misspelt_name_is_told_with_the_right_one() {
    let folder = ConfigFolder::new();
    let told = wrong(folder.builder().set("SESION_SECURE", "true"));
    assert!(told[0].1.contains("SESSION_SECURE"), "{told:?}");
    let file = folder.0.path().join("my.env");
    std::fs::write(&file, "SMTP_HOSTT=x\nSECRET_KEY=x\nQUITE_ANOTHER=1\n").unwrap();
    let settings = folder
        .with(&[("DEFAULT_ADMIN_EMAILS", "x@example.org"), ("HOME", "/")])
        .env_file(&file)
        .build()
        .unwrap();
    let notices = settings.notices().join("\n");
    for word in ["SMTP_HOST?", "SECRET_KEY", "QUITE_ANOTHER", "DEFAULT_ADMIN_EMAIL?"] {
        assert!(notices.contains(word), "{word} is missing in: {notices}");
    }
    assert!(!notices.contains("HOME"));
}

#[test]
fn production_refuses_what_was_made_for_development() {
    let folder = ConfigFolder::new();
    let told =
        wrong(folder.with(&[("PRODUCTION", "true"), ("SESSION_SECURE", "false"), ("RPC_ENABLED", "1")]));
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    for name in [
        "JWT_SECRET_KEY",
        "ENCRYPTION_PRIMARY_KEY",
        "RPC_TOKEN",
        "FERNET_KEYS",
        "API_BASE_URL",
        "SESSION_SECURE",
    ] {
        assert!(names.contains(&name), "{name} passed: {names:?}");
    }
    assert!(!folder.0.path().join("development-keys.json").exists());
    let key = fernet::Fernet::generate_key();
    let good = [
        ("PRODUCTION", "true"),
        ("JWT_SECRET_KEY", "a long secret of one's own"),
        ("ENCRYPTION_PRIMARY_KEY", "another long secret"),
        ("FERNET_KEYS", &key),
        ("API_BASE_URL", "https://account.example.org"),
    ];
    assert!(folder.with(&good).build().is_ok());
    let with_mail = folder.with(&good).set("EMAIL_ENABLED", "true");
    assert_eq!(wrong(with_mail)[0].0, "SMTP_HOST", "writing email to files is for development only");

    let with_database = |uri: &str| folder.with(&good).set("DEFAULT_DATABASE_URI", uri).build();
    for safe in [
        "postgresql://u:p@localhost/db",
        "postgresql://u:p@[::1]:5432/db",
        "postgresql:///db?host=/run/postgresql",
        "postgresql://u:p@db.example.org/db?sslmode=require",
        "postgresql://u:p@db.example.org/db?sslmode=verify-full",
    ] {
        assert!(with_database(safe).is_ok(), "{safe}");
    }
    for open in [
        "postgresql://u:p@db.example.org/db",
        "postgresql://u:p@db.example.org/db?sslmode=prefer",
        "postgresql://u:localhost@db.example.org/db?sslmode=disable",
        "postgresql://u:p@localhost/db?host=db.example.org",
    ] {
        assert!(with_database(open).is_err(), "{open}");
    }
}

#[test]
fn what_has_no_effect_yet_is_told() {
    let folder = ConfigFolder::new();
    let notices =
        |environment: &[(&str, &str)]| folder.with(environment).build().unwrap().notices().join(" ");
    assert!(!notices(&[]).contains("no effect"));
    let told = notices(&[("PASSWORD_BREACH_CHECK", "true"), ("API_BASE_URL", "https://account.example.org")]);
    assert!(told.contains("PASSWORD_BREACH_CHECK has no effect yet"), "{told}");
    assert!(told.contains("CLIENT_IP_SOURCE"), "{told}");
}

#[test]
fn no_secret_shows_in_errors_debug_or_descriptions() {
    let folder = ConfigFolder::new();
    let secrets = [
        ("SMTP_PASSWORD", "planted-secret-1"),
        ("JWT_SECRET_KEY", "planted-secret-2"),
        ("DEFAULT_DATABASE_URI", "postgresql://user:planted-secret-3@host/db?password=planted-secret-7"),
        ("RPC_TOKEN", "planted-secret-4"),
    ];
    let settings = folder.with(&secrets).build().unwrap();
    let shown = format!("{settings:?} {:?}", settings.describe());
    assert!(!shown.contains("planted-secret"), "{shown}");
    assert!(shown.contains("postgresql://user:********@host/db?password=********"));
    let key = "planted-secret-5";
    let told = format!(
        "{:?}",
        wrong(folder.with(&[("FERNET_KEYS", key), ("DEFAULT_DATABASE_URI", "mysql://u:planted-secret-6@h")]))
    );
    assert!(!told.contains("planted-secret"), "{told}");
}

#[test]
fn keys_for_development_are_made_once_and_for_their_owner_only() {
    let folder = ConfigFolder::new();
    let build = || folder.builder().build().unwrap();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let builder = folder.builder();
            std::thread::spawn(move || {
                builder.build().unwrap().secrets.fernet_keys[0].expose_secret().to_owned()
            })
        })
        .collect();
    let keys: Vec<String> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(keys.iter().all(|key| *key == keys[0]), "processes that start together must share one key");
    assert_eq!(build().secrets.fernet_keys[0].expose_secret(), keys[0]);
    assert!(build().notices().iter().any(|notice| notice.contains("FERNET_KEYS")));
    let file = folder.0.path().join("development-keys.json");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1, "no temporary files are left");
    std::fs::write(&file, "{}").unwrap();
    assert_eq!(wrong(folder.builder())[0].0, "FERNET_KEYS");
}

#[test]
fn a_theme_is_filled_up_with_the_built_in_colors() {
    let theme = ConfigFolder::new()
        .builder()
        .set("THEME", r##"{"mode":"MULTI","dark":{"primary":"#123456"}}"##)
        .build()
        .unwrap()
        .theme;
    assert_eq!((theme.mode, theme.dark.primary.as_str()), (ThemeMode::Multi, "#123456"));
    assert_eq!(theme.light.css_variables().count(), 20);
    assert!(theme.light.css_variables().all(|(name, color)| name.starts_with("--") && !color.is_empty()));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "says whether the file is to be written anew")]
fn the_example_file_is_that_of_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example");
    if std::env::var("UPDATE_ENV_EXAMPLE").is_ok() {
        std::fs::write(path, env_example()).unwrap();
    }
    let file = std::fs::read_to_string(path).unwrap_or_default();
    assert!(file == env_example(), ".env.example is out of date; run the tests with UPDATE_ENV_EXAMPLE=1");
}
