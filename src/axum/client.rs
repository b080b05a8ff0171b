//! Where a request comes from: taken from the connection, or from a header that a trusted proxy
//! wrote.

use std::net::IpAddr;

use http::HeaderMap;

use crate::authz::actor::Origin;
use crate::foundation::config::{ClientIpSource, Http, Sessions};
use crate::foundation::crypto::token::sha256_parts;
use crate::foundation::user_agent::MAX_USER_AGENT;
use crate::model::id::RequestId;

/// The client's IP address, which [`super::AuthLayer`] inserts into each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

/// Reads the origins of requests.
pub(super) struct Origins {
    http: Http,
    fingerprint_headers: Vec<String>,
    places: Option<maxminddb::Reader<Vec<u8>>>,
}

/// A GeoIP database that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "GEOIP_DATABASE_PATH {path} cannot be read: {source}. Name a MaxMind-format (.mmdb) file, or leave it empty"
)]
pub struct GeoIpError {
    path: String,
    source: maxminddb::MaxMindDbError,
}

impl Origins {
    pub(super) fn new(http: &Http, sessions: &Sessions) -> Result<Self, GeoIpError> {
        let open = |path: &std::path::PathBuf| {
            maxminddb::Reader::open_readfile(path)
                .map_err(|source| GeoIpError { path: path.display().to_string(), source })
        };
        let places = http.geoip_database_path.as_ref().map(open).transpose()?;
        let lower = |name: &String| name.to_ascii_lowercase();
        let fingerprint_headers = sessions.fingerprint_headers.iter().map(lower).collect();
        Ok(Self { http: http.clone(), fingerprint_headers, places })
    }

    /// Returns the origin of a request. `peer` is the other end of the connection.
    pub(super) fn read(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        request_id: Option<RequestId>,
        device_secret: Option<[u8; 32]>,
    ) -> Origin {
        let peer = peer.map(|ip| ip.to_canonical());
        let trusted = peer.is_some_and(|ip| self.is_trusted(ip));
        let ip = self.client_ip(headers, peer);
        let (country, city) = self.place(headers, ip, trusted);
        let user_agent = headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
        Origin {
            ip,
            user_agent: Some(
                user_agent.filter(|name| name.len() <= MAX_USER_AGENT).unwrap_or_default().to_owned(),
            ),
            fingerprint: self.fingerprint(headers),
            country,
            city,
            request_id,
            language: language(headers),
            pending_challenge: None,
            mfa_challenge: None,
            ceremony: None,
            device_secret,
        }
    }

    /// Returns the client's address. A header counts only when the connection comes from a trusted
    /// proxy. If the header is missing or invalid, the result is the proxy's own address.
    fn client_ip(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
        let name = match self.http.client_ip_source {
            ClientIpSource::Peer => return peer,
            ClientIpSource::XForwardedFor => "x-forwarded-for",
            ClientIpSource::XRealIp => "x-real-ip",
            ClientIpSource::CfConnectingIp => "cf-connecting-ip",
        };
        if !peer.is_some_and(|ip| self.is_trusted(ip)) {
            return peer;
        }
        // Split bytes, not text: what a client wrote before the proxy may not be valid text, and
        // must not hide what the proxy wrote.
        let written =
            headers.get_all(name).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let chain: Vec<&str> = written.map(|hop| str::from_utf8(hop).unwrap_or_default().trim()).collect();
        // Read from the right: each proxy appends the address it saw. The first address that is not
        // a trusted proxy is the client. What is to the left of it comes from the client, and
        // proves nothing.
        for hop in chain.iter().rev() {
            let Ok(ip) = hop.parse::<IpAddr>().map(|ip| ip.to_canonical()) else { return peer };
            if !self.is_trusted(ip) {
                return Some(ip);
            }
        }
        peer
    }

    fn is_trusted(&self, ip: IpAddr) -> bool {
        self.http.trusted_proxies.iter().any(|net| net.contains(&ip))
    }

    fn place(
        &self,
        headers: &HeaderMap,
        ip: Option<IpAddr>,
        trusted: bool,
    ) -> (Option<String>, Option<String>) {
        let header = |name: &Option<String>| {
            let value = headers.get(name.as_deref().filter(|_| trusted)?)?.to_str().ok()?.trim();
            let plain = !value.is_empty() && value.len() <= 100 && !value.chars().any(char::is_control);
            plain.then(|| value.to_owned())
        };
        let country = header(&self.http.geoip_country_header);
        let city = header(&self.http.geoip_city_header);
        if country.is_some() || city.is_some() {
            return (country, city);
        }
        let found = self.places.as_ref().zip(ip).and_then(|(places, ip)| {
            let record: maxminddb::geoip2::City<'_> = places.lookup(ip).ok()?.decode().ok()??;
            let country = record.country.iso_code.map(str::to_owned);
            let city = record.city.names.english.map(str::to_owned);
            Some((country, city))
        });
        found.unwrap_or_default()
    }

    /// Returns the SHA-256 hash of the configured headers. A missing header hashes differently from
    /// an empty one.
    fn fingerprint(&self, headers: &HeaderMap) -> [u8; 32] {
        sha256_parts(self.fingerprint_headers.iter().flat_map(|name| {
            let value = headers.get(name);
            let mark: &[u8] = if value.is_some() { b"+" } else { b"-" };
            [mark, value.map_or(b"", |value| value.as_bytes())]
        }))
    }
}

/// Returns the language that the client names first (RFC 9110 section 12.5.4), and ignores weights.
fn language(headers: &HeaderMap) -> Option<String> {
    let first = headers.get(http::header::ACCEPT_LANGUAGE)?.to_str().ok()?.split([',', ';']).next()?.trim();
    let fits = (2..=35).contains(&first.len())
        && first
            .split('-')
            .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    fits.then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::foundation::config::Settings;

    #[test]
    fn what_a_client_wrote_that_is_no_text_hides_nothing_of_the_proxys() {
        let settings = Settings::builder()
            .no_env()
            .set("DATA_DIR", std::env::temp_dir().display().to_string())
            .set("FERNET_KEYS", fernet::Fernet::generate_key())
            .set("CLIENT_IP_SOURCE", "x-forwarded-for")
            .set("TRUSTED_PROXIES", "127.0.0.1")
            .build()
            .unwrap();
        let origins = Origins::new(&settings.http, &settings.sessions).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_bytes(b"\xff, 203.0.113.77").unwrap());
        let proxy = "127.0.0.1".parse().ok();
        let origin = origins.read(&headers, proxy, None, None);
        assert_eq!(origin.ip, "203.0.113.77".parse().ok());
    }
}
