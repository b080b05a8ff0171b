//! Endpoints: a route's rule, its handler and its documentation in one row.

use authtuna::model::code::Code;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::operation::{Contract, Described};
use crate::route_rules::{Effect, Kind, RouteRule};
use crate::state::AppState;
use authtuna::authz::guard::Guard;

/// A route with its rule, its handler and its documentation.
pub struct Endpoint {
    /// Which callers may use it, and what it does.
    pub rule: RouteRule,
    /// The handler.
    pub handler: MethodRouter<AppState>,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// More details. May be empty.
    pub about: &'static str,
    /// The requests and responses.
    pub contract: Contract,
}

impl Endpoint {
    /// Creates a GET endpoint. It changes nothing that users would notice.
    pub fn get<H, T>(path: &str, guard: Guard, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, AppState> + Described<T>,
        T: 'static,
    {
        Self::new(Method::GET, MethodFilter::GET, path, guard, handler, summary)
    }

    /// Creates a POST endpoint.
    pub fn post<H, T>(path: &str, guard: Guard, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, AppState> + Described<T>,
        T: 'static,
    {
        Self::new(Method::POST, MethodFilter::POST, path, guard, handler, summary)
    }

    /// Creates a PATCH endpoint.
    pub fn patch<H, T>(path: &str, guard: Guard, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, AppState> + Described<T>,
        T: 'static,
    {
        Self::new(Method::PATCH, MethodFilter::PATCH, path, guard, handler, summary)
    }

    /// Creates a DELETE endpoint.
    pub fn delete<H, T>(path: &str, guard: Guard, handler: H, summary: &'static str) -> Self
    where
        H: Handler<T, AppState> + Described<T>,
        T: 'static,
    {
        Self::new(Method::DELETE, MethodFilter::DELETE, path, guard, handler, summary)
    }

    fn new<H, T>(
        method: Method,
        filter: MethodFilter,
        path: &str,
        guard: Guard,
        handler: H,
        summary: &'static str,
    ) -> Self
    where
        H: Handler<T, AppState> + Described<T>,
        T: 'static,
    {
        let effect = if method.is_safe() { Effect::Reads } else { Effect::Changes };
        let mut contract = H::describe();
        contract.refuse(&[Code::Internal, Code::Unavailable]);
        match guard {
            Guard::Public => {}
            Guard::SignedInOrEnrolling => contract.refuse(&[Code::NotAuthenticated]),
            Guard::SignedIn => contract.refuse(&[Code::NotAuthenticated, Code::EnrollmentRequired]),
            Guard::Permission(_) => {
                contract.refuse(&[Code::NotAuthenticated, Code::EnrollmentRequired, Code::Forbidden]);
            }
        }
        if effect == Effect::Changes {
            contract.refuse(&[Code::CrossSite]);
        }
        let rule = RouteRule { method, path: path.to_owned(), guard, kind: Kind::Api, effect };
        Self { rule, handler: on(filter, handler), summary, about: "", contract }
    }

    /// Adds more details.
    #[must_use]
    pub fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Adds codes that the route refuses with, in addition to those that follow from its rule and
    /// its types.
    #[must_use]
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.contract.refuse(codes);
        self
    }
}
