//! `authtuna migrate`.

use authtuna::auth::Auth;
use authtuna::foundation::config::Settings;

use super::say;
use crate::cli_error::CliError;

/// Creates the database if there is none and brings it up to date, whatever AUTO_CREATE_DATABASE
/// says.
pub(super) async fn migrate() -> Result<(), CliError> {
    let settings = Settings::builder().set("AUTO_CREATE_DATABASE", "true").build()?;
    let auth = Box::pin(Auth::start(settings)).await?;
    let place = auth.store().place().to_owned();
    auth.store().close().await;
    say(format_args!("The database {place} is up to date."))
}
