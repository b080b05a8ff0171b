//! The core inside an Axum service: who asks, whether they may, and the cookies.
//!
//! # A service
//!
//! [`AuthLayer`] goes around all routes. It looks at the session's cookie of every request, before any handler runs.
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
//!     // Purges; and on Postgres hears what other processes change. Without it every request asks the database.
//!     tokio::spawn(authtuna::jobs::run(auth.clone()));
//!
//!     let app = Router::new()
//!         .route("/me", get(|user: CurrentUser| async move { user.user.username.clone() }))
//!         .layer(AuthLayer::new(auth.clone())?);
//!
//!     let listener = tokio::net::TcpListener::bind(auth.settings().http.server_address).await?;
//!     // With the addresses of connections: limits of tries, and the log, go by them.
//!     axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
//!     Ok(())
//! }
//! ```
//!
//! # Who asks
//!
//! | a handler takes | it gets | without a session |
//! |---|---|---|
//! | [`CurrentUser`] | the signed-in person | is not called: 401 |
//! | [`OptionalUser`], or `Option<CurrentUser>` | the person, if there is one | None |
//! | [`Allowed<C>`](Allowed) | the person, who meets the rule of `C` | is not called: 401; without the right 403 |
//! | `Option<Allowed<C>>` | the person, if they meet it | None |
//! | [`AuthContext`] | the actor, for operations of the core, and the way to begin and end sessions | an anonymous actor |
//! | [`ClientIp`] | the client's address | the same |
//!
//! The first four give a [`Identity`](crate::authz::identity::Identity): `user` (id, name, address), `session`, and `access`,
//! all they may do. It is read from memory most of the time; whatever changes it ends that at once.
//!
//! Operations of the core take the actor, and decide by themselves. Rules in front of a handler are for what the
//! service itself does.
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
//! # Whether they may
//!
//! A [`Rule`] says what one must hold, and where. [`RequirePermission`] and [`RequireRole`] make rules; they are
//! constants, and cost about a microsecond to ask. A rule is a layer around routes, or stands in front of one
//! handler under a name that [`check!`](crate::check) gives it:
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
//! | the rule says | what is held counts when it is held |
//! |---|---|
//! | nothing | everywhere (`global`) |
//! | `.in_scope("org:1/team:2")` | in that scope, or above it |
//! | `.scope_from_path("org_id")` | in `org:<value>` or above it, by the value in the path |
//! | `.scope_from_path("slug").prefix("org")` | the same, where the parameter has another name |
//!
//! A value of the path is one segment of a scope, never more: `/orgs/1%2Fteam:2` is answered 404, whoever is signed in.
//! A rule that cannot be right (an unknown form of scope, a parameter that the route does not have) is answered 500
//! with a line in the log, and an empty list of permissions 403: a mistake lets nobody in.
//!
//! # What others are told
//!
//! Without a session, a browser that opens a page (`GET`, `Accept: text/html`) is sent to the sign-in page with
//! `?next=`, see [`AuthLayer`]. Everything else is answered in JSON by [`ApiError`], as are errors of the core:
//! `{"detail": "Not authenticated.", "code": "not_authenticated"}`.
//!
//! # Signing in
//!
//! The portal does it. A service may also by itself: [`AuthContext::enter`], [`AuthContext::begin`] and [`AuthContext::end`] have the answer
//! carry the cookies.
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
//! Cookies are `SameSite=Lax` by default: other sites can open pages as the person, but post nothing. So let no GET
//! change anything.
//!
//! # Beside a portal
//!
//! With ONLY_MIDDLEWARE, the same DEFAULT_DATABASE_URI, FERNET_KEYS and FINGERPRINT_HEADERS, and a SESSION_COOKIE_DOMAIN
//! that both hosts are below, a service takes the portal's sessions for its own. On Postgres it learns of a session that
//! ends, and of a role that is taken away, at once; on SQLite within SESSION_DB_VERIFICATION_INTERVAL.

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

/// One request's view of who asks, and what its answer is to do to the browser's cookies. Cheap to clone.
#[derive(Clone)]
pub struct AuthContext(Arc<Inner>);

struct Inner {
    actor: Actor,
    /// None while there are none: most requests want nothing.
    changes: Mutex<Option<Box<CookieChanges>>>,
}

/// What the answer does to the browser's cookies.
#[derive(Default)]
struct CookieChanges {
    session: CookieChange,
    pending_challenge: Option<PendingChallenge>,
    mfa_challenge: Option<MfaChallenge>,
    ceremony: Option<CeremonyKept>,
}

/// What a browser keeps of a passkey prompt.
struct CeremonyKept {
    secret: [u8; 32],
    until: Timestamp,
}

/// What the answer does to the session's cookies.
#[derive(Default)]
enum CookieChange {
    /// Nothing more than the check of the session found.
    #[default]
    Keep,
    /// Somebody came in.
    Begin(SignedIn),
    /// Somebody went out.
    End,
}

impl AuthContext {
    fn new(actor: Actor) -> Self {
        Self(Arc::new(Inner { actor, changes: Mutex::new(None) }))
    }

    /// Who asks, and from where.
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    /// Has the answer carry the cookies of a session that has just begun.
    pub fn begin(&self, signed_in: SignedIn) {
        self.change(|changes| changes.session = CookieChange::Begin(signed_in));
    }

    /// Has the answer carry how far somebody came. True when they are in. Else the browser keeps what makes the code of a mail
    /// work in it; or what shows that the first factor was proved, and [`Auth::second_factor`](crate::auth::Auth::second_factor) is next, with the token that
    /// `actor().origin.mfa_challenge` then has.
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

    /// Has the answer delete the session's cookie.
    pub fn end(&self) {
        self.change(|changes| changes.session = CookieChange::End);
    }

    /// Has the browser keep what makes the code of a mail work in it.
    pub fn wait(&self, pending_challenge: PendingChallenge) {
        self.change(|changes| changes.pending_challenge = Some(pending_challenge));
    }

    /// Has the browser keep what makes the answer to a passkey prompt count in it. The rest is for its scripts.
    pub fn ask(&self, ceremony: Ceremony) -> serde_json::Value {
        let kept = CeremonyKept { secret: ceremony.secret, until: ceremony.until };
        self.change(|changes| changes.ceremony = Some(kept));
        ceremony.options
    }

    /// Has the answer carry what a sign-up led to. True when somebody is signed in.
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
