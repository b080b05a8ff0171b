//! Reads the DNS records that make other mail servers trust our emails.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

/// How long a query may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The DNS servers to query: those of the system by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dns(Option<SocketAddr>);

impl Dns {
    /// Queries the server at `address` instead of the system's servers.
    pub fn at(address: SocketAddr) -> Self {
        Self(Some(address))
    }

    /// Returns the TXT records at `name`; none when the name does not exist. Fails when no server
    /// responds, which says nothing about the records.
    pub(super) async fn texts(&self, name: &str) -> Result<Vec<String>, Silent> {
        let resolver = self.resolver().ok_or(Silent)?;
        // The trailing dot keeps the system's search list out.
        let asked = tokio::time::timeout(PATIENCE, resolver.txt_lookup(format!("{name}."))).await;
        match asked.map_err(|_| Silent)? {
            Ok(found) => Ok(found.answers().iter().filter_map(|record| text(&record.data)).collect()),
            Err(problem) if problem.is_no_records_found() => Ok(Vec::new()),
            Err(_) => Err(Silent),
        }
    }

    fn resolver(self) -> Option<TokioResolver> {
        let mut builder = match self.0 {
            None => TokioResolver::builder_tokio().ok()?,
            Some(address) => {
                let mut connection = ConnectionConfig::udp();
                connection.port = address.port();
                let server = NameServerConfig::new(address.ip(), true, vec![connection]);
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        builder.options_mut().timeout = PATIENCE;
        builder.options_mut().attempts = 1;
        builder.build().ok()
    }
}

/// No DNS server responded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silent;

/// Joins the strings of a TXT record, without anything between them (RFC 7208 section 3.3).
fn text(data: &RData) -> Option<String> {
    let RData::TXT(text) = data else { return None };
    let bytes: Vec<u8> = text.txt_data.iter().flat_map(|part| part.iter().copied()).collect();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
