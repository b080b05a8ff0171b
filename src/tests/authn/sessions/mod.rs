//! Sessions: what starts them, what ends them, and how fast.

mod rotate;

use std::sync::Arc;
use std::time::Duration;

use authtuna::authn::passwords::ChangePassword;
use authtuna::authn::sessions::Checked;
use authtuna::authn::sign_in::SignIn;
use authtuna::authz::actor::{Actor, Origin};
use authtuna::model::code::Code;

use crate::support::{Kind, on_each, on_each_with, origin, password, until};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_session_ended_elsewhere_is_refused_on_its_very_next_request() {
    on_each(|world| async move {
        let here = world.person("maria").await;
        let there = world.sign_in("maria", origin()).await.unwrap();
        // Both are in the cache.
        assert!(world.opens(&here.session.cookie).await.is_some());
        assert!(world.opens(&there.session.cookie).await.is_some());
        let actor = world.actor(&here.session.cookie).await;
        world.auth.sessions.end(&actor, there.session.id).await.unwrap();
        assert_eq!(world.opens(&there.session.cookie).await, None);
        assert!(world.opens(&here.session.cookie).await.is_some());
    });
}

#[test]
fn ending_all_others_leaves_the_one_that_asks() {
    on_each(|world| async move {
        let here = world.person("maria").await;
        let others = [
            world.sign_in("maria", origin()).await.unwrap(),
            world.sign_in("maria", origin()).await.unwrap(),
        ];
        let strangers = world.person("jun").await;
        for other in &others {
            assert!(world.opens(&other.session.cookie).await.is_some());
        }
        let actor = world.actor(&here.session.cookie).await;
        assert_eq!(world.auth.sessions.list(&actor).await.unwrap().len(), 3);
        assert_eq!(world.auth.sessions.end_others(&actor).await.unwrap(), 2);
        for other in &others {
            assert_eq!(world.opens(&other.session.cookie).await, None);
        }
        assert!(world.opens(&here.session.cookie).await.is_some());
        assert!(world.opens(&strangers.session.cookie).await.is_some());
        let left = world.auth.sessions.list(&actor).await.unwrap();
        assert_eq!(left.len(), 1);
        assert!(left[0].current);
    });
}

#[test]
fn nobody_ends_the_session_of_somebody_else() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        let jun = world.person("jun").await;
        let actor = world.actor(&jun.session.cookie).await;
        let refused = world.auth.sessions.end(&actor, maria.session.id).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
        assert!(world.opens(&maria.session.cookie).await.is_some());
        let anonymous = Actor::anonymous(origin());
        let refused = world.auth.sessions.end(&anonymous, maria.session.id).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotAuthenticated);
    });
}

#[test]
fn every_move_to_another_address_is_noted() {
    on_each(|world| async move {
        let signed_in = world.person("maria").await;
        world.clock.advance(11 * SECOND);
        let elsewhere = Origin { ip: Some("198.51.100.7".parse().unwrap()), ..origin() };
        let opened =
            world.auth.sessions.check(&signed_in.session.cookie, &Arc::new(elsewhere)).await.unwrap();
        assert!(matches!(opened, Checked::Open(_, None)), "the move does not replace the cookie");
        let actor = world.actor(&signed_in.session.cookie).await;
        assert!(world.events(&actor).await.contains(&"SESSION_IP_UPDATED".to_owned()));
    });
}

#[test]
fn a_session_ends_after_its_lifetime_without_use() {
    on_each_with(
        |builder| builder.set("SESSION_LIFETIME_SECONDS", "3600"),
        |world| async move {
            let mut cookie = world.person("maria").await.session.cookie;
            for _ in 0..3 {
                world.clock.advance(3000 * SECOND);
                cookie = world.opens(&cookie).await.expect("in use").unwrap_or(cookie);
            }
            world.clock.advance(3600 * SECOND);
            assert_eq!(world.opens(&cookie).await, None);
        },
    );
}

#[test]
fn counted_from_creation_use_does_not_prolong_a_session() {
    on_each_with(
        |builder| builder.set("SESSION_LIFETIME_SECONDS", "3600").set("SESSION_LIFETIME_FROM", "creation"),
        |world| async move {
            let cookie = world.person("maria").await.session.cookie;
            world.clock.advance(3000 * SECOND);
            let cookie = world.opens(&cookie).await.unwrap().unwrap_or(cookie);
            world.clock.advance(601 * SECOND);
            assert_eq!(world.opens(&cookie).await, None);
        },
    );
}

#[test]
fn a_session_ends_at_its_absolute_lifetime_however_it_is_used() {
    on_each_with(
        |builder| {
            builder.set("SESSION_LIFETIME_SECONDS", "600").set("SESSION_ABSOLUTE_LIFETIME_SECONDS", "1000")
        },
        |world| async move {
            let mut cookie = world.person("maria").await.session.cookie;
            world.clock.advance(500 * SECOND);
            cookie = world.opens(&cookie).await.unwrap().unwrap_or(cookie);
            world.clock.advance(500 * SECOND);
            assert_eq!(world.opens(&cookie).await, None);
        },
    );
}

#[test]
fn another_browser_with_the_same_cookie_ends_the_session() {
    on_each(|world| async move {
        let cookie = world.person("maria").await.session.cookie;
        let thief = Origin { fingerprint: [7; 32], ..origin() };
        assert_eq!(world.opens_from(&cookie, thief).await, None, "even while the session is cached");
        assert_eq!(world.opens(&cookie).await, None);
    });
}

#[test]
fn another_country_ends_the_session_and_an_unknown_one_does_not() {
    let at = |country: Option<&str>| Origin { country: country.map(str::to_owned), ..origin() };
    on_each(|world| async move {
        world.person("maria").await;
        let cookie = world.sign_in("maria", at(Some("DE"))).await.unwrap().session.cookie;
        assert!(world.opens_from(&cookie, at(None)).await.is_some());
        assert!(world.opens_from(&cookie, at(Some("DE"))).await.is_some());
        assert_eq!(world.opens_from(&cookie, at(Some("FR"))).await, None);
        assert_eq!(world.opens_from(&cookie, at(Some("DE"))).await, None);
    });
    on_each_with(
        |builder| builder.set("LOCK_SESSION_REGION", "false"),
        |world| async move {
            world.person("maria").await;
            let cookie = world.sign_in("maria", at(Some("DE"))).await.unwrap().session.cookie;
            assert!(world.opens_from(&cookie, at(Some("FR"))).await.is_some());
        },
    );
}

#[test]
fn signing_in_again_ends_the_session_that_the_browser_had() {
    on_each(|world| async move {
        let before = world.person("maria").await;
        let actor = world.actor(&before.session.cookie).await;
        let typed = SignIn { identifier: "maria".to_owned(), password: password("maria") };
        let after = world.auth.sign_in.with_password(&actor, &typed).await.unwrap().signed_in().unwrap();
        assert_ne!(before.session.id, after.session.id);
        assert_eq!(world.opens(&before.session.cookie).await, None);
        assert!(world.opens(&after.session.cookie).await.is_some());
    });
}

#[test]
fn a_changed_password_ends_every_other_session_and_renews_this_one() {
    on_each(|world| async move {
        let here = world.person("maria").await;
        let there = world.sign_in("maria", origin()).await.unwrap();
        assert!(world.opens(&there.session.cookie).await.is_some());
        let actor = world.actor(&here.session.cookie).await;
        let typed = ChangePassword { current: password("maria"), new: password("another") };
        let renewed = world.auth.passwords.change(&actor, &typed).await.unwrap();
        assert_eq!(world.opens(&there.session.cookie).await, None);
        assert_eq!(world.opens(&here.session.cookie).await, None);
        assert!(world.opens(&renewed.session.cookie).await.is_some());
        assert_eq!(
            world.sign_in("maria", origin()).await.err().map(|e| e.code()),
            Some(Code::BadCredentials)
        );
    });
}

#[test]
fn suspension_ends_sessions_at_once_and_keeps_them_ended() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        assert!(world.opens(&maria.session.cookie).await.is_some());
        let system = Actor::system();
        world.auth.admin.suspend(&system, maria.user, "spam").await.unwrap();
        assert_eq!(world.opens(&maria.session.cookie).await, None);
        assert_eq!(world.sign_in("maria", origin()).await.err().map(|e| e.code()), Some(Code::Suspended));
        world.auth.admin.unsuspend(&system, maria.user, "appeal").await.unwrap();
        assert_eq!(world.opens(&maria.session.cookie).await, None, "the old session stays ended");
        assert!(world.sign_in("maria", origin()).await.is_ok());
    });
}

#[test]
fn a_clock_that_is_set_back_does_not_make_a_stale_snapshot_fresh() {
    on_each(|world| async move {
        let cookie = world.person("maria").await.session.cookie;
        assert!(world.opens(&cookie).await.is_some());
        // Another process, whose evictions do not reach this one on SQLite, ends the session.
        let other = world.another_process().await;
        let actor = world.actor(&cookie).await;
        other.sessions.sign_out(&actor).await.unwrap();
        world.clock.set(authtuna::model::time::Timestamp::from_micros(0));
        assert_eq!(world.opens(&cookie).await, None);
        other.store().close().await;
    });
}

#[test]
fn another_process_on_postgres_hears_of_an_ended_session() {
    on_each(|world| async move {
        if world.kind != Kind::Postgres {
            return;
        }
        let other = world.another_process().await;
        let jobs = tokio::spawn(authtuna::jobs::run(other.clone()));
        until(|| async { other.sessions.is_linked() }).await;
        let maria = world.person("maria").await;
        let opens = || async {
            let checked = other.sessions.check(&maria.session.cookie, &Arc::new(origin())).await.unwrap();
            matches!(checked, Checked::Open(..))
        };
        assert!(opens().await);
        // The clock stands still: from its cache alone, the other process would accept the session
        // forever.
        let actor = world.actor(&maria.session.cookie).await;
        world.auth.sessions.sign_out(&actor).await.unwrap();
        until(|| async { !opens().await }).await;

        // It also hears of a session that a sign-in in the same browser replaced.
        let before = world.sign_in("maria", origin()).await.unwrap();
        let opens = || async {
            let checked = other.sessions.check(&before.session.cookie, &Arc::new(origin())).await.unwrap();
            matches!(checked, Checked::Open(..))
        };
        assert!(opens().await);
        let actor = world.actor(&before.session.cookie).await;
        let typed = SignIn { identifier: "maria".to_owned(), password: password("maria") };
        world.auth.sign_in.with_password(&actor, &typed).await.unwrap();
        until(|| async { !opens().await }).await;
        jobs.abort();
        other.store().close().await;
    });
}

#[test]
fn forged_and_foreign_cookies_open_nothing() {
    on_each(|world| async move {
        let good = world.person("maria").await.session.cookie;
        let mut flipped = good.clone().into_bytes();
        flipped[60] = if flipped[60] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        let foreign = fernet::Fernet::new(&fernet::Fernet::generate_key()).unwrap().encrypt(&[1; 33]);
        let wrong_size = world.auth.keyring().encrypt(&[1; 32]);
        let long = "A".repeat(1_000_000);
        for bad in ["", "x", &good[..good.len() - 4], &flipped, &foreign, &wrong_size, &long, "\u{1F40B}"] {
            assert_eq!(world.opens(bad).await, None, "{:?}", &bad[..bad.len().min(40)]);
        }
        assert!(world.opens(&good).await.is_some());
    });
}

#[test]
fn purging_deletes_what_ended_a_month_ago_and_nothing_else() {
    on_each(|world| async move {
        let open = world.person("maria").await;
        let ended = world.sign_in("maria", origin()).await.unwrap();
        let actor = world.actor(&open.session.cookie).await;
        world.auth.sessions.end(&actor, ended.session.id).await.unwrap();
        let purge = || async { world.auth.sessions.purge(&Actor::system()).await.unwrap() };
        assert_eq!(purge().await, 0);
        let mut cookie = open.session.cookie;
        for _ in 0..8 {
            world.clock.advance(Duration::from_secs(4 * 24 * 3600));
            cookie = world.opens(&cookie).await.unwrap().unwrap_or(cookie);
        }
        assert_eq!(purge().await, 1);
        authtuna::jobs::purge(&world.auth).await.unwrap();
        assert!(world.opens(&cookie).await.is_some());
    });
}
