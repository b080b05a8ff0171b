//! A portal's files without content: tests of the server need no built WebAssembly.

use std::fs;
use std::path::PathBuf;

use authtuna_server::site::Site;
use leptos::config::LeptosOptions;

/// The hash in the names of all files, as long as cargo-leptos makes them.
pub(crate) const HASH: &str = "x9t7rr_0pCVvF3wHgHjqAA";

/// A built site in a folder of its own.
pub(crate) struct FakeSite(tempfile::TempDir);

impl FakeSite {
    pub(crate) fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        let package = site.root().join("pkg");
        fs::create_dir_all(&package).unwrap();
        for (kind, content) in [("css", "body{}"), ("js", "export default () => 0"), ("wasm", "\0asm")] {
            let file = package.join(format!("authtuna.{HASH}.{kind}"));
            fs::write(&file, content).unwrap();
            // Not compressed for real: a test sees by its content which of the files was sent.
            fs::write(file.with_extension(format!("{kind}.br")), format!("br {kind}")).unwrap();
            fs::write(file.with_extension(format!("{kind}.gz")), format!("gz {kind}")).unwrap();
        }
        fs::write(site.root().join("favicon.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
        fs::write(site.hashes(), format!("js: {HASH}\nwasm: {HASH}\ncss: {HASH}\n")).unwrap();
        site
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.0.path().join("site")
    }

    pub(crate) fn hashes(&self) -> PathBuf {
        self.0.path().join("hashes")
    }

    pub(crate) fn load(&self) -> Site {
        let text = |path: PathBuf| path.display().to_string();
        let options = LeptosOptions::builder()
            .output_name("authtuna")
            .site_root(text(self.root()))
            .hash_file(text(self.hashes()).into())
            .hash_files(true)
            .build();
        Site::new(options).unwrap()
    }
}
