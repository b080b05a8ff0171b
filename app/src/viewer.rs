//! Who looks at the page: read from what the layers before Leptos have put into the request.

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::authz::identity::UserSummary;
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use http::request::Parts;
use leptos::prelude::{use_context, with_context};

/// The core, as the server has put it into the context.
pub fn auth() -> Result<Auth, Error> {
    use_context().ok_or_else(|| Error::internal("page", "the server has put no Auth into the context"))
}

/// Reads something of the request at hand; None outside of one. By reference: `use_context` would copy the whole head of the
/// request, with all that its extensions hold. `read` must not look for another context.
pub(crate) fn request<T>(read: impl FnOnce(&Parts) -> Option<T>) -> Option<T> {
    with_context(read).flatten()
}

/// Something that the layers before Leptos have put into the request.
pub(crate) fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    request(|parts| parts.extensions.get().cloned())
}

/// This request's visit.
pub fn context() -> Result<AuthContext, Error> {
    let context = extension::<AuthContext>();
    context.ok_or_else(|| Error::internal("page", "the session layer is missing from this router"))
}

/// A signed-in person, as pages show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// What they are called.
    pub name: String,
    /// Their username.
    pub username: String,
    /// Their address.
    pub email: Option<String>,
    /// One or two letters for a picture.
    pub initials: String,
    /// Whether they have to set up first what a role of theirs asks for: there is nowhere else to go.
    pub enrols: bool,
}

impl Viewer {
    /// The person who asks. Err([`Code::NotAuthenticated`]) when nobody is signed in.
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

    /// The person who looks at the page at hand.
    pub fn here() -> Option<Self> {
        Self::of(context().ok()?.actor()).ok()
    }
}

fn initials(user: &UserSummary) -> String {
    let first = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().chars().next());
    let email_messages: String = match (first(&user.first_name), first(&user.last_name)) {
        (None, None) => user.username.chars().take(2).collect(),
        (first, last) => first.into_iter().chain(last).collect(),
    };
    email_messages.to_uppercase()
}

/// Whether somebody is signed in.
pub fn signed_in() -> bool {
    context().is_ok_and(|context| context.actor().session_user().is_ok())
}

/// A fault goes to the log once, with the request that met it; what anybody sees is its code.
pub fn log(error: &Error, actor: Option<&Actor>) {
    if error.is_fault() || error.code() == Code::Internal {
        let request = actor.and_then(|actor| actor.origin.request_id).map(|id| id.to_string());
        tracing::error!(request.id = request, error = %error, "a page or form failed");
    }
}
