//! `authtuna serve`.

use std::time::Duration;

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::foundation::config::Settings;

use super::say;
use crate::cli_error::CliError;
use crate::server::Server;
use crate::site::Site;
use crate::{shutdown, telemetry};

/// How long opening the database may take before the server prints that it is waiting.
const PATIENCE: Duration = Duration::from_secs(1);

/// Serves until asked to stop.
pub(super) async fn serve() -> Result<(), CliError> {
    let settings = Settings::load()?;
    let _writing = telemetry::begin(&settings)?;
    // Printed before anything can fail, because a notice may be the reason.
    for notice in settings.notices() {
        say(format_args!("Note: {notice}"))?;
    }
    let stop = shutdown::asked()?;
    let site = if settings.app.only_middleware { None } else { Some(Site::load()?) };
    let auth = open(settings).await?;
    let server = Server::bind(auth.clone(), site).await?;
    greet(&auth, &server).await?;
    server.run(stop).await;
    Ok(())
}

/// Opens the database. If that takes long, prints which database the server is waiting for.
async fn open(settings: Settings) -> Result<Auth, CliError> {
    let uri = settings.describe().into_iter().find(|setting| setting.name == "DEFAULT_DATABASE_URI");
    let mut opening = Box::pin(Auth::start(settings));
    tokio::select! {
        auth = &mut opening => return Ok(auth?),
        () = tokio::time::sleep(PATIENCE) => {}
    }
    let place = uri.map(|setting| setting.value).unwrap_or_default();
    say(format_args!("Note: waiting for the database {place}"))?;
    Ok(opening.await?)
}

/// Prints where to go. The link is a secret: it is printed for the operator who started the server,
/// and never logged.
async fn greet(auth: &Auth, server: &Server) -> Result<(), CliError> {
    let settings = auth.settings();
    say(format_args!("AuthTuna {} listens on http://{}", env!("CARGO_PKG_VERSION"), server.address()?))?;
    if let Some(address) = server.metrics_address() {
        say(format_args!("Metrics: http://{address}/metrics"))?;
    }
    if settings.app.only_middleware {
        return say("ONLY_MIDDLEWARE is true: the server only responds to health checks.");
    }
    say(format_args!("Portal:  {}", settings.app.api_base_url.as_str().trim_end_matches('/')))?;
    if let Some(link) = auth.sign_up.issue_setup_link(&Actor::system()).await? {
        say("There is no administrator yet. This link creates the first one. It works once, for 24 hours:")?;
        say(format_args!("  {link}"))?;
    }
    Ok(())
}
