//! The binary that cargo built, as a process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Browser, Database, FakeSite};

/// Runs the binary, isolated from this machine's settings.
pub(crate) struct Binary {
    settings: Vec<(String, String)>,
    folder: PathBuf,
}

/// The lines that a process writes.
pub(crate) type Said = UnboundedReceiver<String>;

/// A server in a separate process, which is killed when this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// What the server printed until it was ready.
    pub(crate) greeting: Vec<String>,
    pub(crate) child: Child,
    pub(crate) log: Said,
    output: Said,
}

impl Binary {
    /// Runs the binary on `database` with the portal in `site`.
    pub(crate) fn new(database: &Database, site: &FakeSite) -> Self {
        let text = |path: &Path| path.display().to_string();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        Self { settings: Vec::new(), folder: root.to_owned() }
            .set("AUTHTUNA_NO_ENV", "")
            .set("ENV_FILE_NAME", "/dev/null")
            .set("DATA_DIR", &text(database.folder()))
            .set("DEFAULT_DATABASE_URI", database.uri())
            .set("SERVER_ADDRESS", "127.0.0.1:0")
            .set("LEPTOS_SITE_ROOT", &text(&site.root()))
            .set("LEPTOS_HASH_FILE", &text(&site.hashes()))
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets another working directory.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.folder = folder.to_owned();
        self
    }

    /// Returns a command of the binary, ready to be spawned.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_authtuna"));
        command.args(arguments);
        self.prepare(&mut command);
        command
    }

    /// Gives any command the environment that the binary needs.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
    }

    /// Runs a command to completion.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().await.unwrap()
    }

    /// Starts a server that cannot start, and returns its standard output and standard error.
    pub(crate) async fn refusal(&self) -> (String, String) {
        let mut child = self.command(&["serve"]).spawn().unwrap();
        let mut output = lines(child.stdout.take().unwrap());
        let mut log = lines(child.stderr.take().unwrap());
        let (mut said, mut logged) = (String::new(), String::new());
        while let Some(line) = output.recv().await {
            assert!(!line.contains(" listens on "), "it started all the same");
            said += &format!("{line}\n");
        }
        while let Some(line) = log.recv().await {
            logged += &format!("{line}\n");
        }
        assert_eq!(child.wait().await.unwrap().code(), Some(1), "{logged}");
        (said, logged)
    }

    /// Starts the server and waits until it listens.
    pub(crate) async fn serve(&self) -> Running {
        let mut child = self.command(&["serve"]).spawn().unwrap();
        let mut output = lines(child.stdout.take().unwrap());
        let mut log = lines(child.stderr.take().unwrap());
        let mut greeting = Vec::new();
        let address = loop {
            let Some(line) = output.recv().await else {
                let mut said = String::new();
                while let Some(line) = log.recv().await {
                    said += &line;
                }
                panic!("the server exited: {said}");
            };
            let address = line.split_once(" listens on http://").map(|(_, address)| address.parse().unwrap());
            greeting.push(line);
            if let Some(address) = address {
                break address;
            }
        };
        Running { address, greeting, child, log, output }
    }
}

impl Running {
    /// Reads the server's standard output until a line contains `word`.
    pub(crate) async fn said(&mut self, word: &str) -> String {
        if let Some(line) = self.greeting.iter().find(|line| line.contains(word)) {
            return line.clone();
        }
        loop {
            let line = self.output.recv().await.unwrap_or_else(|| panic!("the server never said {word}"));
            self.greeting.push(line.clone());
            if line.contains(word) {
                return line;
            }
        }
    }

    /// Reads the log until a line contains `word`.
    pub(crate) async fn logged(&mut self, word: &str) -> String {
        said_by(&mut self.log, word).await
    }

    /// Waits until a request is in flight. Needs METRICS_ADDRESS.
    pub(crate) async fn in_flight(&mut self) {
        let line = self.said("Metrics: ").await;
        let address =
            line.trim_start_matches("Metrics: http://").trim_end_matches("/metrics").parse().unwrap();
        let operator = Browser::new(address);
        while !operator.get("/metrics").await.text().contains("\nhttp_requests_in_flight 1\n") {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until the process has exited and reads the rest of its standard output.
    pub(crate) async fn finish(&mut self) {
        assert!(self.child.wait().await.unwrap().success());
        while let Some(line) = self.output.recv().await {
            self.greeting.push(line);
        }
    }

    /// Sends SIGTERM.
    pub(crate) async fn terminate(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    }
}

/// Reads as fast as the process writes, because a process whose output is not read blocks on a full
/// pipe.
pub(crate) fn lines<R: AsyncRead + Unpin + Send + 'static>(reader: R) -> Said {
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        let mut lines = BufReader::new(reader).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Returns the next line that contains `word`.
pub(crate) async fn said_by(lines: &mut Said, word: &str) -> String {
    loop {
        let line = lines.recv().await.unwrap_or_else(|| panic!("it never said {word}"));
        if line.contains(word) {
            return line;
        }
    }
}

/// Runs a command as a user to whom file permissions apply, which they do not for root.
pub(crate) async fn powerless(binary: &Binary, arguments: &[&str]) -> Output {
    let is_root = Command::new("id").arg("-u").output().await.unwrap().stdout == b"0\n";
    if !is_root {
        return binary.run(arguments).await;
    }
    let mut command = Command::new("setpriv");
    command.args(["--inh-caps=-all", "--bounding-set=-all", env!("CARGO_BIN_EXE_authtuna")]).args(arguments);
    binary.prepare(&mut command);
    command.env("PATH", "/usr/bin:/bin").output().await.unwrap()
}
