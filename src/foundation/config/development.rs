//! Development keys: generated once and kept beside the data, so that a first run needs no
//! settings.

use std::io::{ErrorKind, Write};
use std::path::Path;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::Settings;
use super::loader::{Loader, Source};

const FILE: &str = "development-keys.json";

#[derive(Serialize, Deserialize)]
struct Keys {
    fernet_keys: Vec<String>,
}

/// Fills in missing keys. In production, validation has already rejected missing ones.
pub(super) fn fill_in(settings: &mut Settings, loader: &mut Loader) {
    if settings.app.production || !settings.secrets.fernet_keys.is_empty() {
        return;
    }
    let path = settings.app.data_dir.join(FILE);
    match read(&path)
        .or_else(|error| if error.kind() == ErrorKind::NotFound { make(&path) } else { Err(error) })
    {
        Ok(keys) => {
            settings.secrets.fernet_keys = keys.fernet_keys.into_iter().map(SecretString::from).collect();
            loader.sources.insert("FERNET_KEYS", (Source::Development, "made".to_owned()));
            settings.notices.push(format!(
                "FERNET_KEYS is not set: using the keys for development in {}. Set your own for production",
                path.display()
            ));
        }
        Err(error) => loader.note(
            "FERNET_KEYS",
            format!("set it, because the development keys in {} cannot be used: {error}", path.display()),
        ),
    }
}

fn read(path: &Path) -> std::io::Result<Keys> {
    let keys: Keys = serde_json::from_slice(&std::fs::read(path)?)?;
    if keys.fernet_keys.is_empty() || keys.fernet_keys.iter().any(|key| fernet::Fernet::new(key).is_none()) {
        return Err(std::io::Error::new(
            ErrorKind::InvalidData,
            "the file holds no valid Fernet keys; delete it to get new ones",
        ));
    }
    Ok(keys)
}

/// Writes a new file beside `path` and links it there. Of two processes that start together, one
/// wins and the other reads what the first has written; neither ever sees half a file.
fn make(path: &Path) -> std::io::Result<Keys> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let keys = Keys { fernet_keys: vec![fernet::Fernet::generate_key()] };
    let unique = fernet::Fernet::generate_key();
    let draft = folder.join(format!(".{FILE}.{}", &unique[..12]));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let written =
        file.write_all(serde_json::to_string_pretty(&keys)?.as_bytes()).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft)?;
    match placed {
        Ok(()) => Ok(keys),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error),
    }
}
