//! How a setting's text is parsed into a value.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

/// A type that a setting can have.
pub(super) trait Value: Sized {
    /// A valid example, for error messages.
    const EXAMPLE: &'static str;

    /// Parses the text. The error says what is wrong, in words that continue "it must …".
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
            return Err("contain no control characters".to_owned());
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

/// Parses whole seconds.
impl Value for Duration {
    const EXAMPLE: &'static str = "3600";

    fn parse(text: &str) -> Result<Self, String> {
        // At most a century: longer times overflow when they are added to the current time.
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
            return Err("contain no user name or password".to_owned());
        }
        Ok(url)
    }
}

impl Value for IpNet {
    const EXAMPLE: &'static str = "10.0.0.0/8";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(Self::from))
            .map_err(|_| "be an IP address or a network such as 10.0.0.0/8".to_owned())
    }
}

/// Parses an empty text as `None`.
impl<T: Value> Value for Option<T> {
    const EXAMPLE: &'static str = T::EXAMPLE;

    fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }
}

/// Parses a JSON list, or values separated by commas.
impl<T: Value> Value for Vec<T> {
    const EXAMPLE: &'static str = "[\"one\", \"two\"]";

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let items: Vec<String> = if text.starts_with('[') {
            serde_json::from_str(text)
                .map_err(|_| "be a JSON list of strings, or values separated by commas".to_owned())?
        } else {
            text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
        };
        items.iter().map(|item| T::parse(item)).collect()
    }
}

/// Declares enums that are parsed from words, in any case.
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
    /// How clients authenticate.
    Strategy {
        /// By a session cookie.
        Cookie = "COOKIE",
        /// By an access token or an API key in the `Authorization` header.
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
    /// The moment from which a session's lifetime counts.
    LifetimeFrom {
        /// From the session's last use.
        LastActivity = "last_activity",
        /// From the session's creation.
        Creation = "creation",
    }
    /// The `SameSite` attribute of cookies (RFC 6265bis).
    SameSite {
        /// Sent when the user follows a link to this site.
        Lax = "LAX",
        /// Sent by this site's own pages only.
        Strict = "STRICT",
        /// Always sent; needs `SESSION_SECURE`.
        None = "NONE",
    }
    /// How SQLite waits for the disk.
    SqliteSynchronous {
        /// Commits survive a crash of the program. A power failure may lose the last ones, but
        /// never the database.
        Normal = "normal",
        /// Commits survive a power failure.
        Full = "full",
    }
    /// Where the server reads the client's IP address.
    ClientIpSource {
        /// The connection itself.
        Peer = "peer",
        /// The header `X-Forwarded-For`, from the right, past the trusted proxies.
        XForwardedFor = "x-forwarded-for",
        /// The header `X-Real-IP`.
        XRealIp = "x-real-ip",
        /// The header `CF-Connecting-IP`.
        CfConnectingIp = "cf-connecting-ip",
    }
    /// The hash with which API keys are stored.
    KeyHashAlgorithm {
        /// SHA-256.
        Sha256 = "SHA256",
        /// SHA-384.
        Sha384 = "SHA384",
        /// SHA-512.
        Sha512 = "SHA512",
    }
    /// The format of log lines.
    LogFormat {
        /// Plain text, for people to read.
        Text = "text",
        /// JSON, for machines to read.
        Json = "json",
    }
    /// Which colors a page uses.
    ThemeMode {
        /// The light colors.
        Single = "single",
        /// The colors that the user chooses.
        Multi = "multi",
        /// Those of the user's system, until the user chooses.
        System = "system",
    }
}

/// Where the data is stored.
#[derive(Clone, Debug)]
pub enum DatabaseUri {
    /// A SQLite file.
    Sqlite {
        /// The path of the file.
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres {
        /// The URL: `postgres://user:password@host:port/name`.
        url: SecretString,
    },
}

impl Value for DatabaseUri {
    const EXAMPLE: &'static str = "sqlite:///./data/authtuna.db";

    fn parse(text: &str) -> Result<Self, String> {
        let kinds = "begin with sqlite:/// or postgresql://";
        let (scheme, rest) = text.split_once(':').ok_or(kinds)?;
        // SQLAlchemy writes the driver after a plus sign.
        let kind = scheme.split_once('+').map_or(scheme, |(kind, _)| kind).to_ascii_lowercase();
        match kind.as_str() {
            "sqlite" => {
                let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
                // As in SQLAlchemy, sqlite:///x is relative and sqlite:////x absolute; sqlite:x and
                // sqlite://x are taken as they are.
                let path = rest.strip_prefix("///").or_else(|| rest.strip_prefix("//")).unwrap_or(rest);
                if path.is_empty() || path.contains(":memory:") {
                    return Err("name a file: every connection would have an in-memory database of its own"
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
