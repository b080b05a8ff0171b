//! The binary `authtuna`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    authtuna_server::commands::run(authtuna_server::cli::Cli::parse())
}
