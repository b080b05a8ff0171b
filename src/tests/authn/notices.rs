//! Notices: who gets which email.

use authtuna::authn::passwords::ChangePassword;
use authtuna::authz::actor::{Actor, Origin};
use authtuna::mail::Message;

use crate::support::mailbox::with_mail;
use crate::support::{ip, origin, password};

#[test]
fn a_sign_in_that_looks_new_is_told_and_one_that_does_not_is_not() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let told = || async {
            let kinds = world.kinds("maria@example.org").await;
            kinds.iter().filter(|kind| **kind == "new_device").count()
        };
        assert_eq!(told().await, 0, "the first sign-in is not new");
        let known =
            Origin { device_secret: Some(maria.device_secret), ip: Some(ip("198.51.100.1")), ..origin() };
        world.sign_in("maria", known).await.unwrap();
        assert_eq!(told().await, 0, "this browser is known, from any address");
        world.sign_in("maria", origin()).await.unwrap();
        assert_eq!(told().await, 0, "the same kind of browser at the same address");
        let elsewhere = Origin {
            ip: Some(ip("203.0.113.9")),
            city: Some("Lisbon".to_owned()),
            country: Some("PT".to_owned()),
            ..origin()
        };
        world.sign_in("maria", elsewhere.clone()).await.unwrap();
        assert_eq!(told().await, 1);
        let Message::NewDevice { circumstances, .. } = world.email_message("maria@example.org").await.message
        else {
            panic!("a different message")
        };
        assert_eq!((circumstances.ip.as_str(), circumstances.place.as_str()), ("203.0.113.9", "Lisbon, PT"));
        assert!(circumstances.at <= world.clock.now());
        world.sign_in("maria", elsewhere).await.unwrap();
        assert_eq!(told().await, 1, "only once");
        // After a year the server has purged its records of sessions, and still reports a
        // stranger's sign-in.
        world.clock.advance(std::time::Duration::from_secs(500 * 24 * 3600));
        authtuna::jobs::purge(&world.auth).await.unwrap();
        world.sign_in("maria", Origin { ip: Some(ip("203.0.113.77")), ..origin() }).await.unwrap();
        assert_eq!(world.email_message("maria@example.org").await.message.kind(), "new_device");
    });
}

#[test]
fn who_changes_a_password_or_is_suspended_is_told() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        let typed = ChangePassword { current: password("maria"), new: password("new") };
        world.auth.passwords.change(&actor, &typed).await.unwrap();
        world.tick();
        world.auth.admin.suspend(&Actor::system(), maria.user, "spam").await.unwrap();
        let email_messages = world.email_messages("maria@example.org").await;
        let kinds: Vec<_> = email_messages.iter().map(|email_message| email_message.message.kind()).collect();
        assert_eq!(kinds, ["sign_up", "welcome", "password_changed", "account_suspended"]);
        assert!(!format!("{email_messages:?}").contains("spam"), "the reason is for administrators");
    });
}

#[test]
fn nothing_that_did_not_happen_is_told() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        let before = world.kinds("maria@example.org").await;
        let typed = ChangePassword { current: password("wrong"), new: password("new") };
        assert!(world.auth.passwords.change(&actor, &typed).await.is_err());
        assert_eq!(world.kinds("maria@example.org").await, before);
    });
}

#[test]
fn a_person_is_written_to_in_the_language_of_their_browser() {
    with_mail(|world| async move {
        let from = Origin { language: Some("de-AT".to_owned()), ..origin() };
        world
            .auth
            .sign_up
            .with_password(&Actor::anonymous(from), &crate::support::mailbox::form("maria"))
            .await
            .unwrap();
        assert_eq!(world.email_message("maria@example.org").await.language.as_deref(), Some("de-AT"));
        let proof = authtuna::authn::email_challenge::Proof::Link(world.token("maria@example.org").await);
        world.auth.sign_up.confirm_email(&crate::support::mailbox::nobody(), &proof, None).await.unwrap();
        assert_eq!(world.email_message("maria@example.org").await.language.as_deref(), Some("de-AT"));
    });
}
