//! Email from a server that is killed, and from the command line.

use std::collections::BTreeMap;
use std::process::Output;

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::foundation::config::Settings;
use authtuna::mail::{EmailMessage, Message};
use serde_json::json;

use crate::support::{Binary, Database, FakeSite, Kind, Peer, kinds, within_runtime};

const AT_ONCE: usize = 4;

/// Returns the number of kills and of messages, ten messages per kill. Set MAIL_KILLS=100 for a
/// longer run.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how long")]
fn size() -> (usize, usize) {
    let kills = std::env::var("MAIL_KILLS").map_or(20, |text| text.parse().unwrap());
    (kills, kills * 10)
}

fn notice(to: String) -> EmailMessage {
    let message = Message::AccountSuspended {};
    EmailMessage { to, name: String::new(), user: None, language: None, expires_at: None, message }
}

/// Starts the core on the database of a server that runs alongside it.
async fn beside(database: &Database) -> Auth {
    let settings = Settings::builder()
        .no_env()
        .set("DATA_DIR", database.folder().display().to_string())
        .set("DEFAULT_DATABASE_URI", database.uri())
        .set("EMAIL_ENABLED", "true");
    Box::pin(Auth::start(settings.build().unwrap())).await.unwrap()
}

fn sending(database: &Database, site: &FakeSite, peer: &Peer) -> Binary {
    Binary::new(database, site)
        .set("EMAIL_ENABLED", "true")
        .set("SMTP_HOST", "localhost")
        .set("SMTP_PORT", &peer.port.to_string())
        .set("MAIL_STARTTLS", "false")
}

#[test]
fn every_mail_survives_kill_9() {
    let (kills, mails) = size();
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let folder = tempfile::tempdir().unwrap();
            let peer = Peer::new(folder.path(), json!({"mode": "plain"})).await;
            let auth = beside(&database).await;
            for n in 0..mails {
                auth.outbox.send(&Actor::system(), &notice(format!("n{n}@example.org"))).await.unwrap();
            }
            // A short timeout, so that another server soon takes over what a dead one had claimed.
            let binary = sending(&database, &site, &peer)
                .set("LOG_LEVEL", "error")
                .set("MAIL_TIMEOUT_SECONDS", "2")
                .set("MAIL_CONCURRENCY", &AT_ONCE.to_string());
            for kill in 0..kills {
                let before = peer.taken().len();
                let mut server = binary.serve().await;
                // Immediately or a few messages later, so that a kill can hit any point in a
                // message's life.
                while before + kill % 10 > peer.taken().len() && waits(&auth).await {
                    tokio::task::yield_now().await;
                }
                server.child.start_kill().unwrap();
                server.child.wait().await.unwrap();
            }
            let left = auth.outbox.queued(&Actor::system()).await.unwrap().len();
            assert!(left > 0, "{kind:?}: the queue was empty before the last kill");

            let _server = binary.serve().await;
            while waits(&auth).await {
                tokio::task::yield_now().await;
            }
            let mut times: BTreeMap<String, usize> = BTreeMap::new();
            for mail in peer.taken() {
                *times.entry(mail.id).or_default() += 1;
            }
            assert_eq!(times.len(), mails, "{kind:?}: messages were lost");
            let repeats: usize = times.values().map(|count| count - 1).sum();
            println!(
                "{kind:?}: {mails} mails, {kills} kills, {left} left after the last; repeats: {repeats}"
            );
            // The server repeats a message only if the mail server accepted it and the kill came
            // before that was recorded, which can affect only messages in flight.
            assert!(repeats <= kills * AT_ONCE, "{kind:?}: {repeats}");
            auth.store().close().await;
        });
    }
}

async fn waits(auth: &Auth) -> bool {
    !auth.outbox.queued(&Actor::system()).await.unwrap().is_empty()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_command_line_lists_retries_and_tests() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let folder = tempfile::tempdir().unwrap();
        let peer = Peer::new(folder.path(), json!({"mode": "plain"})).await;
        let binary = sending(&database, &site, &peer);
        assert_eq!(said(&binary.run(&["mail", "list"]).await), "There are none.\n");
        let auth = beside(&database).await;
        auth.outbox.send(&Actor::system(), &notice("refused@example.org".to_owned())).await.unwrap();
        auth.outbox.send(&Actor::system(), &notice("ana@example.org".to_owned())).await.unwrap();
        let server = binary.serve().await;
        while waits(&auth).await {
            tokio::task::yield_now().await;
        }
        drop(server);

        let failed = said(&binary.run(&["mail", "list", "--state", "failed"]).await);
        let id = failed.split_once(' ').unwrap().0;
        assert!(failed.contains("failed  account_suspended         refused@example.org"), "{failed}");
        assert!(failed.contains("tries: 1; recipient_refused: permanent error (550)"), "{failed}");
        let all = said(&binary.run(&["mail", "list"]).await);
        assert!(all.contains("sent    account_suspended         ana@example.org"), "{all}");
        let wrong = binary.run(&["mail", "list", "--state", "lost"]).await;
        assert!(said(&wrong).starts_with("\"lost\" is no state of a mail"), "{}", said(&wrong));

        assert!(said(&binary.run(&["mail", "retry", id]).await).starts_with("It is tried again"));
        assert!(said(&binary.run(&["mail", "list", "--state", "queued"]).await).contains(id));
        let sent = all.lines().find(|line| line.contains("ana@")).unwrap().split_once(' ').unwrap().0;
        assert!(said(&binary.run(&["mail", "retry", sent]).await).contains("was sent"));
        assert!(said(&binary.run(&["mail", "retry", "x"]).await).contains("there is no mail \"x\""));

        let tested = binary.run(&["mail", "test", "bo@example.org"]).await;
        assert!(tested.status.success(), "{}", said(&tested));
        assert!(said(&tested).contains("ok    send      250 2.0.0 taken"), "{}", said(&tested));
        let taken = peer.taken().pop().unwrap();
        assert_eq!((taken.to.as_str(), taken.from.as_str()), ("bo@example.org", "noreply@example.com"));
        assert!(!taken.tls && taken.user.is_none(), "{taken:?}");
        assert!(std::fs::read_to_string(&taken.path).unwrap().contains("Since you can read it"));
        let refused = binary.run(&["doctor", "--mail", "refused@example.org"]).await;
        assert!(!refused.status.success());
        let text = said(&refused);
        assert!(
            text.contains("FAIL  sending     the server refuses the recipient: permanent error (550)"),
            "{text}"
        );
        peer.stop().await;
        let down = said(&binary.run(&["mail", "test", "bo@example.org"]).await);
        assert!(down.contains("FAIL  connect   no connection; see SMTP_HOST and SMTP_PORT: "), "{down}");
        assert!(down.ends_with("mails do not arrive; what failed stands above\n"), "{down}");
        let off = binary.set("EMAIL_ENABLED", "false").run(&["mail", "test", "bo@example.org"]).await;
        assert_eq!(said(&off), "no mails are sent: set EMAIL_ENABLED, and SMTP_HOST\n");
        auth.store().close().await;
    });
}
