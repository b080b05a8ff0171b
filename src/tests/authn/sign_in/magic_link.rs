//! Sign-in by magic link.

use std::time::Duration;

use authtuna::authn::email_challenge::Proof;
use authtuna::authz::actor::Actor;
use authtuna::model::code::Code;

use crate::support::mailbox::{nobody, successes, with_mail};
use crate::support::on_each_with;

#[test]
fn a_link_signs_in_once_in_any_browser() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.unwrap();
        let token = world.token("maria@example.org").await;
        for _ in 0..3 {
            let whom = world.auth.sign_in.magic_link_username(&token).await.unwrap();
            assert_eq!(whom.as_deref(), Some("maria"), "opening the link does not use it up");
        }
        let here = nobody();
        let proof = Proof::Link(token);
        assert_eq!(successes(50, || world.auth.sign_in.with_magic_link(&here, &proof)).await, 1);
        let events = world.events(&world.actor(&maria.session.cookie).await).await;
        assert_eq!(events.iter().filter(|event| *event == "LOGIN_SUCCESS").count(), 1);
    });
}

#[test]
fn it_proves_the_address_too() {
    with_mail(|world| async move {
        world.unproved("maria").await;
        world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.unwrap();
        let proof = Proof::Link(world.token("maria@example.org").await);
        let signed_in =
            world.auth.sign_in.with_magic_link(&nobody(), &proof).await.unwrap().signed_in().unwrap();
        let maria = world.actor(&signed_in.session.cookie).await;
        assert!(maria.user().unwrap().user.email_verified);
    });
}

#[test]
fn who_may_not_come_in_does_not_by_a_link_either() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let ask = || async {
            world.tick();
            world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.unwrap();
            Proof::Link(world.token("maria@example.org").await)
        };
        let proof = ask().await;
        world.auth.admin.suspend(&Actor::system(), maria.user, "").await.unwrap();
        let refused = world.auth.sign_in.with_magic_link(&nobody(), &proof).await.err().unwrap();
        assert_eq!(refused.code(), Code::Suspended);
        world.auth.admin.unsuspend(&Actor::system(), maria.user, "").await.unwrap();
        let refused = world.auth.sign_in.with_magic_link(&nobody(), &proof).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadToken, "the refused link is used up");

        let proof = ask().await;
        crate::support::tamper(
            &world,
            "UPDATE users SET requires_password_reset = true WHERE username = 'maria'",
        )
        .await;
        let refused = world.auth.sign_in.with_magic_link(&nobody(), &proof).await.err().unwrap();
        assert_eq!(refused.code(), Code::PasswordResetRequired);
        crate::support::tamper(
            &world,
            "UPDATE users SET requires_password_reset = false WHERE username = 'maria'",
        )
        .await;
        let proof = ask().await;
        world.auth.admin.delete_user(&Actor::system(), maria.user, "").await.unwrap();
        let refused = world.auth.sign_in.with_magic_link(&nobody(), &proof).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadToken);
    });
}

#[test]
fn a_link_runs_out_and_is_good_for_nothing_else() {
    with_mail(|world| async move {
        world.member("maria").await;
        world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.unwrap();
        let token = world.token("maria@example.org").await;
        assert!(!world.auth.passwords.reset_link_works(&token).await.unwrap());
        assert_eq!(world.auth.sign_up.to_confirm(&token).await.unwrap(), None);
        assert_eq!(world.auth.email_addresses.pending_undo(&token).await.unwrap(), None);
        let new = crate::support::password("new");
        assert!(world.auth.passwords.reset(&nobody(), &token, &new).await.is_err());
        world.clock.advance(Duration::from_secs(3600));
        let late = world.auth.sign_in.with_magic_link(&nobody(), &Proof::Link(token)).await.err().unwrap();
        assert_eq!(late.code(), Code::BadToken);
    });
}

#[test]
fn where_it_is_switched_off_nothing_is_sent() {
    on_each_with(
        |builder| {
            builder
                .set("PASSWORDLESS_LOGIN_ENABLED", "false")
                .set("EMAIL_ENABLED", "true")
                .set("SMTP_HOST", "m")
        },
        |world| async move {
            let refused =
                world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.err().unwrap();
            assert_eq!(refused.code(), Code::FeatureOff);
        },
    );
    on_each_with(
        |builder| builder,
        |world| async move {
            let maria = world.person("maria").await;
            let actor = world.actor(&maria.session.cookie).await;
            let refused = [
                world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.err(),
                world.auth.passwords.request_reset(&nobody(), "maria@example.org").await.err(),
                world.auth.email_addresses.request_verification(&actor).await.err(),
                world.auth.email_addresses.request_change(&actor, &Default::default()).await.err(),
                world.auth.sign_up.resend(&nobody()).await.err(),
            ];
            for refused in refused {
                assert_eq!(refused.unwrap().code(), Code::MailOff);
            }
            assert_eq!(world.email_messages("maria@example.org").await.len(), 0);
        },
    );
}
