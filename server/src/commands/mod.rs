//! The commands of the command line.

mod config;
mod doctor;
mod keys;
mod mail;
mod migrate;
mod purge;
mod role;
mod serve;
mod user;

use std::io::Write;
use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::cli_error::CliError;

/// Runs a command. If it fails, prints the error to standard error and returns exit code 1.
pub fn run(cli: Cli) -> ExitCode {
    let result = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => within_runtime(serve::serve()),
        Command::Migrate => within_runtime(migrate::migrate()),
        Command::Config { json } => config::config(json),
        Command::Doctor { mail } => within_runtime(doctor::doctor(mail)),
        Command::Keys(command) => keys::keys(&command),
        Command::User(command) => within_runtime(user::user(command)),
        Command::Role(command) => within_runtime(role::role(command)),
        Command::Mail(command) => within_runtime(mail::mail(command)),
        Command::Purge => within_runtime(purge::purge()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(cli_error) => {
            // If standard error is closed, there is nowhere to report to.
            let _ = writeln!(std::io::stderr(), "{}", cli_error.to_string().trim_end());
            ExitCode::FAILURE
        }
    }
}

fn within_runtime(work: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| CliError::System("starting threads", source))?;
    let result = runtime.block_on(work);
    // Does not wait for blocking calls that have not returned.
    runtime.shutdown_background();
    result
}

/// Writes a line to standard output.
fn say(line: impl std::fmt::Display) -> Result<(), CliError> {
    match writeln!(std::io::stdout(), "{line}") {
        // The reader has stopped reading, as `head` does.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|source| CliError::System("standard output", source)),
    }
}
