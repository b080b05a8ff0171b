//! Stopping a recovery with a second factor alone, for users who cannot sign in because someone
//! else controls their mailbox.

use authtuna::authn::email_challenge::Proof;
use authtuna::authz::actor::{Actor, Origin};
use authtuna::foundation::error::Error;
use authtuna::mail::Message;
use authtuna::model::code::{Code, Field};

use super::end::stopped;
use super::{COOLDOWN, HOUR, Protected, STEP};
use crate::authn::mfa::app;
use crate::support::mailbox::{nobody, with_mail};
use crate::support::{World, ip, origin, password, tamper};

const MARIA: &str = "maria@example.org";

async fn stop(world: &World, from: &Actor, identifier: &str, code: &str) -> Result<(), Error> {
    world.auth.recovery.stop(from, identifier, code).await
}

/// Asserts that nothing was stopped, with the one error that says so.
#[track_caller]
fn refused(outcome: Result<(), Error>) {
    let error = outcome.err().unwrap();
    let problem = error.problems().first().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!((problem.field, problem.code), (Field::Code, Code::RecoveryNotStopped));
}

fn from(address: &str) -> Actor {
    Actor::anonymous(Origin { ip: Some(ip(address)), ..origin() })
}

/// Returns whether a code still works as a second factor.
async fn opens(world: &World, maria: &Protected, code: &str) -> bool {
    assert!(world.has_factors(maria).await);
    let token = world.mfa_challenge("maria", origin()).await;
    world.second_factor(&token, code, origin()).await.is_ok()
}

#[test]
fn whoever_has_only_their_app_or_a_backup_code_stops_a_recovery() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        // An attacker with the mailbox also has the password: the owner has only the app left.
        world.tick();
        world.auth.passwords.request_reset(&nobody(), MARIA).await.unwrap();
        let reset = world.token(MARIA).await;
        world.auth.passwords.reset(&nobody(), &reset, &password("theirs")).await.unwrap();

        let ready = world.ready(MARIA).await;
        let code = app(&world, &maria.secret);
        stopped(&world, &maria, &ready, true, async {
            stop(&world, &nobody(), "MARIA", &code).await.unwrap();
        })
        .await;
        // The email does not disclose the owner's location.
        let Message::RecoveryCancelled { circumstances, .. } = world.email_message(MARIA).await.message
        else {
            panic!()
        };
        assert_eq!((circumstances.ip.as_str(), circumstances.device.as_str()), ("", ""));
        world.clock.advance(COOLDOWN);
        let ready = world.ready(MARIA).await;
        let backup = maria.backup_codes[0].to_lowercase();
        stopped(&world, &maria, &ready, true, async {
            stop(&world, &nobody(), " Maria@Example.org ", &backup).await.unwrap();
        })
        .await;
        assert!(world.has_factors(&maria).await);
        // The backup code is used up.
        world.clock.advance(COOLDOWN);
        world.begin(MARIA).await;
        refused(stop(&world, &nobody(), "maria", &backup).await);
        assert!(world.recovery(&maria).await.is_some());
    });
}

#[test]
fn whoever_reads_the_mails_can_not_begin_again_at_once() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let begun = world.begin(MARIA).await;
        stop(&world, &nobody(), "maria", &maria.backup_codes[0]).await.unwrap();
        world.clock.advance(24 * HOUR);
        let token = Proof::Link(world.requested(MARIA).await);
        let refused = world.auth.recovery.start(&nobody(), &token).await.err().unwrap();
        assert_eq!(refused.code(), Code::RecoveryTooSoon);
        assert_eq!(refused.wait().unwrap().as_secs().div_ceil(3600), 6 * 24);
        assert_eq!(world.recovery(&maria).await, None);
        world.clock.set(begun.started_at.plus(COOLDOWN + HOUR));
        world.begin(MARIA).await;
        // A recovery that was stopped in any other way can start again at once.
        world.auth.recovery.cancel(&nobody(), &world.cancel_token(MARIA).await).await.unwrap();
        world.begin(MARIA).await;
    });
}

#[test]
fn of_parallel_tries_with_one_code_one_counts_whatever_it_is_for() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        world.begin(MARIA).await;
        let mfa_challenge = world.mfa_challenge("maria", origin()).await;
        let code = app(&world, &maria.secret);
        let stops = (0..4).map(|n| {
            let (world, code) = (&world, &code);
            async move { stop(world, &from(&format!("192.0.2.{}", 10 + n)), "maria", code).await.is_ok() }
        });
        let opens = async { world.second_factor(&mfa_challenge, &code, origin()).await.is_ok() };
        let (stopped, opened) = futures::future::join(futures::future::join_all(stops), opens).await;
        let right = stopped.into_iter().filter(|stopped| *stopped).count() + usize::from(opened);
        assert_eq!(right, 1);
        assert_eq!(world.recovery(&maria).await, None, "either of them ends the recovery");
    });
}

#[test]
fn no_other_code_stops_one_and_no_answer_tells_whether_there_is_any() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let jun = world.protected("jun").await;
        let (own, code) = (app(&world, &jun.secret), app(&world, &maria.secret));
        // No recovery is in progress: the right code gets the same refusal and stays valid.
        refused(stop(&world, &from("192.0.2.2"), "maria", &code).await);
        refused(stop(&world, &from("192.0.2.2"), "maria", &maria.backup_codes[0]).await);
        assert!(opens(&world, &maria, &maria.backup_codes[0]).await);
        assert!(opens(&world, &maria, &code).await);
        world.clock.advance(STEP);

        world.begin(MARIA).await;
        for (address, name, code) in [
            ("192.0.2.3", "maria", "000000"),
            ("192.0.2.3", "maria", own.as_str()),
            ("192.0.2.3", "maria", jun.backup_codes[0].as_str()),
            ("192.0.2.4", "jun", own.as_str()),
            ("192.0.2.4", "nobody", own.as_str()),
            ("192.0.2.4", "n@example.org", own.as_str()),
            ("192.0.2.4", "\u{202e}?", own.as_str()),
        ] {
            refused(stop(&world, &from(address), name, code).await);
        }
        assert!(world.recovery(&maria).await.is_some());
        assert!(
            opens(&world, &maria, &app(&world, &maria.secret)).await,
            "failed attempts count nowhere else"
        );

        let empty = stop(&world, &nobody(), " ", "").await.err().unwrap();
        let problems: Vec<_> = empty.problems().iter().map(|problem| (problem.field, problem.code)).collect();
        assert_eq!(problems, [(Field::Identifier, Code::Required), (Field::Code, Code::Required)]);
    });
}

#[test]
fn tries_are_counted_and_nobody_uses_up_those_of_the_owner() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        world.begin(MARIA).await;
        let thief = from("198.51.100.7");
        let limit = world.auth.settings().limits.max_login_attempts_per_user;
        for name in ["maria", "nobody"] {
            for _ in 0..limit {
                refused(stop(&world, &thief, name, "000000").await);
            }
            let closed = stop(&world, &thief, &name.to_uppercase(), &maria.backup_codes[0]).await;
            assert_eq!(closed.err().unwrap().code(), Code::TooManyAttempts, "{name}");
        }
        assert!(world.recovery(&maria).await.is_some());
        // The counters do not reveal which email belongs to which username.
        let other = from("198.51.100.8");
        for _ in 0..limit {
            refused(stop(&world, &other, "maria", "000000").await);
        }
        for address in [MARIA, "nobody@example.org"] {
            refused(stop(&world, &other, address, "000000").await);
        }
        // The owner, in their own browser at the thief's IP address.
        let mut own = from("198.51.100.7");
        let device_secret = Some(maria.signed_in.device_secret);
        own.origin = Origin { device_secret, ..Origin::clone(&own.origin) }.into();
        stop(&world, &own, "maria", &app(&world, &maria.secret)).await.unwrap();
        assert!(world.recovery(&maria).await.is_none());
    });
}

#[test]
fn codes_of_an_app_are_not_guessed_from_a_thousand_places() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        world.begin(MARIA).await;
        refused(stop(&world, &from("192.0.2.2"), "maria", "000000").await);
        tamper(&world, "UPDATE throttle SET failures = 1000 WHERE kind = 'recovery_stops'").await;
        let code = app(&world, &maria.secret);
        let elsewhere = from("2001:db8::1");
        let closed = stop(&world, &elsewhere, "maria", &code).await.err().unwrap();
        assert_eq!(closed.code(), Code::TooManyAttempts);
        assert!(world.recovery(&maria).await.is_some());
        // Backup codes cannot be guessed, so the limit does not apply to them.
        stop(&world, &elsewhere, "maria", &maria.backup_codes[0]).await.unwrap();
        assert!(world.recovery(&maria).await.is_none());
    });
}
