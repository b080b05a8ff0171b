//! Concurrent changes to roles and assignments: each is decided by the state at the time it is
//! written.

use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole};
use authtuna::model::code::Code;
use futures::future::join_all;

use crate::support::on_each;
use crate::support::population::at;

const SYSTEM: fn() -> Actor = Actor::system;

#[test]
fn of_many_who_give_the_same_one_grant_is_made() {
    on_each(|world| async move {
        world.role("editor", Some(30), &[]).await;
        let (maria, end) = (world.account("maria").await, world.log_end().await);
        let wish = Assignment::new(maria, "editor").within(at("org:1"));
        let (system, roles) = (SYSTEM(), &world.auth.roles);
        let given = join_all((0..20).map(|_| roles.assign(&system, &wish))).await;
        let mut ids: Vec<_> = given.into_iter().map(|grant| grant.unwrap().id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1);
        assert_eq!(world.events_since(end).await, ["ROLE_ASSIGNED"]);
        assert_eq!(roles.details(&system, "editor").await.unwrap().unwrap().members, 1);
    });
}

#[test]
fn nothing_is_given_once_the_right_to_give_it_is_taken() {
    on_each(|world| async move {
        world.role("editor", Some(30), &[]).await;
        let mut people = Vec::new();
        for n in 0..8 {
            people.push(world.account(&format!("person{n}")).await);
        }
        let (system, roles) = (SYSTEM(), &world.auth.roles);
        for round in 0..12 {
            let grantor = world.actor_with(&format!("giver{round}"), "Moderator", "global").await;
            let oneself = grantor.user_id().unwrap();
            let end = world.log_end().await;
            let scope = at(&format!("org:{round}"));
            let wishes: Vec<_> =
                people.iter().map(|user| Assignment::new(*user, "editor").within(scope.clone())).collect();
            let everywhere = at("global");
            let (given, taken) =
                tokio::join!(join_all(wishes.iter().map(|wish| roles.assign(&grantor, wish))), async {
                    for _ in 0..round {
                        tokio::task::yield_now().await;
                    }
                    roles.remove(&system, oneself, "Moderator", &everywhere).await
                });
            taken.unwrap();
            let log = world.log_since(end).await;
            let taken = log.iter().position(|entry| entry.event == "ROLE_REMOVED").unwrap();
            assert!(log[taken + 1..].is_empty(), "given after it was taken: {:?}", &log[taken + 1..]);
            assert_eq!(given.iter().filter(|outcome| outcome.is_ok()).count(), taken);
        }
    });
}

#[test]
fn changes_of_one_role_all_apply_one_after_the_other() {
    on_each(|world| async move {
        let names: Vec<String> = (0..10).map(|n| format!("posts:act{n}")).collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        world.permissions(&all).await;
        world.role("editor", Some(30), &[]).await;
        let end = world.log_end().await;
        let (system, roles) = (SYSTEM(), &world.auth.roles);
        let done = join_all(names.iter().map(|name| roles.add_permission(&system, "editor", name))).await;
        done.into_iter().for_each(Result::unwrap);
        assert_eq!(roles.details(&system, "editor").await.unwrap().unwrap().permissions, names);
        let log = world.log_since(end).await;
        assert_eq!(log.len(), 10);
        for pair in log.windows(2) {
            assert_eq!(
                pair[0].details["after"], pair[1].details["before"],
                "each change starts where the previous one ended"
            );
        }
    });
}

#[test]
fn two_lists_written_at_once_make_no_cycle() {
    on_each(|world| async move {
        for round in 0..10 {
            let [one, other] = ["one", "other"].map(|name| format!("{name}{round}"));
            for name in [&one, &other] {
                world.role(name, None, &[]).await;
            }
            let (system, roles) = (SYSTEM(), &world.auth.roles);
            let (there, back) = tokio::join!(
                roles.let_assign(&system, &one, &other),
                roles.let_assign(&system, &other, &one)
            );
            let refusals: Vec<_> =
                [there, back].into_iter().filter_map(|outcome| Some(outcome.err()?.code())).collect();
            assert_eq!(refusals, [Code::AssignCycle]);
        }
    });
}

#[test]
fn of_many_who_make_one_name_one_makes_it() {
    on_each(|world| async move {
        let (system, roles, permissions) = (SYSTEM(), &world.auth.roles, &world.auth.permissions);
        let names = ["Editor", "editor", "EDITOR", "eDitor"].map(|name| NewRole::named(name, ""));
        let made = join_all(names.iter().cycle().take(12).map(|new| roles.create(&system, new))).await;
        assert_eq!(made.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let refusals = made.iter().filter_map(|outcome| outcome.as_ref().err());
        assert!(refusals.map(authtuna::foundation::error::Error::code).all(|code| code == Code::RoleExists));
        let others = ["Other", "other"].map(|name| NewRole::named(name, ""));
        let found =
            join_all(others.iter().cycle().take(12).map(|new| roles.get_or_create(&system, new))).await;
        let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
        assert_eq!(found.iter().filter(|(_, made)| *made).count(), 1);
        assert!(found.windows(2).all(|pair| pair[0].0.id == pair[1].0.id));
        let made = join_all((0..12).map(|_| permissions.get_or_create(&system, "posts:edit", ""))).await;
        assert_eq!(made.into_iter().filter(|outcome| outcome.as_ref().unwrap().1).count(), 1);
    });
}
