//! The log: lines for people or JSON for machines, on standard error.

use std::io::{BufWriter, stderr};

use authtuna::foundation::config::{LogFormat, Settings};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli_error::CliError;

/// Postgres notes at every start that what is there is there.
const QUIET: &str = "sqlx::postgres::notice=warn";

/// Lines that wait to be written, at most. Then whoever logs waits: a line is late rather than lost.
const WAITING: usize = 10_000;

/// Begins logging as the settings say, until what comes back is dropped: that writes what still waits. Panics go to the
/// log too, with their place.
///
/// A thread of its own writes: no request waits for standard error, and many lines are one call to the system.
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
    // Only a program that logs already, and runs this one inside, gets here twice.
    if begun.is_err() {
        tracing::debug!("logging had begun before");
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("a panic without words");
        tracing::error!(panic.place = place, panic.said = said, "a panic: a fault of this program");
    }));
    Ok(writing)
}
