//! Pages of the user's own account.

pub(crate) mod activity;
pub(crate) mod confirm;
pub(crate) mod email;
pub(crate) mod enrollment;
pub(crate) mod mfa;
pub(crate) mod overview;
pub(crate) mod passkeys;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod protection;
pub(crate) mod security;
pub(crate) mod sessions;

mod events;

use authtuna::accounts::users::User;
use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use authtuna::model::paths::{LocalPath, MFA_ENROLL, SECURITY};

use crate::i18n::Lang;
use crate::links::leading_to;

/// Returns the caller's account.
async fn own(auth: &Auth, actor: &Actor) -> Result<User, Error> {
    let id = actor.user()?.user.id;
    auth.users.get(actor, id).await?.ok_or_else(|| Code::NotAuthenticated.into())
}

/// Returns whether the user must first set up a factor that one of their roles requires.
fn enrols(actor: &Actor) -> bool {
    actor.session_user().is_ok_and(|snapshot| snapshot.lacks.is_some())
}

/// Returns where canceling a setup leads. A user who must set up a factor returns to the choice of
/// factors, and continues to `target` from there.
fn way_out(actor: &Actor, target: Option<&LocalPath>) -> String {
    if enrols(actor) { leading_to(MFA_ENROLL, target) } else { SECURITY.to_owned() }
}

/// Returns the label of the link back to the security page, for a user who may go there.
fn back(t: Lang, actor: &Actor) -> Option<&'static str> {
    (!enrols(actor)).then(|| t.security_title())
}
