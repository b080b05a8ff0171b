//! Second factors: setup, challenges and guessing.

mod enrollment;
mod manage;
mod remembered_browsers;

use std::time::Duration;

use authtuna::authn::mfa::{Factor, Factors};
use authtuna::authn::sign_in::{Confirmation, Confirms, SecondFactor, SignIn, SignInOutcome, SignedIn};
use authtuna::authz::actor::{Actor, Origin};
use authtuna::foundation::config::SettingsBuilder;
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::page::PageRequest;
use totp_rs::{Builder, Secret};

use crate::authn::passkeys::{ORIGIN, add, at_home, sign_in as show};
use crate::support::authenticator::Authenticator;
use crate::support::{World, on_each, on_each_with, origin, password, value};

const STEP: Duration = Duration::from_secs(30);

/// Returns the code that an app with this secret shows at this world's current time.
pub(crate) fn app(world: &World, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(world.clock.now().micros() / 1_000_000).unwrap()).to_string()
}

/// Creates a user with an authenticator app and returns their session, the app's secret and their
/// backup codes.
async fn protected(world: &World, name: &str) -> (SignedIn, String, Vec<String>) {
    let person = world.person(name).await;
    let mut actor = world.actor(&person.session.cookie).await;
    // From the user's own browser, because enabling the app makes the server forget all others.
    actor.origin = Origin { device_secret: Some(person.device_secret), ..origin() }.into();
    let setup = world.auth.mfa.setup_totp(&actor).await.unwrap();
    let codes = world.auth.mfa.verify_and_enable_totp(&actor, &app(world, &setup.secret)).await.unwrap();
    world.clock.advance(STEP);
    (person, setup.secret, codes)
}

async fn first_factor(world: &World, name: &str, from: Origin) -> SignInOutcome {
    let typed = SignIn { identifier: name.to_owned(), password: password(name) };
    world.auth.sign_in.with_password(&Actor::anonymous(from), &typed).await.unwrap()
}

/// Signs in with the password and returns the MFA challenge's token.
async fn mfa_challenge(world: &World, name: &str, from: Origin) -> String {
    match first_factor(world, name, from).await {
        SignInOutcome::SecondFactor(mfa_challenge) => mfa_challenge.token,
        SignInOutcome::In(_) | SignInOutcome::EmailChallenge(_) => {
            panic!("no second factor was required")
        }
    }
}

async fn second(world: &World, token: &str, code: &str, from: Origin) -> Result<SignedIn, Error> {
    let typed = SecondFactor {
        token: token.to_owned(),
        code: code.to_owned(),
        remember: true,
        ..SecondFactor::default()
    };
    world.auth.sign_in.with_second_factor(&Actor::anonymous(from), &typed).await
}

/// Like [`second`] from [`origin`], and returns the refusal's code.
async fn refused(world: &World, token: &str, code: &str) -> Code {
    second(world, token, code, origin()).await.err().unwrap().problems()[0].code
}

#[test]
fn who_has_an_app_is_asked_for_its_code() {
    on_each(|world| async move {
        let (maria, secret, codes) = protected(&world, "maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        assert!(actor.user().unwrap().user.mfa_enabled);
        let factors = world.auth.mfa.factors(&actor).await.unwrap();
        assert_eq!((factors.totp_since.is_some(), factors.backup_codes_left), (true, 10));
        assert_eq!(codes.len(), 10);

        let SignInOutcome::SecondFactor(half) = first_factor(&world, "maria", origin()).await else {
            panic!()
        };
        assert_eq!(half.factors, [Factor::Totp, Factor::BackupCode]);
        assert_eq!(world.auth.sign_in.pending_factors(&half.token).await.unwrap(), Some(half.factors));
        let code = app(&world, &secret);
        // Spaces between the digits are ignored.
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        let signed_in = second(&world, &half.token, &spaced, origin()).await.unwrap();
        assert!(world.opens(&signed_in.session.cookie).await.is_some());
        assert_eq!(
            world.auth.sign_in.pending_factors(&half.token).await.unwrap(),
            None,
            "the token is used up"
        );
        let actor = world.actor(&signed_in.session.cookie).await;
        let events = world.events(&actor).await;
        for event in ["MFA_ENABLED", "MFA_REQUIRED", "MFA_SUCCEEDED", "LOGIN_SUCCESS"] {
            assert!(events.iter().any(|known| known == event), "{event}: {events:?}");
        }
        let before: Vec<_> = events.iter().take_while(|event| *event != "MFA_REQUIRED").collect();
        assert!(!before.iter().any(|event| *event == "LOGIN_SUCCESS"), "{events:?}");
    });
}

#[test]
fn a_code_works_once_and_none_before_it_does() {
    on_each(|world| async move {
        let (_, secret, _) = protected(&world, "maria").await;
        let token = mfa_challenge(&world, "maria", origin()).await;
        let early = app(&world, &secret);
        world.clock.advance(STEP);
        let code = app(&world, &secret);
        second(&world, &token, &code, origin()).await.unwrap();
        let token = mfa_challenge(&world, "maria", origin()).await;
        assert_eq!(refused(&world, &token, &code).await, Code::BadOtp, "the same code again");
        assert_eq!(
            refused(&world, &token, &early).await,
            Code::BadOtp,
            "the code of the previous time step, still within its window"
        );
        world.clock.advance(STEP);
        second(&world, &token, &app(&world, &secret), origin()).await.unwrap();
    });
}

#[test]
fn a_code_that_set_the_app_up_does_not_sign_in() {
    on_each(|world| async move {
        let person = world.person("maria").await;
        let actor = world.actor(&person.session.cookie).await;
        let secret = world.auth.mfa.setup_totp(&actor).await.unwrap().secret;
        let code = app(&world, &secret);
        world.auth.mfa.verify_and_enable_totp(&actor, &code).await.unwrap();
        let token = mfa_challenge(&world, "maria", origin()).await;
        assert_eq!(refused(&world, &token, &code).await, Code::BadOtp);
    });
}

#[test]
fn of_fifty_parallel_tries_with_one_code_one_succeeds() {
    on_each_with(
        |builder| builder.set("MAX_LOGIN_ATTEMPTS_PER_USER", "0").set("MAX_LOGIN_ATTEMPTS_PER_IP", "0"),
        |world| async move {
            let (_, secret, codes) = protected(&world, "maria").await;
            for code in [codes[0].clone(), app(&world, &secret)] {
                let mut tokens = Vec::new();
                for _ in 0..50 {
                    tokens.push(mfa_challenge(&world, "maria", origin()).await);
                }
                let all = tokens.iter().map(|token| second(&world, token, &code, origin()));
                let all = futures::future::join_all(all).await;
                assert_eq!(all.iter().filter(|result| result.is_ok()).count(), 1);
            }
            // One token, with as many valid codes as there are.
            let token = mfa_challenge(&world, "maria", origin()).await;
            let all = codes[1..].iter().map(|code| second(&world, &token, code, origin()));
            let all = futures::future::join_all(all).await;
            assert_eq!(all.iter().filter(|result| result.is_ok()).count(), 1);
            let text = "SELECT CAST(COUNT(*) AS TEXT) FROM backup_codes WHERE used_at IS NOT NULL";
            assert_eq!(value(&world, text).await, "2", "the codes that came too late stay unused");
        },
    );
}

#[test]
fn a_backup_code_works_once_however_it_is_typed() {
    on_each(|world| async move {
        let (maria, _, codes) = protected(&world, "maria").await;
        let token = mfa_challenge(&world, "maria", origin()).await;
        second(&world, &token, &codes[3].to_lowercase().replace('-', " "), origin()).await.unwrap();
        let token = mfa_challenge(&world, "maria", origin()).await;
        assert_eq!(refused(&world, &token, &codes[3]).await, Code::BadOtp);
        let actor = world.actor(&maria.session.cookie).await;
        assert_eq!(world.auth.mfa.factors(&actor).await.unwrap().backup_codes_left, 9);
        let new = world.auth.mfa.regenerate_backup_codes(&actor).await.unwrap();
        assert_eq!(refused(&world, &token, &codes[4]).await, Code::BadOtp, "the old codes no longer work");
        second(&world, &token, &new[4], origin()).await.unwrap();
    });
}

#[test]
fn codes_of_others_open_nothing() {
    on_each(|world| async move {
        let (_, _, hers) = protected(&world, "maria").await;
        let (_, his, _) = protected(&world, "jun").await;
        let token = mfa_challenge(&world, "maria", origin()).await;
        assert_eq!(refused(&world, &token, &app(&world, &his)).await, Code::BadOtp);
        let token = mfa_challenge(&world, "jun", origin()).await;
        assert_eq!(refused(&world, &token, &hers[0]).await, Code::BadOtp);
        // An attacker with write access to the database puts their own secret into another user's
        // row.
        crate::support::tamper(&world, "UPDATE totp SET secret = (SELECT t.secret FROM totp t JOIN users u ON u.id = t.user_id WHERE u.username = 'jun')").await;
        let token = mfa_challenge(&world, "maria", origin()).await;
        assert_eq!(refused(&world, &token, &app(&world, &his)).await, Code::BadOtp);
    });
}

#[test]
fn guessing_is_limited_and_a_restart_forgets_nothing() {
    on_each_with(
        |builder| builder.set("MAX_LOGIN_ATTEMPTS_PER_USER", "5").set("MAX_LOGIN_ATTEMPTS_PER_IP", "0"),
        |world| async move {
            let (maria, secret, codes) = protected(&world, "maria").await;
            let stranger = || Origin { ip: Some(crate::support::ip("198.51.100.7")), ..origin() };
            for _ in 0..5 {
                // A new token for every guess makes no difference.
                let token = mfa_challenge(&world, "maria", stranger()).await;
                let error = second(&world, &token, "000000", stranger()).await.err().unwrap();
                assert_eq!(error.problems()[0].code, Code::BadOtp);
            }
            let token = mfa_challenge(&world, "maria", stranger()).await;
            let right = app(&world, &secret);
            let again = world.another_process().await;
            for auth in [&world.auth, &again] {
                for code in [&right, &codes[0]] {
                    let typed =
                        SecondFactor { token: token.clone(), code: code.clone(), ..SecondFactor::default() };
                    let error = auth
                        .sign_in
                        .with_second_factor(&Actor::anonymous(stranger()), &typed)
                        .await
                        .err()
                        .unwrap();
                    assert_eq!(error.code(), Code::TooManyAttempts);
                }
            }
            again.store().close().await;
            // Strangers' failures do not lock her own browser.
            let own = Origin { device_secret: Some(maria.device_secret), ..origin() };
            let token = mfa_challenge(&world, "maria", own.clone()).await;
            second(&world, &token, &app(&world, &secret), own).await.unwrap();
        },
    );
}

#[test]
fn a_token_is_good_for_ten_minutes_and_for_one_password() {
    on_each(|world| async move {
        let (maria, secret, _) = protected(&world, "maria").await;
        let token = mfa_challenge(&world, "maria", origin()).await;
        world.clock.advance(Duration::from_secs(600));
        assert_eq!(refused(&world, &token, &app(&world, &secret)).await, Code::BadToken);

        let token = mfa_challenge(&world, "maria", origin()).await;
        let actor = world.actor(&maria.session.cookie).await;
        let typed =
            authtuna::authn::passwords::ChangePassword { current: password("maria"), new: password("tuna") };
        world.auth.passwords.change(&actor, &typed).await.unwrap();
        assert_eq!(refused(&world, &token, &app(&world, &secret)).await, Code::BadToken);
    });
}

#[test]
fn whoever_is_suspended_meanwhile_stays_out() {
    on_each(|world| async move {
        let (maria, secret, _) = protected(&world, "maria").await;
        let token = mfa_challenge(&world, "maria", origin()).await;
        world.auth.admin.suspend(&Actor::system(), maria.user, "test").await.unwrap();
        assert!(second(&world, &token, &app(&world, &secret), origin()).await.is_err());
    });
}

#[test]
fn the_owners_right_code_ends_what_strangers_failures_closed() {
    on_each_with(
        |builder| builder.set("MAX_LOGIN_ATTEMPTS_PER_USER", "0").set("MAX_LOGIN_ATTEMPTS_PER_IP", "0"),
        |world| async move {
            let (maria, secret, _) = protected(&world, "maria").await;
            for _ in 0..100 {
                let token = mfa_challenge(&world, "maria", origin()).await;
                assert_eq!(refused(&world, &token, "000000").await, Code::BadOtp);
            }
            let token = mfa_challenge(&world, "maria", origin()).await;
            let closed = second(&world, &token, &app(&world, &secret), origin()).await.err().unwrap();
            assert_eq!(closed.code(), Code::TooManyAttempts);
            let own = Origin { device_secret: Some(maria.device_secret), ..origin() };
            let token = mfa_challenge(&world, "maria", own.clone()).await;
            second(&world, &token, &app(&world, &secret), own).await.unwrap();
            world.clock.advance(STEP);
            let token = mfa_challenge(&world, "maria", origin()).await;
            second(&world, &token, &app(&world, &secret), origin()).await.unwrap();
        },
    );
}
