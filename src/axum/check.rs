//! Checks a [`Rule`] for a request: as a layer around routes, or as an extractor of one handler.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::axum::body::Body;
use ::axum::extract::rejection::RawPathParamsRejection;
use ::axum::extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams};
use ::axum::http::request::Parts;
use ::axum::http::{Request, Response};
use ::axum::response::IntoResponse;
use tower::{Layer, Service};

use super::AuthContext;
use super::error::ApiError;
use super::rule::{Asked, Rule};
use crate::authz::identity::Identity;
use crate::foundation::error::Error;
use crate::model::code::Code;
use crate::model::scope::Scope;

/// A rule with a name, for [`Allowed`]. [`check!`](crate::check) declares one in a line.
pub trait Check: 'static {
    /// What the user must hold, and in which scope.
    const RULE: Rule;
}

/// Declares [`Check`]s.
///
/// ```
/// use authtuna::axum::{RequirePermission, RequireRole, check};
///
/// check! {
///     /// May manage users.
///     pub ManageUsers = RequirePermission::one("users:manage");
///     Staff = RequireRole::any(&["Admin", "SuperAdmin"]);
/// }
/// # fn declared<C: authtuna::axum::Check>() {}
/// # declared::<Staff>();
/// ```
#[macro_export]
macro_rules! check {
    ($($(#[$meta:meta])* $vis:vis $name:ident = $rule:expr);+ $(;)?) => {$(
        $(#[$meta])*
        $vis enum $name {}

        impl $crate::axum::Check for $name {
            const RULE: $crate::axum::Rule = $rule;
        }
    )+};
}

/// The signed-in user, who meets the rule of `C`.
///
/// The response is 401 without a session, 403 when the user does not meet the rule, and 404 when
/// the path cannot name a resource. `Option<Allowed<C>>` is `None` instead of 401 and 403, for
/// handlers that show more to some users.
///
/// ```
/// use authtuna::axum::{Allowed, RequirePermission, check};
/// use axum::extract::Path;
///
/// check!(ReadProjects = RequirePermission::one("projects:read").scope_from_path("org_id"));
///
/// async fn projects(user: Allowed<ReadProjects>, Path(org): Path<String>) -> String {
///     format!("{} may see the projects of {org}, by a right in {}", user.user.username, user.scope())
/// }
/// # let _: axum::Router = axum::Router::new().route("/orgs/{org_id}/projects", axum::routing::get(projects));
/// ```
pub struct Allowed<C> {
    identity: Arc<Identity>,
    scope: Scope,
    check: PhantomData<fn() -> C>,
}

impl<C> Allowed<C> {
    /// Returns the scope in which the rule was checked.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl<C> Deref for Allowed<C> {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl<C: Check, S: Sync> FromRequestParts<S> for Allowed<C> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match judge(&C::RULE, parts).await? {
            Verdict::Allowed(identity, scope) => Ok(Self { identity, scope, check: PhantomData }),
            Verdict::Nobody(why) => Err(why.into()),
            Verdict::Nowhere => Err(Code::NotFound.into()),
            Verdict::Lacking => Err(Code::Forbidden.into()),
        }
    }
}

impl<C: Check, S: Sync> OptionalFromRequestParts<S> for Allowed<C> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        match judge(&C::RULE, parts).await? {
            Verdict::Allowed(identity, scope) => Ok(Some(Self { identity, scope, check: PhantomData })),
            Verdict::Nobody(_) | Verdict::Lacking => Ok(None),
            Verdict::Nowhere => Err(Code::NotFound.into()),
        }
    }
}

/// The outcome of a rule for a request.
enum Verdict {
    /// The user meets the rule in this scope.
    Allowed(Arc<Identity>, Scope),
    /// No user is signed in, or the user must first set up a factor.
    Nobody(Error),
    /// The path cannot name a resource.
    Nowhere,
    /// The user does not hold what the rule requires.
    Lacking,
}

/// Checks `rule` for a request. Fails for every caller when the rule itself is invalid, so that the
/// first request reveals the mistake.
async fn judge(rule: &Rule, parts: &mut Parts) -> Result<Verdict, Error> {
    let asked = if rule.reads_path() {
        match RawPathParams::from_request_parts(parts, &()).await {
            Ok(parameters) => rule.asked(&parameters),
            Err(RawPathParamsRejection::MissingPathParams(_)) => rule.asked([]),
            // The path is not valid UTF-8.
            Err(_) => Asked::Nowhere,
        }
    } else {
        rule.asked([])
    };
    if let Asked::Fault(why) = asked {
        return Err(Error::internal("a rule", format!("{why}: {rule:?}")));
    }
    let Some(context) = parts.extensions.get::<AuthContext>() else {
        return Err(Error::internal("a rule", "AuthLayer is missing from this router"));
    };
    let user = match context.actor().user() {
        Ok(user) => user,
        Err(why) => return Ok(Verdict::Nobody(why)),
    };
    let Asked::In(scope) = asked else { return Ok(Verdict::Nowhere) };
    if !rule.is_met(&user.access, &scope) {
        return Ok(Verdict::Lacking);
    }
    Ok(Verdict::Allowed(Arc::clone(user), scope))
}

/// ```
/// use authtuna::axum::RequirePermission;
/// use axum::{Router, routing::get};
///
/// let app: Router = Router::new()
///     .route("/admin/users", get(|| async { "everybody" }))
///     .route("/admin/sessions", get(|| async { "everywhere" }))
///     .route_layer(RequirePermission::one("users:manage"));
/// ```
impl<S> Layer<S> for Rule {
    type Service = RuleService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RuleService { inner, rule: *self }
    }
}

/// The service that a [`Rule`] produces as a layer.
#[derive(Clone)]
pub struct RuleService<S> {
    inner: S,
    rule: Rule,
}

impl<S> Service<Request<Body>> for RuleService<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let rule = self.rule;
        // Call the service that was polled ready; the clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let refused = match judge(&rule, &mut parts).await {
                Ok(Verdict::Allowed(..)) => return inner.call(Request::from_parts(parts, body)).await,
                Ok(Verdict::Nobody(why)) => why,
                Ok(Verdict::Nowhere) => Code::NotFound.into(),
                Ok(Verdict::Lacking) => Code::Forbidden.into(),
                Err(error) => error,
            };
            Ok(ApiError(refused).into_response())
        })
    }
}
