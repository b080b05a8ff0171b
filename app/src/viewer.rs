//! The user who views the page, read from what the layers around Leptos put into the request.

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::authz::identity::UserSummary;
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use http::request::Parts;
use leptos::prelude::{use_context, with_context};

/// Returns the core, which the server puts into the Leptos context.
///
/// # Errors
///
/// [`Code::Internal`] when the server did not put it there.
pub fn auth() -> Result<Auth, Error> {
    use_context().ok_or_else(|| Error::internal("page", "the server has put no Auth into the context"))
}

/// Reads from the current request; `None` outside of one.
///
/// It borrows the request, because `use_context` would clone its whole head with all extensions.
/// `read` must not look up another context.
pub(crate) fn request<T>(read: impl FnOnce(&Parts) -> Option<T>) -> Option<T> {
    with_context(read).flatten()
}

/// Returns a value that the layers around Leptos put into the request.
pub(crate) fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    request(|parts| parts.extensions.get().cloned())
}

/// Returns the [`AuthContext`] of this request.
///
/// # Errors
///
/// [`Code::Internal`] when the router lacks the session layer.
pub fn context() -> Result<AuthContext, Error> {
    let context = extension::<AuthContext>();
    context.ok_or_else(|| Error::internal("page", "the session layer is missing from this router"))
}

/// A signed-in user, as pages show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The first name, or else the username.
    pub name: String,
    /// The username.
    pub username: String,
    /// The email.
    pub email: Option<String>,
    /// One or two letters for the avatar.
    pub initials: String,
    /// Whether the user must first set up a factor that one of their roles requires. Until then
    /// they can go nowhere else.
    pub enrols: bool,
}

impl Viewer {
    /// Returns the user of the session.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when there is no session.
    pub fn of(actor: &Actor) -> Result<Self, Error> {
        let identity = actor.session_user()?;
        let user = &identity.user;
        Ok(Self {
            enrols: identity.lacks.is_some(),
            name: user.first_name.clone().unwrap_or_else(|| user.username.clone()),
            username: user.username.clone(),
            email: user.email.clone(),
            initials: initials(user),
        })
    }

    /// Returns the user who views the current page.
    pub fn here() -> Option<Self> {
        Self::of(context().ok()?.actor()).ok()
    }
}

fn initials(user: &UserSummary) -> String {
    let first = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().chars().next());
    let letters: String = match (first(&user.first_name), first(&user.last_name)) {
        (None, None) => user.username.chars().take(2).collect(),
        (first, last) => first.into_iter().chain(last).collect(),
    };
    letters.to_uppercase()
}

/// Returns whether a user is signed in.
pub fn signed_in() -> bool {
    context().is_ok_and(|context| context.actor().session_user().is_ok())
}

/// Logs a fault once, with the id of its request. The user only sees the code.
pub fn log(error: &Error, actor: Option<&Actor>) {
    if error.is_fault() || error.code() == Code::Internal {
        let request = actor.and_then(|actor| actor.origin.request_id).map(|id| id.to_string());
        tracing::error!(request.id = request, error = %error, "a page or form failed");
    }
}
