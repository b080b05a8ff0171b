//! The binary `authtuna`.

use std::process::ExitCode;

use clap::Parser;

/// A page is made of thousands of small allocations, and the boxed futures of every request are large ones to the system's
/// allocator, which tidies up at each of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    authtuna_server::commands::run(authtuna_server::cli::Cli::parse())
}
