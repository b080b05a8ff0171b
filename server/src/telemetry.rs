//! The log, on standard error: text for people, or JSON for machines.

use std::io::{BufWriter, stderr};

use authtuna::foundation::config::{LogFormat, Settings};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli_error::CliError;

/// Hides PostgreSQL's notices at every start that existing objects already exist.
const QUIET: &str = "sqlx::postgres::notice=warn";

/// The maximum number of lines that wait to be written. Beyond it, logging blocks, so that lines
/// are delayed rather than lost.
const WAITING: usize = 10_000;

/// Starts logging according to the settings, until the returned guard is dropped. Dropping it
/// writes the lines that still wait. Panics are logged too, with their location.
///
/// A separate thread writes the lines, so no request waits for standard error, and many lines take
/// a single system call.
///
/// # Errors
///
/// [`CliError::LogLevel`] when LOG_LEVEL is invalid.
pub fn begin(settings: &Settings) -> Result<WorkerGuard, CliError> {
    let (writer, writing) = NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(WAITING)
        .thread_name("log")
        .finish(BufWriter::new(stderr()));
    let filter =
        EnvFilter::try_new(format!("{QUIET},{}", settings.http.log_level)).map_err(CliError::LogLevel)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let begun = match settings.http.log_format {
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&stderr())).finish().try_init(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).finish().try_init()
        }
    };
    // This happens only in a program that already logs and runs this server inside it.
    if begun.is_err() {
        tracing::debug!("logging had already started");
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("a panic without a message");
        tracing::error!(panic.place = place, panic.said = said, "a panic: this is a bug in AuthTuna");
    }));
    Ok(writing)
}
