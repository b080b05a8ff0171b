//! Removing the first second factor again, with the link in the email that announced it.

use std::time::Duration;

use authtuna::authn::sign_in::{SignIn, SignInOutcome, SignedIn};
use authtuna::authz::actor::{Actor, Origin};
use authtuna::authz::roles::Assignment;
use authtuna::mail::Message;
use authtuna::model::code::Code;

use super::{HOUR, is_dead};
use crate::authn::passkeys::{ORIGIN, add, sign_in as show};
use crate::support::authenticator::Authenticator;
use crate::support::mailbox::{nobody, successes, token_of, with_mail};
use crate::support::{World, origin, password, tamper};

const MARIA: &str = "maria@example.org";

/// Returns the token of the undo link, if the newest message has one.
async fn way_back(world: &World) -> Option<String> {
    match world.email_message(MARIA).await.message {
        Message::FirstFactor { undo, .. } => Some(token_of(&undo)),
        _ => None,
    }
}

/// Signs in someone who knows maria's password, in a browser of their own.
async fn thief(world: &World) -> (SignedIn, Actor) {
    let typed = SignIn { identifier: "maria".to_owned(), password: password("maria") };
    let signed_in = world.auth.sign_in.with_password(&nobody(), &typed).await.unwrap().signed_in().unwrap();
    let mut actor = world.actor(&signed_in.session.cookie).await;
    actor.origin = Origin { device_secret: Some(signed_in.device_secret), ..origin() }.into();
    (signed_in, actor)
}

#[test]
fn whose_password_was_stolen_takes_the_thiefs_factor_off() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let (stolen, there) = thief(&world).await;
        let mut key = Authenticator::new(ORIGIN);
        world.clock.advance(Duration::from_millis(1));
        add(&world.auth, &there, &mut key, "").await.unwrap();
        assert_eq!(world.opens(&maria.session.cookie).await, None, "the owner's session has ended");
        let token = way_back(&world).await.unwrap();
        assert!(world.auth.recovery.undo_link_works(&token).await.unwrap());
        // Opening the link does nothing.
        assert!(matches!(show(&world.auth, &mut key).await.unwrap(), SignInOutcome::In(_)));
        world.clock.advance(71 * HOUR);

        let nobody = nobody();
        let tries = successes(8, || world.auth.recovery.undo_factors(&nobody, &token)).await;
        assert_eq!(tries, 1);
        assert_eq!(world.opens(&stolen.session.cookie).await, None);
        assert!(show(&world.auth, &mut key).await.is_err());
        let typed = SignIn { identifier: "maria".to_owned(), password: password("maria") };
        let refused = world.auth.sign_in.with_password(&nobody, &typed).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadCredentials, "the thief knows the password");
        assert_eq!(world.email_message(MARIA).await.message.kind(), "factor_removed");
        world.tick();
        world.auth.passwords.request_reset(&nobody, MARIA).await.unwrap();
        let reset = world.token(MARIA).await;
        world.auth.passwords.reset(&nobody, &reset, &password("mine")).await.unwrap();
        let typed = SignIn { identifier: "maria".to_owned(), password: password("mine") };
        assert!(matches!(
            world.auth.sign_in.with_password(&nobody, &typed).await.unwrap(),
            SignInOutcome::In(_)
        ));
        assert_eq!(
            crate::support::value(&world, "SELECT CAST(COUNT(*) AS TEXT) FROM backup_codes").await,
            "0"
        );
    });
}

#[test]
fn the_answer_is_a_token_to_choose_a_password_with() {
    with_mail(|world| async move {
        world.protected("maria").await;
        let token = way_back(&world).await.unwrap();
        let reset = world.auth.recovery.undo_factors(&nobody(), &token).await.unwrap();
        world.auth.passwords.reset(&nobody(), &reset, &password("mine")).await.unwrap();
        let typed = SignIn { identifier: "maria".to_owned(), password: password("mine") };
        let maria = world.auth.sign_in.with_password(&nobody(), &typed).await.unwrap().signed_in().unwrap();
        let own = world.actor(&maria.session.cookie).await;
        assert!(world.events(&own).await.contains(&"MFA_UNDONE".to_owned()));
        // A factor that she adds now is not the one that the link removes.
        let own = world.at_home(&maria).await;
        add(&world.auth, &own, &mut Authenticator::new(ORIGIN), "").await.unwrap();
        is_dead(world.auth.recovery.undo_factors(&nobody(), &token).await);
        assert_eq!(world.auth.passkeys.list(&own).await.unwrap().len(), 1);
    });
}

#[test]
fn the_way_back_closes() {
    for why in ["later", "another address", "suspended", "more power"] {
        with_mail(|world| async move {
            let maria = world.protected("maria").await;
            let (token, id, system) =
                (way_back(&world).await.unwrap(), maria.signed_in.user, Actor::system());
            match why {
                "later" => world.clock.advance(72 * HOUR),
                "suspended" => world.auth.admin.suspend(&system, id, "").await.unwrap(),
                "more power" => {
                    let admin = Assignment::new(id, "Admin").everywhere();
                    world.auth.roles.assign(&system, &admin).await.map(drop).unwrap();
                }
                _ => {
                    tamper(&world, "UPDATE users SET email = 'x@example.org', email_key = 'x@example.org' WHERE username = 'maria'")
                        .await;
                }
            }
            is_dead(world.auth.recovery.undo_factors(&nobody(), &token).await);
            assert!(world.has_factors(&maria).await, "{why}");
        });
    }
}

#[test]
fn only_the_first_factor_of_an_ordinary_account_with_a_proved_address_brings_one() {
    with_mail(|world| async move {
        let maria = world.protected("maria").await;
        let first = way_back(&world).await.unwrap();
        world.clock.advance(Duration::from_millis(1));
        let own = world.at_home(&maria.signed_in).await;
        add(&world.auth, &own, &mut Authenticator::new(ORIGIN), "").await.unwrap();
        assert_eq!(world.email_message(MARIA).await.message.kind(), "passkey_added");
        // The link also removes factors added since then.
        world.auth.recovery.undo_factors(&nobody(), &first).await.unwrap();
        assert!(!world.has_factors(&maria).await);
    });
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        let admin = Assignment::new(maria.user, "Admin").everywhere();
        world.auth.roles.assign(&Actor::system(), &admin).await.unwrap();
        let own = world.at_home(&maria).await;
        world.clock.advance(Duration::from_millis(1));
        add(&world.auth, &own, &mut Authenticator::new(ORIGIN), "").await.unwrap();
        assert_eq!(way_back(&world).await, None, "there are other administrators");
    });
    with_mail(|world| async move {
        let maria = world.unproved("maria").await;
        let own = world.at_home(&maria).await;
        world.clock.advance(Duration::from_millis(1));
        add(&world.auth, &own, &mut Authenticator::new(ORIGIN), "").await.unwrap();
        assert_eq!(way_back(&world).await, None, "the email may belong to anyone");
    });
}
