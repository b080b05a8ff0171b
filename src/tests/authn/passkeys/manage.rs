//! Adding and removing passkeys.

use super::*;

#[test]
fn what_is_added_was_asked_for_in_the_same_session() {
    on_each(|world| async move {
        let (maria, mut key, _) = protected(&world, "maria").await;
        let jun = world.person("jun").await;
        let (maria, jun) = (at_home(&world, &maria).await, at_home(&world, &jun).await);
        let asked = world.auth.passkeys.ask_to_add(&maria).await.unwrap();
        assert_eq!(asked.options["excludeCredentials"].as_array().unwrap().len(), 1);
        assert_eq!(asked.options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(asked.options["authenticatorSelection"]["userVerification"], "required");
        let mut new = Authenticator::new(ORIGIN);
        let answer = new.create(&asked.options).to_string();
        let refused = world.auth.passkeys.add(&with_prompt(&jun, &asked), "", &answer).await;
        assert_eq!(refusal(refused), (Field::Passkey, Code::BadToken), "another user");
        let again = world.auth.passkeys.add(&with_prompt(&maria, &asked), "", &answer).await;
        assert_eq!(refusal(again).1, Code::BadToken, "used up");

        let conduct: [(Conduct, Code); 3] = [
            (|key| key.verifies = false, Code::UserVerificationRequired),
            (|key| key.origin = "https://localhost".to_owned(), Code::BadPasskey),
            (|key| key.rp_id = "example.org".to_owned(), Code::BadPasskey),
        ];
        for (change, code) in conduct {
            let mut new = Authenticator::new(ORIGIN);
            change(&mut new);
            assert_eq!(refusal(add(&world.auth, &maria, &mut new, "").await).1, code);
        }
        // An authenticator's passkey belongs to one account.
        let refused = add(&world.auth, &jun, &mut key, "").await;
        assert_eq!(refusal(refused).1, Code::PasskeyExists);
        let refused = add(&world.auth, &jun, &mut Authenticator::new(ORIGIN), "a\u{202e}b").await;
        assert_eq!(refusal(refused), (Field::Name, Code::BadCharacters));
        assert_eq!(world.auth.passkeys.list(&maria).await.unwrap().len(), 1);
        assert_eq!(world.auth.passkeys.list(&jun).await.unwrap().len(), 0);
    });
}

#[test]
fn a_passkey_has_a_name_and_its_flags() {
    on_each(|world| async move {
        let (maria, _, first) = protected(&world, "maria").await;
        let (maria, jun) = (at_home(&world, &maria).await, world.person("jun").await);
        let jun = at_home(&world, &jun).await;
        let known: uuid::Uuid = "bada5566-a7aa-401f-bd96-45619a55120d".parse().unwrap();
        let manager =
            || Authenticator { aaguid: *known.as_bytes(), synced: true, ..Authenticator::new(ORIGIN) };
        let second = add(&world.auth, &maria, &mut manager(), " ").await.unwrap();
        assert!(second.backup_codes.is_none(), "the existing backup codes still work");
        let third = add(&world.auth, &maria, &mut manager(), "").await.unwrap();
        let fourth = add(&world.auth, &maria, &mut manager(), "At home").await.unwrap();
        let names = [&second, &third, &fourth].map(|added| added.passkey.name.clone());
        assert_eq!(names, ["1Password", "1Password (2)", "At home"]);
        assert_eq!(second.passkey.authenticator.unwrap().kind, Kind::Manager);
        assert!(second.passkey.backup_eligible && second.passkey.backed_up);
        assert!(!first.passkey.backup_eligible && !first.passkey.backed_up);

        let id = second.passkey.id;
        for stranger in [
            world.auth.passkeys.rename(&jun, id, "Mine").await.err(),
            world.auth.passkeys.remove(&jun, id).await.err(),
        ] {
            assert_eq!(stranger.unwrap().code(), Code::NotFound);
        }
        assert_eq!(world.auth.passkeys.get(&jun, id).await.unwrap(), None);
        world.auth.passkeys.rename(&maria, id, "  On the road ").await.unwrap();
        assert_eq!(world.auth.passkeys.get(&maria, id).await.unwrap().unwrap().name, "On the road");
        let long = "x".repeat(61);
        let refused = world.auth.passkeys.rename(&maria, id, &long).await;
        assert_eq!(refusal(refused), (Field::Name, Code::TooLong));
        assert_eq!(world.auth.passkeys.get(&maria, id).await.unwrap().unwrap().name, "On the road");
    });
}

#[test]
fn an_account_is_made_with_a_passkey_and_no_password_and_keeps_a_way_in() {
    let no_mail_links = |builder: authtuna::foundation::config::SettingsBuilder| {
        builder.set("PASSWORDLESS_LOGIN_ENABLED", "false")
    };
    on_each_with(no_mail_links, |world| async move {
        world.person("maria").await;
        let actor = Actor::anonymous(origin());
        let typed = |username: &str| PasskeySignUp {
            username: username.to_owned(),
            email: format!("{username}@example.org"),
        };
        let taken = world.auth.sign_up.passkey_prompt(&actor, &typed("Maria")).await;
        assert_eq!(refusal(taken), (Field::Username, Code::UsernameTaken));
        let bad = PasskeySignUp { username: "x".to_owned(), email: "x".to_owned() };
        assert_eq!(world.auth.sign_up.passkey_prompt(&actor, &bad).await.err().unwrap().problems().len(), 2);

        let asked = world.auth.sign_up.passkey_prompt(&actor, &typed("jun")).await.unwrap();
        let mut key = Authenticator::new(ORIGIN);
        let answer = key.create(&asked.options).to_string();
        let here = with_prompt(&actor, &asked);
        let jun = world.auth.sign_up.with_passkey(&here, &answer).await.unwrap().signed_in().unwrap();
        assert_eq!(
            refusal(world.auth.sign_up.with_passkey(&here, &answer).await.map(drop)).1,
            Code::BadToken
        );
        let again = sign_in(&world.auth, &mut key).await.unwrap().signed_in().unwrap();
        assert_eq!(again.user, jun.user);
        let actor = at_home(&world, &jun).await;
        let own = &world.auth.passkeys.list(&actor).await.unwrap()[0];
        let refused = world.auth.passkeys.remove(&actor, own.id).await;
        assert_eq!(refused.err().unwrap().code(), Code::LastWayIn);
        let refused = world.auth.admin.remove_factors(&Actor::system(), jun.user).await;
        assert_eq!(refused.err().unwrap().code(), Code::LastWayIn, "not even for the program itself");
        let mut second = Authenticator::new(ORIGIN);
        add(&world.auth, &actor, &mut second, "Another").await.unwrap();
        world.auth.passkeys.remove(&actor, own.id).await.unwrap();
        assert!(sign_in(&world.auth, &mut second).await.is_ok());
    });
}

#[test]
fn a_session_that_has_just_ended_changes_nothing_any_more() {
    on_each(|world| async move {
        let (maria, _, added) = protected(&world, "maria").await;
        let power = Assignment::new(maria.user, "SuperAdmin").everywhere();
        world.auth.roles.assign(&Actor::system(), &power).await.unwrap();
        // The actor of a request that is still in progress.
        let actor = at_home(&world, &maria).await;
        let asked = world.auth.passkeys.ask_to_add(&actor).await.unwrap();
        world.auth.sessions.end(&actor, actor.session_id().unwrap()).await.unwrap();
        let answer = Authenticator::new(ORIGIN).create(&asked.options).to_string();
        let typed =
            authtuna::authn::passwords::ChangePassword { current: password("maria"), new: password("new") };
        let refused = [
            world.auth.passkeys.add(&with_prompt(&actor, &asked), "", &answer).await.err(),
            world.auth.passkeys.remove(&actor, added.passkey.id).await.err(),
            world.auth.passkeys.rename(&actor, added.passkey.id, "x").await.err(),
            world.auth.mfa.setup_totp(&actor).await.err(),
            world.auth.mfa.regenerate_backup_codes(&actor).await.err(),
            world.auth.passwords.change(&actor, &typed).await.err(),
            world.auth.roles.delete(&actor, "User").await.err(),
            world.auth.users.create(&actor, &NewAccount::default()).await.err(),
        ];
        for (place, error) in refused.into_iter().enumerate() {
            assert_eq!(error.map(|error| error.code()), Some(Code::NotAuthenticated), "{place}");
        }
    });
}

#[test]
fn a_passkey_that_was_asked_for_before_is_not_added_beside_a_new_factor() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        let owner = at_home(&world, &maria).await;
        // A thief with the password, in a session of their own.
        let stolen = world.sign_in("maria", origin()).await.unwrap();
        let thief = world.actor(&stolen.session.cookie).await;
        let asked = world.auth.passkeys.ask_to_add(&thief).await.unwrap();
        add(&world.auth, &owner, &mut Authenticator::new(ORIGIN), "").await.unwrap();
        // Even for a request in progress.
        let thief = with_prompt(&thief, &asked);
        let answer = Authenticator::new(ORIGIN).create(&asked.options).to_string();
        let refused = world.auth.passkeys.add(&thief, "", &answer).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadToken, "a prompt from the password-only session is gone");
        assert_eq!(world.opens(&stolen.session.cookie).await, None);
        let actor = at_home(&world, &maria).await;
        assert_eq!(world.auth.passkeys.list(&actor).await.unwrap().len(), 1);

        // A confirmation that has expired in the meantime does not count.
        let asked = world.auth.passkeys.ask_to_add(&actor).await.unwrap();
        world.clock.advance(Duration::from_secs(601));
        let late = with_prompt(&at_home(&world, &maria).await, &asked);
        let answer = Authenticator::new(ORIGIN).create(&asked.options).to_string();
        let refused = world.auth.passkeys.add(&late, "", &answer).await.err().unwrap();
        assert_eq!(refused.code(), Code::StepUpRequired);
    });
}

#[test]
fn what_is_left_can_be_shown() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        let actor = at_home(&world, &maria).await;
        let mut key = Authenticator { counter: 9, ..Authenticator::new(ORIGIN) };
        let blocked = add(&world.auth, &actor, &mut key, "").await.unwrap().passkey.id;
        let actor = at_home(&world, &maria).await;
        let other = add(&world.auth, &actor, &mut Authenticator::new(ORIGIN), "").await.unwrap().passkey.id;
        let mut copy = key.clone();
        sign_in(&world.auth, &mut key).await.unwrap();
        assert_eq!(refusal(sign_in(&world.auth, &mut copy).await).1, Code::PasskeyBlocked);
        crate::support::tamper(&world, "DELETE FROM backup_codes").await;
        let actor = at_home(&world, &maria).await;
        let refused = world.auth.passkeys.remove(&actor, other).await.err().unwrap();
        assert_eq!(
            refused.code(),
            Code::LastWayIn,
            "the blocked passkey is still required but opens nothing"
        );
        world.auth.passkeys.remove(&actor, blocked).await.unwrap();
        world.auth.passkeys.remove(&actor, other).await.unwrap();
    });
}
