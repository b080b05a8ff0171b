//! Extractors for the caller, and for where the request comes from.

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;

use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use ::axum::http::request::Parts;

use super::AuthContext;
use super::client::ClientIp;
use super::error::ApiError;
use crate::authz::identity::Identity;
use crate::foundation::error::Error;

impl<S: Sync> FromRequestParts<S> for AuthContext {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let missing = || ApiError(Error::internal("AuthContext", "AuthLayer is missing from this router"));
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}

/// The signed-in user. The response to a request without one is 401; `Option<CurrentUser>` accepts
/// both.
///
/// ```
/// use authtuna::axum::CurrentUser;
///
/// async fn me(user: CurrentUser) -> String {
///     format!("{} <{}>", user.user.username, user.user.email.as_deref().unwrap_or("no address"))
/// }
/// # let _: axum::Router = axum::Router::new().route("/me", axum::routing::get(me));
/// ```
#[derive(Clone, Debug)]
pub struct CurrentUser(pub Arc<Identity>);

impl Deref for CurrentUser {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let context = AuthContext::from_request_parts(parts, state).await?;
        Ok(Self(Arc::clone(context.actor().user()?)))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, ApiError> {
        let OptionalUser(user) = OptionalUser::from_request_parts(parts, state).await?;
        Ok(user.map(Self))
    }
}

/// The signed-in user, if there is one. Accepts requests without a session.
///
/// ```
/// use authtuna::axum::OptionalUser;
///
/// async fn hello(OptionalUser(user): OptionalUser) -> String {
///     user.map_or("Hello!".to_owned(), |user| format!("Hello, {}!", user.user.username))
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(hello));
/// ```
#[derive(Clone, Debug)]
pub struct OptionalUser(pub Option<Arc<Identity>>);

impl<S: Sync> FromRequestParts<S> for OptionalUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let context = AuthContext::from_request_parts(parts, state).await?;
        Ok(Self(context.actor().user().ok().cloned()))
    }
}

/// Responds with 500 when the address is unknown. That is a fault of the program: the router is
/// served without the addresses of its connections. Serve it with
/// `into_make_service_with_connect_info::<SocketAddr>()`.
impl<S: Sync> FromRequestParts<S> for ClientIp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let missing = || {
            let why = "the client's address is not known: AuthLayer is missing, or ConnectInfo<SocketAddr>";
            ApiError(Error::internal("ClientIp", why))
        };
        parts.extensions.get::<Self>().copied().ok_or_else(missing)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for ClientIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().copied())
    }
}
