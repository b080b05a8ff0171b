//! Locates the built portal, and checks that its files are complete.

use std::path::{Path, PathBuf};

use leptos::config::errors::LeptosConfigError;
use leptos::config::{LeptosOptions, get_configuration};

use crate::cli_error::CliError;

/// The options file, which is read from the working directory.
const OPTIONS: &str = "Leptos.toml";

/// The location of the built portal.
#[derive(Clone, Debug)]
pub struct Site {
    options: LeptosOptions,
    reload: Option<String>,
}

impl Site {
    /// Reads Leptos.toml and the LEPTOS_* variables, and checks that the files that every page
    /// refers to exist.
    ///
    /// # Errors
    ///
    /// - [`CliError::NoOptions`] when Leptos.toml is not in the working directory.
    /// - [`CliError::Site`] when the options are invalid.
    /// - [`CliError::Unbuilt`] when a file is missing.
    pub fn load() -> Result<Self, CliError> {
        let options = get_configuration(Some(OPTIONS)).map_err(|problem| match problem {
            LeptosConfigError::ConfigNotFound => CliError::NoOptions(OPTIONS),
            other => CliError::Site(other.to_string()),
        })?;
        let mut site = Self::new(options.leptos_options)?;
        if is_watched() {
            let port = site.options.reload_external_port.unwrap_or(site.options.reload_port);
            site.reload = Some(format!("ws://localhost:{port} ws://127.0.0.1:{port}"));
        }
        Ok(site)
    }

    /// Creates the site with these options. A missing file is an error here because Leptos looks
    /// for the files again on every page, and would render pages without styles.
    ///
    /// # Errors
    ///
    /// - [`CliError::Site`] when the file of hashes does not list one of the files.
    /// - [`CliError::Unbuilt`] when a file is missing.
    pub fn new(options: LeptosOptions) -> Result<Self, CliError> {
        let package = Path::new(&*options.site_root).join(&*options.site_pkg_dir);
        for choices in file_names(&options)? {
            if !choices.iter().any(|name| package.join(name).is_file()) {
                let missing = choices.first().map(|name| package.join(name)).unwrap_or_default();
                return Err(CliError::Unbuilt(missing));
            }
        }
        Ok(Self { options, reload: None })
    }

    /// Returns the folder that contains all files.
    pub fn root(&self) -> &str {
        &self.options.site_root
    }

    /// Returns the name of the package's folder inside it, which is also the package's path.
    pub fn package(&self) -> &str {
        &self.options.site_pkg_dir
    }

    /// Returns the addresses on which the pages of a development build wait for a new build.
    pub fn reload(&self) -> Option<&str> {
        self.reload.as_deref()
    }

    /// Returns the options that Leptos needs.
    pub fn options(&self) -> &LeptosOptions {
        &self.options
    }
}

/// Returns the stylesheet, script and WebAssembly files that `HashedStylesheet` and
/// `HydrationScripts` look for. Each entry lists the possible names of one file; one of them must
/// exist.
fn file_names(options: &LeptosOptions) -> Result<Vec<Vec<String>>, CliError> {
    let output = &options.output_name;
    if !options.hash_files {
        let plain = |end: &str| format!("{output}{end}");
        return Ok(vec![vec![plain(".css")], vec![plain(".js")], vec![plain("_bg.wasm"), plain(".wasm")]]);
    }
    let path = hash_file(options);
    let hashes = std::fs::read_to_string(&path).map_err(|_| CliError::Unbuilt(path.clone()))?;
    let name = |kind: &str| {
        let hash =
            hashes.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.trim() == kind);
        let (_, hash) = hash.ok_or_else(|| CliError::Site(format!("{} names no {kind}", path.display())))?;
        Ok(vec![format!("{output}.{}.{kind}", hash.trim())])
    };
    ["css", "js", "wasm"].into_iter().map(name).collect()
}

/// Returns where Leptos looks for the hashes: next to the executable, unless the options contain an
/// absolute path.
fn hash_file(options: &LeptosOptions) -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.parent().unwrap_or(Path::new("")).join(&*options.hash_file)
}

/// Returns whether `cargo leptos watch` started this program.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo-leptos says so to Leptos by this variable; it is no setting"
)]
fn is_watched() -> bool {
    std::env::var_os("LEPTOS_WATCH").is_some()
}
