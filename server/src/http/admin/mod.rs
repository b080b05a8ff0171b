//! `/admin`: the JSON API for administrators.
//!
//! Paths, methods and bodies are those of the Python version. Its lists are bare arrays with a Link
//! header to the next page; newer lists are `{"items", "next"}`. Times are whole seconds since the
//! epoch. Unknown fields and parameters are refused, because a mistyped one would look like a
//! change that was made, or a filter that was applied.
//!
//! Most routes first require `admin:access:panel`, as a courtesy. Routes that make sense within a
//! single scope require only a session: the core decides what the caller may do there.

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

/// The guard of routes for users who may open the admin console.
const PANEL: Guard = Guard::Permission(ADMIN_ACCESS_PANEL);

/// Returns the routes.
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

/// Returns the user with this id, if the caller may see them.
///
/// # Errors
///
/// [`Code::UserNotFound`] when there is no such user.
async fn found(auth: &Auth, context: &AuthContext, id: UserId) -> Result<User, ApiError> {
    let user = auth.users.get(context.actor(), id).await?;
    Ok(user.ok_or_else(|| Error::on(Field::User, Code::UserNotFound))?)
}
