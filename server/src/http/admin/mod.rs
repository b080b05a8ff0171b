//! `/admin`: what administrators do, in JSON.
//!
//! Paths, methods and bodies of the Python version stay; its lists are bare arrays that go on by a Link header, newer
//! ones are `{"items", "next"}`. Times are whole seconds since the epoch. Unknown fields and parameters are refused: a
//! mistyped one would look like a change that was made, or a filter that was applied.
//!
//! Most routes ask for `admin:access:panel` at the door, as a courtesy. Those that make sense within one scope ask only
//! that somebody is signed in: the core knows what they may do there.

mod access;
mod account_status;
mod assignments;
mod audit;
mod dto;
mod factors;
mod mails;
mod permissions;
mod roles;
mod sessions;
mod users;

use authtuna::accounts::users::User;
use authtuna::auth::Auth;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::id::UserId;
use authtuna::model::permission::ADMIN_ACCESS_PANEL;

use super::endpoint::Endpoint;
use authtuna::authz::guard::Guard;

/// For who may open the admin console.
const PANEL: Guard = Guard::Permission(ADMIN_ACCESS_PANEL);

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    let areas = [
        users::routes(),
        account_status::routes(),
        sessions::routes(),
        assignments::routes(),
        roles::routes(),
        permissions::routes(),
        access::routes(),
        audit::routes(),
        mails::routes(),
        factors::routes(),
    ];
    areas.into_iter().flatten().collect()
}

/// The person with this id, for somebody who may see them.
async fn found(auth: &Auth, context: &AuthContext, id: UserId) -> Result<User, ApiError> {
    let user = auth.users.get(context.actor(), id).await?;
    Ok(user.ok_or_else(|| Error::on(Field::User, Code::UserNotFound))?)
}
