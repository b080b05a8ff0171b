//! Passkeys: adding them, signing in with them, and what is refused.

mod manage;

use std::time::Duration;

use authtuna::accounts::users::NewAccount;
use authtuna::auth::Auth;
use authtuna::authn::mfa::Factor;
use authtuna::authn::passkeys::{Added, Ceremony, Kind};
use authtuna::authn::sign_in::{
    Confirmation, Confirms, PasskeyFor, SecondFactor, SignIn, SignInOutcome, SignedIn,
};
use authtuna::authn::sign_up::PasskeySignUp;
use authtuna::authz::actor::{Actor, Origin};
use authtuna::authz::roles::Assignment;
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use serde_json::Value;

use crate::support::authenticator::{Authenticator, Conduct};
use crate::support::{World, on_each, on_each_with, origin, password};

pub(crate) const ORIGIN: &str = "http://localhost:8000";

/// Returns the same actor, in a browser that holds the ceremony's secret.
pub(crate) fn with_prompt(actor: &Actor, ceremony: &Ceremony) -> Actor {
    let origin = Origin { ceremony: Some(ceremony.secret), ..Origin::clone(&actor.origin) };
    Actor { origin: origin.into(), ..actor.clone() }
}

/// Returns a user's session in the browser that knows them.
pub(crate) async fn at_home(world: &World, person: &SignedIn) -> Actor {
    let mut actor = world.actor(&person.session.cookie).await;
    actor.origin = Origin { device_secret: Some(person.device_secret), ..origin() }.into();
    actor
}

pub(crate) async fn add(
    auth: &Auth,
    actor: &Actor,
    key: &mut Authenticator,
    name: &str,
) -> Result<Added, Error> {
    let asked = auth.passkeys.ask_to_add(actor).await?;
    let answer = key.create(&asked.options).to_string();
    auth.passkeys.add(&with_prompt(actor, &asked), name, &answer).await
}

/// Creates a user with a passkey.
async fn protected(world: &World, name: &str) -> (SignedIn, Authenticator, Added) {
    let person = world.person(name).await;
    let actor = at_home(world, &person).await;
    let mut key = Authenticator::new(ORIGIN);
    let added = add(&world.auth, &actor, &mut key, "").await.unwrap();
    (person, key, added)
}

pub(crate) async fn sign_in(auth: &Auth, key: &mut Authenticator) -> Result<SignInOutcome, Error> {
    let actor = Actor::anonymous(origin());
    let asked = auth.sign_in.passkey_prompt(&actor, PasskeyFor::SignIn).await?;
    let answer = key.get(&asked.options).to_string();
    auth.sign_in.with_passkey(&with_prompt(&actor, &asked), &answer).await
}

fn refusal<T>(outcome: Result<T, Error>) -> (Field, Code) {
    let error = outcome.err().unwrap();
    let problem = error.problems().first().unwrap_or_else(|| panic!("{error:?}"));
    (problem.field, problem.code)
}

#[test]
fn a_passkey_signs_in_without_a_name_and_asks_for_nothing_more() {
    on_each(|world| async move {
        let (maria, mut key, added) = protected(&world, "maria").await;
        assert_eq!(added.backup_codes.unwrap().len(), 10, "the first second factor comes with backup codes");
        let actor = at_home(&world, &maria).await;
        assert!(actor.user().unwrap().user.mfa_enabled);
        let signed_in = sign_in(&world.auth, &mut key).await.unwrap().signed_in().unwrap();
        assert_eq!(signed_in.user, maria.user);
        let actor = world.actor(&signed_in.session.cookie).await;
        let factors = world.auth.mfa.factors(&actor).await.unwrap();
        assert_eq!((factors.passkeys, factors.backup_codes_left), (1, 10));
        // A passkey counts as both factors, so the session is confirmed.
        assert!(actor.confirmed_within(Duration::from_secs(1), world.clock.now()).is_ok());
        let events = world.events(&actor).await;
        assert!(events.contains(&"PASSKEY_ADDED".to_owned()), "{events:?}");
        let own = &world.auth.passkeys.list(&actor).await.unwrap()[0];
        assert_eq!(own.last_used_at, Some(world.clock.now()));
    });
}

#[test]
fn an_answer_counts_once_and_only_where_it_was_asked_for() {
    on_each(|world| async move {
        let (_, mut key, _) = protected(&world, "maria").await;
        let actor = Actor::anonymous(origin());
        let asked = world.auth.sign_in.passkey_prompt(&actor, PasskeyFor::SignIn).await.unwrap();
        let answer = key.get(&asked.options).to_string();
        let elsewhere = Origin { ceremony: Some([7; 32]), ..origin() };
        for other in [Actor::anonymous(elsewhere), actor.clone()] {
            let asked = world.auth.sign_in.passkey_prompt(&actor, PasskeyFor::SignIn).await.unwrap();
            let answer = key.get(&asked.options).to_string();
            let refused = world.auth.sign_in.with_passkey(&other, &answer).await;
            assert_eq!(refusal(refused), (Field::Passkey, Code::BadToken), "in another browser");
        }
        let here = with_prompt(&actor, &asked);
        assert!(world.auth.sign_in.with_passkey(&here, &answer).await.is_ok());
        assert_eq!(
            refusal(world.auth.sign_in.with_passkey(&here, &answer).await).1,
            Code::BadToken,
            "a second time"
        );

        // A refused answer uses the prompt up too.
        let asked = world.auth.sign_in.passkey_prompt(&here, PasskeyFor::SignIn).await.unwrap();
        assert_eq!(asked.secret, here.origin.ceremony.unwrap(), "a browser may ask twice");
        key.verifies = false;
        let answer = key.get(&asked.options).to_string();
        let refused = world.auth.sign_in.with_passkey(&here, &answer).await;
        assert_eq!(refusal(refused).1, Code::UserVerificationRequired);
        key.verifies = true;
        let answer = key.get(&asked.options).to_string();
        assert_eq!(refusal(world.auth.sign_in.with_passkey(&here, &answer).await).1, Code::BadToken);

        // A prompt also expires.
        let asked = world.auth.sign_in.passkey_prompt(&here, PasskeyFor::SignIn).await.unwrap();
        world.clock.advance(Duration::from_secs(3601));
        let answer = key.get(&asked.options).to_string();
        assert_eq!(refusal(world.auth.sign_in.with_passkey(&here, &answer).await).1, Code::BadToken);
    });
}

#[test]
fn what_another_page_or_nobody_asked_for_is_refused() {
    on_each(|world| async move {
        let (maria, key, _) = protected(&world, "maria").await;
        let conduct: [Conduct; 5] = [
            |key| key.origin = "http://localhost:8001".to_owned(),
            |key| key.origin = "https://localhost:8000".to_owned(),
            |key| key.origin = "http://evil.localhost:8000".to_owned(),
            |key| key.rp_id = "example.org".to_owned(),
            |key| *key = Authenticator { rp_id: "localhost".to_owned(), ..Authenticator::new(ORIGIN) },
        ];
        for (place, change) in conduct.into_iter().enumerate() {
            let mut key = key.clone();
            change(&mut key);
            let code = refusal(sign_in(&world.auth, &mut key).await).1;
            assert_eq!(code, if place == 4 { Code::PasskeyUnknown } else { Code::BadPasskey }, "{place}");
        }
        for answer in ["", "{", "{}", "null", "\u{0}"] {
            let refused = world.auth.sign_in.with_passkey(&Actor::anonymous(origin()), answer).await;
            assert!(matches!(refusal(refused).1, Code::Required | Code::BadPasskey), "{answer:?}");
        }
        // The attacker's own key, under the ID of hers.
        let mut own = Authenticator { rp_id: "localhost".to_owned(), ..Authenticator::new(ORIGIN) };
        let actor = Actor::anonymous(origin());
        let asked = world.auth.sign_in.passkey_prompt(&actor, PasskeyFor::SignIn).await.unwrap();
        let mut answer = own.get(&asked.options);
        let hers = key.clone().get(&asked.options);
        for part in ["id", "rawId"] {
            answer[part] = hers[part].clone();
        }
        answer["response"]["userHandle"] = hers["response"]["userHandle"].clone();
        let refused =
            world.auth.sign_in.with_passkey(&with_prompt(&actor, &asked), &answer.to_string()).await;
        assert_eq!(refusal(refused).1, Code::BadPasskey);
        let events = world.events(&at_home(&world, &maria).await).await;
        assert!(events.contains(&"LOGIN_FAILED".to_owned()));
        // The real passkey still works.
        assert!(sign_in(&world.auth, &mut key.clone()).await.is_ok());
    });
}

#[test]
fn a_counter_that_goes_back_blocks_the_passkey_and_tells_its_owner() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        let actor = at_home(&world, &maria).await;
        let mut key = Authenticator { counter: 10, ..Authenticator::new(ORIGIN) };
        add(&world.auth, &actor, &mut key, "Key ring").await.unwrap();
        let mut copy = key.clone();
        assert!(sign_in(&world.auth, &mut key).await.is_ok());
        assert_eq!(refusal(sign_in(&world.auth, &mut copy).await).1, Code::PasskeyBlocked);
        assert_eq!(
            refusal(sign_in(&world.auth, &mut key).await).1,
            Code::PasskeyBlocked,
            "the original is blocked too"
        );
        let own = &world.auth.passkeys.list(&actor).await.unwrap()[0];
        assert_eq!(own.blocked_at, Some(world.clock.now()));
        let events = world.events(&actor).await;
        assert!(events.contains(&"PASSKEY_BLOCKED".to_owned()), "{events:?}");
        // The password alone opens no more than before; the backup codes stand in.
        let typed = SignIn { identifier: "maria".to_owned(), password: password("maria") };
        let SignInOutcome::SecondFactor(half) =
            world.auth.sign_in.with_password(&Actor::anonymous(origin()), &typed).await.unwrap()
        else {
            panic!("in by the password alone")
        };
        assert_eq!(half.factors, [Factor::BackupCode]);
    });
}

#[test]
fn a_passkey_is_a_second_factor_after_a_password() {
    on_each(|world| async move {
        let (maria, mut key, _) = protected(&world, "maria").await;
        let (_, mut juns, _) = protected(&world, "jun").await;
        let actor = Actor::anonymous(origin());
        let typed = SignIn { identifier: "maria".to_owned(), password: password("maria") };
        let mfa_challenge = async || match world.auth.sign_in.with_password(&actor, &typed).await.unwrap() {
            SignInOutcome::SecondFactor(half) => half,
            SignInOutcome::In(_) | SignInOutcome::EmailChallenge(_) => {
                panic!("no second factor was required")
            }
        };
        let half = mfa_challenge().await;
        assert_eq!(half.factors, [Factor::Passkey, Factor::BackupCode]);
        let asked =
            world.auth.sign_in.passkey_prompt(&actor, PasskeyFor::SecondFactor(&half.token)).await.unwrap();
        assert_eq!(asked.options["allowCredentials"].as_array().unwrap().len(), 1);
        let here = with_prompt(&actor, &asked);
        let show = async |answer: Value| {
            let (token, passkey) = (half.token.clone(), answer.to_string());
            world
                .auth
                .sign_in
                .with_second_factor(&here, &SecondFactor { token, passkey, ..SecondFactor::default() })
                .await
        };
        assert_eq!(
            refusal(show(juns.get(&asked.options)).await).1,
            Code::PasskeyUnknown,
            "another user's passkey"
        );
        let asked =
            world.auth.sign_in.passkey_prompt(&here, PasskeyFor::SecondFactor(&half.token)).await.unwrap();
        assert_eq!(show(key.get(&asked.options)).await.unwrap().user, maria.user);
        // The prompt works only for the user it was made for.
        let asked = world
            .auth
            .sign_in
            .passkey_prompt(&here, PasskeyFor::SecondFactor(&mfa_challenge().await.token))
            .await;
        let answer = juns.get(&asked.unwrap().options).to_string();
        assert_eq!(refusal(world.auth.sign_in.with_passkey(&here, &answer).await).1, Code::BadPasskey);
        let none = world.auth.sign_in.passkey_prompt(&actor, PasskeyFor::SecondFactor("nothing")).await;
        assert_eq!(refusal(none), (Field::Token, Code::BadToken));
    });
}

#[test]
fn a_passkey_confirms_and_nothing_less_does() {
    on_each(|world| async move {
        let (maria, mut key, added) = protected(&world, "maria").await;
        world.clock.advance(Duration::from_secs(601));
        let actor = at_home(&world, &maria).await;
        let id = added.passkey.id;
        for refused in [
            world.auth.passkeys.remove(&actor, id).await.err(),
            world.auth.passkeys.ask_to_add(&actor).await.err(),
        ] {
            assert_eq!(refused.unwrap().code(), Code::StepUpRequired);
        }
        let ways = world.auth.step_up.methods(&actor).await.unwrap();
        assert_eq!(ways, [Confirms::Passkey, Confirms::BackupCode]);
        let by_password = Confirmation { password: password("maria"), ..Confirmation::default() };
        assert!(world.auth.step_up.confirm(&actor, &by_password).await.is_err());
        let asked = world.auth.sign_in.passkey_prompt(&actor, PasskeyFor::Confirming).await.unwrap();
        let passkey = key.get(&asked.options).to_string();
        let typed = Confirmation { passkey, ..Confirmation::default() };
        world.auth.step_up.confirm(&with_prompt(&actor, &asked), &typed).await.unwrap();
        let actor = at_home(&world, &maria).await;
        world.auth.passkeys.remove(&actor, id).await.unwrap();
        assert_eq!(refusal(sign_in(&world.auth, &mut key).await).1, Code::PasskeyUnknown);
        assert!(!world.auth.mfa.factors(&actor).await.unwrap().wanted());
        assert_eq!(world.auth.mfa.factors(&actor).await.unwrap().backup_codes_left, 0);
    });
}

#[test]
fn who_may_not_come_in_does_not_come_in_by_a_passkey() {
    on_each(|world| async move {
        let (maria, mut key, _) = protected(&world, "maria").await;
        world.auth.admin.suspend(&Actor::system(), maria.user, "test").await.unwrap();
        assert_eq!(sign_in(&world.auth, &mut key).await.err().unwrap().code(), Code::Suspended);
        world.auth.admin.unsuspend(&Actor::system(), maria.user, "test").await.unwrap();
        assert!(sign_in(&world.auth, &mut key).await.is_ok());
        world.auth.admin.remove_factors(&Actor::system(), maria.user).await.unwrap();
        assert_eq!(refusal(sign_in(&world.auth, &mut key).await).1, Code::PasskeyUnknown);
    });
}

#[test]
fn prompts_of_strangers_use_up_none_of_a_persons() {
    let few = |builder: authtuna::foundation::config::SettingsBuilder| {
        builder.set("MAX_PASSKEY_PROMPTS_PER_IP", "3")
    };
    on_each_with(few, |world| async move {
        let (maria, mut key, _) = protected(&world, "maria").await;
        let anyone = Actor::anonymous(origin());
        let ask = async || world.auth.sign_in.passkey_prompt(&anyone, PasskeyFor::SignIn).await;
        for _ in 0..3 {
            ask().await.unwrap();
        }
        assert_eq!(ask().await.err().unwrap().code(), Code::TooManyAttempts);
        let taken = PasskeySignUp { username: "maria".to_owned(), email: "m@example.org".to_owned() };
        let refused = world.auth.sign_up.passkey_prompt(&anyone, &taken).await.err().unwrap();
        assert_eq!(refused.code(), Code::TooManyAttempts, "usernames cannot be probed either");
        let typed = SignIn { identifier: "maria".to_owned(), password: password("maria") };
        let SignInOutcome::SecondFactor(half) =
            world.auth.sign_in.with_password(&anyone, &typed).await.unwrap()
        else {
            panic!()
        };
        let asked =
            world.auth.sign_in.passkey_prompt(&anyone, PasskeyFor::SecondFactor(&half.token)).await.unwrap();
        let (token, passkey) = (half.token, key.get(&asked.options).to_string());
        let typed = SecondFactor { token, passkey, ..SecondFactor::default() };
        let signed_in =
            world.auth.sign_in.with_second_factor(&with_prompt(&anyone, &asked), &typed).await.unwrap();
        assert_eq!(signed_in.user, maria.user);
    });
}
