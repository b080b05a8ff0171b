//! The layer that finds out who makes a request.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::axum::body::Body;
use ::axum::extract::ConnectInfo;
use ::axum::http::{HeaderValue, Request, Response, Uri, header};
use ::axum::response::IntoResponse;
use tower::{Layer, Service};

use super::client::{ClientIp, GeoIpError, Origins};
use super::cookies::CookieJar;
use super::error::ApiError;
use super::login_redirect::{LoginRedirect, see_other};
use super::{AuthContext, CookieChange, CookieChanges};
use crate::auth::Auth;
use crate::authn::sessions::Checked;
use crate::authz::actor::{Actor, Principal};
use crate::model::code::Code;
use crate::model::id::RequestId;

/// Checks the session of every request, and inserts an [`AuthContext`] into the request.
///
/// A browser that opens a page (GET, `Accept: text/html`) that requires a signed-in user is
/// redirected to the sign-in page, with the way back as `?next=`. Every other request gets a 401 in
/// JSON. The sign-in page is `/auth/login` of this server or, with ONLY_MIDDLEWARE, that of the
/// portal at API_BASE_URL. The portal cannot redirect back to another server, so `next` is left out
/// in that case.
///
/// ```
/// # async fn example(auth: authtuna::auth::Auth) -> Result<(), Box<dyn std::error::Error>> {
/// use authtuna::axum::{AuthLayer, CurrentUser};
/// use axum::{Router, http::Uri, routing::get};
///
/// let app: Router = Router::new()
///     .route("/me", get(|user: CurrentUser| async move { user.user.username.clone() }))
///     .layer(AuthLayer::new(auth)?.sign_in_page(Uri::from_static("/welcome")));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AuthLayer {
    shared: Arc<Shared>,
    login_redirect: Option<Arc<LoginRedirect>>,
}

struct Shared {
    auth: Auth,
    origins: Origins,
    jar: CookieJar,
}

impl AuthLayer {
    /// Creates a layer over `auth`.
    ///
    /// # Errors
    ///
    /// [`GeoIpError`] when the GeoIP database in the settings cannot be read.
    pub fn new(auth: Auth) -> Result<Self, GeoIpError> {
        let settings = auth.settings();
        let origins = Origins::new(&settings.http, &settings.sessions)?;
        let jar = CookieJar::new(settings);
        let login_redirect = Some(Arc::new(LoginRedirect::of(&settings.app)));
        Ok(Self { shared: Arc::new(Shared { auth, origins, jar }), login_redirect })
    }

    /// Redirects browsers without a session to this page. A path is a page of this server, and gets
    /// `?next=`.
    #[must_use]
    pub fn sign_in_page(mut self, page: Uri) -> Self {
        self.login_redirect = Some(Arc::new(LoginRedirect::at(page)));
        self
    }

    /// Turns redirects off: browsers get the 401 too.
    #[must_use]
    pub fn without_redirects(mut self) -> Self {
        self.login_redirect = None;
        self
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService { inner, shared: Arc::clone(&self.shared), login_redirect: self.login_redirect.clone() }
    }
}

/// The service that [`AuthLayer`] produces.
#[derive(Clone)]
pub struct AuthService<S> {
    inner: S,
    shared: Arc<Shared>,
    login_redirect: Option<Arc<LoginRedirect>>,
}

impl<S> Service<Request<Body>> for AuthService<S>
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

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let login_redirect = self.login_redirect.clone();
        // Call the service that was polled ready; the clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let headers = request.headers();
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
            let request_id = request.extensions().get::<RequestId>().copied();
            let (sent, keys, now) =
                (shared.jar.read(headers), shared.auth.keyring(), shared.auth.clock.now());
            let mut origin = shared.origins.read(headers, peer, request_id, sent.device());
            origin.pending_challenge = sent.pending_challenge(keys, now);
            origin.ceremony = sent.ceremony();
            origin.mfa_challenge = sent.mfa_challenge(keys, now);
            let origin = Arc::new(origin);
            let (actor, change) = match sent.session {
                None => (Actor::anonymous_at(origin), Change::None),
                Some(cookie) => match shared.auth.sessions.check(cookie, &origin).await {
                    Ok(Checked::Open(snapshot, replacement)) => {
                        (Actor::in_session(&snapshot, origin), replacement.map_or(Change::None, Change::Set))
                    }
                    Ok(Checked::Closed) => (Actor::anonymous_at(origin), Change::Delete),
                    // When the database does not respond, let no user in, but do not delete any
                    // cookie.
                    Err(error) => return Ok(ApiError::from(error).into_response()),
                },
            };
            if let Some(ip) = actor.origin.ip {
                request.extensions_mut().insert::<ClientIp>(ClientIp(ip as IpAddr));
            }
            let login_redirect = login_redirect.filter(|_| matches!(actor.principal, Principal::Anonymous));
            let sign_in = login_redirect.and_then(|login_redirect| login_redirect.for_request(&request));
            let context = AuthContext::new(actor);
            request.extensions_mut().insert(context.clone());
            let mut response = inner.call(request).await?;
            if let Some(place) = sign_in
                && response.extensions().get() == Some(&Code::NotAuthenticated)
            {
                response = see_other(place);
            }
            shared.set_cookies(&context, change, &mut response);
            Ok(response)
        })
    }
}

/// What the session check decided about the session cookie.
enum Change {
    None,
    Set(String),
    Delete,
}

impl Shared {
    fn set_cookies(&self, context: &AuthContext, change: Change, response: &mut Response<Body>) {
        let changes = context.changes().take();
        if changes.is_none() && matches!(change, Change::None) {
            return;
        }
        let CookieChanges { session, pending_challenge, mfa_challenge, ceremony } =
            changes.map(|changes| *changes).unwrap_or_default();
        let actor = context.actor();
        let keys = self.auth.keyring();
        // After a sign-in or a sign-out, nothing is pending in this browser.
        let arrived = actor.origin.pending_challenge.is_some() && !matches!(session, CookieChange::Keep);
        let email_challenges = match pending_challenge {
            Some(pending_challenge) => self.jar.set_pending_challenge(&pending_challenge, keys),
            None if arrived => self.jar.delete_pending_challenge(),
            None => None,
        };
        let through = actor.origin.mfa_challenge.is_some() && !matches!(session, CookieChange::Keep);
        let mfa_challenge = match mfa_challenge {
            Some(mfa_challenge) => self.jar.set_mfa_challenge(&mfa_challenge, keys, self.auth.clock.now()),
            None if through => self.jar.delete_mfa_challenge(),
            None => None,
        };
        let [session, device] = match (session, change) {
            (CookieChange::Keep, Change::None) => [None, None],
            (CookieChange::Keep, Change::Set(cookie)) => [self.jar.set_session(&cookie), None],
            (CookieChange::Keep, Change::Delete) | (CookieChange::End, _) => {
                [self.jar.delete_session(), None]
            }
            (CookieChange::Begin(new), _) => {
                [self.jar.set_session(&new.session.cookie), self.jar.set_device(&new)]
            }
        };
        let ceremony = ceremony.and_then(|kept| self.jar.set_ceremony(&kept, self.auth.clock.now()));
        add_cookies(response, [session, device, email_challenges, mfa_challenge, ceremony]);
    }
}

fn add_cookies<const N: usize>(response: &mut Response<Body>, cookies: [Option<HeaderValue>; N]) {
    let headers = response.headers_mut();
    for cookie in cookies.into_iter().flatten() {
        headers.append(header::SET_COOKIE, cookie);
        // A response that sets a cookie is for one user (RFC 9111 section 7.3).
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
