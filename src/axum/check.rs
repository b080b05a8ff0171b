//! Asking a [`Rule`] about a request: as a layer around routes, or as an extractor of one handler.

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
    /// What the person must hold, and where.
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

/// The signed-in person, who meets the rule of `C`.
///
/// Without a session 401, without the right 403; a path that names nobody's resource is 404. `Option<Allowed<C>>` is
/// None in place of 401 and 403, for handlers that show more to some.
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
    /// The scope in which the rule was asked.
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

/// What a rule says of a request.
enum Verdict {
    /// This person meets it in this scope.
    Allowed(Arc<Identity>, Scope),
    /// Nobody is signed in who may do something.
    Nobody(Error),
    /// The path names nobody's resource.
    Nowhere,
    /// The person does not hold what it asks for.
    Lacking,
}

/// Asks `rule`. Err when the rule can not be right: that is told whoever asks, so that it is found by its first caller.
async fn judge(rule: &Rule, parts: &mut Parts) -> Result<Verdict, Error> {
    let asked = if rule.reads_path() {
        match RawPathParams::from_request_parts(parts, &()).await {
            Ok(parameters) => rule.asked(&parameters),
            Err(RawPathParamsRejection::MissingPathParams(_)) => rule.asked([]),
            // Bytes that are no text.
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

/// The service that a [`Rule`] makes as a layer.
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
        // The service that was polled ready is the one to call; the clone takes its place.
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
