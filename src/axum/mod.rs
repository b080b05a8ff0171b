//! Integrates the core into an Axum service: who makes a request, what they may do, and the
//! cookies.
//!
//! # A service
//!
//! [`AuthLayer`] wraps all routes. It checks the session cookie of every request before a handler
//! runs.
//!
//! ```no_run
//! use std::net::SocketAddr;
//!
//! use authtuna::{Auth, Settings, axum::AuthLayer, axum::CurrentUser};
//! use axum::{Router, routing::get};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let auth = Auth::start(Settings::load()?).await?;
//!     // Deletes old rows and, on PostgreSQL, listens for changes that other processes make.
//!     // Without it, every request queries the database.
//!     tokio::spawn(authtuna::jobs::run(auth.clone()));
//!
//!     let app = Router::new()
//!         .route("/me", get(|user: CurrentUser| async move { user.user.username.clone() }))
//!         .layer(AuthLayer::new(auth.clone())?);
//!
//!     let listener = tokio::net::TcpListener::bind(auth.settings().http.server_address).await?;
//!     // Rate limits and the audit log need the addresses of the connections.
//!     axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
//!     Ok(())
//! }
//! ```
//!
//! # The caller
//!
//! | a handler takes | it gets | without a session |
//! |---|---|---|
//! | [`CurrentUser`] | the signed-in user | is not called: 401 |
//! | [`OptionalUser`] or `Option<CurrentUser>` | the user, if one is signed in | `None` |
//! | [`Allowed<C>`](Allowed) | the user, who meets the rule of `C` | is not called: 401; 403 when the user does not meet the rule |
//! | `Option<Allowed<C>>` | the user, if they meet the rule | `None` |
//! | [`AuthContext`] | the actor, for operations of the core, and the methods that begin and end sessions | an anonymous actor |
//! | [`ClientIp`] | the client's IP address | the same |
//!
//! The first four give an [`Identity`](crate::authz::identity::Identity): `user` (id, name,
//! address), `session`, and `access`, which is everything the user may do. It usually comes from
//! memory, and any change to it evicts it at once.
//!
//! Operations of the core take the actor and authorize it themselves. Rules in front of a handler
//! are for what the service itself does.
//!
//! ```
//! use authtuna::{Auth, axum::ApiError, axum::AuthContext};
//! use axum::{Router, extract::State, routing::get};
//!
//! async fn sessions(State(auth): State<Auth>, context: AuthContext) -> Result<String, ApiError> {
//!     let own = auth.sessions.list(context.actor()).await?;
//!     Ok(format!("signed in in {} browsers", own.len()))
//! }
//! # let _: Router<Auth> = Router::new().route("/sessions", get(sessions));
//! ```
//!
//! # Authorization
//!
//! A [`Rule`] says what a user must hold, and in which scope. [`RequirePermission`] and
//! [`RequireRole`] create rules; rules are constants, and checking one takes about a microsecond.
//! Use a rule as a layer around routes, or in front of one handler, under a name that
//! [`check!`](crate::check) declares:
//!
//! ```
//! use authtuna::axum::{Allowed, RequirePermission, RequireRole, check};
//! use axum::{Router, extract::Path, routing::get};
//!
//! check!(ReadProjects = RequirePermission::one("projects:read").scope_from_path("org_id"));
//!
//! async fn projects(user: Allowed<ReadProjects>, Path(org): Path<String>) -> String {
//!     format!("projects of {org}, for {}", user.user.username)
//! }
//!
//! let admin: Router = Router::new()
//!     .route("/admin/users", get(|| async { "everybody" }))
//!     .route("/admin/log", get(|| async { "everything" }))
//!     .route_layer(RequireRole::any(&["Admin", "SuperAdmin"]));
//! let app = admin.route("/orgs/{org_id}/projects", get(projects));
//! ```
//!
//! | the rule says | what the user holds counts in |
//! |---|---|
//! | nothing | the scope `global` |
//! | `.in_scope("org:1/team:2")` | that scope, and those above it |
//! | `.scope_from_path("org_id")` | `org:<value>` with the value in the path, and the scopes above it |
//! | `.scope_from_path("slug").prefix("org")` | the same, if the parameter has another name |
//!
//! A value in the path is one segment of a scope, never more: for every signed-in user, the
//! response to `/orgs/1%2Fteam:2` is 404. A mistake in a rule lets no user in: for an invalid rule
//! (an unknown form of scope, a parameter that the route does not have) the response is 500, with a
//! line in the log, and for an empty list of permissions it is 403.
//!
//! # Redirects and errors
//!
//! Without a session, a browser that opens a page (`GET`, `Accept: text/html`) is redirected to the
//! sign-in page with `?next=`, see [`AuthLayer`]. Every other request gets JSON from [`ApiError`],
//! and so do errors of the core: `{"detail": "Not authenticated.", "code": "not_authenticated"}`.
//!
//! # Signing in
//!
//! The portal signs users in. A service may do it itself: [`AuthContext::enter`],
//! [`AuthContext::begin`] and [`AuthContext::end`] add the cookies to the response.
//!
//! ```
//! use authtuna::{Auth, authn::sign_in::SignIn, axum::ApiError, axum::AuthContext};
//! use axum::{Json, Router, extract::State, routing::post};
//!
//! async fn sign_in(State(auth): State<Auth>, context: AuthContext, form: Json<SignIn>) -> Result<&'static str, ApiError> {
//!     let is_in = context.enter(auth.sign_in.with_password(context.actor(), &form).await?);
//!     Ok(if is_in { "welcome" } else { "now the code of your app" })
//! }
//! # let _: Router<Auth> = Router::new().route("/login", post(sign_in));
//! ```
//!
//! Cookies are `SameSite=Lax` by default: other sites can open pages as the user, but cannot post
//! anything. So let no GET request change anything.
//!
//! # Beside a portal
//!
//! With ONLY_MIDDLEWARE, a service accepts the sessions of a portal. Both need the same
//! DEFAULT_DATABASE_URI, FERNET_KEYS and FINGERPRINT_HEADERS, and a SESSION_COOKIE_DOMAIN that
//! covers both hosts. On PostgreSQL the service learns at once that a session ended or that a role
//! was revoked; on SQLite, within SESSION_DB_VERIFICATION_INTERVAL.

mod accept;
mod check;
mod client;
mod cookies;
mod error;
mod extract;
mod layer;
mod login_redirect;
mod rule;

#[doc(inline)]
pub use crate::check;

pub use accept::{wants_json, wants_page};
pub use check::{Allowed, Check, RuleService};
pub use client::{ClientIp, GeoIpError};
pub use cookies::cookie_value;
pub use error::ApiError;
pub use extract::{CurrentUser, OptionalUser};
pub use layer::{AuthLayer, AuthService};
pub use rule::{RequirePermission, RequireRole, Rule};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::authn::passkeys::Ceremony;
use crate::authn::sign_in::{MfaChallenge, SignInOutcome, SignedIn};
use crate::authn::sign_up::SignedUp;
use crate::authz::actor::{Actor, PendingChallenge};
use crate::model::time::Timestamp;

/// The actor of a request, and the changes to the browser's cookies that the response makes. Cheap
/// to clone.
#[derive(Clone)]
pub struct AuthContext(Arc<Inner>);

struct Inner {
    actor: Actor,
    /// `None` until there is a change: most requests make none.
    changes: Mutex<Option<Box<CookieChanges>>>,
}

/// The changes to the browser's cookies that the response makes.
#[derive(Default)]
struct CookieChanges {
    session: CookieChange,
    pending_challenge: Option<PendingChallenge>,
    mfa_challenge: Option<MfaChallenge>,
    ceremony: Option<CeremonyKept>,
}

/// What the browser keeps of a passkey ceremony.
struct CeremonyKept {
    secret: [u8; 32],
    until: Timestamp,
}

/// The change to the session's cookies that the response makes.
#[derive(Default)]
enum CookieChange {
    /// No change beyond what the session check decided.
    #[default]
    Keep,
    /// A user signed in.
    Begin(SignedIn),
    /// The user signed out.
    End,
}

impl AuthContext {
    fn new(actor: Actor) -> Self {
        Self(Arc::new(Inner { actor, changes: Mutex::new(None) }))
    }

    /// Returns the actor: who makes the request, and from where.
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    /// Adds the cookies of a session that has just begun to the response.
    pub fn begin(&self, signed_in: SignedIn) {
        self.change(|changes| changes.session = CookieChange::Begin(signed_in));
    }

    /// Adds the cookies for the outcome of a sign-in to the response. Returns whether the user is
    /// signed in.
    ///
    /// If not, the outcome is one of two challenges. For an email challenge, the browser keeps what
    /// makes the emailed code work in it. For an MFA challenge, it keeps the proof of the first
    /// factor; the next step is
    /// [`SignInFlow::with_second_factor`](crate::authn::sign_in::SignInFlow::with_second_factor),
    /// with the token that the browser's next request has in `actor().origin.mfa_challenge`.
    pub fn enter(&self, progress: SignInOutcome) -> bool {
        match progress {
            SignInOutcome::In(signed_in) => {
                self.begin(signed_in);
                true
            }
            SignInOutcome::SecondFactor(mfa_challenge) => {
                self.change(|changes| changes.mfa_challenge = Some(mfa_challenge));
                false
            }
            SignInOutcome::EmailChallenge(pending_challenge) => {
                self.wait(pending_challenge);
                false
            }
        }
    }

    /// Deletes the session cookie with the response.
    pub fn end(&self) {
        self.change(|changes| changes.session = CookieChange::End);
    }

    /// Has the browser keep what makes the code of an email work in it.
    pub fn wait(&self, pending_challenge: PendingChallenge) {
        self.change(|changes| changes.pending_challenge = Some(pending_challenge));
    }

    /// Has the browser keep what makes its answer to a passkey prompt valid there. Returns the
    /// options for the browser's script.
    pub fn ask(&self, ceremony: Ceremony) -> serde_json::Value {
        let kept = CeremonyKept { secret: ceremony.secret, until: ceremony.until };
        self.change(|changes| changes.ceremony = Some(kept));
        ceremony.options
    }

    /// Adds the cookies for the outcome of a sign-up to the response. Returns whether the user is
    /// signed in.
    pub fn signed_up(&self, outcome: SignedUp) -> bool {
        match outcome {
            SignedUp::In(signed_in) => {
                self.begin(signed_in);
                true
            }
            SignedUp::EmailChallenge(pending_challenge) => {
                self.wait(pending_challenge);
                false
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut CookieChanges)) {
        change(self.changes().get_or_insert_default());
    }

    fn changes(&self) -> MutexGuard<'_, Option<Box<CookieChanges>>> {
        self.0.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
