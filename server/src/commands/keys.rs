//! `authtuna keys`.

use authtuna::foundation::crypto::keyring::Keyring;

use super::say;
use crate::cli::Keys;
use crate::cli_error::CliError;

/// Generates keys.
pub(super) fn keys(command: &Keys) -> Result<(), CliError> {
    match command {
        Keys::Generate => say(Keyring::generate_key()),
    }
}
