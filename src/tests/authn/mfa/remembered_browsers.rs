//! Browsers that skip the second factor for a while.

use super::*;

#[test]
fn a_browser_is_remembered_where_a_setting_allows_it() {
    for days in ["0", "30"] {
        on_each_with(
            |builder| builder.set("MFA_REMEMBER_DEVICE_DAYS", days),
            |world| async move {
                let (_, secret, _) = protected(&world, "maria").await;
                let token = mfa_challenge(&world, "maria", origin()).await;
                let maria = second(&world, &token, &app(&world, &secret), origin()).await.unwrap();
                let here = || Origin { device_secret: Some(maria.device_secret), ..origin() };
                let asked = async |from: Origin| {
                    matches!(first_factor(&world, "maria", from).await, SignInOutcome::SecondFactor(_))
                };
                assert_eq!(asked(here()).await, days == "0");
                assert!(asked(origin()).await, "another browser is not remembered");
                world.clock.advance(Duration::from_secs(30 * 24 * 3600));
                assert!(asked(here()).await, "the browser is remembered for 30 days only");
                if days == "0" {
                    return;
                }
                let token = mfa_challenge(&world, "maria", here()).await;
                let maria = second(&world, &token, &app(&world, &secret), here()).await.unwrap();
                let here = Origin { device_secret: Some(maria.device_secret), ..origin() };
                let SignInOutcome::In(alone) = first_factor(&world, "maria", here.clone()).await else {
                    panic!()
                };
                let actor = world.actor(&alone.session.cookie).await;
                let refused = world.auth.mfa.disable_totp(&actor).await.err().unwrap();
                assert_eq!(refused.code(), Code::StepUpRequired, "the password alone confirms nothing");
                let actor = world.actor(&maria.session.cookie).await;
                let typed = authtuna::authn::passwords::ChangePassword {
                    current: password("maria"),
                    new: password("tuna"),
                };
                world.auth.passwords.change(&actor, &typed).await.unwrap();
                let typed = SignIn { identifier: "maria".to_owned(), password: password("tuna") };
                let progress =
                    world.auth.sign_in.with_password(&Actor::anonymous(here), &typed).await.unwrap();
                assert!(
                    matches!(progress, SignInOutcome::SecondFactor(_)),
                    "a new password makes the server forget the browser"
                );
            },
        );
    }
}

#[test]
fn a_remembered_browser_is_forgotten_with_what_it_may_have_been_remembered_by() {
    let remembering = |builder: SettingsBuilder| builder.set("MFA_REMEMBER_DEVICE_DAYS", "30");
    on_each_with(remembering, |world| async move {
        let (maria, secret, _) = protected(&world, "maria").await;
        let asked = async |from: Origin| {
            matches!(first_factor(&world, "maria", from).await, SignInOutcome::SecondFactor(_))
        };
        let remembered = async || {
            world.clock.advance(STEP);
            let token = mfa_challenge(&world, "maria", origin()).await;
            let thief = second(&world, &token, &app(&world, &secret), origin()).await.unwrap();
            let there = Origin { device_secret: Some(thief.device_secret), ..origin() };
            assert!(!asked(there.clone()).await);
            there
        };
        let owner = at_home(&world, &maria).await;
        let there = remembered().await;
        world.auth.mfa.regenerate_backup_codes(&owner).await.unwrap();
        assert!(asked(there).await, "after new backup codes");

        let mut key = Authenticator { counter: 5, ..Authenticator::new(ORIGIN) };
        let passkey = add(&world.auth, &owner, &mut key, "").await.unwrap().passkey.id;
        let there = remembered().await;
        let mut copy = key.clone();
        show(&world.auth, &mut key).await.unwrap();
        assert!(show(&world.auth, &mut copy).await.is_err());
        assert!(asked(there).await, "after a copied passkey");

        let there = remembered().await;
        world.auth.passkeys.remove(&at_home(&world, &maria).await, passkey).await.unwrap();
        assert!(asked(there).await, "after a removed passkey");
    });
}
