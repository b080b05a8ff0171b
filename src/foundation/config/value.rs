//! How a setting's text becomes a value, and how a value is shown.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

/// A type that a setting can have.
pub(super) trait Value: Sized {
    /// A right example, for error messages.
    const EXAMPLE: &'static str;

    /// Reads the text; what is wrong with it, in words that continue "must …".
    fn parse(text: &str) -> Result<Self, String>;
}

impl Value for bool {
    const EXAMPLE: &'static str = "true";

    fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" | "yes" | "y" | "on" => Ok(true),
            "false" | "0" | "f" | "no" | "n" | "off" => Ok(false),
            _ => Err("be true or false".to_owned()),
        }
    }
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl Value for $type {
            const EXAMPLE: &'static str = "10";

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("be a whole number from {} to {}", <$type>::MIN, <$type>::MAX))
            }
        }
    )+};
}
numbers!(u8, u16, u32, usize);

impl Value for String {
    const EXAMPLE: &'static str = "text";

    fn parse(text: &str) -> Result<Self, String> {
        if text.chars().any(char::is_control) {
            return Err("have no control characters".to_owned());
        }
        Ok(text.to_owned())
    }
}

impl Value for SecretString {
    const EXAMPLE: &'static str = "a long random text";

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self::from(text.to_owned()))
    }
}

impl Value for PathBuf {
    const EXAMPLE: &'static str = "./data";

    fn parse(text: &str) -> Result<Self, String> {
        String::parse(text).map(Self::from)
    }
}

/// Whole seconds.
impl Value for Duration {
    const EXAMPLE: &'static str = "3600";

    fn parse(text: &str) -> Result<Self, String> {
        // A century: longer times overflow when they are added to the present.
        match text.parse::<u64>() {
            Ok(seconds) if seconds <= 3_155_760_000 => Ok(Self::from_secs(seconds)),
            _ => Err("be a whole number of seconds, at most 3155760000 (a century)".to_owned()),
        }
    }
}

impl Value for SocketAddr {
    const EXAMPLE: &'static str = "127.0.0.1:8000";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "be an address with a port".to_owned())
    }
}

impl Value for Url {
    const EXAMPLE: &'static str = "https://account.example.org";

    fn parse(text: &str) -> Result<Self, String> {
        let url: Self = text.parse().map_err(|_| "be a URL".to_owned())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err("begin with http:// or https://".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("have no user name or password in it".to_owned());
        }
        Ok(url)
    }
}

impl Value for IpNet {
    const EXAMPLE: &'static str = "10.0.0.0/8";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(Self::from))
            .map_err(|_| "be an address or a network such as 10.0.0.0/8".to_owned())
    }
}

/// An empty text is no value.
impl<T: Value> Value for Option<T> {
    const EXAMPLE: &'static str = T::EXAMPLE;

    fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }
}

/// A JSON list, or values separated by commas.
impl<T: Value> Value for Vec<T> {
    const EXAMPLE: &'static str = "[\"one\", \"two\"]";

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let items: Vec<String> = if text.starts_with('[') {
            serde_json::from_str(text)
                .map_err(|_| "be a JSON list of texts, or values separated by commas".to_owned())?
        } else {
            text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
        };
        items.iter().map(|item| T::parse(item)).collect()
    }
}

/// Declares an enumeration that is read from words, in any case.
macro_rules! words {
    ($($(#[$doc:meta])+ $name:ident { $($(#[$vdoc:meta])+ $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])+ $variant,)+ }

        impl Value for $name {
            const EXAMPLE: &'static str = words!(@first $($word)+);

            fn parse(text: &str) -> Result<Self, String> {
                let words: &[(&str, Self)] = &[$(($word, Self::$variant)),+];
                words
                    .iter()
                    .find(|(word, _)| word.eq_ignore_ascii_case(text))
                    .map(|(_, value)| *value)
                    .ok_or_else(|| format!("be one of {}", [$($word),+].join(", ")))
            }
        }
    )+};
    (@first $first:literal $($rest:literal)*) => { $first };
}

words! {
    /// How a client proves who it is.
    Strategy {
        /// By a session cookie.
        Cookie = "COOKIE",
        /// By an access token or an API key in the Authorization header.
        Bearer = "BEARER",
        /// By either.
        Auto = "AUTO",
    }
    /// How access tokens are signed (RFC 7518).
    JwtAlgorithm {
        /// HMAC with SHA-256.
        Hs256 = "HS256",
        /// HMAC with SHA-384.
        Hs384 = "HS384",
        /// HMAC with SHA-512.
        Hs512 = "HS512",
    }
    /// From when a session's lifetime counts.
    LifetimeFrom {
        /// From its last use.
        LastActivity = "last_activity",
        /// From its beginning.
        Creation = "creation",
    }
    /// The SameSite attribute of cookies (RFC 6265bis).
    SameSite {
        /// Sent when the person follows a link here.
        Lax = "LAX",
        /// Sent by this site's own pages only.
        Strict = "STRICT",
        /// Always sent; needs SESSION_SECURE.
        None = "NONE",
    }
    /// How SQLite waits for the disk.
    SqliteSynchronous {
        /// Commits survive a crash of the program; a loss of power may cost the last ones, and never the database.
        Normal = "normal",
        /// Commits survive a loss of power.
        Full = "full",
    }
    /// Where the client's address is read from.
    ClientIpSource {
        /// The connection itself.
        Peer = "peer",
        /// X-Forwarded-For, from the right, past the trusted proxies.
        XForwardedFor = "x-forwarded-for",
        /// X-Real-IP.
        XRealIp = "x-real-ip",
        /// CF-Connecting-IP.
        CfConnectingIp = "cf-connecting-ip",
    }
    /// The hash under which API keys are kept.
    KeyHashAlgorithm {
        /// SHA-256.
        Sha256 = "SHA256",
        /// SHA-384.
        Sha384 = "SHA384",
        /// SHA-512.
        Sha512 = "SHA512",
    }
    /// How log lines look.
    LogFormat {
        /// For people.
        Text = "text",
        /// For machines.
        Json = "json",
    }
    /// Which colours a page has.
    ThemeMode {
        /// The light ones.
        Single = "single",
        /// The person chooses.
        Multi = "multi",
        /// Those of the person's system, until they choose.
        System = "system",
    }
}

/// Where the data is.
#[derive(Clone, Debug)]
pub enum DatabaseUri {
    /// A file.
    Sqlite {
        /// Its path.
        path: PathBuf,
    },
    /// A server.
    Postgres {
        /// `postgres://user:password@host:port/name`.
        url: SecretString,
    },
}

impl Value for DatabaseUri {
    const EXAMPLE: &'static str = "sqlite:///./data/authtuna.db";

    fn parse(text: &str) -> Result<Self, String> {
        let kinds = "begin with sqlite:/// or postgresql://";
        let (scheme, rest) = text.split_once(':').ok_or(kinds)?;
        // SQLAlchemy writes the driver behind a plus sign.
        let kind = scheme.split_once('+').map_or(scheme, |(kind, _)| kind).to_ascii_lowercase();
        match kind.as_str() {
            "sqlite" => {
                let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
                // sqlite:///x is relative and sqlite:////x absolute, as in SQLAlchemy; sqlite:x and sqlite://x are plain.
                let path = rest.strip_prefix("///").or_else(|| rest.strip_prefix("//")).unwrap_or(rest);
                if path.is_empty() || path.contains(":memory:") {
                    return Err("name a file: a database in memory would be another one for each connection"
                        .to_owned());
                }
                Ok(Self::Sqlite { path: PathBuf::from(path) })
            }
            "postgres" | "postgresql" => {
                let url = format!("postgres:{rest}");
                let parsed: Url =
                    url.parse().map_err(|_| "be postgresql://user:password@host:port/name".to_owned())?;
                if parsed.host_str().is_none_or(str::is_empty)
                    && !parsed.query().is_some_and(|q| q.contains("host="))
                {
                    return Err("name a host: postgresql://user:password@host:port/name".to_owned());
                }
                Ok(Self::Postgres { url: SecretString::from(url) })
            }
            _ => Err(kinds.to_owned()),
        }
    }
}
