//! Every message as it is sent (snapshots in `messages/`), and what hostile names can do to them.

use std::path::Path;

use crate::support::START;
use authtuna::auth::Auth;
use authtuna::mail::{Message, Rendered, samples};

fn sqlite_with_mail(test: &impl AsyncFn(&Auth)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = crate::support::World::new(crate::support::Kind::Sqlite, |builder| {
            builder.set("API_BASE_URL", "https://accounts.example.org")
        })
        .await;
        test(&world.auth).await;
        world.auth.store().close().await;
    });
}

fn shown(mail: &Rendered) -> String {
    format!("Subject: {}\n\n{}\n==== html ====\n{}", mail.subject, mail.text, mail.html)
}

/// UPDATE_MAILS=1 rewrites the files; review the diff before you commit it.
#[test]
fn every_message_is_the_file() {
    sqlite_with_mail(&async |auth: &Auth| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/mail/messages");
        let email_messages = samples(&auth.settings().app.api_base_url, START);
        let kinds: Vec<_> = email_messages.iter().map(|email_message| email_message.message.kind()).collect();
        assert_eq!(kinds, Message::KINDS, "there is a sample of every kind, in order");
        for email_message in &email_messages {
            let found = shown(&auth.outbox.render(email_message, START).unwrap());
            let path = folder.join(email_message.message.kind()).with_extension("txt");
            if update_wanted() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &found).unwrap();
                continue;
            }
            let known = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(found, known, "{} changed: UPDATE_MAILS=1 rewrites it", path.display());
        }
        let files = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(files, Message::KINDS.len(), "a file in {} belongs to no message", folder.display());
    });
}

#[expect(clippy::disallowed_methods, reason = "whoever changes a message says so")]
fn update_wanted() -> bool {
    std::env::var_os("UPDATE_MAILS").is_some()
}
