//! Every statement of the core, for the test that prepares each on both databases.

use super::Statement;

/// All statements, area by area. A test reads the sources and fails when an area is missing here.
pub fn all() -> impl Iterator<Item = Statement> {
    [
        super::open::ALL,
        crate::audit::ALL,
        crate::email::ALL,
        crate::explorer::ALL,
        crate::limit::ALL,
        crate::mfa::ALL,
        crate::overview::ALL,
        crate::passkeys::ALL,
        crate::permissions::ALL,
        crate::provision::ALL,
        crate::recovery::ALL,
        crate::roles::ALL,
        crate::sessions::ALL,
        crate::standing::ALL,
        crate::tokens::ALL,
        crate::users::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}
