//! A mail server that refuses, delays, hangs, disconnects or is down: no message is lost, and the
//! cause is reported.

use std::time::Duration;

use authtuna::mail::MailState;
use serde_json::json;

use super::{deliver, line, link, notice, on_each_kind, on_sqlite, send, told, world_at};
use crate::support::smtp_server::Peer;
use crate::support::{Kind, START, World};

const MINUTE: Duration = Duration::from_secs(60);

async fn plain(folder: &tempfile::TempDir) -> Peer {
    Peer::new(folder.path(), json!({"mode": "plain"})).await
}

/// Creates a world with a peer and one message that was tried once.
async fn tried_once(kind: Kind, to: &str) -> (tempfile::TempDir, Peer, World) {
    let folder = tempfile::tempdir().unwrap();
    let peer = plain(&folder).await;
    let world = world_at(kind, peer.port, |builder| builder.set("MAIL_TIMEOUT_SECONDS", "1")).await;
    send(&world.auth, &notice(to)).await;
    assert_eq!(deliver(&world.auth).await, 1);
    (folder, peer, world)
}

#[test]
fn what_is_refused_for_good_is_given_up_at_once() {
    on_each_kind(async |kind| {
        for (to, code, words) in [
            (
                "refused@example.org",
                "recipient_refused",
                "550): 5.1.1 <refused@example.org>: no such mailbox",
            ),
            ("content@example.org", "content_refused", "554): 5.7.1 looks like spam"),
        ] {
            let (_folder, peer, world) = tried_once(kind, to).await;
            let found = line(&world.auth).await;
            assert_eq!((found.state, found.tries), (MailState::Failed, 1));
            let error = found.last_error.unwrap();
            assert!(error.starts_with(code) && error.contains(words), "{error}");
            let entries = told(&world.auth, "MAIL_FAILED").await;
            assert_eq!(entries.len(), 1);
            assert_eq!(entries[0]["code"], code);
            assert_eq!(entries[0]["kind"], "account_suspended");
            assert!(
                !entries[0].to_string().contains("example.org"),
                "the audit log keeps its entries forever, so it must not contain an email"
            );
            world.clock.advance(60 * MINUTE);
            assert_eq!(deliver(&world.auth).await, 0);
            assert_eq!(peer.taken().len(), 0);
            world.auth.store().close().await;
        }
    });
}

#[test]
fn a_server_that_repeats_a_mail_tells_nobody_what_it_opens() {
    on_each_kind(async |kind| {
        let folder = tempfile::tempdir().unwrap();
        let peer = plain(&folder).await;
        let world = world_at(kind, peer.port, |builder| builder).await;
        let secret = "Gk3mQ0aXx7JvT2b5l8n1p4s6u9w0y3z5A7C9E1G3I5K";
        let message = authtuna::mail::Message::MagicLink {
            link: format!("http://localhost:8000/auth/passwordless/login?token={secret}"),
            code: "271828".to_owned(),
        };
        let email_message = authtuna::mail::EmailMessage { message, ..notice("repeats@example.org") };
        send(&world.auth, &email_message).await;
        assert_eq!(deliver(&world.auth).await, 1);
        let error = line(&world.auth).await.last_error.unwrap();
        assert!(error.contains("looks like spam") && error.contains("?token=…"), "{error}");
        assert!(!error.contains(secret) && !error.contains("271828"), "{error}");
        let kept = crate::support::value(&world, "SELECT last_error FROM outbox").await;
        assert!(
            !kept.contains("spam"),
            "servers repeat addresses, so their replies are stored encrypted: {kept}"
        );
        world.auth.store().close().await;
    });
}

#[test]
fn greylisting_only_delays() {
    on_each_kind(async |kind| {
        let (_folder, peer, world) = tried_once(kind, "grey@example.org").await;
        let found = line(&world.auth).await;
        assert_eq!(found.state, MailState::Queued);
        assert!(found.last_error.unwrap().starts_with("try_later: transient error (450)"));
        let pause = found.next_try_at.unwrap().since(START);
        assert!((24..=36).contains(&pause.as_secs()), "{pause:?}: 30 seconds with 20% jitter");
        assert_eq!(deliver(&world.auth).await, 0, "not before its next attempt");

        world.clock.advance(MINUTE);
        assert_eq!(deliver(&world.auth).await, 1);
        let found = line(&world.auth).await;
        assert_eq!((found.state, found.tries, found.last_error), (MailState::Sent, 2, None));
        assert_eq!(peer.taken().len(), 1);
        world.auth.store().close().await;
    });
}

/// The mail server has the message, but the sender cannot know. The second copy has the same
/// Message-ID, by which mail programs recognize it.
#[test]
fn a_reply_that_is_lost_costs_a_repeat_and_no_more() {
    on_sqlite(async || {
        for (to, reason) in [("hang@example.org", "timed_out: "), ("drop@example.org", "connection: ")] {
            let (_folder, peer, world) = tried_once(Kind::Sqlite, to).await;
            let error = line(&world.auth).await.last_error.unwrap();
            assert!(error.starts_with(reason), "{error}");
            world.clock.advance(MINUTE);
            deliver(&world.auth).await;
            world.clock.advance(60 * MINUTE);
            assert_eq!(deliver(&world.auth).await, 0);
            let taken = peer.taken();
            assert_eq!(taken.len(), 2);
            assert_eq!(taken[0].id, taken[1].id);
            assert_eq!(line(&world.auth).await.state, MailState::Sent);
            world.auth.store().close().await;
        }
    });
}

#[test]
fn a_server_that_says_nothing_is_left_after_the_timeout() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let silent = Peer::new(folder.path(), json!({"mode": "silent"})).await;
        let port = silent.port;
        let world = world_at(Kind::Sqlite, port, |builder| builder.set("MAIL_TIMEOUT_SECONDS", "1")).await;
        send(&world.auth, &notice("a@example.org")).await;
        deliver(&world.auth).await;
        assert!(
            line(&world.auth).await.last_error.unwrap().starts_with("timed_out: no answer from localhost")
        );

        silent.stop().await;
        let peer = Peer::at(folder.path(), port, json!({"mode": "plain"})).await;
        world.clock.advance(MINUTE);
        deliver(&world.auth).await;
        assert_eq!(peer.taken().len(), 1);
        world.auth.store().close().await;
    });
}

#[test]
fn mails_wait_for_a_server_that_is_down() {
    on_each_kind(async |kind| {
        let folder = tempfile::tempdir().unwrap();
        let peer = plain(&folder).await;
        let port = peer.port;
        let world = world_at(kind, port, |builder| builder).await;
        send(&world.auth, &notice("first@example.org")).await;
        deliver(&world.auth).await;
        peer.stop().await;
        for n in 0..5 {
            send(&world.auth, &notice(&format!("n{n}@example.org"))).await;
        }
        assert_eq!(deliver(&world.auth).await, 5);
        let queued = super::lines(&world.auth).await;
        let refused =
            |error: &Option<String>| error.as_deref().is_some_and(|error| error.starts_with("connection: "));
        assert_eq!(queued.iter().filter(|line| refused(&line.last_error)).count(), 5, "{queued:?}");

        let again = Peer::at(folder.path(), port, json!({"mode": "plain"})).await;
        world.clock.advance(MINUTE);
        assert_eq!(deliver(&world.auth).await, 5);
        let mut to: Vec<String> = again.taken().into_iter().map(|mail| mail.to).collect();
        to.sort();
        let wanted = ["first@", "n0@", "n1@", "n2@", "n3@", "n4@"].map(|name| format!("{name}example.org"));
        assert_eq!(to, wanted, "each message once");
        world.auth.store().close().await;
    });
}

#[test]
fn a_wrong_password_is_tried_again_and_never_shown() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let options = |password: &str| json!({"mode": "plain", "user": "portal", "password": password});
        let peer = Peer::new(folder.path(), options("the right one")).await;
        let port = peer.port;
        let world = world_at(Kind::Sqlite, port, |builder| {
            builder.set("SMTP_USERNAME", "portal").set("SMTP_PASSWORD", "the wrong one")
        })
        .await;
        send(&world.auth, &notice("a@example.org")).await;
        deliver(&world.auth).await;
        let found = line(&world.auth).await;
        let error = found.last_error.unwrap();
        assert_eq!(found.state, MailState::Queued);
        assert!(error.starts_with("sign_in_failed: permanent error (535)"), "{error}");
        assert!(!error.contains("wrong one"), "{error}");

        peer.stop().await;
        let peer = Peer::at(folder.path(), port, options("the wrong one")).await;
        world.clock.advance(MINUTE);
        deliver(&world.auth).await;
        assert_eq!(peer.taken().len(), 1);
        world.auth.store().close().await;
    });
}

#[test]
fn what_can_not_be_delivered_in_time_is_given_up() {
    on_each_kind(async |kind| {
        // No server listens on port 1.
        let world = world_at(kind, 1, |builder| builder.set("MAIL_GIVE_UP_SECONDS", "86400")).await;
        send(&world.auth, &notice("a@example.org")).await;
        let (mut tries, mut last) = (0, START);
        while line(&world.auth).await.state == MailState::Queued {
            let next = line(&world.auth).await.next_try_at.unwrap();
            assert!(next.since(last) <= 72 * MINUTE, "the longest pause is an hour");
            world.clock.set(next);
            last = next;
            tries += deliver(&world.auth).await;
            assert!(tries < 100);
        }
        assert!((24..40).contains(&tries), "{tries} in a day");
        let entry = &told(&world.auth, "MAIL_FAILED").await[0];
        assert_eq!((entry["code"].as_str(), entry["reason"].as_str()), (Some("expired"), Some("connection")));
        world.auth.store().close().await;
    });
}

/// A message whose link has expired is not worth sending.
#[test]
fn a_mail_goes_no_later_than_what_it_opens() {
    on_each_kind(async |kind| {
        let folder = tempfile::tempdir().unwrap();
        let peer = plain(&folder).await;
        let world = world_at(kind, peer.port, |builder| builder).await;
        send(&world.auth, &link("a@example.org", START.plus(60 * MINUTE))).await;
        world.clock.advance(60 * MINUTE);
        deliver(&world.auth).await;
        assert_eq!(peer.taken().len(), 0);
        let found = line(&world.auth).await;
        assert_eq!(found.state, MailState::Failed);
        assert_eq!(told(&world.auth, "MAIL_FAILED").await[0]["code"], "expired");
        world.auth.store().close().await;
    });
}
