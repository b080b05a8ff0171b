//! Checks the addresses that the server listens on, the proxies that it trusts, and the GeoIP
//! database.

use std::io::ErrorKind;
use std::net::SocketAddr;

use authtuna::foundation::config::{ClientIpSource, Settings};
use tokio::net::TcpListener;

use super::{Finding, fail, ok, warn};

/// Checks whether the server can listen on its addresses, and releases them immediately.
pub(super) async fn listening(settings: &Settings) -> Vec<Finding> {
    let wanted = [
        ("SERVER_ADDRESS", Some(settings.http.server_address)),
        ("METRICS_ADDRESS", settings.http.metrics_address),
    ];
    let mut findings = Vec::new();
    for (setting, address) in wanted.into_iter().filter_map(|(setting, address)| Some((setting, address?))) {
        findings.push(listen(setting, address).await);
    }
    findings
}

async fn listen(setting: &'static str, address: SocketAddr) -> Finding {
    match TcpListener::bind(address).await {
        Ok(_) => ok("address", format!("{address} ({setting}) is free")),
        Err(problem) if problem.kind() == ErrorKind::AddrInUse => {
            let text = format!(
                "{address} ({setting}) is in use. That is expected if AuthTuna is running; otherwise, end \
                 that program"
            );
            warn("address", text)
        }
        Err(problem) => fail("address", format!("{address} ({setting}) cannot be listened on: {problem}")),
    }
}

/// Checks whether the server reads the client's address from the right place.
pub(super) fn addresses(settings: &Settings) -> Vec<Finding> {
    let http = &settings.http;
    let everybody: Vec<String> =
        http.trusted_proxies.iter().filter(|net| net.prefix_len() == 0).map(ToString::to_string).collect();
    if !everybody.is_empty() {
        let text = format!(
            "TRUSTED_PROXIES contains {}: anybody could write their own address. List only the proxies",
            everybody.join(", ")
        );
        return vec![fail("proxies", text)];
    }
    let behind_proxy = settings.app.api_base_url.scheme() == "https";
    if http.client_ip_source == ClientIpSource::Peer && behind_proxy {
        let text = "API_BASE_URL is https, so the server is behind a proxy, but CLIENT_IP_SOURCE is peer: \
                    all clients have the proxy's address, and share its limits. Set CLIENT_IP_SOURCE to the \
                    proxy's header, and list the proxy in TRUSTED_PROXIES";
        return vec![warn("proxies", text)];
    }
    let text = match http.client_ip_source {
        ClientIpSource::Peer => "the client's address is that of its connection".to_owned(),
        _ => format!(
            "{} networks of proxies are trusted to report the client's address",
            http.trusted_proxies.len()
        ),
    };
    vec![ok("proxies", text)]
}

/// Checks whether the server can determine countries.
pub(super) fn places(settings: &Settings) -> Finding {
    let http = &settings.http;
    if let Some(path) = &http.geoip_database_path {
        return match maxminddb::Reader::open_readfile(path) {
            Ok(reader) => ok("places", format!("{} ({})", path.display(), reader.metadata().database_type)),
            Err(problem) => fail(
                "places",
                format!(
                    "GEOIP_DATABASE_PATH {} cannot be read: {problem}. Set it to a MaxMind-format (.mmdb) \
                     file, or leave it empty",
                    path.display()
                ),
            ),
        };
    }
    if http.geoip_country_header.is_some() {
        return ok("places", "from a trusted proxy's headers");
    }
    if settings.sessions.lock_region {
        let text = "LOCK_SESSION_REGION has no effect: no country is known without GEOIP_DATABASE_PATH or \
                    GEOIP_COUNTRY_HEADER";
        return warn("places", text);
    }
    ok("places", "unknown, and not needed")
}
