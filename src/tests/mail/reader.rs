//! Independent readers of email messages, and certificates for servers.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde::Deserialize;
use serde_json::Value;

use crate::support::smtp_server::program;

/// A message as Python's email package reads it.
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

/// Reads message files.
pub(crate) async fn read(files: &[String]) -> Vec<Read> {
    let output = program().arg("read").args(files).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns whether each message's DKIM signature matches `record`, and where the verifier looked
/// the record up.
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

/// The files of a certificate authority and of a certificate that it issued.
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
