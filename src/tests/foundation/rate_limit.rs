//! Rate limits on password guesses: how many guesses, how long a lockout lasts, and whom it never
//! locks out.

use std::time::Duration;

use authtuna::authn::sign_in::SignIn;
use authtuna::authn::sign_up::SignUp;
use authtuna::authz::actor::{Actor, Origin};
use authtuna::model::code::Code;

use crate::support::{World, ip, on_each, on_each_with, origin, tamper};

async fn guess(world: &World, name: &str, from: Origin) -> Result<(), (Code, Option<Duration>)> {
    let typed = SignIn { identifier: name.to_owned(), password: "a wrong guess 123".to_owned() };
    let outcome = world.auth.sign_in.with_password(&Actor::anonymous(from), &typed).await;
    outcome.map(drop).map_err(|error| (error.code(), error.wait()))
}

fn from(address: &str) -> Origin {
    Origin { ip: Some(ip(address)), ..origin() }
}

#[test]
fn an_account_closes_after_its_limit_for_exactly_the_lockout() {
    on_each(|world| async move {
        world.person("maria").await;
        for n in 0..5 {
            let one = from(&format!("198.51.100.{n}"));
            assert_eq!(guess(&world, "maria", one).await, Err((Code::BadCredentials, None)));
        }
        let stranger = || from("203.0.113.1");
        let lockout = Duration::from_secs(1800);
        assert_eq!(guess(&world, "maria", stranger()).await, Err((Code::TooManyAttempts, Some(lockout))));
        // Neither the right password nor more guesses change how long the lockout lasts.
        world.clock.advance(Duration::from_secs(1799));
        let refused = world.sign_in("maria", stranger()).await.err().unwrap();
        assert_eq!((refused.code(), refused.wait()), (Code::TooManyAttempts, Some(Duration::from_secs(1))));
        world.clock.advance(Duration::from_secs(1));
        assert!(world.sign_in("maria", stranger()).await.is_ok());
    });
}

#[test]
fn by_name_and_by_address_one_account_has_one_count() {
    on_each(|world| async move {
        world.person("maria").await;
        for n in 0..5 {
            let name = ["maria", "MARIA@example.org", "Maria"][n % 3];
            guess(&world, name, from(&format!("198.51.100.{n}"))).await.unwrap_err();
        }
        let refused = guess(&world, "maria@example.org", from("203.0.113.1")).await;
        assert_eq!(refused.unwrap_err().0, Code::TooManyAttempts);
    });
}

#[test]
fn a_name_that_nobody_has_is_counted_like_one_that_somebody_has() {
    on_each(|world| async move {
        world.person("maria").await;
        let mut answers = Vec::new();
        for name in ["maria", "nobody"] {
            let mut seen = Vec::new();
            for n in 0..7 {
                seen.push(guess(&world, name, from(&format!("198.51.100.{n}"))).await);
            }
            answers.push(seen);
            // IP addresses are counted too; this lets their window pass.
            world.clock.advance(Duration::from_secs(901));
        }
        assert_eq!(answers[0], answers[1]);
    });
}

#[test]
fn guesses_of_strangers_never_lock_the_owner_out_of_a_browser_known_to_them() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        let known = Origin { device_secret: Some(maria.device_secret), ..from("203.0.113.9") };
        for n in 0..6 {
            guess(&world, "maria", from(&format!("198.51.100.{n}"))).await.unwrap_err();
        }
        assert_eq!(guess(&world, "maria", from("203.0.113.2")).await.unwrap_err().0, Code::TooManyAttempts);
        assert!(world.sign_in("maria", known.clone()).await.is_ok());
        // A stolen device cookie has its own limit.
        for _ in 0..5 {
            assert_eq!(guess(&world, "maria", known.clone()).await.unwrap_err().0, Code::BadCredentials);
        }
        assert_eq!(guess(&world, "maria", known.clone()).await.unwrap_err().0, Code::TooManyAttempts);
        // It counts for no other account.
        world.person("jun").await;
        for n in 0..5 {
            guess(&world, "jun", from(&format!("198.51.101.{n}"))).await.unwrap_err();
        }
        let elsewhere = Origin { device_secret: Some(maria.device_secret), ..from("203.0.113.3") };
        assert_eq!(guess(&world, "jun", elsewhere).await.unwrap_err().0, Code::TooManyAttempts);
    });
}

#[test]
fn an_address_closes_whatever_names_it_tries() {
    on_each(|world| async move {
        world.person("maria").await;
        for n in 0..10 {
            let code = guess(&world, &format!("nobody{n}"), from("198.51.100.1")).await.unwrap_err().0;
            assert_eq!(code, Code::BadCredentials);
        }
        assert_eq!(guess(&world, "other", from("198.51.100.1")).await.unwrap_err().0, Code::TooManyAttempts);
        assert!(world.sign_in("maria", from("198.51.100.2")).await.is_ok());
    });
}

#[test]
fn one_ipv6_subscriber_is_one_address() {
    on_each(|world| async move {
        for n in 0..10 {
            guess(&world, &format!("nobody{n}"), from(&format!("2001:db8:1:2::{n:x}"))).await.unwrap_err();
        }
        let same = guess(&world, "other", from("2001:db8:1:2:ffff::1")).await.unwrap_err().0;
        assert_eq!(same, Code::TooManyAttempts);
        let neighbor = guess(&world, "other2", from("2001:db8:1:3::1")).await.unwrap_err().0;
        assert_eq!(neighbor, Code::BadCredentials);
    });
}

#[test]
fn signing_in_to_an_account_of_ones_own_does_not_buy_more_guesses_at_others() {
    on_each(|world| async move {
        world.person("mallory").await;
        let mut refused = 0;
        for n in 0..14 {
            let code = guess(&world, &format!("nobody{n}"), from("198.51.100.1")).await.unwrap_err().0;
            refused += u32::from(code == Code::TooManyAttempts);
            let _ = world.sign_in("mallory", from("198.51.100.1")).await;
        }
        assert_eq!(refused, 4);
    });
}

#[test]
fn parallel_guesses_do_not_slip_past_the_limit() {
    on_each(|world| async move {
        world.person("maria").await;
        let origins: Vec<Origin> = (0..30).map(|n| from(&format!("198.51.100.{n}"))).collect();
        let guesses = origins.into_iter().map(|origin| guess(&world, "maria", origin));
        let judged = futures::future::join_all(guesses)
            .await
            .into_iter()
            .filter(|answer| matches!(answer, Err((Code::BadCredentials, _))))
            .count();
        assert!(judged <= 5, "{judged} guesses were checked, 5 are allowed");
    });
}

#[test]
fn failures_in_a_row_close_an_account_however_slowly_they_come() {
    on_each_with(
        |builder| builder.set("MAX_LOGIN_ATTEMPTS_PER_USER", "0").set("MAX_LOGIN_ATTEMPTS_PER_IP", "0"),
        |world| async move {
            let maria = world.person("maria").await;
            for _ in 0..100 {
                assert_eq!(guess(&world, "maria", origin()).await.unwrap_err().0, Code::BadCredentials);
                world.clock.advance(Duration::from_secs(3600));
            }
            assert_eq!(guess(&world, "maria", origin()).await.unwrap_err().0, Code::TooManyAttempts);
            // The lockout has no end time: only a sign-in from a known browser ends it.
            let right = world.sign_in("maria", origin()).await.err().unwrap();
            assert_eq!((right.code(), right.wait()), (Code::TooManyAttempts, None));
            let known = Origin { device_secret: Some(maria.device_secret), ..origin() };
            assert!(world.sign_in("maria", known).await.is_ok());
            assert!(world.sign_in("maria", origin()).await.is_ok(), "new browsers can sign in again");
        },
    );
}

#[test]
fn a_known_browser_that_fails_as_often_is_an_unknown_one() {
    on_each_with(
        |builder| builder.set("MAX_LOGIN_ATTEMPTS_PER_USER", "0").set("MAX_LOGIN_ATTEMPTS_PER_IP", "0"),
        |world| async move {
            let maria = world.person("maria").await;
            let known = || Origin { device_secret: Some(maria.device_secret), ..origin() };
            for _ in 0..201 {
                assert_eq!(guess(&world, "maria", known()).await.unwrap_err().0, Code::BadCredentials);
            }
            assert_eq!(guess(&world, "maria", known()).await.unwrap_err().0, Code::TooManyAttempts);
        },
    );
}

#[test]
fn an_operator_opens_an_account_that_guesses_have_closed() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        for n in 0..6 {
            guess(&world, "maria", from(&format!("198.51.100.{n}"))).await.unwrap_err();
        }
        let stranger = Actor::anonymous(origin());
        assert_eq!(
            world.auth.admin.unlock(&stranger, maria.user).await.unwrap_err().code(),
            Code::NotAuthenticated
        );
        assert!(world.sign_in("maria", origin()).await.is_err());
        world.auth.admin.unlock(&Actor::system(), maria.user).await.unwrap();
        let again = world.sign_in("maria", origin()).await.unwrap();
        let actor = world.actor(&again.session.cookie).await;
        assert!(world.events(&actor).await.contains(&"LOGIN_UNLOCKED".to_owned()));
    });
}

#[test]
fn a_try_that_could_not_be_judged_is_not_counted() {
    on_each(|world| async move {
        world.person("maria").await;
        tamper(
            &world,
            "UPDATE users SET password_hash = 'broken ' || password_hash WHERE username = 'maria'",
        )
        .await;
        for _ in 0..12 {
            assert_eq!(guess(&world, "maria", origin()).await.unwrap_err().0, Code::Internal);
        }
        tamper(&world, "UPDATE users SET password_hash = substr(password_hash, 8) WHERE username = 'maria'")
            .await;
        assert!(world.sign_in("maria", origin()).await.is_ok());
    });
}

#[test]
fn spellings_of_a_name_that_nobody_has_count_as_one() {
    on_each(|world| async move {
        world.person("maria").await;
        for name in ["maria", "marta"] {
            let wide: String = name.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
            for n in 0..5 {
                let spelling = if n % 2 == 0 { name } else { &wide };
                guess(&world, spelling, from(&format!("198.51.100.{n}"))).await.unwrap_err();
            }
            let last = guess(&world, &wide, from("203.0.113.1")).await.unwrap_err().0;
            assert_eq!(last, Code::TooManyAttempts, "{name}");
            world.clock.advance(Duration::from_secs(901));
        }
    });
}

#[test]
fn accounts_made_from_one_address_are_limited() {
    on_each_with(
        |builder| builder.set("MAX_SIGN_UPS_PER_IP", "3"),
        |world| async move {
            for name in ["maria", "jun", "otto"] {
                world.person(name).await;
            }
            let hashes = world.auth.password_hashes();
            let form = |name: &str| SignUp {
                username: name.to_owned(),
                email: format!("{name}@example.org"),
                password: crate::support::password(name),
            };
            let here = Actor::anonymous(origin());
            let refused = world.auth.sign_up.with_password(&here, &form("ada")).await.err().unwrap();
            assert_eq!(refused.code(), Code::TooManyAttempts);
            assert!(refused.wait().is_some());
            assert_eq!(world.auth.password_hashes(), hashes, "before any work is done for it");
            let elsewhere = Actor::anonymous(from("198.51.100.1"));
            assert!(world.auth.sign_up.with_password(&elsewhere, &form("ada")).await.is_ok());
            world.clock.advance(Duration::from_secs(901));
            assert!(world.auth.sign_up.with_password(&here, &form("eve")).await.is_ok());
        },
    );
}

#[test]
fn a_slip_now_and_then_is_forgotten() {
    on_each(|world| async move {
        world.person("maria").await;
        for _ in 0..4 {
            for _ in 0..2 {
                guess(&world, "maria", origin()).await.unwrap_err();
            }
            assert!(world.sign_in("maria", origin()).await.is_ok());
            world.clock.advance(Duration::from_secs(901));
        }
    });
}
