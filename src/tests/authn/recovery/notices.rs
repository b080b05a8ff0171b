//! The notices that users get while they wait.

use authtuna::jobs;
use authtuna::mail::Message;

use super::{DELAY, HOUR};
use crate::support::mailbox::{nobody, with_mail};
use crate::support::on_each_with;

const MARIA: &str = "maria@example.org";

#[test]
fn the_person_is_told_halfway_and_at_the_end_once_each() {
    with_mail(|world| async move {
        world.protected("maria").await;
        let begun = world.begin(MARIA).await;
        let before = world.kinds(MARIA).await;
        world.clock.set(begun.started_at.plus(DELAY / 2 - HOUR));
        world.tell().await;
        assert_eq!(world.kinds(MARIA).await, before, "not before half of the waiting period");
        world.clock.set(begun.started_at.plus(DELAY / 2));
        for _ in 0..3 {
            world.tell().await;
        }
        let Message::RecoveryReminder { until, .. } = world.email_message(MARIA).await.message else {
            panic!()
        };
        assert_eq!(until, begun.due_at);
        world.clock.set(begun.due_at);
        for _ in 0..3 {
            world.tell().await;
        }
        let told = world.kinds(MARIA).await;
        assert_eq!(told[before.len()..], ["recovery_reminder", "recovery_ready"]);
    });
}

#[test]
fn of_several_processes_one_writes_each_mail() {
    with_mail(|world| async move {
        let other = world.another_process().await;
        for name in ["maria", "jun"] {
            world.protected(name).await;
            world.begin(&format!("{name}@example.org")).await;
        }
        for half in [DELAY / 2, DELAY / 2] {
            world.clock.advance(half);
            let turns = (0..8).map(|turn| {
                let auth = if turn % 2 == 0 { world.auth.clone() } else { other.clone() };
                tokio::spawn(async move { jobs::recoveries(&auth).await.unwrap() })
            });
            for turn in turns.collect::<Vec<_>>() {
                turn.await.unwrap();
            }
        }
        for name in ["maria", "jun"] {
            let address = format!("{name}@example.org");
            for kind in ["recovery_reminder", "recovery_ready"] {
                assert_eq!(world.count(&address, kind).await, 1, "{address} {kind}");
            }
        }
        other.store().close().await;
    });
}

#[test]
fn who_is_told_late_is_told_once_and_can_still_finish_for_a_week() {
    with_mail(|world| async move {
        world.protected("maria").await;
        world.begin(MARIA).await;
        // Every process was down in the meantime.
        world.clock.advance(30 * 24 * HOUR);
        world.tell().await;
        world.tell().await;
        assert_eq!(world.count(MARIA, "recovery_reminder").await, 0, "the time for the reminder has passed");
        assert_eq!(world.count(MARIA, "recovery_ready").await, 1);
        let finish = world.finish_token(MARIA).await;
        world.clock.advance(6 * 24 * HOUR);
        world.auth.recovery.finish(&nobody(), &finish).await.unwrap();
    });
}

#[test]
fn a_setting_says_how_long_to_wait() {
    on_each_with(
        |builder| {
            let builder = builder.set("EMAIL_ENABLED", "true").set("SMTP_HOST", "mail.invalid");
            builder.set("MFA_RECOVERY_DELAY_SECONDS", "90")
        },
        |world| async move {
            world.protected("maria").await;
            world.auth.recovery.request(&nobody(), MARIA).await.unwrap();
            let Message::RecoveryRequest { wait, .. } = world.email_message(MARIA).await.message else {
                panic!()
            };
            assert_eq!(wait, 2, "whole minutes, rounded up");
            let begun = world.begin(MARIA).await;
            assert_eq!(begun.due_at.since(begun.started_at).as_secs(), 90);
        },
    );
}

#[test]
fn what_ended_long_ago_is_deleted() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        world.begin(MARIA).await;
        world.clock.advance(31 * 24 * HOUR);
        jobs::purge(&world.auth).await.unwrap();
        assert!(world.recovery(&maria).await.is_some(), "not while it is in progress");
        world.tell().await;
        let ready = world.finish_token(MARIA).await;
        world.auth.recovery.finish(&nobody(), &ready).await.unwrap();
        world.clock.advance(31 * 24 * HOUR);
        jobs::purge(&world.auth).await.unwrap();
        let count = crate::support::value(&world, "SELECT CAST(COUNT(*) AS TEXT) FROM recoveries").await;
        assert_eq!(count, "0");
    });
}

#[test]
fn where_recoveries_are_switched_off_those_that_are_open_end() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        world.begin(MARIA).await;
        let off = world.another_process_with(|settings| settings.mfa.recovery_enabled = false).await;
        assert_eq!(jobs::recoveries(&off).await.unwrap(), 1);
        assert_eq!(world.recovery(&maria).await, None);
        assert_eq!(world.email_message(MARIA).await.message.kind(), "recovery_cancelled");
        assert_eq!(jobs::recoveries(&off).await.unwrap(), 0);
        // Enabled again: the recovery does not resume.
        world.clock.advance(DELAY);
        world.tell().await;
        assert_eq!(world.count(MARIA, "recovery_ready").await, 0);
        assert!(world.has_factors(&maria).await);
        off.store().close().await;
    });
}
