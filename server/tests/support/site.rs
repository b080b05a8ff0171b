//! A portal's files without real content, so that server tests need no built WebAssembly.

use std::fs;
use std::path::PathBuf;

use authtuna_server::site::Site;
use leptos::config::LeptosOptions;

/// The hash in every file name, as long as those that cargo-leptos makes.
pub(crate) const HASH: &str = "x9t7rr_0pCVvF3wHgHjqAA";

/// A built site in its own temporary folder.
pub(crate) struct FakeSite(tempfile::TempDir);

impl FakeSite {
    pub(crate) fn new() -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        let package = site.root().join("pkg");
        fs::create_dir_all(&package).unwrap();
        for (kind, content) in [("css", "body{}"), ("js", "export default () => 0"), ("wasm", "\0asm")] {
            let file = package.join(format!("authtuna.{HASH}.{kind}"));
            fs::write(&file, content).unwrap();
            // Not really compressed: the content tells a test which file the server sent.
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
