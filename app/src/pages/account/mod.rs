//! Pages of one's own account.

pub(crate) mod activity;
pub(crate) mod confirm;
pub(crate) mod email;
pub(crate) mod enrol;
pub(crate) mod mfa;
pub(crate) mod overview;
pub(crate) mod passkeys;
pub(crate) mod profile;
pub(crate) mod protection;
pub(crate) mod security;
pub(crate) mod sessions;

mod events;

use authtuna::actor::Actor;
use authtuna::auth::Auth;
use authtuna::error::Error;
use authtuna::model::code::Code;
use authtuna::users::User;

/// The account of the person who asks.
async fn own(auth: &Auth, actor: &Actor) -> Result<User, Error> {
    let id = actor.user()?.user.id;
    auth.users.get(actor, id).await?.ok_or_else(|| Code::NotAuthenticated.into())
}
