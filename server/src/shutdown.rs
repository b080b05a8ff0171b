//! Tells the server to stop when the operating system asks for it.

use crate::cli_error::CliError;

/// Listens for SIGINT (Ctrl-C) and SIGTERM from this call on. The returned future completes on the
/// first of them.
///
/// # Errors
///
/// [`CliError::System`] when a signal handler cannot be installed.
#[cfg(unix)]
pub fn asked() -> Result<impl Future<Output = ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|source| CliError::System("listening for signals", source));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns a future that completes on Ctrl-C.
///
/// # Errors
///
/// Never fails on this platform.
#[cfg(not(unix))]
pub fn asked() -> Result<impl Future<Output = ()>, CliError> {
    Ok(async {
        // Without the signal handler, the process can still be ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
