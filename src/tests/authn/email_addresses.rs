//! Changing a user's email, and undoing the change.

use std::time::Duration;

use authtuna::authn::email_addresses::ChangeEmail;
use authtuna::authn::email_challenge::Proof;
use authtuna::authn::sign_in::{Confirmation, SignedIn};
use authtuna::authz::actor::{Actor, Origin};
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};

use crate::support::mailbox::{form, nobody, successes, with_mail};
use crate::support::{World, on_each_with, origin, password};

async fn ask(
    world: &World,
    who: &SignedIn,
    email: &str,
) -> Result<authtuna::authz::actor::PendingChallenge, Error> {
    let actor = world.actor(&who.session.cookie).await;
    let name = actor.user().unwrap().user.username.clone();
    let typed = ChangeEmail { email: email.to_owned(), current_password: password(&name) };
    world.auth.email_addresses.request_change(&actor, &typed).await
}

/// Confirms a change as the user of this session.
async fn confirm(world: &World, who: &SignedIn, proof: &Proof) -> Result<(), Error> {
    let actor = world.actor(&who.session.cookie).await;
    world.auth.email_addresses.confirm_change(&actor, proof).await
}

async fn email_of(world: &World, who: &SignedIn) -> String {
    world.auth.users.get(&Actor::system(), who.user).await.unwrap().unwrap().email.unwrap()
}

#[test]
fn an_address_is_changed_when_the_new_one_is_proved_and_the_old_one_is_told() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        ask(&world, &maria, "new@example.org").await.unwrap();
        assert_eq!(
            email_of(&world, &maria).await,
            "maria@example.org",
            "unchanged until the new address is confirmed"
        );
        let token = world.token("new@example.org").await;
        assert_eq!(
            world.auth.email_addresses.pending_change(&token).await.unwrap().as_deref(),
            Some("new@example.org")
        );
        let proof = Proof::Link(token);
        let jun = world.member("jun").await;
        let stranger = world.auth.email_addresses.confirm_change(&nobody(), &proof).await.err().unwrap();
        assert_eq!(
            stranger.code(),
            Code::NotAuthenticated,
            "the reader of the email may not want the change"
        );
        assert_eq!(confirm(&world, &jun, &proof).await.err().unwrap().code(), Code::BadToken);
        let here = world.actor(&maria.session.cookie).await;
        assert_eq!(successes(50, || world.auth.email_addresses.confirm_change(&here, &proof)).await, 1);
        let actor = world.actor(&maria.session.cookie).await;
        assert_eq!(actor.user().unwrap().user.email.as_deref(), Some("new@example.org"), "at once");
        assert_eq!(world.email_message("maria@example.org").await.message.kind(), "email_changed_old");
        assert_eq!(world.kinds("new@example.org").await, ["email_change", "email_changed"]);
        let events = world.events(&actor).await;
        assert!(events.contains(&"EMAIL_CHANGED".to_owned()), "{events:?}");
    });
}

#[test]
fn who_does_not_know_the_password_changes_nothing() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        for (email, current, field, code) in [
            ("new@example.org", "", Field::CurrentPassword, Code::Required),
            ("new@example.org", "wrong", Field::CurrentPassword, Code::WrongPassword),
            ("nowhere", "x", Field::Email, Code::BadEmail),
            ("maria@example.org", "x", Field::Email, Code::EmailUnchanged),
        ] {
            let typed = ChangeEmail { email: email.to_owned(), current_password: current.to_owned() };
            let refused = world.auth.email_addresses.request_change(&actor, &typed).await.err().unwrap();
            assert_eq!((refused.problems()[0].field, refused.code()), (field, code), "{email} {current}");
        }
        assert_eq!(world.email_messages("new@example.org").await.len(), 0);
        let refused = world
            .auth
            .email_addresses
            .request_change(&nobody(), &ChangeEmail::default())
            .await
            .err()
            .unwrap();
        assert_eq!(refused.code(), Code::NotAuthenticated);
    });
    on_each_with(
        |builder| {
            let builder = builder.set("EMAIL_ENABLED", "true").set("SMTP_HOST", "mail.invalid");
            builder.set("EMAIL_DOMAINS", "example.org")
        },
        |world| async move {
            let maria = world.member("maria").await;
            let refused = ask(&world, &maria, "maria@elsewhere.example").await.err().unwrap();
            assert_eq!(refused.code(), Code::EmailDomainNotAllowed);
        },
    );
}

#[test]
fn an_address_of_somebody_else_is_answered_alike_and_stays_theirs() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        world.member("jun").await;
        let pending_challenge = ask(&world, &maria, "jun@example.org").await.unwrap();
        assert_eq!(pending_challenge.address, "jun@example.org");
        let told = world.email_message("jun@example.org").await;
        assert_eq!((told.message.kind(), told.name.as_str()), ("email_change_taken", "jun"));
        assert_eq!(email_of(&world, &maria).await, "maria@example.org");
    });
}

#[test]
fn an_address_that_was_taken_meanwhile_is_refused_and_uses_nothing_up() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        ask(&world, &maria, "new@example.org").await.unwrap();
        let proof = Proof::Link(world.token("new@example.org").await);
        let mut quicker = form("quick");
        quicker.email = "new@example.org".to_owned();
        world.auth.sign_up.with_password(&nobody(), &quicker).await.unwrap();
        let made = Proof::Link(world.token("new@example.org").await);
        world.auth.sign_up.confirm_email(&nobody(), &made, None).await.unwrap();
        for _ in 0..2 {
            let refused = confirm(&world, &maria, &proof).await.err().unwrap();
            assert_eq!((refused.problems()[0].field, refused.code()), (Field::Email, Code::EmailTaken));
        }
    });
}

#[test]
fn two_changes_at_once_never_mix_up_address_and_proof() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let one = ask(&world, &maria, "one@example.org").await.unwrap();
        let one_code = world.code("one@example.org").await;
        let first = Proof::Link(world.token("one@example.org").await);
        let two = ask(&world, &maria, "two@example.org").await.unwrap();
        let second = Proof::Link(world.token("two@example.org").await);
        // The first email's code confirms the first address, in the browser that asked for it, and
        // never the second.
        let actor = world.actor(&maria.session.cookie).await;
        let at = |pending_challenge: &authtuna::authz::actor::PendingChallenge| Actor {
            origin: std::sync::Arc::new(Origin {
                pending_challenge: Some(pending_challenge.clone()),
                ..origin()
            }),
            ..actor.clone()
        };
        if one_code != world.code("two@example.org").await {
            let refused =
                world.auth.email_addresses.confirm_change(&at(&two), &Proof::Code(one_code.clone())).await;
            assert_eq!(refused.err().unwrap().code(), Code::BadOtp);
        }
        let here = at(&one);
        let (a, b) = tokio::join!(
            world.auth.email_addresses.confirm_change(&here, &first),
            world.auth.email_addresses.confirm_change(&here, &second)
        );
        assert!(
            a.is_ok() != b.is_ok(),
            "the first change invalidates the other, which was requested from the old address"
        );
        let expected = if a.is_ok() { "one@example.org" } else { "two@example.org" };
        assert_eq!(email_of(&world, &maria).await, expected);
        let user = world.auth.users.get(&Actor::system(), maria.user).await.unwrap().unwrap();
        assert!(user.email_verified_at.is_some());
    });
}

#[test]
fn the_old_address_takes_the_change_back_for_72_hours_and_everybody_out() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        // The thief changes the address twice.
        ask(&world, &maria, "thief@example.org").await.unwrap();
        let proof = Proof::Link(world.token("thief@example.org").await);
        confirm(&world, &maria, &proof).await.unwrap();
        let undo = world.token("maria@example.org").await;
        ask(&world, &maria, "thief2@example.org").await.unwrap();
        let proof = Proof::Link(world.token("thief2@example.org").await);
        confirm(&world, &maria, &proof).await.unwrap();
        let theirs = world.token("thief@example.org").await;

        world.clock.advance(Duration::from_secs(71 * 3600));
        assert_eq!(
            world.auth.email_addresses.pending_undo(&undo).await.unwrap().as_deref(),
            Some("maria@example.org")
        );
        let reset = world.auth.email_addresses.undo_change(&nobody(), &undo).await.unwrap();
        assert_eq!(email_of(&world, &maria).await, "maria@example.org");
        assert_eq!(world.opens(&maria.session.cookie).await, None);
        let refused = world.sign_in("maria", origin()).await.err().unwrap();
        assert_eq!(refused.code(), Code::PasswordResetRequired);
        assert!(
            world.auth.email_addresses.undo_change(&nobody(), &theirs).await.is_err(),
            "the thief's own undo link no longer works"
        );
        assert!(
            world.auth.email_addresses.undo_change(&nobody(), &undo).await.is_err(),
            "the undo link works only once"
        );
        world.auth.passwords.reset(&nobody(), &reset, &password("safe")).await.unwrap();
        let typed = authtuna::authn::sign_in::SignIn {
            identifier: "maria@example.org".to_owned(),
            password: password("safe"),
        };
        assert!(world.auth.sign_in.with_password(&nobody(), &typed).await.is_ok());
    });
}

#[test]
fn nobody_else_gets_an_address_that_may_still_be_taken_back() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        ask(&world, &maria, "new@example.org").await.unwrap();
        let proof = Proof::Link(world.token("new@example.org").await);
        confirm(&world, &maria, &proof).await.unwrap();
        let before = world.kinds("maria@example.org").await;
        let mut squatter = form("squatter");
        squatter.email = "maria@example.org".to_owned();
        world.auth.sign_up.with_password(&nobody(), &squatter).await.unwrap();
        assert_eq!(world.kinds("maria@example.org").await, before, "no link is sent");
        // Administrators who create accounts cannot take it either.
        let new = authtuna::accounts::users::NewAccount {
            username: "squatter".to_owned(),
            email: "maria@example.org".to_owned(),
            ..Default::default()
        };
        let refused = world.auth.users.create(&Actor::system(), &new).await.unwrap_err();
        assert_eq!(refused.code(), Code::EmailTaken);
        // The owner may take it back.
        ask(&world, &maria, "maria@example.org").await.unwrap();
        assert_eq!(world.email_message("maria@example.org").await.message.kind(), "email_change");
        world.clock.advance(Duration::from_secs(72 * 3600));
        world.auth.sign_up.with_password(&nobody(), &squatter).await.unwrap();
        assert_eq!(world.email_message("maria@example.org").await.message.kind(), "sign_up");
    });
}

#[test]
fn a_change_is_worth_nothing_once_the_address_is_another() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        ask(&world, &maria, "new@example.org").await.unwrap();
        let proof = Proof::Link(world.token("new@example.org").await);
        crate::support::tamper(
            &world,
            "UPDATE users SET email = 'x@example.org', email_key = 'x@example.org' WHERE username = 'maria'",
        )
        .await;
        assert_eq!(confirm(&world, &maria, &proof).await.err().unwrap().code(), Code::BadToken);
        assert_eq!(email_of(&world, &maria).await, "x@example.org");
    });
}

#[test]
fn a_thief_who_takes_an_address_back_does_not_take_away_the_owners_way() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        for address in ["thief@example.org", "thief2@example.org"] {
            ask(&world, &maria, address).await.unwrap();
            let proof = Proof::Link(world.token(address).await);
            confirm(&world, &maria, &proof).await.unwrap();
        }
        let (owners, thiefs) =
            (world.token("maria@example.org").await, world.token("thief@example.org").await);
        let reset = world.auth.email_addresses.undo_change(&nobody(), &thiefs).await.unwrap();
        assert_eq!(email_of(&world, &maria).await, "thief@example.org");
        assert_eq!(world.email_message("thief2@example.org").await.message.kind(), "email_change_undone");
        world.auth.passwords.reset(&nobody(), &reset, &password("thief")).await.unwrap();
        let mut squatter = form("squatter");
        squatter.email = "maria@example.org".to_owned();
        let before = world.kinds("maria@example.org").await;
        world.auth.sign_up.with_password(&nobody(), &squatter).await.unwrap();
        assert_eq!(
            world.kinds("maria@example.org").await,
            before,
            "the address stays reserved for its owner"
        );

        world.clock.advance(Duration::from_secs(71 * 3600));
        let reset = world.auth.email_addresses.undo_change(&nobody(), &owners).await.unwrap();
        assert_eq!(email_of(&world, &maria).await, "maria@example.org");
        world.auth.passwords.reset(&nobody(), &reset, &password("safe")).await.unwrap();
    });
}

#[test]
fn a_mail_to_an_address_of_somebody_else_says_nothing_of_the_one_who_asked() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        let named = authtuna::accounts::users::ProfileChange {
            username: "maria".to_owned(),
            first_name: "Claim it at evil.example/x".to_owned(),
            last_name: String::new(),
        };
        world.auth.users.update_profile(&actor, &named).await.unwrap();
        world.member("jun").await;
        for address in ["new@example.org", "jun@example.org"] {
            ask(&world, &maria, address).await.unwrap();
            let said = format!("{:?}", world.email_message(address).await);
            assert!(
                !said.contains("evil") && !said.contains("192.0.2.1") && !said.contains("Firefox"),
                "{said}"
            );
        }
    });
}

#[test]
fn one_address_gets_so_many_mails_a_day_whoever_asks() {
    with_mail(|world| async move {
        for name in ["maria", "jun"] {
            let who = world.member(name).await;
            for _ in 0..5 {
                ask(&world, &who, "victim@example.org").await.unwrap();
            }
        }
        assert_eq!(world.email_messages("victim@example.org").await.len(), 5);
    });
}

#[test]
fn strangers_who_ask_for_mail_after_mail_take_none_from_the_owners_browser() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        for _ in 0..6 {
            world.auth.passwords.request_reset(&nobody(), "maria@example.org").await.unwrap();
        }
        let resets = async || {
            let kinds = world.kinds("maria@example.org").await;
            kinds.iter().filter(|kind| **kind == "password_reset").count()
        };
        assert_eq!(resets().await, 5);
        let origin = Origin { device_secret: Some(maria.device_secret), ..origin() };
        let hers = Actor::anonymous(origin);
        for _ in 0..6 {
            world.auth.passwords.request_reset(&hers, "maria@example.org").await.unwrap();
        }
        assert_eq!(resets().await, 10, "five more, for her own browser");
        // Her device cookie counts for no other user's email.
        world.member("jun").await;
        for _ in 0..6 {
            world.auth.passwords.request_reset(&hers, "jun@example.org").await.unwrap();
        }
        world.auth.passwords.request_reset(&nobody(), "jun@example.org").await.unwrap();
        let kinds = world.kinds("jun@example.org").await;
        assert_eq!(kinds.iter().filter(|kind| **kind == "password_reset").count(), 5);
    });
}

#[test]
fn a_change_that_was_asked_for_with_an_old_password_is_worth_nothing() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        ask(&world, &maria, "thief@example.org").await.unwrap();
        let proof = Proof::Link(world.token("thief@example.org").await);
        // As if the request had been stored just after the password was changed.
        crate::support::tamper(
            &world,
            "UPDATE users SET password_changed_at = NULL WHERE username = 'maria'",
        )
        .await;
        assert_eq!(confirm(&world, &maria, &proof).await.err().unwrap().code(), Code::BadToken);
        assert_eq!(email_of(&world, &maria).await, "maria@example.org");
    });
}

#[test]
fn taking_an_address_back_takes_off_the_app_that_a_thief_put_on_and_no_older_one() {
    with_mail(|world| async move {
        for (name, days, left) in [("maria", 0, "0"), ("jun", 4, "1")] {
            let person = world.member(name).await;
            let actor = world.actor(&person.session.cookie).await;
            let setup = world.auth.mfa.setup_totp(&actor).await.unwrap();
            let code = crate::authn::mfa::app(&world, &setup.secret);
            world.auth.mfa.verify_and_enable_totp(&actor, &code).await.unwrap();
            for _ in 0..days {
                // The session expires unless it is used every day.
                world.clock.advance(Duration::from_secs(24 * 3600));
                world.opens(&person.session.cookie).await.unwrap();
            }
            world.clock.advance(Duration::from_secs(30));
            let actor = world.actor(&person.session.cookie).await;
            let code = crate::authn::mfa::app(&world, &setup.secret);
            world
                .auth
                .step_up
                .confirm(&actor, &Confirmation { code, ..Confirmation::default() })
                .await
                .unwrap();
            let email = format!("{name}@example.org");
            let new = format!("{name}@new.example");
            ask(&world, &person, &new).await.unwrap();
            confirm(&world, &person, &Proof::Link(world.token(&new).await)).await.unwrap();
            let undo = world.token(&email).await;
            world.auth.email_addresses.undo_change(&nobody(), &undo).await.unwrap();
            let codes = "SELECT CAST(COUNT(*) AS TEXT) FROM backup_codes";
            assert_eq!(
                crate::support::value(&world, codes).await,
                "0",
                "the backup codes may be the thief's"
            );
            let apps = crate::support::value(&world, "SELECT CAST(COUNT(*) AS TEXT) FROM totp").await;
            assert_eq!(apps, left, "{name}");
        }
    });
}
