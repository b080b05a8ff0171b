//! A server: from an opened core and a built site to answered requests.

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

/// How long a client may take to send a request's head, and how long a connection may wait for the next request. Above
/// the 60 seconds after which common proxies let go of an unused connection: they, not we, should be the first.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// The most that the head of a request may have, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// How long to wait before accepting again when the machine has no more file descriptors.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// A server that listens, and answers once it is [run](Server::run).
pub struct Server {
    auth: Auth,
    router: Router,
    listener: TcpListener,
    metrics: Option<(TcpListener, Router)>,
}

impl Server {
    /// Listens on the addresses of the settings. Connections wait until [`Server::run`]. Without a site there are health
    /// checks alone.
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

    /// Where it listens; the port is real even when the settings ask for any.
    pub fn address(&self) -> Result<SocketAddr, CliError> {
        self.listener.local_addr().map_err(|source| CliError::System("own address", source))
    }

    /// Where metrics are, if anywhere.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Answers requests until `stop`. Then no connection is accepted any more; requests under way get
    /// SHUTDOWN_GRACE_SECONDS to end, and the database is closed.
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
        tracing::info!(connections = connections.count(), "stopping; requests under way are finished");
        if tokio::time::timeout(grace, connections.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off after SHUTDOWN_GRACE_SECONDS");
        }
        jobs.abort();
        self.auth.outbox.finish(grace).await;
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        // A connection that a stuck request holds must not hold the process.
        let closed = tokio::time::timeout(grace.max(Duration::from_secs(1)), self.auth.store().close()).await;
        if closed.is_err() {
            tracing::warn!("the database was not closed in time");
        }
        tracing::info!("stopped");
    }
}

async fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|source| CliError::Listen { setting, address, source })
}

/// Accepts connections for ever.
async fn accept(listener: &TcpListener, router: &Router, connections: &GracefulShutdown) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(serve(stream, peer, router.clone(), connections.watcher()));
            }
            // The client was gone before it was accepted.
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                tracing::error!(error = %error, "connections cannot be accepted; trying again");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

/// Serves one connection until its end. Not `axum::serve`: that lets a client take for ever over a request's head.
async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Answers are small and wanted at once; waiting to fill a packet helps nobody. A socket that refuses is slower.
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
    // What fails here is the client's connection: it hung up, was too slow, or did not speak HTTP.
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error = %error, "a connection ended");
    }
}

fn answered<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

/// GET `/metrics`, and nothing else.
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
