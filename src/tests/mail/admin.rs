//! What administrators see of the email queue, and what they can do about it.

use std::time::Duration;

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::Assignment;
use authtuna::mail::{MailState, Mailbox, Mailer};
use authtuna::model::code::Code;
use authtuna::model::id::MailId;
use authtuna::model::page::PageRequest;
use serde_json::json;

use super::{deliver, line, link, notice, on_each_kind, send, told, world_at};
use crate::support::smtp_server::Peer;
use crate::support::{START, World};

async fn ids(auth: &Auth, state: Option<MailState>) -> Vec<MailId> {
    let mut found = Vec::new();
    let mut page = PageRequest { after: None, limit: Some(2) };
    loop {
        let part = auth.outbox.list(&Actor::system(), state, &page).await.unwrap();
        assert!(part.items.len() <= 2);
        found.extend(part.items.iter().map(|line| line.id));
        if part.next.is_none() {
            return found;
        }
        page.after = part.next;
    }
}

#[test]
fn lists_have_pages_and_states() {
    on_each_kind(async |kind| {
        let folder = tempfile::tempdir().unwrap();
        let peer = Peer::new(folder.path(), json!({"mode": "plain"})).await;
        let world = world_at(kind, peer.port, |builder| builder).await;
        for to in
            ["a@example.org", "refused@example.org", "b@example.org", "grey@example.org", "c@example.org"]
        {
            world.clock.advance(Duration::from_secs(1));
            send(&world.auth, &notice(to)).await;
        }
        deliver(&world.auth).await;
        let all = ids(&world.auth, None).await;
        assert_eq!(all.len(), 5);
        assert!(all.is_sorted_by(|a, b| a > b), "newest first");
        let sent = ids(&world.auth, Some(MailState::Sent)).await;
        assert_eq!(sent, [all[0], all[2], all[4]]);
        assert_eq!(ids(&world.auth, Some(MailState::Queued)).await, [all[1]]);
        assert_eq!(ids(&world.auth, Some(MailState::Failed)).await, [all[3]]);
        let read = told(&world.auth, "MAILS_READ").await;
        assert_eq!(read[0]["state"], "failed");
        assert_eq!(read[0]["rows"], 1);
        let wrong = PageRequest { after: Some("x".to_owned()), limit: None };
        let refused = world.auth.outbox.list(&Actor::system(), None, &wrong).await.unwrap_err();
        assert_eq!(refused.code(), Code::BadCursor);
        world.auth.store().close().await;
    });
}

#[test]
fn what_failed_can_be_tried_again_while_it_is_worth_it() {
    on_each_kind(async |kind| {
        let folder = tempfile::tempdir().unwrap();
        let options = |password: &str| json!({"mode": "plain", "user": "portal", "password": password});
        let peer = Peer::new(folder.path(), options("b")).await;
        let port = peer.port;
        let world = world_at(kind, port, |builder| {
            builder.set("SMTP_USERNAME", "portal").set("SMTP_PASSWORD", "a").set("MAIL_GIVE_UP_SECONDS", "60")
        })
        .await;
        let (system, outbox) = (Actor::system(), &world.auth.outbox);
        send(&world.auth, &notice("a@example.org")).await;
        deliver(&world.auth).await;
        let found = line(&world.auth).await;
        assert_eq!(found.state, MailState::Failed, "with a minute left, the message is given up");
        peer.stop().await;
        let peer = Peer::at(folder.path(), port, options("a")).await;
        world.clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(outbox.retry(&system, found.id).await.unwrap(), Some(()));
        assert_eq!(line(&world.auth).await.state, MailState::Queued);
        deliver(&world.auth).await;
        assert_eq!(peer.taken().len(), 1);
        assert_eq!(
            outbox.retry(&system, found.id).await.unwrap_err().code(),
            Code::MailDone,
            "the message is already sent"
        );
        let nobody = MailId::from_uuid(uuid::Uuid::nil());
        assert_eq!(outbox.retry(&system, nobody).await.unwrap(), None);
        assert_eq!(told(&world.auth, "MAIL_RETRIED").await.len(), 1);

        let now = world.clock.now();
        send(&world.auth, &link("refused@example.org", now.plus(Duration::from_secs(30)))).await;
        deliver(&world.auth).await;
        let newest = super::lines(&world.auth).await.remove(0);
        assert_eq!(newest.state, MailState::Failed);
        world.clock.advance(Duration::from_secs(30));
        let refused = outbox.retry(&system, newest.id).await.unwrap_err();
        assert_eq!(refused.code(), Code::MailDone, "its link has expired");
        world.auth.store().close().await;
    });
}

/// The list contains email addresses, and the self-test can send to any address, so both need the
/// permission to manage users.
#[test]
fn only_who_manages_people_everywhere_may() {
    on_each_kind(async |kind| {
        let world = World::new(kind, |builder| builder).await;
        // With email enabled, a user who signs up has no session before confirming their email.
        let mailer = Some(Mailer::Memory(Mailbox::default()));
        let auth = Auth::start_with(world.settings.clone(), world.clock.clone(), mailer).await.unwrap();
        send(&auth, &notice("a@example.org")).await;
        let id = line(&auth).await.id;
        let to = authtuna::foundation::names::Email::parse("a@example.org").unwrap();
        for (name, role, scope, may) in [
            ("ana", None, "global", false),
            ("bo", Some("Admin"), "org:1", false),
            ("cy", Some("Admin"), "global", true),
        ] {
            let person = world.person(name).await;
            if let Some(role) = role {
                let given = Assignment::new(person.user, role).within(scope.parse().unwrap());
                world.auth.roles.assign(&Actor::system(), &given).await.unwrap();
            }
            let actor = world.actor(&person.session.cookie).await;
            let outbox = &auth.outbox;
            let list = outbox.list(&actor, None, &PageRequest::default()).await.map(drop);
            let retry = outbox.retry(&actor, id).await.map(drop);
            let test = outbox.self_test(&actor, &to).await.map(drop);
            for (act, result) in [("list", list), ("retry", retry), ("test", test)] {
                match may {
                    true => assert!(result.is_ok(), "{name} {act}: {result:?}"),
                    false => assert_eq!(result.unwrap_err().code(), Code::Forbidden, "{name} {act}"),
                }
            }
        }
        let anonymous = Actor::anonymous(crate::support::origin());
        let refused = auth.outbox.list(&anonymous, None, &PageRequest::default()).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotAuthenticated);
        let admin = anonymous.clone();
        assert_eq!(auth.outbox.deliver_due(&admin).await.unwrap_err().code(), Code::Forbidden);
        assert!(auth.outbox.queued(&admin).await.is_err());
        assert!(world.clock.now() == START);
        auth.store().close().await;
        world.auth.store().close().await;
    });
}
