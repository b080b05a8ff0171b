//! A mail server with every feature that settings can require: every message arrives complete.

use std::path::Path;

use authtuna::foundation::config::SettingsBuilder;
use authtuna::mail::{MailState, Message, samples};
use serde_json::json;

use super::reader::{Certificates, certificates, read, verify};
use super::{deliver, line, lines, notice, on_sqlite, send, world_at};
use crate::support::smtp_server::Peer;
use crate::support::{Kind, START, World};

const USER: &str = "portal";
const PASSWORD: &str = "correct horse";

fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/mail").join(name).display().to_string()
}

fn signed_in(builder: SettingsBuilder) -> SettingsBuilder {
    builder.set("SMTP_USERNAME", USER).set("SMTP_PASSWORD", PASSWORD)
}

fn trusting(builder: SettingsBuilder, own: &Certificates) -> SettingsBuilder {
    builder.set("SMTP_CA_FILE", own.authority.display().to_string())
}

async fn encrypted(folder: &Path, mode: &str, own: &Certificates) -> Peer {
    let options = json!({
        "mode": mode, "certificate": own.certificate, "key": own.key, "user": USER, "password": PASSWORD,
    });
    Peer::new(folder, options).await
}

#[test]
fn every_message_arrives_whole_encrypted_and_signed() {
    for key in ["dkim-test-only.pem", "dkim-test-only.pkcs8.pem"] {
        on_sqlite(async || every_message(key).await);
    }
}

async fn every_message(key: &str) {
    let folder = tempfile::tempdir().unwrap();
    let own = certificates(folder.path(), "localhost");
    let peer = encrypted(folder.path(), "starttls", &own).await;
    let world = world_at(Kind::Sqlite, peer.port, |builder| {
        trusting(signed_in(builder), &own)
            .set("MAIL_STARTTLS", "true")
            .set("APP_NAME", "Grüße & Söhne")
            .set("DEFAULT_SENDER_EMAIL", "accounts@example.org")
            .set("DKIM_PRIVATE_KEY_PATH", file(key))
            .set("DKIM_DOMAIN", "example.org")
            .set("DKIM_SELECTOR", "s1")
    })
    .await;
    let email_messages = samples(&world.settings.app.api_base_url, START);
    for email_message in &email_messages {
        let to = format!("{}@bücher.example", email_message.message.kind());
        send(&world.auth, &authtuna::mail::EmailMessage { to, ..email_message.clone() }).await;
    }
    assert_eq!(deliver(&world.auth).await, Message::KINDS.len() as u64);

    let taken = peer.taken();
    assert_eq!(taken.len(), email_messages.len());
    let files: Vec<String> = taken.iter().map(|mail| mail.path.clone()).collect();
    let arrived = read(&files).await;
    for (mail, arrived) in taken.iter().zip(&arrived) {
        assert!(mail.tls, "{mail:?}");
        assert_eq!(mail.user.as_deref(), Some(USER));
        assert_eq!(mail.from, "accounts@example.org");
        let (kind, domain) = mail.to.split_once('@').unwrap();
        assert_eq!(domain, "xn--bcher-kva.example", "the domain is sent in ASCII");
        let email_message =
            email_messages.iter().find(|email_message| email_message.message.kind() == kind).unwrap();
        let written = world.auth.outbox.render(email_message, START).unwrap();
        assert_eq!(arrived.header("Subject"), written.subject);
        assert_eq!(arrived.text.replace("\r\n", "\n").trim_end(), written.text.trim_end());
        assert_eq!(arrived.html.replace("\r\n", "\n").trim_end(), written.html.trim_end());
        assert_eq!(arrived.header("From"), "Grüße & Söhne <accounts@example.org>");
        assert_eq!(arrived.header("Date"), "Thu, 01 Jan 2026 00:00:00 +0000");
        assert_eq!(arrived.header("Auto-Submitted"), "auto-generated");
        assert_eq!(arrived.kind, "multipart/alternative");
        assert_eq!(arrived.defects, Vec::<String>::new(), "{kind}");
        assert_eq!(arrived.header("Message-ID"), mail.id);
    }
    let ids: Vec<String> =
        lines(&world.auth).await.iter().map(|line| format!("<{}@example.org>", line.id)).collect();
    assert!(taken.iter().all(|mail| ids.contains(&mail.id)), "{ids:?}");

    let record =
        format!("v=DKIM1; k=rsa; p={}", std::fs::read_to_string(file("dkim-test-only.pub")).unwrap());
    for (right, asked) in verify(&record, &files).await {
        assert!(right);
        assert_eq!(asked.trim_end_matches('.'), "s1._domainkey.example.org");
    }
    // The verifier rejects a changed message.
    let changed = folder.path().join("changed.eml").display().to_string();
    let text = std::fs::read(&files[0]).unwrap();
    std::fs::write(&changed, [text.as_slice(), b"One line more.\r\n"].concat()).unwrap();
    assert!(!verify(&record, &[changed]).await[0].0);
    world.auth.store().close().await;
}

#[test]
fn implicit_tls_and_no_tls_work() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let own = certificates(folder.path(), "localhost");
        let peer = encrypted(folder.path(), "tls", &own).await;
        let world = world_at(Kind::Sqlite, peer.port, |builder| {
            trusting(signed_in(builder), &own).set("MAIL_SSL_TLS", "true")
        })
        .await;
        send(&world.auth, &notice("a@example.org")).await;
        deliver(&world.auth).await;
        assert!(peer.taken()[0].tls);
        world.auth.store().close().await;

        let folder = tempfile::tempdir().unwrap();
        let peer = Peer::new(folder.path(), json!({"mode": "plain"})).await;
        let world = world_at(Kind::Sqlite, peer.port, |builder| builder).await;
        send(&world.auth, &notice("a@example.org")).await;
        deliver(&world.auth).await;
        let taken = peer.taken();
        assert!(!taken[0].tls && taken[0].user.is_none(), "{taken:?}");
        world.auth.store().close().await;
    });
}

/// USE_CREDENTIALS=false sends no username, even if one is set.
#[test]
fn credentials_are_only_told_when_they_shall_be() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let options = json!({"mode": "plain", "user": USER, "password": PASSWORD});
        let peer = Peer::new(folder.path(), options).await;
        let world =
            world_at(Kind::Sqlite, peer.port, |builder| signed_in(builder).set("USE_CREDENTIALS", "false"))
                .await;
        send(&world.auth, &notice("a@example.org")).await;
        deliver(&world.auth).await;
        let line = line(&world.auth).await;
        assert!(line.last_error.unwrap().starts_with("sign_in_failed: permanent error (530)"));
        world.auth.store().close().await;
    });
}

#[test]
fn nothing_is_said_to_a_server_that_is_not_the_right_one() {
    on_sqlite(async || {
        for (name, mode, trusted) in [("localhost", "starttls", false), ("other.example", "tls", true)] {
            let folder = tempfile::tempdir().unwrap();
            let own = certificates(folder.path(), name);
            let peer = encrypted(folder.path(), mode, &own).await;
            let settings = |builder: SettingsBuilder| {
                let builder = signed_in(builder)
                    .set("MAIL_STARTTLS", (mode == "starttls").to_string())
                    .set("MAIL_SSL_TLS", (mode == "tls").to_string());
                if trusted { trusting(builder, &own) } else { builder }
            };
            let world = world_at(Kind::Sqlite, peer.port, settings).await;
            send(&world.auth, &notice("a@example.org")).await;
            deliver(&world.auth).await;
            let found = line(&world.auth).await;
            assert_eq!(
                found.state,
                MailState::Queued,
                "the message is tried again, because an operator can fix this"
            );
            let error = found.last_error.unwrap();
            assert!(error.starts_with("tls: ") && error.contains("certificate"), "{error}");
            assert_eq!(peer.taken().len(), 0);
            world.auth.store().close().await;

            let lax = |builder| settings(builder).set("VALIDATE_CERTS", "false");
            let world: World = world_at(Kind::Sqlite, peer.port, lax).await;
            send(&world.auth, &notice("a@example.org")).await;
            deliver(&world.auth).await;
            assert_eq!(peer.taken().len(), 1, "VALIDATE_CERTS=false accepts any certificate");
            world.auth.store().close().await;
        }
    });
}

/// A server or an attacker in between that does not offer STARTTLS gets neither the password nor
/// the message.
#[test]
fn without_starttls_nothing_is_sent_in_clear() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let peer = Peer::new(folder.path(), json!({"mode": "plain"})).await;
        let world = world_at(Kind::Sqlite, peer.port, |builder| builder.set("MAIL_STARTTLS", "true")).await;
        send(&world.auth, &notice("a@example.org")).await;
        deliver(&world.auth).await;
        assert!(line(&world.auth).await.last_error.unwrap().starts_with("tls: "));
        assert_eq!(peer.taken().len(), 0);
        world.auth.store().close().await;
    });
}
