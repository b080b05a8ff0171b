//! Roles that require a second factor or a passkey: a user without one may set it up and do nothing
//! else.

use std::time::Duration;

use authtuna::accounts::users::ProfileChange;
use authtuna::authn::sign_in::Confirmation;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole, RoleChange};
use authtuna::model::code::Code;
use authtuna::model::page::PageRequest;
use authtuna::model::role::Requirement;
use authtuna::model::scope::Scope;

use crate::authn::mfa::app;
use crate::authn::passkeys::{ORIGIN, add, at_home};
use crate::support::authenticator::Authenticator;
use crate::support::{World, on_each, origin, password};

/// Changes what a role requires.
async fn require(world: &World, role: &str, requires: Option<Requirement>) {
    let change = RoleChange { requires: Some(requires), ..RoleChange::default() };
    world.auth.roles.update(&Actor::system(), role, &change).await.unwrap();
}

/// Returns the requirement that the user lacks, which restricts them to enrollment, or None.
fn lacks(actor: &Actor) -> Option<Requirement> {
    let lacks = actor.session_user().unwrap().lacks;
    assert_eq!(lacks.is_some(), actor.user().is_err());
    lacks
}

#[test]
fn whoever_lacks_what_a_role_asks_for_may_do_nothing_else() {
    on_each(|world| async move {
        let auth = &world.auth;
        let maria = world.person("maria").await;
        let role = NewRole {
            permissions: vec!["users:read".to_owned(), "roles:manage".to_owned()],
            level: Some(10),
            ..NewRole::named("Editor", "")
        };
        auth.roles.create(&Actor::system(), &role).await.unwrap();
        auth.roles
            .assign(&Actor::system(), &Assignment::new(maria.user, "Editor").everywhere())
            .await
            .unwrap();
        assert_eq!(lacks(&at_home(&world, &maria).await), None);
        // It applies at once, to open sessions too.
        require(&world, "Editor", Some(Requirement::Mfa)).await;
        let actor = at_home(&world, &maria).await;
        assert_eq!(lacks(&actor), Some(Requirement::Mfa));

        let page = PageRequest::default();
        let required = Some(Code::EnrollmentRequired);
        let refused = [
            actor.require("users:read", &Scope::global()).err(),
            auth.sessions.list(&actor).await.err(),
            auth.sessions.end_others(&actor).await.err(),
            auth.users.get(&actor, maria.user).await.err(),
            auth.users.update_profile(&actor, &ProfileChange::default()).await.err(),
            auth.audit.own(&actor, &page).await.err(),
            auth.roles.list(&actor, "", &page).await.err(),
            auth.roles.create(&actor, &NewRole::named("Other", "")).await.err(),
            auth.roles.assign(&actor, &Assignment::new(maria.user, "Editor").everywhere()).await.err(),
            auth.admin.suspend(&actor, maria.user, "x").await.err(),
            auth.mfa.disable_totp(&actor).await.err(),
            auth.mfa.regenerate_backup_codes(&actor).await.err(),
        ];
        for (place, error) in refused.into_iter().enumerate() {
            let code = error.map(|error| error.code());
            assert_eq!(code, required, "{place}");
        }
        assert!(actor.access().is_none() && actor.user_id().is_none());

        // After confirming and enrolling, everything is allowed again, with the same cookie.
        world.clock.advance(Duration::from_secs(601));
        let actor = at_home(&world, &maria).await;
        assert_eq!(auth.mfa.setup_totp(&actor).await.err().unwrap().code(), Code::StepUpRequired);
        let typed = Confirmation { password: password("maria"), ..Confirmation::default() };
        auth.step_up.confirm(&actor, &typed).await.unwrap();
        let actor = at_home(&world, &maria).await;
        assert!(actor.user().is_err());
        let setup = auth.mfa.setup_totp(&actor).await.unwrap();
        auth.mfa.verify_and_enable_totp(&actor, &app(&world, &setup.secret)).await.unwrap();
        let actor = at_home(&world, &maria).await;
        assert_eq!(lacks(&actor), None);
        assert!(actor.require("users:read", &Scope::global()).is_ok());
        auth.sessions.sign_out(&actor).await.unwrap();
        assert_eq!(world.opens(&maria.session.cookie).await, None);
    });
}

#[test]
fn a_session_that_a_password_opened_before_has_nothing_of_it() {
    on_each(|world| async move {
        for with_passkey in [false, true] {
            let name = if with_passkey { "jun" } else { "maria" };
            let owner = world.person(name).await;
            let stolen = world.sign_in(name, origin()).await.unwrap();
            require(&world, "User", Some(Requirement::Mfa)).await;
            let actor = at_home(&world, &owner).await;
            if with_passkey {
                add(&world.auth, &actor, &mut Authenticator::new(ORIGIN), "").await.unwrap();
            } else {
                let setup = world.auth.mfa.setup_totp(&actor).await.unwrap();
                world.auth.mfa.verify_and_enable_totp(&actor, &app(&world, &setup.secret)).await.unwrap();
            }
            assert_eq!(lacks(&at_home(&world, &owner).await), None);
            assert_eq!(world.opens(&stolen.session.cookie).await, None, "it proved no second factor");
            require(&world, "User", None).await;
        }
    });
}

#[test]
fn an_app_is_no_passkey_and_a_blocked_passkey_is_none() {
    on_each(|world| async move {
        let auth = &world.auth;
        let maria = world.person("maria").await;
        let actor = at_home(&world, &maria).await;
        let setup = auth.mfa.setup_totp(&actor).await.unwrap();
        auth.mfa.verify_and_enable_totp(&actor, &app(&world, &setup.secret)).await.unwrap();
        require(&world, "User", Some(Requirement::Mfa)).await;
        assert_eq!(lacks(&at_home(&world, &maria).await), None);
        require(&world, "User", Some(Requirement::Passkey)).await;
        let actor = at_home(&world, &maria).await;
        assert_eq!(lacks(&actor), Some(Requirement::Passkey));
        let mut key = Authenticator { counter: 5, ..Authenticator::new(ORIGIN) };
        add(auth, &actor, &mut key, "").await.unwrap();
        let actor = at_home(&world, &maria).await;
        assert_eq!(lacks(&actor), None);
        // Of several roles, the strictest requirement applies.
        auth.roles.create(&Actor::system(), &NewRole::named("Editor", "")).await.unwrap();
        require(&world, "Editor", Some(Requirement::Mfa)).await;
        auth.roles
            .assign(&Actor::system(), &Assignment::new(maria.user, "Editor").everywhere())
            .await
            .unwrap();
        crate::support::tamper(&world, "UPDATE passkeys SET blocked_at = created_at").await;
        world.clock.advance(Duration::from_secs(3600));
        assert_eq!(lacks(&at_home(&world, &maria).await), Some(Requirement::Passkey));
        require(&world, "User", None).await;
        assert_eq!(lacks(&at_home(&world, &maria).await), None, "the app satisfies the other role");
        auth.admin.remove_factors(&Actor::system(), maria.user).await.unwrap();
        let again = world.sign_in("maria", origin()).await.unwrap();
        assert_eq!(lacks(&at_home(&world, &again).await), Some(Requirement::Mfa));
    });
}

#[test]
fn who_may_edit_a_role_says_what_it_asks_for() {
    on_each(|world| async move {
        let auth = &world.auth;
        let maria = world.person("maria").await;
        let actor = at_home(&world, &maria).await;
        let change = RoleChange { requires: Some(Some(Requirement::Mfa)), ..RoleChange::default() };
        assert_eq!(auth.roles.update(&actor, "User", &change).await.err().unwrap().code(), Code::Forbidden);
        auth.roles
            .assign(&Actor::system(), &Assignment::new(maria.user, "Admin").everywhere())
            .await
            .unwrap();
        let actor = at_home(&world, &maria).await;
        let above = auth.roles.update(&actor, "SuperAdmin", &change).await.err().unwrap();
        assert_eq!(above.code(), Code::AboveYourLevel);
        // Callers cannot require what they lack themselves: that would lock everyone out, including
        // them.
        let unmet = auth.roles.update(&actor, "Moderator", &change).await.err().unwrap();
        assert_eq!(unmet.code(), Code::EnrollmentRequired);
        add(auth, &actor, &mut Authenticator::new(ORIGIN), "").await.unwrap();
        let actor = at_home(&world, &maria).await;
        let role = auth.roles.update(&actor, "Moderator", &change).await.unwrap();
        assert_eq!(role.requires, Some(Requirement::Mfa));
        let unchanged = RoleChange { description: Some("x".to_owned()), ..RoleChange::default() };
        let role = auth.roles.update(&actor, "Moderator", &unchanged).await.unwrap();
        assert_eq!(role.requires, Some(Requirement::Mfa), "a field that is not given stays unchanged");
    });
}

#[test]
fn power_is_given_by_whoever_confirmed_lately_who_they_are() {
    on_each(|world| async move {
        let auth = &world.auth;
        let (maria, jun) = (world.person("maria").await, world.person("jun").await);
        auth.roles
            .create(&Actor::system(), &NewRole { level: Some(5), ..NewRole::named("Editor", "") })
            .await
            .unwrap();
        auth.roles
            .assign(&Actor::system(), &Assignment::new(maria.user, "SuperAdmin").everywhere())
            .await
            .unwrap();
        world.clock.advance(Duration::from_secs(601));
        let actor = at_home(&world, &maria).await;
        let give = Assignment::new(jun.user, "Editor").everywhere();
        let more = RoleChange { add_permissions: vec!["users:read".to_owned()], ..RoleChange::default() };
        let rank = RoleChange { level: Some(Some(6)), ..RoleChange::default() };
        let assign = RoleChange { add_assignable: vec!["User".to_owned()], ..RoleChange::default() };
        let grant = RoleChange { add_grantable: vec!["users:read".to_owned()], ..RoleChange::default() };
        let requires = RoleChange { requires: Some(None), ..RoleChange::default() };
        require(&world, "Editor", Some(Requirement::Mfa)).await;
        let refused = async |actor: &Actor| {
            let mut codes = vec![auth.roles.assign(actor, &give).await.err().map(|error| error.code())];
            for change in [&more, &rank, &assign, &grant, &requires] {
                let outcome = auth.roles.update(actor, "Editor", change).await;
                codes.push(outcome.err().map(|error| error.code()));
            }
            codes
        };
        assert_eq!(refused(&actor).await, [Some(Code::StepUpRequired); 6]);
        // Taking power away needs no confirmation.
        let less = RoleChange { level: Some(Some(4)), ..RoleChange::default() };
        auth.roles.update(&actor, "Editor", &less).await.unwrap();
        let typed = Confirmation { password: password("maria"), ..Confirmation::default() };
        auth.step_up.confirm(&actor, &typed).await.unwrap();
        let actor = at_home(&world, &maria).await;
        assert_eq!(refused(&actor).await, [None; 6]);
        world.clock.advance(Duration::from_secs(601));
        let actor = at_home(&world, &maria).await;
        auth.roles.remove(&actor, jun.user, "Editor", &Scope::global()).await.unwrap();
        // A caller without the right gets that refusal first.
        let stranger = at_home(&world, &jun).await;
        assert_eq!(auth.roles.assign(&stranger, &give).await.err().unwrap().code(), Code::RoleNotFound);
    });
}

#[test]
fn nothing_is_asked_for_that_nobody_can_set_up() {
    let no_passkeys =
        |builder: authtuna::foundation::config::SettingsBuilder| builder.set("PASSKEYS_ENABLED", "false");
    crate::support::on_each_with(no_passkeys, |world| async move {
        let ask = async |requirement| {
            let change = RoleChange { requires: Some(Some(requirement)), ..RoleChange::default() };
            world.auth.roles.update(&Actor::system(), "User", &change).await.err().map(|error| error.code())
        };
        assert_eq!(ask(Requirement::Passkey).await, Some(Code::FeatureOff));
        assert_eq!(ask(Requirement::Mfa).await, None, "authenticator apps are offered");
    });
}
