//! A real SMTP server (aiosmtpd), and independent readers of what it takes: `peer.py`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A mail server. It ends with this.
pub(crate) struct Peer {
    _child: Child,
    folder: PathBuf,
    pub(crate) port: u16,
}

/// A mail that it took.
#[derive(Debug, Deserialize)]
pub(crate) struct Taken {
    pub(crate) path: String,
    pub(crate) to: String,
    pub(crate) from: String,
    /// Its Message-ID.
    pub(crate) id: String,
    pub(crate) tls: bool,
    pub(crate) user: Option<String>,
}

/// A mail as Python's email package reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Read {
    pub(crate) headers: Vec<(String, String)>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) defects: Vec<String>,
}

impl Read {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found: Vec<_> =
            self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).collect();
        assert_eq!(found.len(), 1, "{name} in {:?}", self.headers);
        &found[0].1
    }
}

#[expect(clippy::disallowed_methods, reason = "scripts/env says where the tests' Python is")]
fn python() -> PathBuf {
    let folder = std::env::var("AUTHTUNA_PYTHON")
        .expect("AUTHTUNA_PYTHON: run `. scripts/env` first, or make test-core");
    let program = Path::new(&folder).join("bin/python");
    assert!(program.exists(), "{} is missing: run scripts/setup --for core", program.display());
    program
}

fn program() -> Command {
    let mut command = Command::new(python());
    command.args(["-W", "ignore"]).arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/mail/peer.py"));
    command
}

impl Peer {
    /// One that listens on a port of its own.
    pub(crate) async fn new(folder: &Path, options: Value) -> Self {
        Self::at(folder, 0, options).await
    }

    /// One that listens on `port`, where another was before.
    pub(crate) async fn at(folder: &Path, port: u16, mut options: Value) -> Self {
        options["folder"] = json!(folder);
        options["port"] = json!(port);
        let mut command = program();
        command.arg("serve").arg(options.to_string()).kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().expect("the mail server starts");
        let first: Value = serde_json::from_str(&first).unwrap();
        let port = first["port"].as_u64().unwrap();
        Self { _child: child, folder: folder.to_owned(), port: u16::try_from(port).unwrap() }
    }

    /// Ends it, and waits until it is gone.
    pub(crate) async fn stop(mut self) {
        self._child.kill().await.unwrap();
    }

    /// What it took so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        let text = std::fs::read_to_string(self.folder.join("taken")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// What mails say.
pub(crate) async fn read(files: &[String]) -> Vec<Read> {
    let output = program().arg("read").args(files).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whether the signature of each fits `record`, and where the record was looked for.
pub(crate) async fn verify(record: &str, files: &[String]) -> Vec<(bool, String)> {
    let output = program().arg("verify").arg(record).args(files).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        (line["right"].as_bool().unwrap(), line["asked"][0].as_str().unwrap_or_default().to_owned())
    };
    text.lines().map(line).collect()
}

/// An authority and a certificate of it for `name`: their files.
pub(crate) struct Certificates {
    pub(crate) authority: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

pub(crate) fn certificates(folder: &Path, name: &str) -> Certificates {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let write = |file: &str, text: String| {
        let path = folder.join(file);
        std::fs::write(&path, text).unwrap();
        path
    };
    Certificates {
        authority: write("authority.pem", authority_pem),
        certificate: write("certificate.pem", certificate.pem()),
        key: write("key.pem", key.serialize_pem()),
    }
}
