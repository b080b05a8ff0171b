//! A real SMTP server (aiosmtpd), `smtp_server.py`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A mail server, stopped when this is dropped.
pub struct Peer {
    _child: Child,
    folder: PathBuf,
    pub port: u16,
}

/// A message that the mail server accepted.
#[derive(Debug, Deserialize)]
pub struct Taken {
    pub path: String,
    pub to: String,
    pub from: String,
    /// The Message-ID.
    pub id: String,
    pub tls: bool,
    pub user: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "scripts/env says where the tests' Python is")]
fn python() -> PathBuf {
    let Ok(folder) = std::env::var("AUTHTUNA_PYTHON") else {
        panic!("AUTHTUNA_PYTHON is not set: run `. scripts/env` first, or make test-core");
    };
    let program = Path::new(&folder).join("bin/python");
    assert!(program.exists(), "{} is missing: run scripts/setup --for core", program.display());
    program
}

/// Returns a command that runs the Python program.
pub fn program() -> Command {
    let mut command = Command::new(python());
    command.args(["-W", "ignore"]).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/smtp_server.py"));
    command
}

impl Peer {
    /// Starts a server on a free port.
    pub async fn new(folder: &Path, options: Value) -> Self {
        Self::at(folder, 0, options).await
    }

    /// Starts a server on `port`, where another one listened before.
    pub async fn at(folder: &Path, port: u16, mut options: Value) -> Self {
        options["folder"] = json!(folder);
        options["port"] = json!(port);
        let mut command = program();
        command.arg("serve").arg(options.to_string()).kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap();
        let first: Value = serde_json::from_str(&first).unwrap();
        let port = first["port"].as_u64().unwrap();
        Self { _child: child, folder: folder.to_owned(), port: u16::try_from(port).unwrap() }
    }

    /// Kills the server and waits until it is gone.
    pub async fn stop(mut self) {
        self._child.kill().await.unwrap();
    }

    /// Returns the messages accepted so far.
    pub fn taken(&self) -> Vec<Taken> {
        let text = std::fs::read_to_string(self.folder.join("taken")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
