//! When to stop: the operating system says so.

use crate::cli_error::CliError;

/// Listens for SIGINT (Ctrl-C) and SIGTERM from now on; the future ends at the first of them.
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

/// Listens for Ctrl-C.
#[cfg(not(unix))]
pub fn asked() -> Result<impl Future<Output = ()>, CliError> {
    Ok(async {
        // Without the signal the process can still be ended from outside.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
