//! The job that empties the outbox: several nodes, nodes that die, and what is left behind.

use std::collections::BTreeMap;
use std::time::Duration;

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::jobs;
use authtuna::mail::{EmailMessage, MailState, Mailbox, Mailer};
use serde_json::json;

use super::{deliver, line, lines, notice, on_each_kind, send, told, world_at};
use crate::support::smtp_server::Peer;
use crate::support::{START, World, tamper, until};

/// Starts a node on the database of `world` that delivers its messages to memory.
async fn node(world: &World) -> (Auth, Mailbox) {
    let mailbox = Mailbox::default();
    let mailer = Some(Mailer::Memory(mailbox.clone()));
    (Auth::start_with(world.settings.clone(), world.clock.clone(), mailer).await.unwrap(), mailbox)
}

#[test]
fn several_nodes_send_each_mail_once() {
    const MAILS: usize = 150;
    on_each_kind(async |kind| {
        let world = World::new(kind, |builder| builder).await;
        let mut nodes = Vec::new();
        for _ in 0..4 {
            nodes.push(node(&world).await);
        }
        for n in 0..MAILS {
            send(&nodes[0].0, &notice(&format!("n{n}@example.org"))).await;
        }
        let tried = futures::future::join_all(nodes.iter().map(|(auth, _)| deliver(auth))).await;
        assert_eq!(tried.iter().sum::<u64>(), MAILS as u64, "{tried:?}");
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for mail in nodes.iter().flat_map(|(_, mailbox)| mailbox.mails()) {
            *times.entry(mail.to().to_owned()).or_default() += 1;
        }
        assert_eq!(times.len(), MAILS);
        assert!(times.values().all(|count| *count == 1), "{times:?}");
        assert!(lines(&nodes[0].0).await.iter().all(|line| line.state == MailState::Sent && line.tries == 1));
        for (auth, _) in nodes {
            auth.store().close().await;
        }
        world.auth.store().close().await;
    });
}

/// A node that died or was slow has no say over a message that another node took over.
#[test]
fn a_claim_runs_out_and_its_holder_has_no_say_any_more() {
    on_each_kind(async |kind| {
        let folder = tempfile::tempdir().unwrap();
        let silent = Peer::new(folder.path(), json!({"mode": "silent"})).await;
        let world = world_at(kind, silent.port, |builder| builder.set("MAIL_TIMEOUT_SECONDS", "2")).await;
        let (other, mailbox) = node(&world).await;
        send(&world.auth, &notice("a@example.org")).await;
        let slow = tokio::spawn({
            let auth = world.auth.clone();
            async move { deliver(&auth).await }
        });
        until(async || line(&other).await.under_way).await;
        assert_eq!(deliver(&other).await, 0, "the other node holds the claim");
        world.clock.advance(Duration::from_secs(4));
        assert_eq!(deliver(&other).await, 0, "the claim lasts a little more than twice the timeout");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(deliver(&other).await, 1);
        assert_eq!(slow.await.unwrap(), 1);
        let found = line(&other).await;
        assert_eq!((found.state, found.tries, found.last_error), (MailState::Sent, 2, None));
        assert_eq!(mailbox.mails().len(), 1);
        other.store().close().await;
        world.auth.store().close().await;
    });
}

#[test]
fn what_only_looks_like_a_mail_is_forgotten_and_never_listed() {
    on_each_kind(async |kind| {
        let world = World::new(kind, |builder| builder).await;
        let (auth, mailbox) = node(&world).await;
        send(&auth, &notice("nobody@example.org")).await;
        // The state in which `Outbox::queue_dummy` leaves it.
        tamper(&world, "UPDATE outbox SET sent_at = next_try_at").await;
        assert_eq!(lines(&auth).await, []);
        assert_eq!(auth.outbox.queued(&Actor::system()).await.unwrap(), []);
        assert_eq!(deliver(&auth).await, 1);
        assert_eq!(mailbox.mails().len(), 0);
        // It is deleted, not only hidden.
        tamper(&world, "UPDATE outbox SET next_try_at = NULL").await;
        assert_eq!(lines(&auth).await, []);
        auth.store().close().await;
        world.auth.store().close().await;
    });
}

#[test]
fn a_mail_goes_with_the_person_and_after_a_month() {
    on_each_kind(async |kind| {
        let world = World::new(kind, |builder| builder).await;
        let (auth, mailbox) = node(&world).await;
        let user = world.person("ana").await.user;
        send(&auth, &EmailMessage { user: Some(user), ..notice("ana@example.org") }).await;
        tamper(&world, "DELETE FROM users WHERE username = 'ana'").await;
        assert_eq!(deliver(&auth).await, 0);

        send(&auth, &notice("bo@example.org")).await;
        deliver(&auth).await;
        assert_eq!(mailbox.mails().len(), 1);
        world.clock.advance(Duration::from_secs(29 * 24 * 3600));
        jobs::purge(&auth).await.unwrap();
        assert_eq!(lines(&auth).await.len(), 1);
        send(&auth, &notice("cy@example.org")).await;
        world.clock.advance(Duration::from_secs(2 * 24 * 3600));
        jobs::purge(&auth).await.unwrap();
        assert_eq!(lines(&auth).await.len(), 1, "the queued message stays");
        assert_eq!(line(&auth).await.to, "cy@example.org");
        auth.store().close().await;
        world.auth.store().close().await;
    });
}

/// A message encrypted with a lost key can never be read again.
#[test]
fn a_letter_that_can_not_be_read_is_given_up() {
    on_each_kind(async |kind| {
        let world = World::new(kind, |builder| builder).await;
        let (auth, mailbox) = node(&world).await;
        send(&auth, &notice("a@example.org")).await;
        tamper(&world, "UPDATE outbox SET letter = recipient").await;
        deliver(&auth).await;
        assert_eq!(line(&auth).await.state, MailState::Failed);
        assert_eq!(told(&auth, "MAIL_FAILED").await[0]["code"], "unreadable");
        assert_eq!(mailbox.mails().len(), 0);
        auth.store().close().await;
        world.auth.store().close().await;
    });
}

/// The job learns of a message at once, and of one that another node left behind after a while.
#[test]
fn the_job_sends_what_is_queued() {
    on_each_kind(async |kind| {
        let world = World::new(kind, |builder| builder).await;
        let (auth, mailbox) = node(&world).await;
        let job = tokio::spawn(jobs::run(auth.clone()));
        send(&auth, &notice("a@example.org")).await;
        until(async || mailbox.mails().len() == 1).await;
        let (silent, _) = node(&world).await;
        send(&silent, &notice("b@example.org")).await;
        until(async || mailbox.mails().len() == 2).await;
        // What is queued after shutdown waits for the next start.
        job.abort();
        auth.outbox.finish(Duration::from_secs(10)).await;
        send(&auth, &notice("c@example.org")).await;
        assert_eq!(deliver(&auth).await, 0);
        assert_eq!(mailbox.mails().len(), 2);
        assert_eq!(deliver(&silent).await, 1);
        silent.store().close().await;
        auth.store().close().await;
        world.auth.store().close().await;
    });
}

/// Without SMTP_HOST, messages become files that no other system user can read.
#[test]
fn without_a_server_mails_become_files() {
    use std::os::unix::fs::PermissionsExt;
    on_each_kind(async |kind| {
        let world = World::new(kind, |builder| builder.set("EMAIL_ENABLED", "true")).await;
        send(&world.auth, &notice("a@example.org")).await;
        deliver(&world.auth).await;
        let folder = authtuna::mail::folder(&world.settings);
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files, [folder.join(format!("{}.eml", line(&world.auth).await.id))]);
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let read = super::reader::read(&[files[0].display().to_string()]).await;
        assert_eq!(read[0].header("To"), "a@example.org");
        world.auth.store().close().await;
    });
}

#[test]
fn where_mail_is_off_nothing_is_kept() {
    on_each_kind(async |kind| {
        let world = World::new(kind, |builder| builder).await;
        let refused = world.auth.outbox.send(&Actor::system(), &notice("a@example.org")).await.unwrap_err();
        assert_eq!(refused.code(), authtuna::model::code::Code::MailOff);
        assert_eq!(lines(&world.auth).await, []);
        assert!(world.clock.now() == START);
        world.auth.store().close().await;
    });
}
