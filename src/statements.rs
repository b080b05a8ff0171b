//! Every SQL statement of the core, for the test that prepares each on both databases.

use crate::foundation::store::{self, Statement};

/// Returns all statements, module by module. A test reads the sources and fails when a module is
/// missing here.
pub fn all() -> impl Iterator<Item = Statement> {
    [
        store::ALL,
        crate::accounts::users::ALL,
        crate::audit::ALL,
        crate::authn::mfa::ALL,
        crate::authn::overview::ALL,
        crate::authn::passkeys::ALL,
        crate::authn::recovery::ALL,
        crate::authn::sessions::ALL,
        crate::authn::tokens::ALL,
        crate::authz::effective_access::ALL,
        crate::authz::explorer::ALL,
        crate::authz::permissions::ALL,
        crate::authz::roles::ALL,
        crate::foundation::rate_limit::ALL,
        crate::mail::ALL,
        crate::provision::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}
