//! Finishing a recovery, which removes the factors, only after the waiting period.

use std::time::Duration;

use authtuna::authn::email_challenge::Proof;
use authtuna::authz::actor::Origin;
use authtuna::model::code::Code;

use super::{DELAY, HOUR, is_dead};
use crate::authn::mfa::app;
use crate::support::mailbox::{nobody, successes, with_mail};
use crate::support::{origin, password, tamper, value};

const MARIA: &str = "maria@example.org";

#[test]
fn what_strangers_guessed_of_the_lost_factors_is_forgotten() {
    with_mail(|world| async move {
        world.protected("maria").await;
        let mfa_challenge = world.mfa_challenge("maria", origin()).await;
        assert!(world.second_factor(&mfa_challenge, "000000", origin()).await.is_err());
        let guessed = "SELECT CAST(COUNT(*) AS TEXT) FROM throttle WHERE kind = 'factor'";
        assert_eq!(value(&world, guessed).await, "1");
        let ready = world.ready(MARIA).await;
        assert_eq!(value(&world, guessed).await, "1");
        world.auth.recovery.finish(&nobody(), &ready.finish).await.unwrap();
        assert_eq!(value(&world, guessed).await, "0");
    });
}

#[test]
fn the_factors_come_off_after_the_waiting_and_everybody_is_signed_out() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let mfa_challenge = world.mfa_challenge("maria", origin()).await;
        let ready = world.ready(MARIA).await;
        let due = world.recovery(&maria).await.unwrap();
        assert_eq!(world.auth.recovery.to_finish(&ready.finish).await.unwrap(), Some(due));
        assert!(world.has_factors(&maria).await, "opening the link removes nothing");
        // As fresh as possible: this MFA challenge starts at the last moment.
        let late = world.mfa_challenge("maria", origin()).await;

        let token = world.auth.recovery.finish(&nobody(), &ready.finish).await.unwrap();
        assert!(!world.has_factors(&maria).await);
        assert_eq!(world.recovery(&maria).await, None);
        assert_eq!(world.opens(&maria.signed_in.session.cookie).await, None, "all sessions end");
        for token in [&mfa_challenge, &late] {
            assert_eq!(
                world.auth.sign_in.pending_factors(token).await.unwrap(),
                None,
                "pending MFA challenges must start over"
            );
        }
        assert_eq!(world.email_message(MARIA).await.message.kind(), "recovery_done");
        for cancel in &ready.cancel {
            is_dead(world.auth.recovery.cancel(&nobody(), cancel).await);
        }
        is_dead(world.auth.recovery.finish(&nobody(), &ready.finish).await);
        let old = world.sign_in("maria", origin()).await.err().unwrap();
        assert_eq!(old.code(), Code::BadCredentials, "the old password opens nothing");
        world.auth.passwords.reset(&nobody(), &token, &password("new")).await.unwrap();
        let typed =
            authtuna::authn::sign_in::SignIn { identifier: "maria".to_owned(), password: password("new") };
        let maria = world.auth.sign_in.with_password(&nobody(), &typed).await.unwrap().signed_in().unwrap();
        let actor = world.actor(&maria.session.cookie).await;
        let events = world.events(&actor).await;
        for event in ["RECOVERY_COMPLETED", "MFA_DISABLED", "PASSWORD_RESET_COMPLETED"] {
            assert!(events.iter().any(|known| known == event), "{event}: {events:?}");
        }
        assert!(!events.contains(&"RECOVERY_CANCELLED".to_owned()), "{events:?}");
    });
}

#[test]
fn nothing_is_finished_before_it_is_due() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let begun = world.begin(MARIA).await;
        world.clock.set(begun.due_at.minus(Duration::from_micros(1)));
        world.tell().await;
        assert_eq!(world.count(MARIA, "recovery_ready").await, 0, "not a microsecond too early");
        world.clock.set(begun.due_at);
        world.tell().await;
        let finish = world.finish_token(MARIA).await;
        // A node whose clock runs slow.
        world.clock.set(begun.due_at.minus(HOUR));
        is_dead(world.auth.recovery.finish(&nobody(), &finish).await);
        assert!(world.has_factors(&maria).await);
        world.clock.set(begun.due_at);
        world.auth.recovery.finish(&nobody(), &finish).await.unwrap();
    });
}

#[test]
fn it_is_finished_once_also_in_parallel_and_by_its_own_link_alone() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let begin = world.requested(MARIA).await;
        is_dead(world.auth.recovery.finish(&nobody(), &begin).await);
        is_dead(world.auth.recovery.cancel(&nobody(), &begin).await);
        let ready = world.ready(MARIA).await;
        for other in &ready.cancel {
            is_dead(world.auth.recovery.finish(&nobody(), other).await);
        }
        is_dead(world.auth.recovery.start(&nobody(), &Proof::Link(ready.finish.clone())).await);
        is_dead(world.auth.recovery.cancel(&nobody(), &ready.finish).await);
        assert!(world.has_factors(&maria).await);
        let here = nobody();
        assert_eq!(successes(20, || world.auth.recovery.finish(&here, &ready.finish)).await, 1);
        assert_eq!(world.count(MARIA, "recovery_done").await, 1);
    });
}

#[test]
fn the_last_link_works_for_a_week() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let ready = world.ready(MARIA).await;
        world.clock.advance(7 * 24 * HOUR - Duration::from_secs(60));
        world.tell().await;
        assert!(world.auth.recovery.to_finish(&ready.finish).await.unwrap().is_some());
        world.clock.advance(Duration::from_secs(60));
        is_dead(world.auth.recovery.finish(&nobody(), &ready.finish).await);
        assert!(world.has_factors(&maria).await);
        world.tell().await;
        assert_eq!(world.recovery(&maria).await, None, "the recovery ends then");
        // A new recovery waits as long as the first.
        let again = world.begin(MARIA).await;
        assert_eq!(again.due_at, again.started_at.plus(DELAY));
    });
}

#[test]
fn a_browser_that_was_remembered_is_not_known_any_more() {
    crate::support::on_each_with(
        |builder| {
            let builder = builder.set("EMAIL_ENABLED", "true").set("SMTP_HOST", "mail.invalid");
            builder.set("MFA_REMEMBER_DEVICE_DAYS", "30")
        },
        |world| async move {
            let maria = world.protected("maria").await;
            let own = || Origin { device_secret: Some(maria.signed_in.device_secret), ..origin() };
            let token = world.mfa_challenge("maria", own()).await;
            let code = app(&world, &maria.secret);
            let here = world.second_factor(&token, &code, own()).await.unwrap();
            let here = Origin { device_secret: Some(here.device_secret), ..origin() };
            let ready = world.ready(MARIA).await;
            world.auth.recovery.finish(&nobody(), &ready.finish).await.unwrap();
            let known = value(&world, "SELECT CAST(COUNT(*) AS TEXT) FROM known_devices");
            assert_eq!(known.await, "0");
            drop(here);
        },
    );
}

#[test]
fn a_link_to_finish_is_for_the_address_that_it_went_to() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let ready = world.ready(MARIA).await;
        tamper(
            &world,
            "UPDATE users SET email = 'x@example.org', email_key = 'x@example.org' WHERE username = 'maria'",
        )
        .await;
        is_dead(world.auth.recovery.finish(&nobody(), &ready.finish).await);
        tamper(&world, "UPDATE users SET email = 'maria@example.org', email_key = 'maria@example.org' WHERE username = 'maria'")
            .await;
        tamper(&world, "UPDATE users SET suspended_at = created_at WHERE username = 'maria'").await;
        is_dead(world.auth.recovery.finish(&nobody(), &ready.finish).await);
        assert!(world.has_factors(&maria).await);
    });
}
