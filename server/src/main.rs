//! The `authtuna` binary.

use std::process::ExitCode;

use clap::Parser;

/// Replaces the system allocator. Rendering a page makes thousands of small allocations, and the
/// boxed futures of every request count as large to the system allocator, which does cleanup work
/// for each of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    authtuna_server::commands::run(authtuna_server::cli::Cli::parse())
}
