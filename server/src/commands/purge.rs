//! `authtuna purge`.

use authtuna::auth::Auth;
use authtuna::foundation::config::Settings;
use authtuna::jobs;

use super::say;
use crate::failure::Failure;

/// Deletes what has run out.
pub(super) async fn purge() -> Result<(), Failure> {
    let auth = Box::pin(Auth::start(Settings::load()?)).await?;
    let rows = jobs::purge(&auth).await?;
    auth.store().close().await;
    say(format_args!("{rows} rows were deleted."))
}
