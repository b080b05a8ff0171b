//! Metrics for Prometheus. Each server has its own. Labels are route patterns, never text from
//! clients.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use authtuna::auth::Auth;
use axum::http::{Method, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder,
};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The label of requests that match no route.
pub const UNMATCHED: &str = "unmatched";

/// The upper bounds of the buckets, in seconds: from a cached session check to a request that times
/// out.
const BUCKETS: [f64; 11] = [0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0];

/// A route's responses with one status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: Route,
    status: u16,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Taken {
    method: &'static str,
    route: Route,
}

/// A route's pattern, stored once and shared by all metrics of the route.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Route(Arc<str>);

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        EncodeLabelValue::encode(&&*self.0, encoder)
    }
}

/// The metrics of one server.
pub struct Metrics {
    registry: Mutex<Registry>,
    /// The patterns seen so far, at most as many as the router has.
    routes: RwLock<HashSet<Arc<str>>>,
    requests: Family<Answered, Counter>,
    durations: Family<Taken, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
}

impl Metrics {
    /// Creates metrics that start at zero, and includes the counters that `auth` keeps.
    pub fn new(auth: &Auth) -> Self {
        let requests = Family::<Answered, Counter>::default();
        let durations: Family<Taken, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let in_flight = Gauge::default();
        let mut registry = Registry::default();
        registry.register("http_requests", "Requests answered, by route and status", requests.clone());
        registry.register("http_request_duration_seconds", "Time to the answer's head", durations.clone());
        registry.register("http_requests_in_flight", "Requests being worked on", in_flight.clone());
        registry.register_collector(Box::new(CoreCounters(auth.clone())));
        Self { registry: Mutex::new(registry), routes: RwLock::default(), requests, durations, in_flight }
    }

    /// Counts a request as in progress until the guard is dropped.
    pub fn enter(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts a response. `route` is the router's pattern.
    pub fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let method = label(method);
        let route = self.route(route);
        self.durations.get_or_create(&Taken { method, route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Answered { method, route, status: status.as_u16() }).inc();
    }

    fn route(&self, pattern: &str) -> Route {
        let known = self.routes.read().unwrap_or_else(PoisonError::into_inner).get(pattern).cloned();
        Route(known.unwrap_or_else(|| {
            let new: Arc<str> = pattern.into();
            self.routes.write().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(&new));
            new
        }))
    }

    /// Renders all metrics in the OpenMetrics text format.
    ///
    /// # Errors
    ///
    /// [`fmt::Error`] when encoding fails.
    pub fn render(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        prometheus_client::encoding::text::encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// A request in progress. It counts until this guard is dropped, which also happens when the client
/// disconnects.
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The counters that the core keeps, read on demand.
struct CoreCounters(Auth);

impl fmt::Debug for CoreCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CoreCounters")
    }
}

impl Collector for CoreCounters {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let hashes = ConstCounter::new(self.0.password_hashes());
        let metric = encoder.encode_descriptor(
            "authtuna_password_hashes",
            "Password hashes computed, for known and unknown users alike",
            None,
            hashes.metric_type(),
        )?;
        hashes.encode(metric)
    }
}

/// Returns the label of a method. Unknown methods share one, because they could be any text.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
