//! The cache of session snapshots: a change reaches the users it affects at their very next
//! request, and no other users.
//!
//! The clock stands still, so that no snapshot expires by itself. On PostgreSQL a second process
//! listens as well.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use authtuna::accounts::users::UserChange;
use authtuna::auth::Auth;
use authtuna::authn::sessions::Checked;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, RoleChange};
use authtuna::authz::session_snapshot::Snapshot;
use authtuna::foundation::error::Error;
use authtuna::model::id::UserId;

use crate::support::population::at;
use crate::support::{Kind, World, on_each, origin};

const SYSTEM: fn() -> Actor = Actor::system;

struct Person {
    name: &'static str,
    id: UserId,
    cookie: String,
}

/// Users whose sessions are cached in every process: maria holds editor; otto holds chief, which
/// carries the same permissions and may assign editor; jun holds neither. Editor may assign guest.
struct Stage {
    world: World,
    /// The first one makes the changes.
    processes: Vec<Auth>,
    jobs: Vec<tokio::task::JoinHandle<()>>,
    people: Vec<Person>,
}

async fn seen(auth: &Auth, cookie: &str) -> Option<Arc<Snapshot>> {
    match auth.sessions.check(cookie, &Arc::new(origin())).await.unwrap() {
        Checked::Open(snapshot, _) => Some(snapshot),
        Checked::Closed => None,
    }
}

/// Waits until a snapshot is cached, and returns it.
async fn warm(auth: &Auth, cookie: &str) -> Option<Arc<Snapshot>> {
    let pending_challenge = async {
        loop {
            match (seen(auth, cookie).await, seen(auth, cookie).await) {
                (Some(one), Some(other)) if !Arc::ptr_eq(&one, &other) => tokio::task::yield_now().await,
                (one, _) => return one,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), pending_challenge).await.unwrap()
}

fn same(one: &Option<Arc<Snapshot>>, other: &Option<Arc<Snapshot>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

impl Stage {
    async fn of(world: World) -> Self {
        let (mut processes, mut jobs) = (vec![world.auth.clone()], Vec::new());
        if world.kind == Kind::Postgres {
            processes.push(world.another_process().await);
            for auth in &processes {
                jobs.push(tokio::spawn(authtuna::jobs::run(auth.clone())));
                let linked = async {
                    while !auth.sessions.is_linked() {
                        tokio::task::yield_now().await;
                    }
                };
                tokio::time::timeout(Duration::from_secs(30), linked).await.unwrap();
            }
        }
        world.role("editor", Some(30), &["posts:edit"]).await;
        world.role("chief", Some(40), &["posts:edit", "posts:extra"]).await;
        world.role("guest", Some(10), &[]).await;
        world.auth.roles.let_assign(&SYSTEM(), "editor", "guest").await.unwrap();
        world.auth.roles.let_assign(&SYSTEM(), "chief", "editor").await.unwrap();
        let mut people = Vec::new();
        for (name, role) in
            [("maria", Some("editor")), ("otto", Some("chief")), ("jun", None), ("signal", None)]
        {
            let signed_in = world.person(name).await;
            if let Some(role) = role {
                world.give(signed_in.user, role, "org:1").await;
            }
            people.push(Person { name, id: signed_in.user, cookie: signed_in.session.cookie });
        }
        let stage = Self { world, processes, jobs, people };
        stage.settle().await;
        stage
    }

    fn person(&self, name: &str) -> &Person {
        self.people.iter().find(|person| person.name == name).unwrap()
    }

    /// Waits until every process has received all notifications so far: they arrive in order, and a
    /// process without a cache of its own sends one more.
    async fn settle(&self) {
        if self.world.kind != Kind::Postgres {
            return;
        }
        let signal = self.person("signal");
        let mut before = Vec::new();
        for auth in &self.processes {
            before.push(warm(auth, &signal.cookie).await);
        }
        let teller = self.world.another_process().await;
        teller.users_touch(signal.id).await;
        teller.store().close().await;
        for (auth, before) in self.processes.iter().zip(&before) {
            let heard = async {
                while same(&seen(auth, &signal.cookie).await, before) {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), heard).await.unwrap();
        }
    }

    /// Makes a change and checks whose snapshots it evicts: at once in this process, and in the
    /// others once they have received the notification.
    async fn step<T>(&self, what: &str, change: impl Future<Output = Result<T, Error>>, touched: &[&str]) {
        let mut before = Vec::new();
        for auth in &self.processes {
            for person in &self.people {
                before.push(warm(auth, &person.cookie).await);
            }
        }
        change.await.unwrap();
        let mut before = before.iter();
        for (number, auth) in self.processes.iter().enumerate() {
            if number == 1 {
                self.settle().await;
            }
            for (person, before) in self.people.iter().zip(before.by_ref()) {
                if number == 1 && person.name == "signal" {
                    continue;
                }
                let evicted = !same(&seen(auth, &person.cookie).await, before);
                assert_eq!(
                    evicted,
                    touched.contains(&person.name),
                    "{what}: {} in process {number}",
                    person.name
                );
            }
        }
        self.settle().await;
    }

    /// Returns the users for whom `what` is true at their next request, which must be the same in
    /// every process.
    async fn who(&self, what: impl Fn(&Snapshot) -> bool) -> Vec<&'static str> {
        let mut answers = Vec::new();
        for auth in &self.processes {
            let mut names = Vec::new();
            for person in &self.people {
                if seen(auth, &person.cookie).await.is_some_and(|snapshot| what(&snapshot)) {
                    names.push(person.name);
                }
            }
            answers.push(names);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
        answers.swap_remove(0)
    }

    async fn who_may(&self, permission: &str) -> Vec<&'static str> {
        let scope = at("org:1");
        self.who(|snapshot| snapshot.identity.access.allows(permission, &scope)).await
    }

    async fn end(self) {
        for job in &self.jobs {
            job.abort();
        }
        for auth in self.processes.iter().skip(1) {
            auth.store().close().await;
        }
    }
}

/// A change that affects one user only.
trait Touch {
    async fn users_touch(&self, user: UserId);
}

impl Touch for Auth {
    async fn users_touch(&self, user: UserId) {
        self.admin.update_user(&SYSTEM(), user, &UserChange::default()).await.unwrap();
    }
}

#[test]
fn grants_reach_the_one_person() {
    on_each(|world| async move {
        let stage = Stage::of(world).await;
        let (system, here, roles) = (&SYSTEM(), at("org:1"), stage.world.auth.roles.clone());
        let jun = stage.person("jun").id;
        let wish = Assignment::new(jun, "editor").within(here.clone());
        assert_eq!(stage.who_may("posts:edit").await, ["maria", "otto"]);
        stage.step("assign", roles.assign(system, &wish), &["jun"]).await;
        assert_eq!(stage.who_may("posts:edit").await, ["maria", "otto", "jun"]);
        stage.step("assign again", roles.assign(system, &wish), &[]).await;
        stage.step("remove", roles.remove(system, jun, "editor", &here), &["jun"]).await;
        assert_eq!(stage.who_may("posts:edit").await, ["maria", "otto"]);
        let auth = stage.world.auth.clone();
        let change = UserChange { username: Some("jun2".to_owned()), ..UserChange::default() };
        stage.step("rename", auth.admin.update_user(system, jun, &change), &["jun"]).await;
        assert_eq!(stage.who(|snapshot| snapshot.identity.user.username == "jun2").await, ["jun"]);
        stage.step("suspend", auth.admin.suspend(system, jun, ""), &["jun"]).await;
        stage.step("unsuspend", auth.admin.unsuspend(system, jun, ""), &[]).await;
        stage.step("delete", auth.admin.delete_user(system, stage.person("otto").id, ""), &["otto"]).await;
        stage.step("restore", auth.admin.restore_user(system, stage.person("otto").id), &[]).await;
        stage.step("end all", auth.admin.end_sessions_of(system, stage.person("maria").id), &["maria"]).await;
        assert_eq!(stage.who(|_| true).await, ["signal"]);
        stage.end().await;
    });
}

#[test]
fn a_changed_role_reaches_those_who_hold_it() {
    on_each(|world| async move {
        let stage = Stage::of(world).await;
        let (system, here, roles) = (&SYSTEM(), at("org:1"), stage.world.auth.roles.clone());
        let editor = |edit: fn(&mut RoleChange)| {
            let mut change = RoleChange::default();
            edit(&mut change);
            let roles = roles.clone();
            async move { roles.update(&SYSTEM(), "editor", &change).await }
        };
        stage.step("add", roles.add_permission(system, "editor", "posts:extra"), &["maria"]).await;
        assert_eq!(stage.who_may("posts:extra").await, ["maria", "otto"]);
        stage.step("add again", roles.add_permission(system, "editor", "posts:extra"), &[]).await;
        stage.step("remove", roles.remove_permission(system, "editor", "posts:extra"), &["maria"]).await;
        assert_eq!(stage.who_may("posts:extra").await, ["otto"]);
        stage.step("level", editor(|change| change.level = Some(Some(31))), &["maria"]).await;
        assert_eq!(
            stage.who(|snapshot| snapshot.identity.access.level_in(&here) == Some(31)).await,
            ["maria"]
        );
        stage.step("list", roles.let_assign(system, "editor", "User"), &["maria"]).await;
        let assigns = |key: &'static str| {
            move |snapshot: &Snapshot| snapshot.identity.access.held.iter().any(|held| held.assigns(key))
        };
        assert_eq!(stage.who(assigns("user")).await, ["maria"]);
        stage
            .step("unlist", editor(|change| change.remove_assignable.push("user".to_owned())), &["maria"])
            .await;
        assert_eq!(stage.who(assigns("user")).await, [""; 0]);
        stage.step("let grant", roles.let_grant(system, "editor", "users:read"), &["maria"]).await;
        stage.step("words", editor(|change| change.description = Some("Words".to_owned())), &[]).await;
        stage.step("nothing", editor(|_| {}), &[]).await;
        stage.end().await;
    });
}

#[test]
fn a_deleted_role_or_permission_reaches_those_who_had_it_or_could_give_it() {
    on_each(|world| async move {
        let stage = Stage::of(world).await;
        let system = &SYSTEM();
        let (roles, permissions) = (stage.world.auth.roles.clone(), stage.world.auth.permissions.clone());
        let assigns = |key: &'static str| {
            move |snapshot: &Snapshot| snapshot.identity.access.held.iter().any(|held| held.assigns(key))
        };
        stage.step("new", permissions.create(system, "posts:new", ""), &[]).await;
        stage.step("delete permission", permissions.delete(system, "posts:extra"), &["otto"]).await;
        assert_eq!(stage.who_may("posts:extra").await, [""; 0]);
        stage.step("carried by none", permissions.delete(system, "posts:new"), &[]).await;
        // Otto's chief may assign editor, which may assign guest: what otto may do does not change.
        stage.step("delete a role on a list", roles.delete(system, "guest"), &["maria"]).await;
        assert_eq!(stage.who(assigns("guest")).await, [""; 0]);
        stage.step("add", roles.add_permission(system, "chief", "roles:assign:editor"), &["otto"]).await;
        stage.step("delete a held role", roles.delete(system, "editor"), &["maria", "otto"]).await;
        assert_eq!(stage.who_may("posts:edit").await, ["otto"]);
        assert_eq!(stage.who(assigns("editor")).await, [""; 0]);
        stage.world.role("editor", Some(30), &["posts:edit"]).await;
        assert_eq!(
            stage.who_may("posts:edit").await,
            ["otto"],
            "a new role of the same name is a different role"
        );
        stage.end().await;
    });
}
