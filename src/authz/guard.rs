//! Who may call a route: what pages, server functions and JSON routes are declared with.
//!
//! A guard answers early and in the right form. It is a courtesy: the core authorizes every operation again.

use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::model::scope::Scope;

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Everybody.
    Public,
    /// Signed-in users, including those who must first set up a factor that one of their roles requires.
    SignedInOrEnrolling,
    /// Signed-in users.
    SignedIn,
    /// Users who hold this permission globally.
    Permission(&'static str),
}

impl Guard {
    /// Checks whether `actor` may come in.
    ///
    /// # Errors
    ///
    /// `not_authenticated`, `mfa_enrolment_required`, or `forbidden` for a permission that the actor lacks.
    pub fn check(self, actor: &Actor) -> Result<(), Error> {
        match self {
            Self::Public => Ok(()),
            Self::SignedInOrEnrolling => actor.session_user().map(drop),
            Self::SignedIn => actor.user().map(drop),
            Self::Permission(permission) => actor.require(permission, &Scope::global()),
        }
    }
}
