//! The server: takes an open core and a built site, and serves requests.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use authtuna::auth::Auth;
use authtuna::jobs;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

use crate::cli_error::CliError;
use crate::http::openapi;
use crate::layers::headers::Policy;
use crate::metrics::Metrics;
use crate::router;
use crate::site::Site;
use crate::state::{AppState, Shared};

/// How long a client may take to send the head of a request, and how long a connection may wait for
/// the next request. Longer than the 60 seconds after which common proxies close an idle
/// connection, so that the proxy closes it first, not this server.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// The maximum size of a request's head, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// How long to wait before accepting again when the machine has run out of file descriptors.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// A server that is listening. It responds once it is [run](Server::run).
pub struct Server {
    auth: Auth,
    router: Router,
    listener: TcpListener,
    metrics: Option<(TcpListener, Router)>,
}

impl Server {
    /// Listens on the configured addresses. Connections wait until [`Server::run`]. Without a site,
    /// the server only responds to health checks.
    ///
    /// # Errors
    ///
    /// - [`CliError::Document`] when the OpenAPI document cannot be serialized.
    /// - [`CliError::GeoIp`] or [`CliError::Origin`] when [`router::build`] fails.
    /// - [`CliError::Listen`] when the server cannot listen on an address.
    pub async fn bind(auth: Auth, site: Option<Site>) -> Result<Self, CliError> {
        let settings = auth.settings();
        let state = AppState::from(Shared {
            metrics: Metrics::new(&auth),
            rules: router::rules(settings),
            document: openapi::json(settings)?,
            policy: Policy::new(settings, site.as_ref().and_then(Site::reload)),
            site,
            auth: auth.clone(),
        });
        let router = router::build(&state)?;
        let listener = listen("SERVER_ADDRESS", settings.http.server_address).await?;
        let metrics = match settings.http.metrics_address {
            Some(address) => Some((listen("METRICS_ADDRESS", address).await?, metrics_router(state))),
            None => None,
        };
        Ok(Self { auth, router, listener, metrics })
    }

    /// Returns the address that the server listens on. The port is the actual one even if the
    /// settings ask for any.
    ///
    /// # Errors
    ///
    /// [`CliError::System`] when the operating system does not return the address.
    pub fn address(&self) -> Result<SocketAddr, CliError> {
        self.listener.local_addr().map_err(|source| CliError::System("own address", source))
    }

    /// Returns the address that serves metrics, if there is one.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Serves requests until `stop` completes. Then the server accepts no more connections, gives
    /// requests in progress SHUTDOWN_GRACE_SECONDS to finish, and closes the database.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let jobs = tokio::spawn(jobs::run(self.auth.clone()));
        let metrics = self.metrics.map(|(listener, router)| {
            tokio::spawn(async move {
                let connections = GracefulShutdown::new();
                accept(&listener, &router, &connections).await;
            })
        });
        let connections = GracefulShutdown::new();
        tokio::select! {
            () = accept(&self.listener, &self.router, &connections) => {}
            () = stop => {}
        }
        drop(self.listener);
        let grace = self.auth.settings().http.shutdown_grace;
        tracing::info!(connections = connections.count(), "stopping; finishing requests in progress");
        if tokio::time::timeout(grace, connections.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off after SHUTDOWN_GRACE_SECONDS");
        }
        jobs.abort();
        self.auth.outbox.finish(grace).await;
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        // A connection that a stuck request holds must not keep the process alive.
        let closed = tokio::time::timeout(grace.max(Duration::from_secs(1)), self.auth.store().close()).await;
        if closed.is_err() {
            tracing::warn!("the database did not close in time");
        }
        tracing::info!("stopped");
    }
}

async fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|source| CliError::Listen { setting, address, source })
}

/// Accepts connections forever.
async fn accept(listener: &TcpListener, router: &Router, connections: &GracefulShutdown) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(serve(stream, peer, router.clone(), connections.watcher()));
            }
            // The client disconnected before the server accepted the connection.
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                tracing::error!(error = %error, "cannot accept connections; trying again");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

/// Serves one connection until it ends. This does not use `axum::serve`, which lets a client take
/// forever to send the head of a request.
async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Responses are small and needed immediately, so waiting to fill a packet does not help. A
    // socket that refuses the option is only slower.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error = %error, "TCP_NODELAY");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(answered(router.call(request.map(Body::new)).await)) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // Only the client's connection fails here: it hung up, was too slow, or did not speak HTTP.
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error = %error, "a connection failed");
    }
}

fn answered<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

/// Serves GET `/metrics`, and nothing else.
fn metrics_router(state: AppState) -> Router {
    let render = move || async move {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        match state.metrics.render() {
            Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    Router::new().route("/metrics", get(render))
}
