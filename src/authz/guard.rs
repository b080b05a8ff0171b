//! Guards: who may call a route. Pages, server functions and JSON routes declare one.
//!
//! A guard refuses early and in the form that suits the route. It is a convenience: the core
//! authorizes every operation again.

use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::model::scope::Scope;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Everyone.
    Public,
    /// Signed-in users, including those who must first set up a factor that one of their roles
    /// requires.
    SignedInOrEnrolling,
    /// Signed-in users.
    SignedIn,
    /// Users who hold this permission globally.
    Permission(&'static str),
}

impl Guard {
    /// Checks whether `actor` may call the route.
    ///
    /// # Errors
    ///
    /// - `not_authenticated` when the actor is not signed in.
    /// - `mfa_enrolment_required` when the user must first set up a factor and the guard is not
    ///   [`Guard::SignedInOrEnrolling`].
    /// - `forbidden` when the actor lacks the permission.
    pub fn check(self, actor: &Actor) -> Result<(), Error> {
        match self {
            Self::Public => Ok(()),
            Self::SignedInOrEnrolling => actor.session_user().map(drop),
            Self::SignedIn => actor.user().map(drop),
            Self::Permission(permission) => actor.require(permission, &Scope::global()),
        }
    }
}
