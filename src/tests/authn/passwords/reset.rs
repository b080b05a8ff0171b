//! Password resets by email.

use std::time::Duration;

use authtuna::authn::email_challenge::Proof;
use authtuna::authz::actor::Actor;
use authtuna::model::code::{Code, Field};

use crate::support::mailbox::{browser, nobody, successes, with_mail};
use crate::support::{origin, password, tamper};

#[test]
fn a_reset_sets_the_password_ends_sessions_and_opens_none() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let pending_challenge =
            world.auth.passwords.request_reset(&nobody(), "Maria@Example.org").await.unwrap();
        let token = token(&world).await;
        assert!(world.auth.passwords.reset_link_works(&token).await.unwrap());
        // A rejected password does not use the link up.
        let refused = world.auth.passwords.reset(&nobody(), &token, "maria").await.err().unwrap();
        assert_eq!(refused.problems()[0].field, Field::Password);
        world
            .auth
            .passwords
            .reset(&browser(Some(&pending_challenge)), &token, &password("new"))
            .await
            .unwrap();
        assert_eq!(world.opens(&maria.session.cookie).await, None, "a reset ends all sessions");
        let old = world.sign_in("maria", origin()).await.err().unwrap();
        assert_eq!(old.code(), Code::BadCredentials);
        let typed =
            authtuna::authn::sign_in::SignIn { identifier: "maria".to_owned(), password: password("new") };
        let maria = world.auth.sign_in.with_password(&nobody(), &typed).await.unwrap().signed_in().unwrap();
        let maria = world.actor(&maria.session.cookie).await;
        assert!(world.events(&maria).await.contains(&"PASSWORD_RESET_COMPLETED".to_owned()));
        assert_eq!(
            world.kinds("maria@example.org").await,
            ["sign_up", "welcome", "password_reset", "password_changed"],
            "every message goes to the account's email, however the user typed it"
        );
    });
}

async fn token(world: &crate::support::World) -> String {
    world.token("maria@example.org").await
}

#[test]
fn a_link_to_reset_works_once_also_in_parallel() {
    with_mail(|world| async move {
        world.member("maria").await;
        world.auth.passwords.request_reset(&nobody(), "Maria@Example.org").await.unwrap();
        let token = token(&world).await;
        let here = nobody();
        let new = password("new");
        assert_eq!(successes(50, || world.auth.passwords.reset(&here, &token, &new)).await, 1);
        assert!(!world.auth.passwords.reset_link_works(&token).await.unwrap());
    });
}

#[test]
fn a_code_leads_on_to_the_new_password_and_its_link_no_longer() {
    with_mail(|world| async move {
        world.member("maria").await;
        let pending_challenge =
            world.auth.passwords.request_reset(&nobody(), "Maria@Example.org").await.unwrap();
        let link = token(&world).await;
        let here = browser(Some(&pending_challenge));
        let code = world.code("maria@example.org").await;
        let token = world.auth.passwords.redeem_reset_code(&here, &code).await.unwrap();
        assert!(!world.auth.passwords.reset_link_works(&link).await.unwrap());
        assert!(world.auth.passwords.redeem_reset_code(&here, &code).await.is_err());
        world.auth.passwords.reset(&here, &token, &password("new")).await.unwrap();
    });
}

#[test]
fn what_was_sent_before_a_new_password_opens_nothing_after_it() {
    with_mail(|world| async move {
        world.member("maria").await;
        let address = "maria@example.org";
        world.auth.sign_in.request_magic_link(&nobody(), address).await.unwrap();
        let magic = world.token(address).await;
        world.auth.passwords.request_reset(&nobody(), address).await.unwrap();
        let other = world.token(address).await;
        world.auth.passwords.request_reset(&nobody(), address).await.unwrap();
        let used = world.token(address).await;
        world.auth.passwords.reset(&nobody(), &used, &password("new")).await.unwrap();
        assert!(!world.auth.passwords.reset_link_works(&other).await.unwrap());
        assert_eq!(world.auth.sign_in.magic_link_username(&magic).await.unwrap(), None);
        let refused = world.auth.sign_in.with_magic_link(&nobody(), &Proof::Link(magic)).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadToken);
    });
}

#[test]
fn nobody_and_who_may_not_come_in_are_sent_nothing_and_answered_alike() {
    with_mail(|world| async move {
        let jun = world.member("jun").await;
        world.auth.admin.suspend(&Actor::system(), jun.user, "").await.unwrap();
        let ada = world.member("ada").await;
        world.auth.admin.delete_user(&Actor::system(), ada.user, "").await.unwrap();
        for address in ["nobody@example.org", "jun@example.org", "ada@example.org"] {
            let before = world.email_messages(address).await.len();
            let pending_challenge = world.auth.passwords.request_reset(&nobody(), address).await.unwrap();
            assert_eq!(pending_challenge.address, address);
            world.auth.sign_in.request_magic_link(&nobody(), address).await.unwrap();
            assert_eq!(world.email_messages(address).await.len(), before, "{address}");
            let refused = world
                .auth
                .passwords
                .redeem_reset_code(&browser(Some(&pending_challenge)), "123456")
                .await
                .err()
                .unwrap();
            assert_eq!(refused.code(), Code::BadOtp);
        }
        let refused = world.auth.passwords.request_reset(&nobody(), "nowhere").await.err().unwrap();
        assert_eq!((refused.problems()[0].field, refused.code()), (Field::Email, Code::BadEmail));
    });
}

#[test]
fn a_suspension_or_another_address_in_between_is_stronger_than_a_link() {
    with_mail(|world| async move {
        let jun = world.member("jun").await;
        world.auth.passwords.request_reset(&nobody(), "jun@example.org").await.unwrap();
        let token = world.token("jun@example.org").await;
        world.auth.admin.suspend(&Actor::system(), jun.user, "").await.unwrap();
        let refused = world.auth.passwords.reset(&nobody(), &token, &password("new")).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadToken);
        world.auth.admin.unsuspend(&Actor::system(), jun.user, "").await.unwrap();
        tamper(
            &world,
            "UPDATE users SET email = 'x@example.org', email_key = 'x@example.org' WHERE username = 'jun'",
        )
        .await;
        let refused = world.auth.passwords.reset(&nobody(), &token, &password("new")).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadToken);
    });
}

#[test]
fn a_reset_opens_a_closed_account_and_fulfils_a_demand_for_one() {
    with_mail(|world| async move {
        world.member("maria").await;
        tamper(&world, "UPDATE users SET requires_password_reset = true WHERE username = 'maria'").await;
        let refused = world.sign_in("maria", origin()).await.err().unwrap();
        assert_eq!(refused.code(), Code::PasswordResetRequired);
        for _ in 0..5 {
            let typed =
                authtuna::authn::sign_in::SignIn { identifier: "maria".to_owned(), password: password("x") };
            world.auth.sign_in.with_password(&nobody(), &typed).await.err().unwrap();
        }
        world.auth.passwords.request_reset(&nobody(), "maria@example.org").await.unwrap();
        let token = world.token("maria@example.org").await;
        world.auth.passwords.reset(&nobody(), &token, &password("new")).await.unwrap();
        let typed =
            authtuna::authn::sign_in::SignIn { identifier: "maria".to_owned(), password: password("new") };
        let elsewhere =
            authtuna::authz::actor::Origin { ip: Some(crate::support::ip("198.51.100.7")), ..origin() };
        assert!(world.auth.sign_in.with_password(&Actor::anonymous(elsewhere), &typed).await.is_ok());
    });
}

#[test]
fn asking_is_limited_by_the_address_that_it_comes_from() {
    with_mail(|world| async move {
        for n in 0..30 {
            world.auth.passwords.request_reset(&nobody(), &format!("n{n}@example.org")).await.unwrap();
        }
        let refused = world.auth.passwords.request_reset(&nobody(), "n@example.org").await.err().unwrap();
        assert_eq!(refused.code(), Code::TooManyAttempts);
        assert!(refused.wait().is_some());
        world.clock.advance(Duration::from_secs(901));
        assert!(world.auth.passwords.request_reset(&nobody(), "maria@example.org").await.is_ok());
    });
}

#[test]
fn what_was_sent_before_a_changed_password_opens_nothing_either() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.unwrap();
        let magic = world.token("maria@example.org").await;
        world.auth.passwords.request_reset(&nobody(), "maria@example.org").await.unwrap();
        let reset = world.token("maria@example.org").await;
        let actor = world.actor(&maria.session.cookie).await;
        let typed =
            authtuna::authn::passwords::ChangePassword { current: password("maria"), new: password("new") };
        world.auth.passwords.change(&actor, &typed).await.unwrap();
        assert_eq!(world.auth.sign_in.magic_link_username(&magic).await.unwrap(), None);
        assert!(!world.auth.passwords.reset_link_works(&reset).await.unwrap());
    });
}

#[test]
fn a_reset_makes_a_stranger_of_every_other_browser() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        world.auth.passwords.request_reset(&nobody(), "maria@example.org").await.unwrap();
        let token = world.token("maria@example.org").await;
        world.auth.passwords.reset(&nobody(), &token, &password("new")).await.unwrap();
        let thief = authtuna::authz::actor::Origin {
            device_secret: Some(maria.device_secret),
            ip: Some(crate::support::ip("203.0.113.9")),
            ..origin()
        };
        let typed =
            authtuna::authn::sign_in::SignIn { identifier: "maria".to_owned(), password: password("new") };
        world.tick();
        world.auth.sign_in.with_password(&Actor::anonymous(thief), &typed).await.unwrap();
        assert_eq!(world.email_message("maria@example.org").await.message.kind(), "new_device");
    });
}

#[test]
fn a_first_password_is_not_replaced_by_a_mail_from_before() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        tamper(&world, "UPDATE users SET password_hash = NULL").await;
        world.auth.passwords.request_reset(&nobody(), "maria@example.org").await.unwrap();
        let token = token(&world).await;
        let own = world.actor(&maria.session.cookie).await;
        world.auth.passwords.set_first(&own, &password("first")).await.unwrap();
        let refused = world.auth.passwords.reset(&nobody(), &token, &password("other")).await.err().unwrap();
        assert_eq!(refused.problems()[0].code, Code::BadToken);
        assert_eq!(world.kinds("maria@example.org").await.last().unwrap(), &"password_changed");
    });
}
