//! Email delivery: with a real SMTP server, with several nodes, and as administrators see it.

mod admin;
mod delivery;
mod messages;
mod reader;
mod refusals;
mod self_test;
mod server;
mod templates;

use authtuna::audit::AuditFilter;
use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::foundation::config::SettingsBuilder;
use authtuna::mail::{EmailMessage, MailLine, Message};
use authtuna::model::page::PageRequest;
use authtuna::model::time::Timestamp;
use serde_json::Value;

use crate::support::{Kind, World, kinds};

/// Runs a test on every available database, without creating a world.
fn on_each_kind(test: impl AsyncFn(Kind)) {
    for kind in kinds() {
        on(kind, async || test(kind).await);
    }
}

/// The same on SQLite only, for behavior that does not depend on the database.
fn on_sqlite(test: impl AsyncFn()) {
    on(Kind::Sqlite, test);
}

fn on(_: Kind, test: impl AsyncFn()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(test());
}

/// Creates a world that sends its email to the peer on `port`, without TLS.
async fn world_at(kind: Kind, port: u16, change: impl Fn(SettingsBuilder) -> SettingsBuilder) -> World {
    World::new(kind, |builder| {
        let builder = builder
            .set("EMAIL_ENABLED", "true")
            .set("SMTP_HOST", "localhost")
            .set("SMTP_PORT", port.to_string())
            .set("MAIL_STARTTLS", "false");
        change(builder)
    })
    .await
}

/// A notice to a recipient whose name tells the test server what to do with it.
fn notice(to: &str) -> EmailMessage {
    EmailMessage {
        to: to.to_owned(),
        name: String::new(),
        user: None,
        language: None,
        expires_at: None,
        message: Message::AccountSuspended {},
    }
}

fn link(to: &str, expires_at: Timestamp) -> EmailMessage {
    let message = Message::MagicLink { link: "https://example.org/x".to_owned(), code: "123456".to_owned() };
    EmailMessage { expires_at: Some(expires_at), message, ..notice(to) }
}

async fn send(auth: &Auth, email_message: &EmailMessage) {
    auth.outbox.send(&Actor::system(), email_message).await.unwrap();
}

async fn deliver(auth: &Auth) -> u64 {
    auth.outbox.deliver_due(&Actor::system()).await.unwrap()
}

/// Returns every message in the outbox, newest first.
async fn lines(auth: &Auth) -> Vec<MailLine> {
    let page = PageRequest { after: None, limit: Some(200) };
    auth.outbox.list(&Actor::system(), None, &page).await.unwrap().items
}

/// Returns the only message in the outbox.
async fn line(auth: &Auth) -> MailLine {
    let mut lines = lines(auth).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

/// Returns the details of all entries of one event, newest first.
async fn told(auth: &Auth, event: &str) -> Vec<Value> {
    let filter = AuditFilter { event: event.to_owned(), ..AuditFilter::default() };
    let page = auth.audit.search(&Actor::system(), &filter, &PageRequest::default()).await.unwrap();
    page.items.into_iter().map(|entry| entry.details).collect()
}
