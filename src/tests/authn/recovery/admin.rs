//! What administrators see of a recovery and do about it.

use authtuna::authn::sign_in::{SignIn, SignInOutcome, SignedIn};
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::Assignment;
use authtuna::mail::Message;
use authtuna::model::code::Code;

use super::is_dead;
use crate::support::mailbox::{nobody, with_mail};
use crate::support::{World, password};

const MARIA: &str = "maria@example.org";

async fn raise(world: &World, who: &SignedIn, role: &str) -> Actor {
    world.auth.roles.assign(&Actor::system(), &Assignment::new(who.user, role).everywhere()).await.unwrap();
    world.actor(&who.session.cookie).await
}

#[test]
fn an_administrator_sees_hastens_and_ends_a_recovery_and_the_person_is_told() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let id = maria.signed_in.user;
        let office = raise(&world, &world.member("boss").await, "Admin").await;
        let auth = &world.auth;
        assert_eq!(auth.recovery.of_user(&office, id).await.unwrap(), None);
        assert_eq!(auth.recovery.cancel_of(&office, id).await.err().unwrap().code(), Code::NotFound);
        assert_eq!(auth.recovery.hasten(&office, id).await.err().unwrap().code(), Code::NotFound);
        let begun = world.begin(MARIA).await;
        assert_eq!(auth.recovery.of_user(&office, id).await.unwrap(), Some(begun));
        assert_eq!(auth.admin.factors_of(&office, id).await.unwrap().backup_codes_left, 10);
        auth.recovery.cancel_of(&office, id).await.unwrap();
        let Message::RecoveryCancelled { circumstances, .. } = world.email_message(MARIA).await.message
        else {
            panic!()
        };
        assert_eq!(circumstances.ip, "", "an administrator's location is not disclosed");
        assert!(world.has_factors(&maria).await);

        world.begin(MARIA).await;
        for _ in 0..2 {
            auth.recovery.hasten(&office, id).await.unwrap();
            world.tell().await;
        }
        assert_eq!(world.count(MARIA, "recovery_ready").await, 1);
        assert_eq!(world.count(MARIA, "recovery_reminder").await, 0);
        assert!(world.has_factors(&maria).await, "only the user can finish the recovery");
        let own = world.at_home(&maria.signed_in).await;
        let events = world.events(&own).await;
        let count = |event: &str| events.iter().filter(|known| *known == event).count();
        assert_eq!((count("RECOVERY_CANCELLED"), count("RECOVERY_HASTENED")), (1, 1), "{events:?}");
        assert!(count("USER_READ") >= 3, "{events:?}");
        auth.recovery.finish(&nobody(), &world.finish_token(MARIA).await).await.unwrap();
    });
}

#[test]
fn once_an_administrator_took_the_factors_off_the_password_alone_opens_nothing() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let office = raise(&world, &world.member("boss").await, "Admin").await;
        world.auth.admin.remove_factors(&office, maria.signed_in.user).await.unwrap();
        let typed = SignIn { identifier: "maria".to_owned(), password: password("maria") };
        let refused = world.auth.sign_in.with_password(&nobody(), &typed).await.err().unwrap();
        assert_eq!(refused.code(), Code::PasswordResetRequired);
        // Only a reader of her email can choose another password and sign in with it.
        world.tick();
        world.auth.passwords.request_reset(&nobody(), MARIA).await.unwrap();
        let token = world.token(MARIA).await;
        world.auth.passwords.reset(&nobody(), &token, &password("chosen")).await.unwrap();
        let typed = SignIn { identifier: "maria".to_owned(), password: password("chosen") };
        assert!(matches!(
            world.auth.sign_in.with_password(&nobody(), &typed).await.unwrap(),
            SignInOutcome::In(_)
        ));
    });
}

#[test]
fn who_may_not_act_on_somebody_neither_sees_nor_touches_their_recovery() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let id = maria.signed_in.user;
        raise(&world, &maria.signed_in, "Admin").await;
        let begun = world.begin(MARIA).await;
        let equal = raise(&world, &world.member("boss").await, "Admin").await;
        let plain = world.member("jun").await;
        let plain = world.actor(&plain.session.cookie).await;
        let own = world.at_home(&maria.signed_in).await;
        for (actor, code) in [
            (&equal, Code::AboveYourLevel),
            (&plain, Code::Forbidden),
            (&own, Code::Forbidden),
            (&nobody(), Code::NotAuthenticated),
        ] {
            let refused = |error: authtuna::foundation::error::Error| error.code();
            let auth = &world.auth;
            assert_eq!(auth.admin.factors_of(actor, id).await.err().map(refused), Some(code));
            assert_eq!(auth.recovery.of_user(actor, id).await.err().map(refused), Some(code));
            assert_eq!(auth.recovery.cancel_of(actor, id).await.err().map(refused), Some(code));
            assert_eq!(auth.recovery.hasten(actor, id).await.err().map(refused), Some(code));
        }
        assert_eq!(world.recovery(&maria).await, Some(begun));
        assert_eq!(world.count(MARIA, "recovery_ready").await, 0);
        is_dead(world.auth.recovery.finish(&nobody(), "").await);
    });
}
