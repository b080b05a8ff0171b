//! The built portal: where its files are, and whether they are complete.

use std::path::{Path, PathBuf};

use leptos::config::errors::LeptosConfigError;
use leptos::config::{LeptosOptions, get_configuration};

use crate::cli_error::CliError;

/// Read from the working directory.
const OPTIONS: &str = "Leptos.toml";

/// Where the built portal is.
#[derive(Clone, Debug)]
pub struct Site {
    options: LeptosOptions,
    reload: Option<String>,
}

impl Site {
    /// Reads Leptos.toml and the LEPTOS_* variables, and looks whether the files are there that every page leads to.
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

    /// The site of these options. Err when one of its files is missing: Leptos looks for them anew at every page, and
    /// would show pages without style.
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

    /// The folder of all files.
    pub fn root(&self) -> &str {
        &self.options.site_root
    }

    /// The folder of the package in it, and its path.
    pub fn package(&self) -> &str {
        &self.options.site_pkg_dir
    }

    /// The addresses on which a development build's pages wait for a new build.
    pub fn reload(&self) -> Option<&str> {
        self.reload.as_deref()
    }

    /// What Leptos wants to know.
    pub fn options(&self) -> &LeptosOptions {
        &self.options
    }
}

/// Style sheet, script and WebAssembly, as `HashedStylesheet` and `HydrationScripts` look for them; for each the names
/// of which one must be there.
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

/// Where Leptos looks for the hashes: beside the program, unless the options name a whole path.
fn hash_file(options: &LeptosOptions) -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.parent().unwrap_or(Path::new("")).join(&*options.hash_file)
}

/// Whether `cargo leptos watch` has started this program.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo-leptos says so to Leptos by this variable; it is no setting"
)]
fn is_watched() -> bool {
    std::env::var_os("LEPTOS_WATCH").is_some()
}
