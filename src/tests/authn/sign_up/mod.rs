//! Creating accounts, and how an empty database is provisioned.

mod by_email;
mod by_passkey;

use std::time::Duration;

use authtuna::accounts::users::ProfileChange;
use authtuna::authn::sign_up::SignUp;
use authtuna::authz::actor::Actor;
use authtuna::model::code::{Code, Field};
use authtuna::model::permission;
use authtuna::model::scope::Scope;

use crate::support::{on_each, on_each_with, origin, password};

fn form(username: &str, email: &str) -> SignUp {
    SignUp { username: username.to_owned(), email: email.to_owned(), password: password("form") }
}

#[test]
fn everything_wrong_with_a_form_is_told_at_once() {
    on_each(|world| async move {
        let bad =
            SignUp { username: "a b".to_owned(), email: "nowhere".to_owned(), password: "short".to_owned() };
        let error = world.auth.sign_up.with_password(&Actor::anonymous(origin()), &bad).await.err().unwrap();
        let told: Vec<_> = error.problems().iter().map(|p| (p.field, p.code)).collect();
        assert_eq!(
            told,
            [
                (Field::Username, Code::BadUsername),
                (Field::Email, Code::BadEmail),
                (Field::Password, Code::PasswordTooShort)
            ]
        );
    });
}

#[test]
fn one_name_and_one_address_make_one_account_also_in_parallel() {
    on_each(|world| async move {
        world.person("maria").await;
        let anonymous = Actor::anonymous(origin());
        for (username, email, field) in [
            ("MARIA", "other@example.org", Field::Username),
            ("ｍａｒｉａ", "other@example.org", Field::Username),
            ("other", "Maria@EXAMPLE.org", Field::Email),
        ] {
            let error =
                world.auth.sign_up.with_password(&anonymous, &form(username, email)).await.err().unwrap();
            assert_eq!(error.problems().iter().map(|p| p.field).collect::<Vec<_>>(), [field], "{username}");
        }
        let same = form("twin", "twin@example.org");
        let tries = (0..8).map(|_| world.auth.sign_up.with_password(&anonymous, &same));
        let made = futures::future::join_all(tries).await.into_iter().filter(Result::is_ok).count();
        assert_eq!(made, 1);
    });
}

#[test]
fn closed_sign_up_and_foreign_domains_are_refused() {
    on_each_with(
        |builder| builder.set("SIGNUP_ENABLED", "false"),
        |world| async move {
            let error = world
                .auth
                .sign_up
                .with_password(&Actor::anonymous(origin()), &form("maria", "m@example.org"))
                .await;
            assert_eq!(error.err().unwrap().code(), Code::SignupClosed);
        },
    );
    on_each_with(
        |builder| builder.set("EMAIL_DOMAINS", "example.org, bücher.example"),
        |world| async move {
            let anonymous = Actor::anonymous(origin());
            assert!(
                world.auth.sign_up.with_password(&anonymous, &form("maria", "m@EXAMPLE.org")).await.is_ok()
            );
            let error = world
                .auth
                .sign_up
                .with_password(&anonymous, &form("jun", "m@sub.example.org"))
                .await
                .err()
                .unwrap();
            assert_eq!(error.code(), Code::EmailDomainNotAllowed);
        },
    );
}

#[test]
fn an_address_that_nobody_proved_is_never_called_verified() {
    on_each(|world| async move {
        let maria = world.person("maria").await.user;
        let user = world.auth.users.get(&Actor::system(), maria).await.unwrap().unwrap();
        assert_eq!(user.email_verified_at, None);
    });
}

#[test]
fn whoever_signs_up_may_nothing_beyond_their_own() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        let actor = world.actor(&maria.session.cookie).await;
        for built_in in permission::BUILT_IN {
            assert!(actor.require(built_in.name, &Scope::global()).is_err(), "{}", built_in.name);
        }
        let jun = world.person("jun").await;
        assert_eq!(world.auth.users.get(&actor, jun.user).await.unwrap_err().code(), Code::Forbidden);
        assert_eq!(world.auth.admin.suspend(&actor, jun.user, "").await.unwrap_err().code(), Code::Forbidden);
        assert!(world.auth.users.get(&actor, maria.user).await.unwrap().is_some());
    });
}

#[test]
fn the_first_administrator_is_made_by_a_link_that_works_once() {
    on_each(|world| async move {
        let system = Actor::system();
        let first = world.auth.sign_up.issue_setup_link(&system).await.unwrap().expect("a link");
        let second = world.auth.sign_up.issue_setup_link(&system).await.unwrap().expect("another link");
        let token = |link: &str| link.split_once("token=").unwrap().1.to_owned();
        assert!(second.starts_with("http://localhost:8000/setup?token="));
        let anonymous = Actor::anonymous(origin());
        let boss = form("boss", "boss@example.org");
        for bad in [token(&first), "x".to_owned(), String::new(), "A".repeat(43)] {
            let error = world.auth.sign_up.set_up(&anonymous, &bad, &boss).await.err().unwrap();
            assert_eq!(error.code(), Code::BadToken, "{bad}");
        }
        assert!(world.auth.sign_up.setup_link_works(&token(&second)).await.unwrap());
        // An invalid form does not use the link up.
        let weak = SignUp { password: "short".to_owned(), ..boss.clone() };
        assert!(world.auth.sign_up.set_up(&anonymous, &token(&second), &weak).await.is_err());
        let good_token = token(&second);
        let tries = (0..6).map(|n| {
            let typed = form(&format!("boss{n}"), &format!("boss{n}@example.org"));
            let (auth, anonymous, token) = (world.auth.clone(), anonymous.clone(), good_token.clone());
            async move { auth.sign_up.set_up(&anonymous, &token, &typed).await }
        });
        let made: Vec<_> = futures::future::join_all(tries).await.into_iter().flatten().collect();
        assert_eq!(made.len(), 1);
        let actor = world.actor(&made[0].session.cookie).await;
        for built_in in permission::BUILT_IN {
            assert!(actor.require(built_in.name, &Scope::global()).is_ok(), "{}", built_in.name);
        }
        assert_eq!(world.auth.sign_up.issue_setup_link(&system).await.unwrap(), None);
        let refused = world.auth.sign_up.issue_setup_link(&actor).await.unwrap_err();
        assert_eq!(refused.code(), Code::Forbidden, "only the program itself issues setup links");
    });
}

#[test]
fn a_set_up_link_runs_out_after_a_day() {
    on_each(|world| async move {
        let link = world.auth.sign_up.issue_setup_link(&Actor::system()).await.unwrap().unwrap();
        let token = link.split_once("token=").unwrap().1.to_owned();
        world.clock.advance(Duration::from_secs(24 * 3600));
        assert!(!world.auth.sign_up.setup_link_works(&token).await.unwrap());
        let boss = form("boss", "boss@example.org");
        let error =
            world.auth.sign_up.set_up(&Actor::anonymous(origin()), &token, &boss).await.err().unwrap();
        assert_eq!(error.code(), Code::BadToken, "{error}");
    });
}

#[test]
fn a_made_up_link_costs_no_hash() {
    on_each(|world| async move {
        let hashes = world.auth.password_hashes();
        let link = world.auth.sign_up.issue_setup_link(&Actor::system()).await.unwrap().unwrap();
        for token in ["x", &"A".repeat(43), &link[..link.len() - 2]] {
            let boss = form("boss", "boss@example.org");
            let error =
                world.auth.sign_up.set_up(&Actor::anonymous(origin()), token, &boss).await.err().unwrap();
            assert_eq!(error.code(), Code::BadToken);
        }
        assert_eq!(world.auth.password_hashes(), hashes);
    });
}

#[test]
fn an_operators_password_makes_the_superadmin_and_provisioning_twice_changes_nothing() {
    on_each_with(
        |builder| {
            builder
                .set("DEFAULT_SUPERADMIN_PASSWORD", password("superadmin"))
                .set("TRY_FULL_INITIALIZE_WHEN_SYSTEM_USER_EXISTS_AGAIN", "true")
        },
        |world| async move {
            let again = world.another_process().await;
            again.store().close().await;
            let signed_in = world.sign_in("superadmin", origin()).await.unwrap();
            let actor = world.actor(&signed_in.session.cookie).await;
            assert!(actor.require(permission::ROLES_MANAGE, &Scope::global()).is_ok());
            assert_eq!(world.auth.sign_up.issue_setup_link(&Actor::system()).await.unwrap(), None);
            // The built-in accounts accept no password at all.
            for name in ["system", "admin"] {
                assert_eq!(world.sign_in(name, origin()).await.err().unwrap().code(), Code::BadCredentials);
            }
        },
    );
}

#[test]
fn a_profile_is_changed_whole_or_not_at_all() {
    on_each(|world| async move {
        let maria = world.person("maria").await;
        world.person("jun").await;
        let actor = world.actor(&maria.session.cookie).await;
        let change = |username: &str, first: &str| ProfileChange {
            username: username.to_owned(),
            first_name: first.to_owned(),
            last_name: "Rossi".to_owned(),
        };
        let users = &world.auth.users;
        let taken = users.update_profile(&actor, &change("JUN", "Maria")).await.unwrap_err();
        assert_eq!(taken.problems()[0].code, Code::UsernameTaken);
        let hidden = users.update_profile(&actor, &change("maria", "Ma\u{202e}ria")).await.unwrap_err();
        assert_eq!(hidden.problems()[0].code, Code::BadCharacters);
        assert_eq!(users.get(&actor, maria.user).await.unwrap().unwrap().last_name, None);
        users.update_profile(&actor, &change("Maria.R", "Maria")).await.unwrap();
        // The session reflects the change at once.
        let actor = world.actor(&maria.session.cookie).await;
        assert_eq!(actor.user().unwrap().user.username, "Maria.R");
        assert_eq!(actor.user().unwrap().user.first_name.as_deref(), Some("Maria"));
        assert!(world.events(&actor).await.contains(&"USER_UPDATED".to_owned()));
    });
}
