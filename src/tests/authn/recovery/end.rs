//! Everything that ends a recovery. Afterwards none of its links works.

use std::future::Future;

use authtuna::authn::email_addresses::ChangeEmail;
use authtuna::authn::email_challenge::Proof;
use authtuna::authn::sign_in::{Confirmation, PasskeyFor, SignInOutcome};
use authtuna::authz::actor::{Actor, Origin};
use authtuna::model::code::Code;

use super::{COOLDOWN, DELAY, HOUR, Protected, Ready, is_dead};
use crate::authn::mfa::app;
use crate::support::authenticator::Authenticator;
use crate::support::mailbox::{nobody, token_of, with_mail};
use crate::support::{World, on_each_with, origin, password};

const MARIA: &str = "maria@example.org";

/// Asserts that `stop` ends a recovery that could be finished, that none of its links works
/// afterwards, and that a notice is sent if `told`.
pub(super) async fn stopped<F: Future<Output = ()>>(
    world: &World,
    maria: &Protected,
    ready: &Ready,
    told: bool,
    stop: F,
) {
    let before = world.count(MARIA, "recovery_cancelled").await;
    let mail = world.count(MARIA, "recovery_done").await;
    stop.await;
    world.clock.advance(std::time::Duration::from_millis(1));
    is_dead(world.auth.recovery.finish(&nobody(), &ready.finish).await);
    for token in &ready.cancel {
        is_dead(world.auth.recovery.cancel(&nobody(), token).await);
        assert_eq!(world.auth.recovery.to_cancel(token).await.unwrap(), None);
    }
    assert_eq!(world.auth.recovery.to_finish(&ready.finish).await.unwrap(), None);
    assert_eq!(world.recovery(maria).await, None);
    let after = world.count(MARIA, "recovery_cancelled").await;
    assert_eq!(after - before, usize::from(told));
    assert_eq!(world.count(MARIA, "recovery_done").await, mail);
}

#[test]
fn the_link_of_every_mail_stops_a_recovery_without_a_session() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        for mail in 0..3 {
            let ready = world.ready(MARIA).await;
            let token = &ready.cancel[mail];
            assert!(world.auth.recovery.to_cancel(token).await.unwrap().is_some());
            assert!(world.recovery(&maria).await.is_some(), "opening the link stops nothing");
            stopped(&world, &maria, &ready, true, async {
                world.auth.recovery.cancel(&nobody(), token).await.unwrap();
            })
            .await;
            assert!(world.has_factors(&maria).await);
            // The server sends at most five recovery emails per day.
            world.clock.advance(24 * HOUR);
        }
    });
}

#[test]
fn any_session_of_the_person_stops_a_recovery_however_old_and_nobody_elses() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let jun = world.protected("jun").await;
        let ready = world.ready(MARIA).await;
        let theirs = world.at_home(&jun.signed_in).await;
        let none = world.auth.recovery.cancel_own(&theirs).await.err().unwrap();
        assert_eq!(none.code(), Code::NotFound);
        assert!(world.auth.recovery.cancel_own(&nobody()).await.is_err());
        assert!(world.auth.recovery.own(&nobody()).await.is_err());
        assert_eq!(world.auth.recovery.own(&theirs).await.unwrap(), None);
        assert!(world.recovery(&maria).await.is_some());
        // This session is 72 hours old.
        let own = world.at_home(&maria.signed_in).await;
        stopped(&world, &maria, &ready, true, async {
            world.auth.recovery.cancel_own(&own).await.unwrap();
        })
        .await;
        assert!(world.has_factors(&maria).await);
        let events = world.events(&own).await;
        assert!(events.contains(&"RECOVERY_CANCELLED".to_owned()), "{events:?}");
    });
}

#[test]
fn whoever_shows_a_second_factor_stops_a_recovery() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let ready = world.ready(MARIA).await;
        let token = world.mfa_challenge("maria", origin()).await;
        assert!(world.second_factor(&token, "000000", origin()).await.is_err());
        assert!(world.recovery(&maria).await.is_some(), "a wrong code stops nothing");
        stopped(&world, &maria, &ready, true, async {
            world.second_factor(&token, &app(&world, &maria.secret), origin()).await.unwrap();
        })
        .await;

        world.clock.advance(COOLDOWN);
        let ready = world.ready(MARIA).await;
        let token = world.mfa_challenge("maria", origin()).await;
        stopped(&world, &maria, &ready, true, async {
            world.second_factor(&token, &maria.backup_codes[0], origin()).await.unwrap();
        })
        .await;

        world.clock.advance(COOLDOWN);
        let token = world.mfa_challenge("maria", origin()).await;
        let here = world.second_factor(&token, &maria.backup_codes[1], origin()).await.unwrap();
        let ready = world.ready(MARIA).await;
        let own = world.at_home(&here).await;
        stopped(&world, &maria, &ready, true, async {
            let code = app(&world, &maria.secret);
            world
                .auth
                .step_up
                .confirm(&own, &Confirmation { code, ..Confirmation::default() })
                .await
                .unwrap();
        })
        .await;
        assert!(world.has_factors(&maria).await);
    });
}

#[test]
fn whoever_shows_a_passkey_stops_a_recovery() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let own = world.at_home(&maria.signed_in).await;
        let keeping = |actor: &Actor, secret| Actor {
            origin: Origin { ceremony: Some(secret), ..Origin::clone(&actor.origin) }.into(),
            ..actor.clone()
        };
        let code = app(&world, &maria.secret);
        world.auth.step_up.confirm(&own, &Confirmation { code, ..Confirmation::default() }).await.unwrap();
        let own = world.at_home(&maria.signed_in).await;
        let mut key = Authenticator::new("http://localhost:8000");
        let asked = world.auth.passkeys.ask_to_add(&own).await.unwrap();
        let answer = key.create(&asked.options).to_string();
        world.auth.passkeys.add(&keeping(&own, asked.secret), "", &answer).await.unwrap();

        let ready = world.ready(MARIA).await;
        stopped(&world, &maria, &ready, true, async {
            let asked = world.auth.sign_in.passkey_prompt(&nobody(), PasskeyFor::SignIn).await.unwrap();
            let answer = key.get(&asked.options).to_string();
            let here = keeping(&nobody(), asked.secret);
            let progress = world.auth.sign_in.with_passkey(&here, &answer).await.unwrap();
            assert!(matches!(progress, SignInOutcome::In(_)));
        })
        .await;

        world.clock.advance(COOLDOWN);
        let asked = world.auth.sign_in.passkey_prompt(&nobody(), PasskeyFor::SignIn).await.unwrap();
        let answer = key.get(&asked.options).to_string();
        let here = keeping(&nobody(), asked.secret);
        let here = world.auth.sign_in.with_passkey(&here, &answer).await.unwrap().signed_in().unwrap();
        let ready = world.ready(MARIA).await;
        let own = world.at_home(&here).await;
        stopped(&world, &maria, &ready, true, async {
            let asked = world.auth.sign_in.passkey_prompt(&own, PasskeyFor::Confirming).await.unwrap();
            let passkey = key.get(&asked.options).to_string();
            let here = keeping(&own, asked.secret);
            world
                .auth
                .step_up
                .confirm(&here, &Confirmation { passkey, ..Confirmation::default() })
                .await
                .unwrap();
        })
        .await;
    });
}

#[test]
fn a_password_alone_stops_no_recovery() {
    on_each_with(
        |builder| {
            let builder = builder.set("EMAIL_ENABLED", "true").set("SMTP_HOST", "mail.invalid");
            builder.set("MFA_REMEMBER_DEVICE_DAYS", "30")
        },
        |world| async move {
            let maria = world.protected("maria").await;
            let own = Origin { device_secret: Some(maria.signed_in.device_secret), ..origin() };
            let token = world.mfa_challenge("maria", own.clone()).await;
            let code = app(&world, &maria.secret);
            let here = world.second_factor(&token, &code, own).await.unwrap();
            let here = Origin { device_secret: Some(here.device_secret), ..origin() };
            world.begin(MARIA).await;
            assert!(
                matches!(world.first_factor("maria", here).await, SignInOutcome::In(_)),
                "the browser is remembered"
            );
            world.mfa_challenge("maria", origin()).await;
            assert!(world.recovery(&maria).await.is_some());
        },
    );
}

#[test]
fn another_recovery_takes_the_place_of_the_one_before_and_waits_anew() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let ready = world.ready(MARIA).await;
        let again = world.begin(MARIA).await;
        is_dead(world.auth.recovery.finish(&nobody(), &ready.finish).await);
        for token in &ready.cancel {
            is_dead(world.auth.recovery.cancel(&nobody(), token).await);
        }
        assert_eq!(world.recovery(&maria).await, Some(again));
        assert_eq!(again.due_at, again.started_at.plus(DELAY));
        world.clock.set(again.due_at);
        world.tell().await;
        // The first recovery's link does not finish the second.
        is_dead(world.auth.recovery.finish(&nobody(), &ready.finish).await);
        assert!(world.has_factors(&maria).await);
        world.auth.recovery.finish(&nobody(), &world.finish_token(MARIA).await).await.unwrap();
    });
}

#[test]
fn what_happens_to_the_account_ends_a_recovery() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let (id, system) = (maria.signed_in.user, Actor::system());
        let ready = world.ready(MARIA).await;
        stopped(&world, &maria, &ready, false, async {
            world.auth.admin.suspend(&system, id, "").await.unwrap();
            world.auth.admin.unsuspend(&system, id, "").await.unwrap();
        })
        .await;
        let ready = world.ready(MARIA).await;
        stopped(&world, &maria, &ready, false, async {
            world.auth.admin.delete_user(&system, id, "").await.unwrap();
            world.auth.admin.restore_user(&system, id).await.unwrap();
        })
        .await;
        let ready = world.ready(MARIA).await;
        stopped(&world, &maria, &ready, false, async {
            world.auth.admin.remove_factors(&system, id).await.unwrap();
        })
        .await;
    });
}

#[test]
fn another_address_ends_a_recovery_and_none_begins_while_it_can_be_taken_back() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let ready = world.ready(MARIA).await;
        let begin = world.requested(MARIA).await;
        // Marks the session as confirmed without using a second factor, which would end the
        // recovery by itself.
        crate::support::tamper(&world, "UPDATE sessions SET confirmed_at = absolute_expires_at").await;
        world.clock.advance(std::time::Duration::from_secs(11));
        let own = world.at_home(&maria.signed_in).await;
        let typed = ChangeEmail { email: "new@example.org".to_owned(), current_password: password("maria") };
        stopped(&world, &maria, &ready, false, async {
            world.auth.email_addresses.request_change(&own, &typed).await.unwrap();
            let proof = Proof::Link(world.token("new@example.org").await);
            world.auth.email_addresses.confirm_change(&own, &proof).await.unwrap();
        })
        .await;
        is_dead(world.auth.recovery.start(&nobody(), &Proof::Link(begin)).await);
        assert!(world.has_factors(&maria).await);

        let undo = match world.email_message(MARIA).await.message {
            authtuna::mail::Message::EmailChangedOld { undo, .. } => token_of(&undo),
            other => panic!("{}", other.kind()),
        };
        // No recovery can start from the new address while the change can be undone.
        let early = world.requested("new@example.org").await;
        is_dead(world.auth.recovery.start(&nobody(), &Proof::Link(early)).await);
        world.auth.email_addresses.undo_change(&nobody(), &undo).await.unwrap();
        assert_eq!(world.recovery(&maria).await, None);
    });
}

#[test]
fn a_recovery_ends_when_nothing_is_left_to_take_off() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let own = world.at_home(&maria.signed_in).await;
        let code = app(&world, &maria.secret);
        world.auth.step_up.confirm(&own, &Confirmation { code, ..Confirmation::default() }).await.unwrap();
        world.begin(MARIA).await;
        // The session was confirmed shortly before.
        let own = world.at_home(&maria.signed_in).await;
        world.auth.mfa.disable_totp(&own).await.unwrap();
        world.clock.advance(DELAY);
        world.tell().await;
        assert_eq!(world.recovery(&maria).await, None);
        assert_eq!(world.count(MARIA, "recovery_ready").await, 0);
    });
}

#[test]
fn the_first_proof_of_an_address_ends_a_recovery() {
    with_mail(|world| async move {
        for name in ["maria", "jun"] {
            let address = format!("{name}@example.org");
            let person = world.unproved(name).await;
            let actor = world.at_home(&person).await;
            let secret = world.auth.mfa.setup_totp(&actor).await.unwrap().secret;
            world.auth.mfa.verify_and_enable_totp(&actor, &app(&world, &secret)).await.unwrap();
            world.begin(&address).await;
            let open =
                async || world.auth.recovery.of_user(&Actor::system(), person.user).await.unwrap().is_some();
            assert!(open().await);
            // Both remove factors that may be a stranger's.
            if name == "maria" {
                world.auth.passwords.request_reset(&nobody(), &address).await.unwrap();
                let token = world.token(&address).await;
                world.auth.passwords.reset(&nobody(), &token, &password("new")).await.unwrap();
            } else {
                world.auth.sign_in.request_magic_link(&nobody(), &address).await.unwrap();
                let proof = Proof::Link(world.token(&address).await);
                world.auth.sign_in.with_magic_link(&nobody(), &proof).await.unwrap();
            }
            assert!(!open().await, "{name}");
        }
    });
}

#[test]
fn of_stopping_and_finishing_at_once_one_happens() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let ready = world.ready(MARIA).await;
        let here = nobody();
        let (stopped, finished) = tokio::join!(
            world.auth.recovery.cancel(&here, &ready.cancel[0]),
            world.auth.recovery.finish(&here, &ready.finish)
        );
        assert!(stopped.is_ok() != finished.is_ok());
        assert_eq!(world.has_factors(&maria).await, stopped.is_ok());
        assert_eq!(world.recovery(&maria).await, None);
    });
}

#[test]
fn the_password_of_before_opens_nothing_after_a_recovery() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let ready = world.ready(MARIA).await;
        let token = world.auth.recovery.finish(&nobody(), &ready.finish).await.unwrap();
        let refused = world.sign_in("maria", origin()).await.err().unwrap();
        assert_eq!(
            refused.code(),
            Code::BadCredentials,
            "a thief who knows it may be the reason for the second factors"
        );
        world.auth.passwords.reset(&nobody(), &token, &password("new")).await.unwrap();
        assert!(!world.has_factors(&maria).await);
    });
}

#[test]
fn a_factor_that_was_set_up_since_is_not_taken_off() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let ready = world.ready(MARIA).await;
        // Simulates a newer factor, bypassing the code that would have ended the recovery.
        crate::support::tamper(
            &world,
            "UPDATE totp SET confirmed_at = (SELECT MAX(told_at) FROM recoveries)",
        )
        .await;
        is_dead(world.auth.recovery.finish(&nobody(), &ready.finish).await);
        assert!(world.has_factors(&maria).await);
    });
}
