//! kill -9 in the middle of 200 sign-ups: every acknowledged sign-up is there after the restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use authtuna::audit;
use authtuna::auth::Auth;
use authtuna::foundation::config::Settings;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

use crate::support::{Binary, Browser, Database, FakeSite, kinds, try_sign_up, within_runtime};

const SIGN_UPS: usize = 200;
/// The number of acknowledged sign-ups at which the test kills the server; the others are in
/// progress or never start.
const BEFORE_THE_KILL: usize = 80;
const AT_ONCE: usize = 8;

#[test]
fn every_acknowledged_sign_up_survives_kill_9() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let binary =
                Binary::new(&database, &site).set("LOG_LEVEL", "error").set("MAX_SIGN_UPS_PER_IP", "0");
            let mut server = binary.serve().await;
            let acknowledged = sign_ups_until_killed(&mut server).await;
            assert!(acknowledged.len() >= BEFORE_THE_KILL, "{}", acknowledged.len());
            assert!(acknowledged.len() < SIGN_UPS, "the kill came after all sign-ups were done");

            let again = binary.serve().await;
            for (name, cookie) in &acknowledged {
                let browser = Browser::new(again.address);
                browser.plant("__Host-session_token", cookie);
                let info = browser.get("/auth/user-info").await;
                assert_eq!(info.status, 200, "{kind:?}: {name} was acknowledged and is gone");
                assert_eq!(info.json()["username"], name.as_str());
            }
            assert_eq!(Box::pin(broken_chain(&database)).await, None);
        });
    }
}

/// Returns every user whose sign-up was answered with 201, with their session cookie.
async fn sign_ups_until_killed(server: &mut crate::support::Running) -> BTreeMap<String, String> {
    let (sender, mut receiver) = unbounded_channel();
    let names =
        Arc::new(std::sync::Mutex::new((0..SIGN_UPS).map(|n| format!("user{n}")).collect::<Vec<_>>()));
    let mut clients = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (names, sender, address) = (Arc::clone(&names), sender.clone(), server.address);
        clients.spawn(async move {
            loop {
                let Some(name) = names.lock().unwrap().pop() else { return };
                let browser = Browser::new(address);
                // No response: the server is dead.
                let Some(answer) = try_sign_up(&browser, &name).await else { return };
                assert_eq!(answer.status, 201, "{answer:?}");
                sender.send((name, browser.session().unwrap())).unwrap();
            }
        });
    }
    drop(sender);
    let mut acknowledged = BTreeMap::new();
    while let Some((name, cookie)) = receiver.recv().await {
        acknowledged.insert(name, cookie);
        if acknowledged.len() == BEFORE_THE_KILL {
            server.child.start_kill().unwrap();
        }
    }
    server.child.wait().await.unwrap();
    acknowledged
}

async fn broken_chain(database: &Database) -> Option<audit::Broken> {
    let settings = Settings::builder()
        .no_env()
        .set("DATA_DIR", database.folder().display().to_string())
        .set("DEFAULT_DATABASE_URI", database.uri());
    let auth = Box::pin(Auth::start(settings.build().unwrap())).await.unwrap();
    let broken = audit::verify(auth.store()).await.unwrap();
    auth.store().close().await;
    broken
}
