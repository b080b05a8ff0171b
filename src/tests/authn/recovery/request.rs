//! Requesting a recovery and starting it.

use authtuna::authn::email_challenge::Proof;
use authtuna::authz::actor::Actor;
use authtuna::model::code::{Code, Field};

use super::{DELAY, is_dead};
use crate::support::mailbox::{browser, nobody, successes, with_mail};
use crate::support::{on_each, on_each_with, tamper};

#[test]
fn nobody_learns_who_has_an_account_or_second_factors() {
    with_mail(|world| async move {
        world.member("jun").await;
        let suspended = world.protected("ada").await.signed_in.user;
        world.auth.admin.suspend(&Actor::system(), suspended, "").await.unwrap();
        let deleted = world.protected("kai").await.signed_in.user;
        world.auth.admin.delete_user(&Actor::system(), deleted, "").await.unwrap();
        for name in ["nobody", "jun", "ada", "kai"] {
            let address = format!("{name}@example.org");
            let before = world.email_messages(&address).await.len();
            let pending_challenge = world.auth.recovery.request(&nobody(), &address).await.unwrap();
            assert_eq!(pending_challenge.address, address);
            assert_eq!(world.email_messages(&address).await.len(), before, "{address}");
            let proof = Proof::Code("123456".to_owned());
            let refused =
                world.auth.recovery.start(&browser(Some(&pending_challenge)), &proof).await.err().unwrap();
            assert_eq!((refused.problems()[0].field, refused.code()), (Field::Code, Code::BadOtp));
        }
        let refused = world.auth.recovery.request(&nobody(), "nowhere").await.err().unwrap();
        assert_eq!((refused.problems()[0].field, refused.code()), (Field::Email, Code::BadEmail));
    });
}

#[test]
fn asking_is_limited_for_everybody_alike() {
    on_each_with(
        |builder| {
            let builder = builder.set("EMAIL_ENABLED", "true").set("SMTP_HOST", "mail.invalid");
            builder.set("MAX_MAIL_REQUESTS_PER_IP", "7")
        },
        |world| async move {
            world.protected("maria").await;
            for _ in 0..7 {
                world.auth.recovery.request(&nobody(), "maria@example.org").await.unwrap();
            }
            assert_eq!(world.count("maria@example.org", "recovery_request").await, 5, "five per day");
            for address in ["maria@example.org", "nobody@example.org"] {
                let refused = world.auth.recovery.request(&nobody(), address).await.err().unwrap();
                assert_eq!(refused.code(), Code::TooManyAttempts, "{address}");
            }
        },
    );
}

#[test]
fn the_waiting_begins_by_the_link_or_the_code_and_not_by_asking() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let pending_challenge = world.auth.recovery.request(&nobody(), "Maria@Example.org").await.unwrap();
        let token = world.token("maria@example.org").await;
        assert!(world.auth.recovery.request_link_works(&token).await.unwrap());
        assert_eq!(world.recovery(&maria).await, None, "opening the link starts nothing");
        let code = Proof::Code(world.code("maria@example.org").await);
        let refused = world.auth.recovery.start(&nobody(), &code).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadOtp, "the code fails in another browser");
        let begun = world.auth.recovery.start(&browser(Some(&pending_challenge)), &code).await.unwrap();
        assert_eq!(begun.due_at, begun.started_at.plus(DELAY));
        assert_eq!(world.recovery(&maria).await, Some(begun));
        let own = world.at_home(&maria.signed_in).await;
        assert_eq!(world.auth.recovery.own(&own).await.unwrap(), Some(begun));
        assert_eq!(world.email_message("maria@example.org").await.message.kind(), "recovery_started");
        is_dead(world.auth.recovery.start(&nobody(), &Proof::Link(token)).await);
        assert!(world.has_factors(&maria).await, "the factors stay during the waiting period");
        assert!(world.opens(&maria.signed_in.session.cookie).await.is_some());
        let events = world.events(&own).await;
        for event in ["RECOVERY_REQUESTED", "RECOVERY_STARTED"] {
            assert!(events.iter().any(|known| known == event), "{event}: {events:?}");
        }
    });
}

#[test]
fn one_recovery_of_a_person_is_open_whatever_is_begun_at_once() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let link = Proof::Link(world.requested("maria@example.org").await);
        let other = Proof::Link(world.requested("maria@example.org").await);
        let here = nobody();
        let begun = successes(5, || world.auth.recovery.start(&here, &link)).await;
        // A user who asked twice starts one recovery: the first link invalidated the other.
        is_dead(world.auth.recovery.start(&here, &other).await);
        assert_eq!(begun, 1);
        assert_eq!(world.count("maria@example.org", "recovery_started").await, 1);
        assert!(world.recovery(&maria).await.is_some());
    });
}

#[test]
fn a_mail_begins_nothing_once_the_address_is_another_or_there_is_nothing_to_take_off() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let link = Proof::Link(world.requested("maria@example.org").await);
        world.auth.admin.remove_factors(&Actor::system(), maria.signed_in.user).await.unwrap();
        is_dead(world.auth.recovery.start(&nobody(), &link).await);
        let jun = world.protected("jun").await;
        let link = Proof::Link(world.requested("jun@example.org").await);
        tamper(
            &world,
            "UPDATE users SET email = 'x@example.org', email_key = 'x@example.org' WHERE username = 'jun'",
        )
        .await;
        is_dead(world.auth.recovery.start(&nobody(), &link).await);
        for person in [&maria, &jun] {
            assert_eq!(world.recovery(person).await, None);
        }
    });
}

#[test]
fn where_it_is_off_or_no_mails_are_sent_nobody_recovers() {
    on_each(|world| async move {
        let refused = world.auth.recovery.request(&nobody(), "maria@example.org").await.err().unwrap();
        assert_eq!(refused.code(), Code::MailOff);
        assert!(!world.auth.recovery.is_offered());
    });
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let link = Proof::Link(world.requested("maria@example.org").await);
        let jun = world.protected("jun").await;
        let ready = world.ready("jun@example.org").await;
        let off = world.another_process_with(|settings| settings.mfa.recovery_enabled = false).await;
        assert!(world.auth.recovery.is_offered() && !off.recovery.is_offered());
        let code = |refused: authtuna::foundation::error::Error| refused.code();
        let asked = off.recovery.request(&nobody(), "maria@example.org").await.err().map(code);
        assert_eq!(asked, Some(Code::FeatureOff));
        let begun = off.recovery.start(&nobody(), &link).await.err().map(code);
        assert_eq!(begun, Some(Code::FeatureOff));
        let finished = off.recovery.finish(&nobody(), &ready.finish).await.err().map(code);
        assert_eq!(finished, Some(Code::FeatureOff));
        assert_eq!(world.recovery(&maria).await, None);
        assert!(world.has_factors(&jun).await);
        // A recovery from before can still be stopped.
        off.recovery.cancel(&nobody(), &ready.cancel[0]).await.unwrap();
        off.store().close().await;
    });
}
