//! Setting a password for an account that has none.

use std::time::Duration;

use authtuna::authn::sign_in::{SignIn, SignInOutcome, SignedIn};
use authtuna::authn::sign_up::PasskeySignUp;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole, RoleChange};
use authtuna::model::code::{Code, Field};
use authtuna::model::role::Requirement;

use crate::authn::passkeys::{ORIGIN, at_home, with_prompt};
use crate::support::authenticator::Authenticator;
use crate::support::{World, on_each, origin, password};

/// Creates a user who signed up with a passkey.
async fn without_password(world: &World, name: &str) -> (SignedIn, Authenticator) {
    let actor = Actor::anonymous(origin());
    let typed = PasskeySignUp { username: name.to_owned(), email: format!("{name}@example.org") };
    let asked = world.auth.sign_up.passkey_prompt(&actor, &typed).await.unwrap();
    let mut key = Authenticator::new(ORIGIN);
    let answer = key.create(&asked.options).to_string();
    let made = world.auth.sign_up.with_passkey(&with_prompt(&actor, &asked), &answer).await.unwrap();
    (made.signed_in().unwrap(), key)
}

fn typed(name: &str, secret: &str) -> SignIn {
    SignIn { identifier: name.to_owned(), password: secret.to_owned() }
}

#[test]
fn whoever_has_no_password_sets_one_and_still_shows_the_second_factor() {
    on_each(|world| async move {
        let (jun, _) = without_password(&world, "jun").await;
        let own = at_home(&world, &jun).await;
        let nobody = Actor::anonymous(origin());
        assert!(world.auth.sign_in.with_password(&nobody, &typed("jun", &password("jun"))).await.is_err());
        world.auth.passwords.set_first(&own, &password("jun")).await.unwrap();
        assert!(world.opens(&jun.session.cookie).await.is_some(), "no session ends");
        let own = at_home(&world, &jun).await;
        assert!(world.auth.users.get(&own, jun.user).await.unwrap().unwrap().has_password);
        assert!(world.events(&own).await.contains(&"PASSWORD_CHANGED".to_owned()));
        let progress =
            world.auth.sign_in.with_password(&nobody, &typed("jun", &password("jun"))).await.unwrap();
        assert!(matches!(progress, SignInOutcome::SecondFactor(_)));
        // From now on the user must know the password to change it.
        let again = world.auth.passwords.set_first(&own, &password("other")).await.err().unwrap();
        assert_eq!(again.code(), Code::PasswordSet);
        assert!(world.auth.sign_in.with_password(&nobody, &typed("jun", &password("other"))).await.is_err());
    });
}

#[test]
fn only_a_session_that_was_confirmed_lately_sets_one() {
    on_each(|world| async move {
        let (jun, _) = without_password(&world, "jun").await;
        let maria = world.person("maria").await;
        let before = world.auth.password_hashes();
        let refused = world.auth.passwords.set_first(&at_home(&world, &maria).await, &password("x")).await;
        assert_eq!(
            refused.err().unwrap().code(),
            Code::PasswordSet,
            "an existing password is changed with the current one"
        );
        let refused = world.auth.passwords.set_first(&Actor::anonymous(origin()), &password("x")).await;
        assert_eq!(refused.err().unwrap().code(), Code::NotAuthenticated);
        assert_eq!(world.auth.password_hashes(), before, "the server hashes nothing for these refusals");

        let own = at_home(&world, &jun).await;
        let weak = world.auth.passwords.set_first(&own, "password1").await.err().unwrap();
        let problem = weak.problems()[0];
        assert_eq!((problem.field, problem.code), (Field::Password, Code::PasswordCommon));

        // Even though the request still holds the session.
        world.auth.sessions.sign_out(&own).await.unwrap();
        let ended = world.auth.passwords.set_first(&own, &password("x")).await.err().unwrap();
        assert_eq!(ended.code(), Code::NotAuthenticated);

        let (ada, _) = without_password(&world, "ada").await;
        world.clock.advance(Duration::from_secs(601));
        let old = at_home(&world, &ada).await;
        let refused = world.auth.passwords.set_first(&old, &password("x")).await.err().unwrap();
        assert_eq!(refused.code(), Code::StepUpRequired);
        assert!(!world.auth.users.get(&old, ada.user).await.unwrap().unwrap().has_password);
    });
}

#[test]
fn whoever_lacks_what_a_role_asks_for_sets_that_up_first() {
    on_each(|world| async move {
        let (jun, _) = without_password(&world, "jun").await;
        world.auth.roles.create(&Actor::system(), &NewRole::named("Editor", "")).await.unwrap();
        let asks = RoleChange { requires: Some(Some(Requirement::Mfa)), ..RoleChange::default() };
        world.auth.roles.update(&Actor::system(), "Editor", &asks).await.unwrap();
        let maria = world.person("maria").await;
        let given = Assignment::new(maria.user, "Editor").everywhere();
        world.auth.roles.assign(&Actor::system(), &given).await.unwrap();
        let refused = world.auth.passwords.set_first(&at_home(&world, &maria).await, &password("x")).await;
        assert_eq!(refused.err().unwrap().code(), Code::EnrollmentRequired);
        // A passkey satisfies the requirement.
        let given = Assignment::new(jun.user, "Editor").everywhere();
        world.auth.roles.assign(&Actor::system(), &given).await.unwrap();
        world.auth.passwords.set_first(&at_home(&world, &jun).await, &password("jun")).await.unwrap();
    });
}

#[test]
fn of_several_at_once_one_sets_it() {
    on_each(|world| async move {
        let (jun, _) = without_password(&world, "jun").await;
        let own = at_home(&world, &jun).await;
        let words: Vec<String> = (0..4).map(|n| password(&format!("try{n}"))).collect();
        let tries = words.iter().map(|word| world.auth.passwords.set_first(&own, word));
        let outcomes = futures::future::join_all(tries).await;
        let won: Vec<usize> = (0..4).filter(|n| outcomes[*n].is_ok()).collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        let nobody = Actor::anonymous(origin());
        assert!(world.auth.sign_in.with_password(&nobody, &typed("jun", &words[won[0]])).await.is_ok());
    });
}
