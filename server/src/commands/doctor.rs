//! `authtuna doctor`.

use crate::failure::Failure;

/// Checks this installation.
pub(super) async fn doctor() -> Result<(), Failure> {
    Ok(())
}
