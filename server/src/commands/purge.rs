//! `authtuna purge`.

use authtuna::auth::Auth;
use authtuna::foundation::config::Settings;
use authtuna::jobs;

use super::say;
use crate::cli_error::CliError;

/// Deletes expired data.
pub(super) async fn purge() -> Result<(), CliError> {
    let auth = Box::pin(Auth::start(Settings::load()?)).await?;
    let rows = jobs::purge(&auth).await?;
    auth.store().close().await;
    say(format_args!("{rows} rows were deleted."))
}
