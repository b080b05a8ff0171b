//! What happens to every request around its handler, the outermost first:
//!
//! 1. [`edge`]: request id, log line, counters, security headers. Everything that leaves passes it, panics included.
//!    Within it [`body`]: the time limit, the body's size limit; a change that has begun runs to its end.
//! 2. [`resume`]: what waited for a confirmation is posted again. Around pages and their forms only.
//! 3. `tower_http`'s csrf: a request from another site changes nothing.
//! 4. [`authtuna::axum::AuthLayer`]: who asks.
//! 5. [`guard`]: whether they may call this route.
//!
//! Health checks and static files go through the first alone. Refusals leave all of these as JSON; [`edge`] turns them
//! into pages for people ([`error_page`]).
//!
//! What every request passes is a function that [`around`] makes a layer of. axum's `from_fn` copies all that is further
//! in at each of its layers, which costs more than the layers themselves.

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

/// A layer that calls `work` with the state, the request, and the route that it is around.
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

/// The answer of what never fails.
pub(crate) fn answered(result: Result<Response, Infallible>) -> Response {
    match result {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
