//! Pages of one's own account.

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

/// The account of the person who asks.
async fn own(auth: &Auth, actor: &Actor) -> Result<User, Error> {
    let id = actor.user()?.user.id;
    auth.users.get(actor, id).await?.ok_or_else(|| Code::NotAuthenticated.into())
}

/// Whether the person has to set up first what a role of theirs asks for.
fn enrols(actor: &Actor) -> bool {
    actor.session_user().is_ok_and(|snapshot| snapshot.lacks.is_some())
}

/// Where the way out of setting something up leads: who has to, comes back to the choice of what, and goes on to `target`
/// from there.
fn way_out(actor: &Actor, target: Option<&LocalPath>) -> String {
    if enrols(actor) { leading_to(MFA_ENROLL, target) } else { SECURITY.to_owned() }
}

/// The words of the way back to security, for those who may go there.
fn back(t: Lang, actor: &Actor) -> Option<&'static str> {
    (!enrols(actor)).then(|| t.security_title())
}
