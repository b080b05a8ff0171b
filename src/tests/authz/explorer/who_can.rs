//! The access explorer: who may do something, limited to what the caller may see.

use std::time::Duration;

use authtuna::authz::actor::Actor;
use authtuna::authz::explorer::Chain;
use authtuna::authz::roles::Assignment;
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use authtuna::model::page::PageRequest;

use crate::support::population::{after, at, every, refused};
use crate::support::{World, on_each};

const SYSTEM: fn() -> Actor = Actor::system;
const HOUR: Duration = Duration::from_secs(3600);

/// Creates two roles that may publish and one that may not.
async fn cast(world: &World) -> UserId {
    world.role("editor", Some(30), &["posts:publish", "posts:edit"]).await;
    world.role("chief", Some(40), &["posts:publish"]).await;
    world.role("guest", Some(10), &["posts:read"]).await;
    world.account("maria").await
}

fn ways(chains: &[Chain]) -> Vec<String> {
    let mut ways: Vec<String> =
        chains.iter().map(|chain| format!("{} in {}", chain.grant.role, chain.grant.scope)).collect();
    ways.sort();
    ways
}

#[test]
fn everybody_who_can_is_listed_once_with_every_reason() {
    on_each(|world| async move {
        cast(&world).await;
        let end = world.clock.now().plus(HOUR);
        let mut people = Vec::new();
        for n in 0..9 {
            let user = world.holder(&format!("person{n}"), "editor", "org:1").await;
            if n % 3 == 0 {
                world.give(user, "chief", "global").await;
                world.give(user, "editor", "global").await;
            }
            people.push(user);
        }
        for (name, scope) in [("below", "org:1/team:1"), ("beside", "org:10"), ("nowhere", "none")] {
            world.holder(name, "editor", scope).await;
        }
        let late = world.account("late").await;
        world
            .auth
            .roles
            .assign(&SYSTEM(), &Assignment::new(late, "editor").everywhere().until(end))
            .await
            .unwrap();
        world.clock.set(end);
        let explorer = &world.auth.explorer;
        let scope = at("org:1");
        for limit in [1, 2, 4, 200] {
            let scope = &scope;
            let found = every(limit, |page| async move {
                explorer.who_can(&SYSTEM(), "posts:publish", scope, &page).await
            });
            let found = found.await;
            let mut seen: Vec<_> = found.iter().map(|holder| holder.user).collect();
            assert!(seen.is_sorted());
            seen.retain(|user| people.contains(user));
            assert_eq!(seen.len(), 9, "page size {limit}");
            for holder in found.iter().filter(|holder| people.contains(&holder.user)) {
                let n = people.iter().position(|user| *user == holder.user).unwrap();
                assert_eq!(holder.username, format!("person{n}"));
                assert_eq!(holder.chains.len(), if n % 3 == 0 { 3 } else { 1 });
                assert!(holder.chains.iter().all(|chain| chain.grant.user == holder.user));
            }
            let others: Vec<_> = found.iter().filter(|holder| !people.contains(&holder.user)).collect();
            assert_eq!((others.len(), others[0].username.as_str()), (1, "superadmin"));
            assert!(others[0].chains[0].by_rule);
        }
        let page = PageRequest::default();
        let nowhere = explorer.who_can(&SYSTEM(), "posts:publish", &at("none"), &page).await.unwrap();
        assert_eq!(nowhere.items, [], "no assignment counts there");
        assert_eq!(
            refused(explorer.who_can(&SYSTEM(), "posts:none", &scope, &page).await),
            Code::PermissionNotFound
        );
        assert_eq!(
            refused(explorer.who_can(&SYSTEM(), "posts:edit", &scope, &after("x")).await),
            Code::BadCursor
        );
    });
}

#[test]
fn who_sees_one_scope_does_not_see_who_holds_it_from_above() {
    on_each(|world| async move {
        let maria = cast(&world).await;
        let above = world.holder("above", "chief", "global").await;
        for (user, scope) in [(maria, "org:1"), (maria, "global"), (above, "org:2")] {
            world.give(user, "editor", scope).await;
        }
        world.holder("inside", "editor", "org:1/team:1").await;
        let viewer = world.holder("viewer", "Admin", "org:1/team:1").await;
        let explorer = &world.auth.explorer;
        let page = PageRequest::default();
        let listed = |scope: &'static str| {
            let (world, page) = (&world, &page);
            async move {
                let actor = world.as_user(viewer).await;
                let found = explorer.who_can(&actor, "posts:publish", &at(scope), page).await?;
                let lines = found
                    .items
                    .into_iter()
                    .map(|holder| format!("{}: {:?}", holder.username, ways(&holder.chains)));
                let mut lines: Vec<_> = lines.collect();
                lines.sort();
                Ok::<_, authtuna::foundation::error::Error>(lines)
            }
        };
        assert_eq!(listed("org:1/team:1").await.unwrap(), [r#"inside: ["editor in org:1/team:1"]"#]);
        for scope in ["org:1", "org:2", "global", "none"] {
            assert_eq!(refused(listed(scope).await), Code::Forbidden, "{scope}");
        }
        // The widest of several scopes counts.
        world.give(viewer, "Admin", "org:1").await;
        assert_eq!(
            listed("org:1/team:1").await.unwrap(),
            [r#"inside: ["editor in org:1/team:1"]"#, r#"maria: ["editor in org:1"]"#,]
        );
    });
}
