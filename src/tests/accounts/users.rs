//! Finding users by username, email, role, scope and state.

use authtuna::accounts::users::{NewAccount, State, UserFilter};
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::Assignment;
use authtuna::model::code::Code;
use authtuna::model::page::PageRequest;

use crate::support::population::{after, at, every, refused};
use crate::support::{World, on_each, origin};

const SYSTEM: fn() -> Actor = Actor::system;

async fn found(world: &World, filter: UserFilter, limit: u32) -> Vec<String> {
    let filter = &filter;
    let found = every(limit, |page| async move { world.auth.users.search(&SYSTEM(), filter, &page).await });
    let mut names: Vec<_> = found.await.into_iter().map(|user| user.username).collect();
    names.sort();
    names
}

fn text(text: &str) -> UserFilter {
    UserFilter { text: text.to_owned(), ..UserFilter::default() }
}

#[test]
fn people_are_found_by_a_part_of_their_name_or_address() {
    on_each(|world| async move {
        for name in ["maria", "marian", "m_r1a", "jun"] {
            world.account(name).await;
        }
        for (name, email) in
            [("Jürgen", "juergen@example.org"), ("Юрий", "yuri@example.org"), ("percy", "a%b@example.org")]
        {
            let new =
                NewAccount { username: name.to_owned(), email: email.to_owned(), ..NewAccount::default() };
            world.auth.users.create(&SYSTEM(), &new).await.unwrap();
        }
        for (typed, names) in [
            ("ARIA", &["maria", "marian"][..]),
            (" marian ", &["marian"]),
            ("maria@example", &["maria"]),
            ("_", &["m_r1a"]),
            ("m_ria", &[]),
            ("%", &["percy"]),
            ("a%b@", &["percy"]),
            ("!", &[]),
            ("' OR 1=1 --", &[]),
            ("jürg", &["Jürgen"]),
            ("JÜRGEN", &["Jürgen"]),
            ("Юри", &["Юрий"]),
            ("юрий", &["Юрий"]),
        ] {
            assert_eq!(found(&world, text(typed), 1).await, names, "{typed}");
        }
        let all = found(&world, UserFilter::default(), 200).await;
        assert_eq!(all.len(), 10, "including the accounts of the installation");
        for limit in [1, 3] {
            assert_eq!(found(&world, UserFilter::default(), limit).await, all);
        }
        let outcome = world.auth.users.search(&SYSTEM(), &UserFilter::default(), &after("x")).await;
        assert_eq!(refused(outcome), Code::BadCursor);
    });
}

#[test]
fn people_are_found_by_role_scope_and_state() {
    on_each(|world| async move {
        world.role("Editor", Some(30), &[]).await;
        for (name, scope) in
            [("here", "org:1"), ("there", "org:2"), ("nowhere", "none"), ("below", "org:1/team:1")]
        {
            world.holder(name, "editor", scope).await;
        }
        let short = world.account("short").await;
        let end = world.clock.now().plus(std::time::Duration::from_secs(1));
        world
            .auth
            .roles
            .assign(&SYSTEM(), &Assignment::new(short, "editor").within(at("org:1")).until(end))
            .await
            .unwrap();
        let (away, gone) =
            (world.holder("away", "editor", "org:1").await, world.holder("gone", "editor", "org:1").await);
        world.auth.admin.suspend(&SYSTEM(), away, "").await.unwrap();
        world.auth.admin.delete_user(&SYSTEM(), gone, "").await.unwrap();
        let filter = |role: &str, scope: Option<&str>, state| UserFilter {
            role: role.to_owned(),
            scope: scope.map(at),
            state,
            ..UserFilter::default()
        };
        let world = &world;
        let by = |role: &'static str, scope: Option<&'static str>, state| {
            found(world, filter(role, scope, state), 2)
        };
        assert_eq!(by("EDITOR", Some("org:1"), State::Present).await, ["away", "here", "short"]);
        world.clock.set(end);
        assert_eq!(by(" editor ", Some("org:1"), State::Present).await, ["away", "here"]);
        assert_eq!(by("editor", Some("org:1"), State::Active).await, ["here"]);
        assert_eq!(by("editor", Some("org:1"), State::Suspended).await, ["away"]);
        assert_eq!(by("editor", Some("org:1"), State::Deleted).await, ["gone"]);
        assert_eq!(by("editor", None, State::Active).await, ["below", "here", "nowhere", "there"]);
        assert_eq!(by("", Some("org:1/team:1"), State::Present).await, ["below"]);
        assert_eq!(by("Moderator", None, State::Present).await, [""; 0]);
        assert_eq!(by("", None, State::Deleted).await, ["gone"]);
        assert_eq!(by("", None, State::Suspended).await, ["away"]);
        for state in [State::Present, State::Active, State::Suspended, State::Deleted] {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        // A caller who may not see role holders does not learn of them here.
        let moderator = world.actor_with("moderator", "Moderator", "global").await;
        let page = PageRequest::default();
        let search = |filter: UserFilter| {
            let (moderator, page) = (&moderator, &page);
            async move { world.auth.users.search(moderator, &filter, page).await }
        };
        search(filter("", None, State::Active)).await.unwrap();
        assert_eq!(refused(search(filter("editor", None, State::Active)).await), Code::Forbidden);
        assert_eq!(refused(search(filter("", Some("org:1"), State::Active)).await), Code::Forbidden);
        let here = world.actor_with("admin-here", "Admin", "org:1").await;
        assert_eq!(
            refused(world.auth.users.search(&here, &UserFilter::default(), &page).await),
            Code::Forbidden
        );
        let anonymous = Actor::anonymous(origin());
        assert_eq!(
            refused(world.auth.users.search(&anonymous, &UserFilter::default(), &page).await),
            Code::NotAuthenticated
        );
    });
}
