//! Collects the layers of settings and reads them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::loader::{Loader, SettingError, Source};
use super::table::Sections;
use super::{Settings, SettingsError, Sources, development, validate};

/// Collects the sources of settings.
#[derive(Clone, Debug, Default)]
pub struct SettingsBuilder {
    program: HashMap<String, String>,
    environment: Option<HashMap<String, String>>,
    env_file: Option<PathBuf>,
    no_env: bool,
}

impl SettingsBuilder {
    /// Sets one setting by its name. It takes precedence over the environment and the file.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.program.insert(name.to_owned(), value.into());
        self
    }

    /// Reads this file instead of `.env`. It must exist.
    #[must_use]
    pub fn env_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.env_file = Some(path.into());
        self
    }

    /// Reads neither the environment nor a file.
    #[must_use]
    pub fn no_env(mut self) -> Self {
        self.no_env = true;
        self
    }

    /// Uses these values instead of the process environment.
    #[must_use]
    pub fn environment(mut self, values: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = Some(values.into_iter().collect());
        self
    }

    /// Reads and checks all settings. This may create development keys in `DATA_DIR`.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] with everything that is wrong.
    pub fn build(self) -> Result<Settings, SettingsError> {
        let environment = self.environment.unwrap_or_else(process_environment);
        let control = |name: &str| environment.get(name).cloned().filter(|value| !value.is_empty());
        let off = |value: String| matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "t" | "yes");
        let no_env = self.no_env || control("AUTHTUNA_NO_ENV").is_some_and(off);

        let mut early = Vec::new();
        let mut layers = vec![(Source::Program, self.program)];
        if !no_env {
            let named = self.env_file.or_else(|| control("ENV_FILE_NAME").map(PathBuf::from));
            let must_exist = named.is_some();
            let path = named.unwrap_or_else(|| PathBuf::from(".env"));
            let file = read_file(&path, must_exist).map_err(|wrong| early.push(wrong)).unwrap_or_default();
            layers.push((Source::Environment, environment));
            layers.push((Source::File(path.display().to_string()), file));
        }
        let file_layer = layers.last().map_or(Source::Default, |(source, _)| source.clone());
        let mut loader = Loader::new(layers);
        loader.wrong = early;

        let mut notices = Vec::new();
        for (name, meant) in loader.unknown(&Source::Program) {
            loader.note(&name, suggestion(meant));
        }
        for (name, meant) in if no_env { Vec::new() } else { loader.unknown(&file_layer) } {
            if name == "SECRET_KEY" {
                notices.push(format!(
                    "{name} in {file_layer} has no effect. Set FERNET_KEYS and JWT_SECRET_KEY instead"
                ));
            } else {
                notices.push(format!("{name} in {file_layer} has no effect: {}", suggestion(meant)));
            }
        }
        for (name, meant) in loader.unknown(&Source::Environment) {
            if let Some(meant) =
                meant.filter(|meant| name.len() >= 8 && strsim::levenshtein(meant, &name) <= 2)
            {
                notices.push(format!("{name} in the environment is not a setting; did you mean {meant}?"));
            }
        }

        let sections = Sections::load(&mut loader);
        let Some(sections) = sections else { return Err(SettingsError(loader.wrong)) };
        let mut settings = Settings::of(sections, notices);
        settings.notices.extend(validate::notices(&settings));
        validate::check(&settings, &mut loader);
        if loader.wrong.is_empty() {
            development::fill_in(&mut settings, &mut loader);
        }
        settings.sources = Sources(std::mem::take(&mut loader.sources));
        if loader.wrong.is_empty() { Ok(settings) } else { Err(SettingsError(loader.wrong)) }
    }
}

fn suggestion(meant: Option<&str>) -> String {
    meant.map_or_else(
        || "there is no such setting; `authtuna config` lists all settings".to_owned(),
        |meant| format!("there is no such setting; did you mean {meant}?"),
    )
}

fn read_file(path: &Path, must_exist: bool) -> Result<HashMap<String, String>, SettingError> {
    let wrong = |problem: String| SettingError {
        name: "ENV_FILE_NAME".to_owned(),
        source: Source::File(path.display().to_string()),
        problem,
    };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {
            return Ok(HashMap::new());
        }
        Err(error) => return Err(wrong(format!("the file cannot be read: {error}"))),
    };
    dotenvy::Iter::new(file).collect::<Result<_, _>>().map_err(|error| match error {
        // The message does not quote the line: it may hold a secret.
        dotenvy::Error::LineParse(_, at) => {
            wrong(format!("one of its lines cannot be parsed near character {at}"))
        }
        _ => wrong("the file is not UTF-8 text".to_owned()),
    })
}

fn process_environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
