//! `/admin`: what administrators do, in JSON.
//!
//! Paths, methods and bodies of the Python version stay; its lists are bare arrays that go on by a Link header, newer
//! ones are `{"items", "next"}`. Times are whole seconds since the epoch. Unknown fields and parameters are refused: a
//! mistyped one would look like a change that was made, or a filter that was applied.
//!
//! Most routes ask for `admin:access:panel` at the door, as a courtesy. Those that make sense within one scope ask only
//! that somebody is signed in: the core knows what they may do there.

mod access;
mod audit;
mod factors;
mod grants;
mod mails;
mod people;
mod permissions;
mod roles;
mod sessions;
mod shown;
mod standing;

use authtuna::model::permission::ADMIN_ACCESS_PANEL;

use super::endpoint::Endpoint;
use crate::access::Access;

/// For who may open the admin console.
const PANEL: Access = Access::Permission(ADMIN_ACCESS_PANEL);

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    let areas = [
        people::routes(),
        standing::routes(),
        sessions::routes(),
        grants::routes(),
        roles::routes(),
        permissions::routes(),
        access::routes(),
        audit::routes(),
        mails::routes(),
        factors::routes(),
    ];
    areas.into_iter().flatten().collect()
}
