//! Creating an account by email.

use std::time::Duration;

use authtuna::authn::email_addresses::Confirmed;
use authtuna::authn::email_challenge::Proof;
use authtuna::authz::actor::Actor;
use authtuna::model::code::{Code, Field};

use crate::support::mailbox::{address, browser, form, nobody, successes, with_mail};
use crate::support::password;

#[test]
fn there_is_no_account_before_its_address_is_proved() {
    with_mail(|world| async move {
        let pending_challenge = world.ask_for_account("maria").await;
        assert_eq!(world.kinds("maria@example.org").await, ["sign_up"]);
        let refused = world.sign_in("maria", crate::support::origin()).await;
        assert_eq!(refused.err().unwrap().code(), Code::BadCredentials);

        let token = world.token("maria@example.org").await;
        // Opening the link any number of times does not use it up.
        for _ in 0..3 {
            let about = world.auth.sign_up.to_confirm(&token).await.unwrap().unwrap();
            assert_eq!(
                (about.email.as_str(), about.username.as_deref()),
                ("maria@example.org", Some("maria"))
            );
        }
        let confirmed = world
            .auth
            .sign_up
            .confirm_email(&browser(Some(&pending_challenge)), &Proof::Link(token), None)
            .await;
        let Confirmed::In(signed_in) = confirmed.unwrap() else { panic!("not signed in") };
        let maria = world.actor(&signed_in.session.cookie).await;
        assert!(maria.user().unwrap().user.email_verified);
        assert_eq!(world.kinds("maria@example.org").await, ["sign_up", "welcome"]);
        assert!(world.sign_in("maria", crate::support::origin()).await.is_ok());
        assert_eq!(
            world.events(&maria).await[..3],
            ["USER_CREATED", "ROLE_ASSIGNED", "EMAIL_VERIFIED"].map(str::to_owned)
        );
    });
}

#[test]
fn in_another_browser_the_password_that_was_typed_does_not_count() {
    with_mail(|world| async move {
        world.ask_for_account("maria").await;
        let other = world.ask_for_account("jun").await;
        let proof = Proof::Link(world.token("maria@example.org").await);
        // A browser with another user's challenge is a different browser too.
        let confirmed = world.auth.sign_up.confirm_email(&browser(Some(&other)), &proof, None).await.unwrap();
        let Confirmed::ChoosePassword(token) = confirmed else { panic!("no password choice was requested") };
        // An attacker may have signed up to get into the recipient's account.
        let stranger = world.sign_in("maria", crate::support::origin()).await.err().unwrap();
        assert_eq!(stranger.code(), Code::BadCredentials);
        world.auth.passwords.reset(&nobody(), &token, &password("chosen")).await.unwrap();
        let typed =
            authtuna::authn::sign_in::SignIn { identifier: "maria".to_owned(), password: password("chosen") };
        assert!(world.auth.sign_in.with_password(&nobody(), &typed).await.is_ok());
    });
}

#[test]
fn a_link_makes_one_account_also_in_parallel() {
    with_mail(|world| async move {
        let pending_challenge = world.ask_for_account("maria").await;
        let proof = Proof::Link(world.token("maria@example.org").await);
        let here = browser(Some(&pending_challenge));
        assert_eq!(successes(50, || world.auth.sign_up.confirm_email(&here, &proof, None)).await, 1);
        let again = world.auth.sign_up.confirm_email(&here, &proof, None).await.err().unwrap();
        assert_eq!(again.code(), Code::BadToken);
    });
}

#[test]
fn an_address_with_an_account_is_answered_alike_and_its_owner_is_told() {
    with_mail(|world| async move {
        world.member("maria").await;
        let mut taken = form("stranger");
        taken.email = "Maria@EXAMPLE.org".to_owned();
        let pending_challenge =
            world.auth.sign_up.with_password(&nobody(), &taken).await.unwrap().signed_in();
        assert_eq!(pending_challenge.err().unwrap().code(), Code::EmailNotVerified);
        let told = world.email_message("maria@example.org").await;
        assert_eq!(told.message.kind(), "sign_up_taken");
        assert_eq!(told.name, "maria");
        // The username stays free, as for a new email; otherwise it would reveal the account.
        let mut new = form("stranger");
        new.email = "new@example.org".to_owned();
        assert!(world.auth.sign_up.with_password(&nobody(), &new).await.is_ok());
    });
}

#[test]
fn who_is_suspended_is_told_nothing() {
    with_mail(|world| async move {
        let maria = world.member("maria").await;
        world.auth.admin.suspend(&Actor::system(), maria.user, "").await.unwrap();
        let before = world.kinds("maria@example.org").await;
        assert_eq!(before.last(), Some(&"account_suspended"));
        let mut taken = form("stranger");
        taken.email = "maria@example.org".to_owned();
        world.auth.sign_up.with_password(&nobody(), &taken).await.unwrap();
        assert_eq!(world.kinds("maria@example.org").await, before);
    });
}

#[test]
fn a_name_that_was_taken_meanwhile_can_be_chosen_anew() {
    with_mail(|world| async move {
        let pending_challenge = world.ask_for_account("maria").await;
        let mut quicker = form("maria");
        quicker.email = "other@example.org".to_owned();
        world.auth.sign_up.with_password(&nobody(), &quicker).await.unwrap();
        let proof = Proof::Link(world.token("other@example.org").await);
        world.auth.sign_up.confirm_email(&nobody(), &proof, None).await.unwrap();

        let here = browser(Some(&pending_challenge));
        let proof = Proof::Link(world.token("maria@example.org").await);
        let refused = world.auth.sign_up.confirm_email(&here, &proof, None).await.err().unwrap();
        assert_eq!((refused.problems()[0].field, refused.code()), (Field::Username, Code::UsernameTaken));
        let refused = world.auth.sign_up.confirm_email(&here, &proof, Some("a b")).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadUsername);
        // The code works too, and stays valid after a refused username.
        let proof = Proof::Code(world.code("maria@example.org").await);
        let refused = world.auth.sign_up.confirm_email(&here, &proof, None).await.err().unwrap();
        assert_eq!(refused.code(), Code::UsernameTaken);
        let confirmed = world.auth.sign_up.confirm_email(&here, &proof, Some("maria2")).await.unwrap();
        let Confirmed::In(signed_in) = confirmed else { panic!("not signed in") };
        let maria = world.actor(&signed_in.session.cookie).await;
        assert_eq!(world.names(&maria).await, "maria2");
    });
}

#[test]
fn a_mail_is_sent_again_in_the_browser_that_waits_for_it() {
    with_mail(|world| async move {
        let refused = world.auth.sign_up.resend(&nobody()).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadToken);
        let pending_challenge = world.ask_for_account("maria").await;
        let first = world.token("maria@example.org").await;
        let old_code = world.code("maria@example.org").await;
        let again = world.auth.sign_up.resend(&browser(Some(&pending_challenge))).await.unwrap();
        assert_eq!((again.secret, &again.address), (pending_challenge.secret, &pending_challenge.address));
        let (second, code) = (world.token("maria@example.org").await, world.code("maria@example.org").await);
        assert_ne!(first, second);
        // Whichever message arrives: both links work, and the code is the newest one's.
        assert!(world.auth.sign_up.to_confirm(&first).await.unwrap().is_some());
        let here = browser(Some(&pending_challenge));
        if code != old_code {
            let refused =
                world.auth.sign_up.confirm_email(&here, &Proof::Code(old_code), None).await.err().unwrap();
            assert_eq!(refused.code(), Code::BadOtp);
        }
        assert!(world.auth.sign_up.confirm_email(&here, &Proof::Code(code), None).await.is_ok());
        let late = world.auth.sign_up.confirm_email(&here, &Proof::Link(first), None).await.err().unwrap();
        assert_eq!((late.problems()[0].field, late.code()), (Field::Username, Code::UsernameTaken));
    });
}

#[test]
fn a_link_runs_out() {
    with_mail(|world| async move {
        let pending_challenge = world.ask_for_account("maria").await;
        let token = world.token("maria@example.org").await;
        world.clock.advance(Duration::from_secs(3600));
        assert_eq!(world.auth.sign_up.to_confirm(&token).await.unwrap(), None);
        let here = browser(Some(&pending_challenge));
        let late = world.auth.sign_up.confirm_email(&here, &Proof::Link(token), None).await.err().unwrap();
        assert_eq!(late.code(), Code::BadToken);
        // It does not cause a new one to be sent.
        assert_eq!(world.email_messages("maria@example.org").await.len(), 1);
        assert_eq!(world.auth.sign_up.resend(&here).await.err().unwrap().code(), Code::BadToken);
    });
}

#[test]
fn somebody_from_before_mails_proves_their_address() {
    with_mail(|world| async move {
        let maria = world.unproved("maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        // The right password makes the server send the email; a wrong one does not.
        let mut wrong =
            authtuna::authn::sign_in::SignIn { identifier: "maria".to_owned(), password: password("no") };
        let refused = world.auth.sign_in.with_password(&nobody(), &wrong).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadCredentials);
        assert_eq!(world.email_messages("maria@example.org").await.len(), 0);
        wrong.password = password("maria");
        let progress = world.auth.sign_in.with_password(&nobody(), &wrong).await.unwrap();
        assert!(
            matches!(progress, authtuna::authn::sign_in::SignInOutcome::EmailChallenge(_)),
            "no one is signed in"
        );
        assert_eq!(world.kinds("maria@example.org").await, ["verification"]);
        assert_eq!(
            world.email_message("maria@example.org").await.name,
            "",
            "the username may be a stranger's text"
        );
        let pending_challenge = world.auth.email_addresses.request_verification(&actor).await.unwrap();
        assert_eq!(pending_challenge.address, "maria@example.org");
        let proof = Proof::Code(world.code("maria@example.org").await);
        let confirmed =
            world.auth.sign_up.confirm_email(&browser(Some(&pending_challenge)), &proof, None).await.unwrap();
        assert!(matches!(confirmed, Confirmed::Proved));
        let actor = world.actor(&maria.session.cookie).await;
        assert!(actor.user().unwrap().user.email_verified, "at once, despite the cache");
        assert!(world.auth.sign_in.with_password(&nobody(), &wrong).await.is_ok());
        // The other link no longer works, and the server sends no further email.
        let email_messages = world.email_messages("maria@example.org").await.len();
        world.auth.email_addresses.request_verification(&actor).await.unwrap();
        assert_eq!(world.email_messages("maria@example.org").await.len(), email_messages);
    });
}

#[test]
fn a_proof_of_an_address_that_is_no_longer_the_accounts_proves_nothing() {
    with_mail(|world| async move {
        let maria = world.unproved("maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        let pending_challenge = world.auth.email_addresses.request_verification(&actor).await.unwrap();
        let token = world.token("maria@example.org").await;
        crate::support::tamper(
            &world,
            "UPDATE users SET email = 'x@example.org', email_key = 'x@example.org' WHERE username = 'maria'",
        )
        .await;
        let here = browser(Some(&pending_challenge));
        let refused = world.auth.sign_up.confirm_email(&here, &Proof::Link(token), None).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadToken);
    });
}

#[test]
fn so_many_mails_a_day_and_no_more() {
    with_mail(|world| async move {
        let pending_challenge = world.ask_for_account("maria").await;
        for _ in 0..7 {
            assert!(
                world.auth.sign_up.resend(&browser(Some(&pending_challenge))).await.is_ok(),
                "the response is the same"
            );
        }
        assert_eq!(world.email_messages("maria@example.org").await.len(), 5);
        world.clock.advance(Duration::from_secs(24 * 3600 + 1));
        world.ask_for_account("maria").await;
        assert_eq!(world.email_messages("maria@example.org").await.len(), 6);
        assert_eq!(address("maria"), "maria@example.org");
    });
}

#[test]
fn the_first_proof_of_an_address_takes_the_account_from_whoever_had_it() {
    with_mail(|world| async move {
        // With the email that the stranger's own sign-in triggers.
        let stranger = world.unproved("maria").await;
        let typed =
            authtuna::authn::sign_in::SignIn { identifier: "maria".to_owned(), password: password("maria") };
        assert!(world.auth.sign_in.with_password(&nobody(), &typed).await.unwrap().signed_in().is_none());
        let proof = Proof::Link(world.token("maria@example.org").await);
        let confirmed = world.auth.sign_up.confirm_email(&nobody(), &proof, None).await.unwrap();
        let Confirmed::ChoosePassword(token) = confirmed else { panic!("no password choice was requested") };
        assert_eq!(world.opens(&stranger.session.cookie).await, None);
        let refused = world.auth.sign_in.with_password(&nobody(), &typed).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadCredentials);
        world.auth.passwords.reset(&nobody(), &token, &password("mine")).await.unwrap();

        // With a magic link.
        let stranger = world.unproved("jun").await;
        world.auth.sign_in.request_magic_link(&nobody(), "jun@example.org").await.unwrap();
        let proof = Proof::Link(world.token("jun@example.org").await);
        let owner = world.auth.sign_in.with_magic_link(&nobody(), &proof).await.unwrap().signed_in().unwrap();
        assert_eq!(world.opens(&stranger.session.cookie).await, None);
        assert!(world.opens(&owner.session.cookie).await.is_some());
        let typed =
            authtuna::authn::sign_in::SignIn { identifier: "jun".to_owned(), password: password("jun") };
        let refused = world.auth.sign_in.with_password(&nobody(), &typed).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadCredentials);
        let kinds = world.kinds("jun@example.org").await;
        assert!(
            kinds.contains(&"password_changed"),
            "the owner is told that the password is gone: {kinds:?}"
        );
    });
}

#[test]
fn a_sign_up_that_was_closed_meanwhile_makes_no_account() {
    with_mail(|world| async move {
        let pending_challenge = world.ask_for_account("maria").await;
        let proof = Proof::Link(world.token("maria@example.org").await);
        let closed = world.another_process_with(|settings| settings.app.signup_enabled = false).await;
        let here = browser(Some(&pending_challenge));
        let refused = closed.sign_up.confirm_email(&here, &proof, None).await.err().unwrap();
        assert_eq!(refused.code(), Code::SignupClosed);
        let refused = closed.sign_up.resend(&here).await.err().unwrap();
        assert_eq!(refused.code(), Code::SignupClosed);
        assert!(world.auth.sign_up.confirm_email(&here, &proof, None).await.is_ok(), "the link still works");
        closed.store().close().await;
    });
}

#[test]
fn an_app_that_a_stranger_put_on_an_unproved_account_keeps_nobody_out() {
    with_mail(|world| async move {
        for way in ["magic link", "verification", "reset"] {
            let name = way.replace(' ', "");
            let stranger = world.unproved(&name).await;
            let actor = world.actor(&stranger.session.cookie).await;
            let setup = world.auth.mfa.setup_totp(&actor).await.unwrap();
            let code = crate::authn::mfa::app(&world, &setup.secret);
            world.auth.mfa.verify_and_enable_totp(&actor, &code).await.unwrap();
            world.tick();
            let email = address(&name);
            match way {
                "magic link" => {
                    world.auth.sign_in.request_magic_link(&nobody(), &email).await.unwrap();
                    let proof = Proof::Link(world.token(&email).await);
                    let progress = world.auth.sign_in.with_magic_link(&nobody(), &proof).await.unwrap();
                    assert!(progress.signed_in().is_some(), "the owner is signed in");
                }
                "verification" => {
                    let typed = authtuna::authn::sign_in::SignIn {
                        identifier: name.clone(),
                        password: password(&name),
                    };
                    world.auth.sign_in.with_password(&nobody(), &typed).await.unwrap();
                    let proof = Proof::Link(world.token(&email).await);
                    world.auth.sign_up.confirm_email(&nobody(), &proof, None).await.unwrap();
                }
                _ => {
                    world.auth.passwords.request_reset(&nobody(), &email).await.unwrap();
                    let token = world.token(&email).await;
                    world.auth.passwords.reset(&nobody(), &token, &password("mine")).await.unwrap();
                }
            }
            assert_eq!(world.opens(&stranger.session.cookie).await, None, "{way}");
            let left = crate::support::value(&world, "SELECT CAST(COUNT(*) AS TEXT) FROM totp").await;
            assert_eq!(left, "0", "{way}");
        }
    });
}
