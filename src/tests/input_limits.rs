//! Input that no database accepts, or that is longer than anyone needs: it is refused with a code
//! or found nowhere, and never causes an internal error.

use authtuna::accounts::users::UserFilter;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole, RoleChange};
use authtuna::model::code::{Code, Field};
use authtuna::model::page::PageRequest;

use crate::support::on_each;
use crate::support::population::{after, at, refused};

const SYSTEM: fn() -> Actor = Actor::system;

#[test]
fn a_nul_is_in_no_name() {
    on_each(|world| async move {
        let (auth, system, page) = (&world.auth, &SYSTEM(), &PageRequest::default());
        let (roles, permissions) = (&auth.roles, &auth.permissions);
        world.role("editor", Some(30), &["posts:edit"]).await;
        let maria = world.account("maria").await;
        let bad = "editor\0";
        assert_eq!(roles.get(system, bad).await.unwrap(), None);
        assert_eq!(roles.details(system, bad).await.unwrap(), None);
        assert_eq!(refused(roles.create(system, &NewRole::named(bad, "")).await), Code::BadRoleName);
        assert_eq!(refused(roles.get_or_create(system, &NewRole::named(bad, "")).await), Code::BadRoleName);
        let missing = [
            roles.assign(system, &Assignment::new(maria, bad)).await.map(drop),
            roles.remove(system, maria, bad, &at("org:1")).await,
            roles.members(system, bad, &at("org:1"), page).await.map(drop),
            roles.update(system, bad, &RoleChange::default()).await.map(drop),
            roles.let_assign(system, "editor", bad).await,
            roles.delete(system, bad).await,
            auth.explorer.what_if(system, bad, &RoleChange::default()).await.map(drop),
        ];
        for outcome in missing {
            assert_eq!(refused(outcome), Code::RoleNotFound);
        }
        let bad = "posts:edit\0";
        assert_eq!(permissions.get(system, bad).await.unwrap(), None);
        assert_eq!(refused(permissions.create(system, bad, "").await), Code::BadPermissionName);
        let missing = [
            permissions.update(system, bad, "").await.map(drop),
            permissions.roles_with(system, bad).await.map(drop),
            permissions.delete(system, bad).await,
            roles.add_permission(system, "editor", bad).await,
            roles.let_grant(system, "editor", bad).await,
            auth.explorer.explain(system, maria, bad, &at("org:1")).await.map(drop),
            auth.explorer.who_can(system, bad, &at("org:1"), page).await.map(drop),
        ];
        for outcome in missing {
            assert_eq!(refused(outcome), Code::PermissionNotFound);
        }
        // Removing a permission that the role does not have is not an error, whatever its name.
        roles.remove_permission(system, "editor", bad).await.unwrap();
    });
}

#[test]
fn a_nul_is_found_nowhere_and_no_list_goes_on_from_it() {
    on_each(|world| async move {
        let (auth, system, page) = (&world.auth, &SYSTEM(), &PageRequest::default());
        for text in ["\0", "mod\0", "\0admin"] {
            assert!(auth.roles.list(system, text, page).await.unwrap().items.is_empty(), "{text:?}");
            assert!(auth.permissions.list(system, "", text, page).await.unwrap().items.is_empty());
            assert!(auth.permissions.list(system, text, "", page).await.unwrap().items.is_empty());
            let filter = UserFilter { text: text.to_owned(), ..UserFilter::default() };
            assert!(auth.users.search(system, &filter, page).await.unwrap().items.is_empty(), "{text:?}");
            let filter = UserFilter { role: text.to_owned(), ..UserFilter::default() };
            assert!(auth.users.search(system, &filter, page).await.unwrap().items.is_empty());
        }
        for cursor in ["5~\0", "5~edi\0tor", "5~", "5~two words"] {
            assert_eq!(
                refused(auth.roles.list(system, "", &after(cursor)).await),
                Code::BadCursor,
                "{cursor:?}"
            );
        }
    });
}

#[test]
fn a_reason_is_one_line_and_not_a_book() {
    on_each(|world| async move {
        let (auth, system) = (&world.auth, &SYSTEM());
        let maria = world.account("maria").await;
        let end = world.log_end().await;
        for (reason, code) in [
            ("x".repeat(501), Code::TooLong),
            ("spam\0".to_owned(), Code::BadCharacters),
            ("two\nlines".to_owned(), Code::BadCharacters),
            ("\u{202e}maps".to_owned(), Code::BadCharacters),
        ] {
            for outcome in [
                auth.admin.suspend(system, maria, &reason).await,
                auth.admin.unsuspend(system, maria, &reason).await,
                auth.admin.delete_user(system, maria, &reason).await,
            ] {
                let error = outcome.unwrap_err();
                assert_eq!((error.code(), error.problems()[0].field), (code, Field::Reason));
            }
        }
        assert_eq!(world.log_end().await, end);
        auth.admin.suspend(system, maria, &format!(" {} ", "ü".repeat(500))).await.unwrap();
    });
}
