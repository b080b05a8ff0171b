//! `authtuna keys`.

use authtuna::foundation::crypto::keyring::Keyring;

use super::say;
use crate::cli::Keys;
use crate::failure::Failure;

/// Makes keys.
pub(super) fn keys(command: &Keys) -> Result<(), Failure> {
    match command {
        Keys::Generate => say(Keyring::generate_key()),
    }
}
