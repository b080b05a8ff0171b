//! What administrators do to accounts, and which accounts they may act on at all.

use authtuna::accounts::users::{NewAccount, UserChange};
use authtuna::authz::actor::Actor;
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::id::UserId;
use serde_json::json;

use crate::support::population::{at, refused};
use crate::support::{World, on_each, origin, password};

const SYSTEM: fn() -> Actor = Actor::system;

#[test]
fn an_account_for_somebody_else_has_no_password() {
    on_each(|world| async move {
        let moderator = world.actor_with("moderator", "Moderator", "global").await;
        let new = |name: &str, email: &str| NewAccount {
            username: name.to_owned(),
            email: email.to_owned(),
            first_name: " Maria ".to_owned(),
            metadata: Some(json!({"team": 3})),
            ..NewAccount::default()
        };
        let made = world.auth.users.create(&moderator, &new("Maria", "maria@example.org")).await.unwrap();
        assert!(!made.has_password && made.email_verified_at.is_none() && made.may_enter());
        assert_eq!((made.first_name.as_deref(), &made.metadata), (Some("Maria"), &json!({"team": 3})));
        assert_eq!(refused(world.sign_in("maria", origin()).await), Code::BadCredentials);
        let outcome =
            world.auth.admin.create_user(&moderator, &new("jun", "jun@example.org"), &password("jun")).await;
        assert_eq!(refused(outcome), Code::Forbidden, "users cannot set a password for others");
        world
            .auth
            .admin
            .create_user(&SYSTEM(), &new("jun", "jun@example.org"), &password("jun"))
            .await
            .unwrap();
        world.sign_in("jun", origin()).await.unwrap();

        let end = world.log_end().await;
        let bad = |edit: fn(&mut NewAccount)| {
            let mut account = new("otto", "otto@example.org");
            edit(&mut account);
            account
        };
        for (account, field, code) in [
            (bad(|new| new.username = "mARIA".to_owned()), Field::Username, Code::UsernameTaken),
            (bad(|new| new.email = "Maria@Example.ORG".to_owned()), Field::Email, Code::EmailTaken),
            (bad(|new| new.username = "a b".to_owned()), Field::Username, Code::BadUsername),
            (bad(|new| new.email = "otto".to_owned()), Field::Email, Code::BadEmail),
            (bad(|new| new.metadata = Some(json!([1]))), Field::Metadata, Code::BadRequest),
            (bad(|new| new.metadata = Some(json!(null))), Field::Metadata, Code::BadRequest),
            (
                bad(|new| new.metadata = Some(json!({"a": "x".repeat(16 * 1024)}))),
                Field::Metadata,
                Code::TooLong,
            ),
            (bad(|new| new.first_name = "x".repeat(101)), Field::FirstName, Code::TooLong),
            (bad(|new| new.last_name = "a\u{202e}b".to_owned()), Field::LastName, Code::BadCharacters),
        ] {
            let error = world.auth.users.create(&moderator, &account).await.unwrap_err();
            assert_eq!((error.problems()[0].field, error.code()), (field, code));
            assert_eq!(error.problems().len(), 1);
        }
        assert_eq!(world.log_end().await, end);
        let all_wrong = NewAccount { metadata: Some(json!(1)), ..NewAccount::default() };
        assert_eq!(world.auth.users.create(&moderator, &all_wrong).await.unwrap_err().problems().len(), 3);
        let nobody = world.as_user(made.id).await;
        assert_eq!(
            refused(world.auth.users.create(&nobody, &new("otto", "otto@example.org")).await),
            Code::Forbidden
        );
    });
}

#[test]
fn an_account_is_changed_in_part_and_the_log_has_both() {
    on_each(|world| async move {
        let moderator = world.actor_with("moderator", "Moderator", "global").await;
        let (maria, _) = (world.account("maria").await, world.account("jun").await);
        let update = |change: UserChange| {
            let (world, moderator) = (&world, &moderator);
            async move { world.auth.admin.update_user(moderator, maria, &change).await }
        };
        let metadata = json!({"a": {"b": [1, "ü"]}});
        let change = UserChange {
            first_name: Some(" Maria ".to_owned()),
            metadata: Some(metadata.clone()),
            ..UserChange::default()
        };
        let end = world.log_end().await;
        let after = update(change.clone()).await.unwrap();
        assert_eq!(
            (after.username.as_str(), after.first_name.as_deref(), &after.metadata),
            ("maria", Some("Maria"), &metadata)
        );
        update(change).await.unwrap();
        update(UserChange::default()).await.unwrap();
        let log = world.log_since(end).await;
        assert_eq!(
            (log.len(), log[0].event.as_str()),
            (1, "USER_UPDATED"),
            "an update without changes is not logged"
        );
        assert_eq!(
            (&log[0].personal["before"]["first_name"], &log[0].personal["after"]["first_name"]),
            (&json!(null), &json!("Maria"))
        );
        let renamed = UserChange {
            username: Some("MARIA".to_owned()),
            first_name: Some(" ".to_owned()),
            ..UserChange::default()
        };
        let after = update(renamed).await.unwrap();
        assert_eq!((after.username.as_str(), after.first_name, after.metadata), ("MARIA", None, metadata));
        let end = world.log_end().await;
        for (change, field, code) in [
            (
                UserChange { username: Some("jUN".to_owned()), ..UserChange::default() },
                Field::Username,
                Code::UsernameTaken,
            ),
            (
                UserChange { username: Some(String::new()), ..UserChange::default() },
                Field::Username,
                Code::Required,
            ),
            (
                UserChange { metadata: Some(json!("x")), ..UserChange::default() },
                Field::Metadata,
                Code::BadRequest,
            ),
            (
                UserChange { metadata: Some(json!({"a": "x".repeat(16 * 1024)})), ..UserChange::default() },
                Field::Metadata,
                Code::TooLong,
            ),
            (
                UserChange { last_name: Some("x\u{7}".to_owned()), ..UserChange::default() },
                Field::LastName,
                Code::BadCharacters,
            ),
        ] {
            let error = update(change).await.unwrap_err();
            assert_eq!((error.problems()[0].field, error.code()), (field, code));
        }
        assert_eq!(world.log_end().await, end);
    });
}

#[test]
fn a_deleted_account_opens_nothing_until_it_is_restored_as_it_was() {
    on_each(|world| async move {
        world.role("editor", Some(30), &["posts:edit"]).await;
        let moderator = world.actor_with("moderator", "Moderator", "global").await;
        let maria = world.person("maria").await;
        world.give(maria.user, "editor", "org:1").await;
        assert!(world.opens(&maria.session.cookie).await.is_some());
        world.auth.admin.delete_user(&moderator, maria.user, "asked for it").await.unwrap();
        assert_eq!(world.opens(&maria.session.cookie).await, None, "at once");
        assert!(world.sign_in("maria", origin()).await.is_err());
        assert_eq!(refused(world.auth.on_behalf_of(&SYSTEM(), maria.user).await), Code::UserNotFound);
        let taken = NewAccount {
            username: "Maria".to_owned(),
            email: "maria@example.org".to_owned(),
            ..NewAccount::default()
        };
        let error = world.auth.users.create(&SYSTEM(), &taken).await.unwrap_err();
        assert_eq!(error.problems().len(), 2, "the username and email stay reserved");
        let end = world.log_end().await;
        world.auth.admin.delete_user(&moderator, maria.user, "").await.unwrap();
        assert_eq!(world.log_end().await, end, "a second delete is not logged");
        world.auth.admin.restore_user(&moderator, maria.user).await.unwrap();
        world.auth.admin.restore_user(&moderator, maria.user).await.unwrap();
        assert_eq!(world.log_since(end).await.len(), 1);
        assert_eq!(world.opens(&maria.session.cookie).await, None, "the old session stays ended");
        let again = world.sign_in("maria", origin()).await.unwrap();
        let actor = world.actor(&again.session.cookie).await;
        actor.require("posts:edit", &at("org:1")).unwrap();
    });
}

#[test]
fn nobody_acts_on_an_equal_on_somebody_above_on_themselves_or_on_the_software() {
    on_each(|world| async move {
        world.role("equal", Some(50), &[]).await;
        world.role("below", Some(49), &[]).await;
        world.role("guest", None, &["users:manage"]).await;
        let superior = world.person("superior").await;
        world.give(superior.user, "equal", "global").await;
        let system = authtuna::foundation::names::Username::parse("system").unwrap();
        let system = world.auth.users.get_by_username(&SYSTEM(), &system).await.unwrap().unwrap().id;
        let moderator = world.actor_with("moderator", "Moderator", "global").await;
        let here = world.actor_with("here", "SuperAdmin", "org:1").await;
        let without = world.actor_with("without", "equal", "global").await;
        // Their only level comes from the role User.
        let unranked = world.actor_with("unranked", "guest", "global").await;
        let below = world.holder("low", "below", "global").await;
        let equal_there = world.holder("equal-there", "equal", "org:7").await;
        let gone = world.holder("gone", "equal", "global").await;
        world.auth.admin.delete_user(&SYSTEM(), gone, "").await.unwrap();
        let nobody: UserId = "01890000-0000-7000-8000-000000000000".parse().unwrap();
        let oneself = moderator.user_id().unwrap();
        let anonymous = Actor::anonymous(origin());
        let table = [
            (&moderator, superior.user, Code::AboveYourLevel),
            (&moderator, equal_there, Code::AboveYourLevel),
            (&moderator, gone, Code::AboveYourLevel),
            (&moderator, here.user_id().unwrap(), Code::AboveYourLevel),
            (&moderator, oneself, Code::Forbidden),
            (&moderator, system, Code::Forbidden),
            (&moderator, nobody, Code::UserNotFound),
            (&here, below, Code::Forbidden),
            (&without, below, Code::Forbidden),
            (&unranked, without.user_id().unwrap(), Code::AboveYourLevel),
            (&unranked, unranked.user_id().unwrap(), Code::Forbidden),
            (&anonymous, below, Code::NotAuthenticated),
        ];
        let (end, session) = (world.log_end().await, superior.session.id);
        for (actor, user, code) in table {
            let auth = &world.auth;
            let change = UserChange { first_name: Some("X".to_owned()), ..UserChange::default() };
            let is =
                |what: &'static str, outcome: Result<(), Error>| assert_eq!(refused(outcome), code, "{what}");
            is("suspend", auth.admin.suspend(actor, user, "").await);
            is("unsuspend", auth.admin.unsuspend(actor, user, "").await);
            is("unlock", auth.admin.unlock(actor, user).await);
            is("update", auth.admin.update_user(actor, user, &change).await.map(drop));
            is("delete", auth.admin.delete_user(actor, user, "").await);
            is("restore", auth.admin.restore_user(actor, user).await);
            is("end one", auth.admin.end_session_of(actor, user, session).await);
            is("end all", auth.admin.end_sessions_of(actor, user).await.map(drop));
        }
        for outcome in [
            world.auth.admin.suspend(&SYSTEM(), system, "").await,
            world.auth.admin.delete_user(&SYSTEM(), system, "").await,
        ] {
            assert_eq!(refused(outcome), Code::Forbidden, "not even for the program itself");
        }
        assert_eq!(world.log_end().await, end);
        assert!(world.opens(&superior.session.cookie).await.is_some());
        every_act(&world, &moderator, below).await;
    });
}

/// Does everything that an administrator may do to a user below them.
async fn every_act(world: &World, actor: &Actor, user: UserId) {
    let auth = &world.auth;
    let acts = [
        auth.admin.suspend(actor, user, "").await,
        auth.admin.unsuspend(actor, user, "").await,
        auth.admin.unlock(actor, user).await,
        auth.admin.update_user(actor, user, &UserChange::default()).await.map(drop),
        auth.admin.end_sessions_of(actor, user).await.map(drop),
        auth.admin.delete_user(actor, user, "").await,
        auth.admin.restore_user(actor, user).await,
    ];
    acts.into_iter().for_each(Result::unwrap);
}
