//! Accounts with passkeys when email is enabled: signing up with a passkey, passkey notices, and
//! confirming by email when no other method is left.

use std::time::Duration;

use authtuna::authn::email_addresses::Confirmed;
use authtuna::authn::email_challenge::Proof;
use authtuna::authn::sign_in::{Confirmation, Confirms, PasskeyFor, SignIn, SignInOutcome};
use authtuna::authn::sign_up::{PasskeySignUp, SignedUp};
use authtuna::authz::actor::{Actor, Origin};
use authtuna::authz::roles::Assignment;
use authtuna::model::code::{Code, Field};

use crate::authn::passkeys::{ORIGIN, add, at_home, with_prompt};
use crate::support::World;
use crate::support::authenticator::Authenticator;
use crate::support::mailbox::{address, browser, nobody, with_mail};

/// Signs up with a passkey and returns the browser's challenge and the passkey.
async fn ask_for_account(
    world: &World,
    name: &str,
) -> (authtuna::authz::actor::PendingChallenge, Authenticator) {
    let typed = PasskeySignUp { username: name.to_owned(), email: address(name) };
    let asked = world.auth.sign_up.passkey_prompt(&nobody(), &typed).await.unwrap();
    let mut key = Authenticator::new(ORIGIN);
    let answer = key.create(&asked.options).to_string();
    let here = with_prompt(&nobody(), &asked);
    let SignedUp::EmailChallenge(pending_challenge) =
        world.auth.sign_up.with_passkey(&here, &answer).await.unwrap()
    else {
        panic!("the account was created at once")
    };
    (pending_challenge, key)
}

async fn sign_in(
    world: &World,
    key: &mut Authenticator,
) -> Result<SignInOutcome, authtuna::foundation::error::Error> {
    let asked = world.auth.sign_in.passkey_prompt(&nobody(), PasskeyFor::SignIn).await.unwrap();
    let answer = key.get(&asked.options).to_string();
    world.auth.sign_in.with_passkey(&with_prompt(&nobody(), &asked), &answer).await
}

#[test]
fn an_account_with_a_passkey_is_made_when_its_address_is_proved() {
    with_mail(|world| async move {
        let (pending_challenge, mut key) = ask_for_account(&world, "maria").await;
        let early = sign_in(&world, &mut key).await.err().unwrap();
        assert_eq!(early.problems()[0].code, Code::PasskeyUnknown, "there is no account yet");
        let proof = Proof::Link(world.token(&address("maria")).await);
        let made =
            world.auth.sign_up.confirm_email(&browser(Some(&pending_challenge)), &proof, None).await.unwrap();
        assert!(matches!(made, Confirmed::In(_)));
        assert!(matches!(sign_in(&world, &mut key).await.unwrap(), SignInOutcome::In(_)));
    });
}

#[test]
fn a_strangers_passkey_does_not_come_with_an_address_that_its_owner_proves() {
    with_mail(|world| async move {
        let (_, mut key) = ask_for_account(&world, "maria").await;
        // The owner opens the email in a different browser.
        let proof = Proof::Link(world.token(&address("maria")).await);
        let made = world.auth.sign_up.confirm_email(&nobody(), &proof, None).await.unwrap();
        assert!(matches!(made, Confirmed::ChoosePassword(_)));
        let refused = sign_in(&world, &mut key).await.err().unwrap();
        assert_eq!(refused.problems()[0].code, Code::PasskeyUnknown);
    });
}

#[test]
fn the_first_proof_of_an_address_takes_strangers_passkeys_off() {
    with_mail(|world| async move {
        let stranger = world.unproved("maria").await;
        let mut key = Authenticator::new(ORIGIN);
        add(&world.auth, &at_home(&world, &stranger).await, &mut key, "").await.unwrap();
        assert!(
            matches!(sign_in(&world, &mut key).await.unwrap(), SignInOutcome::EmailChallenge(_)),
            "the email is not verified yet"
        );
        world.tick();
        world.auth.passwords.request_reset(&nobody(), &address("maria")).await.unwrap();
        let token = world.token(&address("maria")).await;
        world.auth.passwords.reset(&nobody(), &token, &crate::support::password("new")).await.unwrap();
        let refused = sign_in(&world, &mut key).await.err().unwrap();
        assert_eq!(refused.problems()[0].code, Code::PasskeyUnknown);
    });
}

#[test]
fn one_mail_does_not_take_the_factors_off_an_account_that_may_do_more() {
    with_mail(|world| async move {
        let maria = world.unproved("maria").await;
        let mut key = Authenticator::new(ORIGIN);
        add(&world.auth, &at_home(&world, &maria).await, &mut key, "").await.unwrap();
        let admin = Assignment::new(maria.user, "Admin").everywhere();
        world.auth.roles.assign(&Actor::system(), &admin).await.unwrap();
        world.tick();
        world.auth.passwords.request_reset(&nobody(), &address("maria")).await.unwrap();
        let token = world.token(&address("maria")).await;
        let new = crate::support::password("new");
        world.auth.passwords.reset(&nobody(), &token, &new).await.unwrap();
        let typed = SignIn { identifier: "maria".to_owned(), password: new };
        assert!(matches!(
            world.auth.sign_in.with_password(&nobody(), &typed).await.unwrap(),
            SignInOutcome::SecondFactor(_)
        ));
        assert!(matches!(sign_in(&world, &mut key).await.unwrap(), SignInOutcome::In(_)));
    });
}

#[test]
fn whoever_has_nothing_else_confirms_by_a_mail_to_the_address_of_then() {
    with_mail(|world| async move {
        let (pending_challenge, _) = ask_for_account(&world, "maria").await;
        let proof = Proof::Link(world.token(&address("maria")).await);
        let Confirmed::In(maria) =
            world.auth.sign_up.confirm_email(&browser(Some(&pending_challenge)), &proof, None).await.unwrap()
        else {
            panic!("no one was signed in")
        };
        let actor = at_home(&world, &maria).await;
        let own = world.auth.passkeys.list(&actor).await.unwrap().remove(0);
        // Magic links can sign in, so the passkey is not the last way in.
        world.auth.passkeys.remove(&actor, own.id).await.unwrap();
        assert!(world.kinds(&address("maria")).await.contains(&"passkey_removed"));
        world.clock.advance(Duration::from_secs(601));
        let actor = at_home(&world, &maria).await;
        assert_eq!(world.auth.step_up.methods(&actor).await.unwrap(), [Confirms::Mail]);
        let nothing = world.auth.step_up.confirm(&actor, &Confirmation::default()).await.err().unwrap();
        assert_eq!(nothing.problems()[0].code, Code::Required);
        assert_eq!(world.auth.passkeys.ask_to_add(&actor).await.err().unwrap().code(), Code::StepUpRequired);

        let pending_challenge = world.auth.step_up.request_email(&actor).await.unwrap();
        let origin = Origin { pending_challenge: Some(pending_challenge), ..Origin::clone(&actor.origin) };
        let here = Actor { origin: origin.into(), ..actor.clone() };
        let wrong =
            world.auth.step_up.confirm_by_email(&here, &Proof::Code("0".to_owned())).await.err().unwrap();
        assert_eq!((wrong.problems()[0].field, wrong.problems()[0].code), (Field::Code, Code::BadOtp));
        let token = world.token(&address("maria")).await;
        // Her email confirms no other user's session.
        let jun = world.member("jun").await;
        let jun = at_home(&world, &jun).await;
        assert!(world.auth.step_up.confirm_by_email(&jun, &Proof::Link(token)).await.is_err());
        let code = world.code(&address("maria")).await;
        world.auth.step_up.confirm_by_email(&here, &Proof::Code(code)).await.unwrap();
        let actor = at_home(&world, &maria).await;
        assert!(world.auth.passkeys.ask_to_add(&actor).await.is_ok());
        // A user with a password confirms with it instead.
        assert_eq!(world.auth.step_up.request_email(&jun).await.err().unwrap().code(), Code::NotFound);
    });
}

#[test]
fn an_address_is_no_way_around_a_second_factor() {
    with_mail(|world| async move {
        let auth = &world.auth;
        let maria = world.member("maria").await;
        let actor = at_home(&world, &maria).await;
        let mut key = Authenticator::new(ORIGIN);
        add(auth, &actor, &mut key, "").await.unwrap();
        world.clock.advance(Duration::from_secs(601));
        // A thief with the session and the password.
        let actor = at_home(&world, &maria).await;
        let current_password = crate::support::password("maria");
        let typed = authtuna::authn::email_addresses::ChangeEmail {
            email: "thief@example.org".to_owned(),
            current_password,
        };
        let refused = auth.email_addresses.request_change(&actor, &typed).await.err().unwrap();
        assert_eq!(refused.code(), Code::StepUpRequired);

        // A thief who acts before the confirmation expires.
        let again = sign_in(&world, &mut key).await.unwrap().signed_in().unwrap();
        let again = at_home(&world, &again).await;
        auth.email_addresses.request_change(&again, &typed).await.unwrap();
        let proof = Proof::Link(world.token("thief@example.org").await);
        auth.email_addresses.confirm_change(&again, &proof).await.unwrap();
        let recover = async || {
            world.tick();
            auth.recovery.request(&nobody(), "thief@example.org").await.unwrap();
            let proof = Proof::Link(world.token("thief@example.org").await);
            auth.recovery.start(&nobody(), &proof).await
        };
        let disputed = recover().await.err().unwrap();
        assert_eq!(disputed.problems()[0].code, Code::BadToken, "the owner may still undo the change");
        world.clock.advance(Duration::from_secs(73 * 3600));
        assert!(recover().await.is_ok());
    });
}
