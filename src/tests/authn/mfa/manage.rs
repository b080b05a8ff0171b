//! Setting up and removing second factors.

use super::*;

#[test]
fn changing_factors_wants_a_session_that_was_confirmed_lately() {
    on_each(|world| async move {
        let (maria, secret, _) = protected(&world, "maria").await;
        world.clock.advance(Duration::from_secs(601));
        let actor = world.actor(&maria.session.cookie).await;
        let mfa = &world.auth.mfa;
        let step_up = Code::StepUpRequired;
        assert_eq!(mfa.disable_totp(&actor).await.err().unwrap().code(), step_up);
        assert_eq!(mfa.regenerate_backup_codes(&actor).await.err().unwrap().code(), step_up);
        assert_eq!(mfa.setup_totp(&actor).await.err().unwrap().code(), step_up);
        assert_eq!(mfa.verify_and_enable_totp(&actor, "1").await.err().unwrap().code(), step_up);

        let ways = world.auth.step_up.methods(&actor).await.unwrap();
        assert_eq!(ways, [Confirms::Totp, Confirms::BackupCode]);
        let by = |password: &str, code: &str| Confirmation {
            password: password.to_owned(),
            code: code.to_owned(),
            ..Confirmation::default()
        };
        // A thief who stole the session may also have stolen the password.
        let alone = world.auth.step_up.confirm(&actor, &by(&password("maria"), "")).await.err().unwrap();
        assert_eq!((alone.problems()[0].field, alone.problems()[0].code), (Field::Code, Code::Required));
        assert_eq!(mfa.pending_totp(&actor).await.err().unwrap().code(), step_up);
        let wrong = world.auth.step_up.confirm(&actor, &by("", "000000")).await.err().unwrap();
        assert_eq!(wrong.problems()[0].code, Code::BadOtp);
        let none = world.auth.step_up.confirm(&actor, &by("", " ")).await.err().unwrap();
        assert_eq!(none.problems()[0].code, Code::Required);
        let actor = world.actor(&maria.session.cookie).await;
        assert_eq!(mfa.disable_totp(&actor).await.err().unwrap().code(), step_up);

        // Changing the password confirms nothing either.
        let typed =
            authtuna::authn::passwords::ChangePassword { current: password("maria"), new: password("tuna") };
        let maria = world.auth.passwords.change(&actor, &typed).await.unwrap();
        let actor = world.actor(&maria.session.cookie).await;
        assert_eq!(mfa.disable_totp(&actor).await.err().unwrap().code(), step_up);

        world.auth.step_up.confirm(&actor, &by("", &app(&world, &secret))).await.unwrap();
        let actor = world.actor(&maria.session.cookie).await;
        mfa.disable_totp(&actor).await.unwrap();
        assert_eq!(mfa.factors(&actor).await.unwrap(), Factors::default());
        let typed = SignIn { identifier: "maria".to_owned(), password: password("tuna") };
        assert!(
            world
                .auth
                .sign_in
                .with_password(&Actor::anonymous(origin()), &typed)
                .await
                .unwrap()
                .signed_in()
                .is_some()
        );
        assert_eq!(mfa.disable_totp(&actor).await.err().unwrap().code(), Code::TotpNotSetUp);
    });
}

#[test]
fn an_app_counts_once_a_code_of_it_was_seen() {
    on_each(|world| async move {
        let person = world.person("maria").await;
        let actor = world.actor(&person.session.cookie).await;
        let mfa = &world.auth.mfa;
        assert_eq!(
            mfa.verify_and_enable_totp(&actor, "123456").await.err().unwrap().code(),
            Code::TotpNotSetUp
        );
        let first = mfa.setup_totp(&actor).await.unwrap();
        assert_eq!(mfa.pending_totp(&actor).await.unwrap().unwrap().secret, first.secret);
        let setup = mfa.setup_totp(&actor).await.unwrap();
        let old = mfa.verify_and_enable_totp(&actor, &app(&world, &first.secret)).await.err().unwrap();
        assert_eq!(old.problems()[0].code, Code::BadOtp, "the second setup replaced that secret");
        assert!(matches!(first_factor(&world, "maria", origin()).await, SignInOutcome::In(_)));
        assert_eq!(mfa.regenerate_backup_codes(&actor).await.err().unwrap().code(), Code::NoSecondFactor);
        mfa.verify_and_enable_totp(&actor, &app(&world, &setup.secret)).await.unwrap();
        assert!(mfa.pending_totp(&actor).await.unwrap().is_none(), "a confirmed secret is not shown again");
        assert_eq!(mfa.setup_totp(&actor).await.err().unwrap().code(), Code::TotpEnabled);
        let again = mfa.verify_and_enable_totp(&actor, &app(&world, &setup.secret)).await.err().unwrap();
        assert_eq!(again.code(), Code::TotpEnabled);
        assert!(mfa.setup_totp(&Actor::anonymous(origin())).await.is_err());
    });
}

#[test]
fn whoever_reads_database_or_log_finds_no_secret() {
    on_each(|world| async move {
        let (_, secret, codes) = protected(&world, "maria").await;
        let token = mfa_challenge(&world, "maria", origin()).await;
        assert_eq!(refused(&world, &token, "314159").await, Code::BadOtp);
        second(&world, &token, &codes[0], origin()).await.unwrap();
        let kept = value(&world, "SELECT secret FROM totp").await;
        assert!(kept.starts_with("gAAAA"), "Fernet: {kept}");
        let page = PageRequest { after: None, limit: Some(200) };
        let log = world.auth.audit.search(&Actor::system(), &Default::default(), &page).await.unwrap();
        let log = format!("{:?}", log.items);
        let plain = codes[0].replace('-', "");
        for needle in [secret.as_str(), &codes[0], &plain, "314159", &token] {
            assert!(!log.contains(needle) && !kept.contains(needle), "{needle} is in plain text");
        }
    });
}

#[test]
fn an_operator_takes_lost_factors_off() {
    on_each(|world| async move {
        let (maria, _, _) = protected(&world, "maria").await;
        world.auth.admin.remove_factors(&Actor::system(), maria.user).await.unwrap();
        assert_eq!(world.opens(&maria.session.cookie).await, None, "sessions end");
        assert!(matches!(first_factor(&world, "maria", origin()).await, SignInOutcome::In(_)));
        let none = world.auth.admin.remove_factors(&Actor::system(), maria.user).await.err().unwrap();
        assert_eq!(none.code(), Code::NoSecondFactor);
        let jun = world.person("jun").await;
        let actor = world.actor(&jun.session.cookie).await;
        assert!(world.auth.admin.remove_factors(&actor, maria.user).await.is_err());
    });
}

#[test]
fn a_secret_belongs_to_the_session_that_made_it() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        let stolen = world.sign_in("maria", origin()).await.unwrap();
        let (owner, thief) =
            (world.actor(&maria.session.cookie).await, world.actor(&stolen.session.cookie).await);
        let mfa = &world.auth.mfa;
        // A thief with the password starts a setup whose secret they know.
        let known = mfa.setup_totp(&thief).await.unwrap();
        assert!(mfa.pending_totp(&owner).await.unwrap().is_none(), "another session's secret is not shown");
        let code = app(&world, &known.secret);
        let refused = mfa.verify_and_enable_totp(&owner, &code).await.err().unwrap();
        assert_eq!(refused.code(), Code::TotpNotSetUp);
        let own = mfa.setup_totp(&owner).await.unwrap();
        mfa.verify_and_enable_totp(&owner, &app(&world, &own.secret)).await.unwrap();
        // The session that the password opened has ended, even for a request in progress.
        assert_eq!(world.opens(&stolen.session.cookie).await, None);
        assert_eq!(mfa.disable_totp(&thief).await.err().unwrap().code(), Code::NotAuthenticated);
    });
}
