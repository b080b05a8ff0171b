//! The layers around every handler, the outermost first:
//!
//! 1. [`edge`]: request id, log line, metrics, security headers. Every response passes it,
//!    including those after a panic. Inside it, [`body`] limits the time and the size of the body,
//!    and lets a change that has started run to its end.
//! 2. [`resume`]: posts a pending action again once the user has confirmed it's them. Only around
//!    pages and their forms.
//! 3. `tower_http`'s csrf: keeps requests from other sites from changing anything.
//! 4. [`authtuna::axum::AuthLayer`]: identifies the caller.
//! 5. [`guard`]: checks whether the caller may use the route.
//!
//! Static files pass only the first, and health checks the first and the last. Refusals leave all
//! of these as JSON; [`edge`] turns them into pages for browsers ([`error_page`]).
//!
//! A layer that every request passes is a function that [`around`] makes a layer of. axum's
//! `from_fn` clones everything inside it at each layer, which costs more than the layers
//! themselves.

use std::convert::Infallible;

use axum::extract::Request;
use axum::response::Response;
use axum::routing::Route;
use tower::{Layer, Service};

use crate::state::AppState;

pub mod body;
pub mod csrf;
pub mod edge;
pub mod error_page;
pub mod guard;
pub mod headers;
pub mod resume;

/// Creates a layer that calls `work` with the state, the request, and the route inside it.
pub fn around<W, F>(
    state: &AppState,
    work: W,
) -> impl Layer<
    Route,
    Service = impl Service<
        Request,
        Response = Response,
        Error = Infallible,
        Future = impl Future<Output = Result<Response, Infallible>> + Send + 'static,
    > + Clone
              + Send
              + Sync
              + 'static,
> + Clone
+ Send
+ Sync
+ 'static
where
    W: Fn(AppState, Request, Route) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Infallible>> + Send + 'static,
{
    let state = state.clone();
    tower::layer::layer_fn(move |route: Route| {
        let (state, work) = (state.clone(), work.clone());
        tower::service_fn(move |request| work(state.clone(), request, route.clone()))
    })
}

/// Returns the response of a service that cannot fail.
pub(crate) fn answered(result: Result<Response, Infallible>) -> Response {
    match result {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
