//! The operations that are tried, and their outcomes in words.

use std::collections::BTreeMap;
use std::fmt::Write;

use authtuna::accounts::users::{NewAccount, UserChange, UserFilter};
use authtuna::audit::AuditFilter;
use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole, RoleChange};
use authtuna::foundation::error::Error;
use authtuna::model::id::UserId;
use authtuna::model::page::PageRequest;
use authtuna::model::role::BUILT_IN;
use authtuna::model::scope::Scope;

use super::OWN;

/// Where roles are assigned: own, parent, child, sibling, global.
const PLACES: [(&str, &str); 5] = [
    ("own", "org:1/team:1"),
    ("parent", "org:1"),
    ("child", "org:1/team:1/desk:1"),
    ("sibling", "org:1/team:2"),
    ("global", "global"),
];

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

/// Returns a short word for an outcome.
fn outcome<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "yes".to_owned(),
        Err(error) => error.code().as_str().to_owned(),
    }
}

pub(super) struct Stage<'a> {
    auth: &'a Auth,
    program: Actor,
    /// The users who are acted on, by the role that they hold globally.
    pub(super) targets: BTreeMap<&'static str, UserId>,
    /// The outcomes so far, holder by holder.
    pub(super) paragraphs: String,
    /// The current holder's operations with their outcomes, in the order in which they were tried.
    outcomes: Vec<(String, String)>,
    count: usize,
}

impl<'a> Stage<'a> {
    pub(super) fn new(auth: &'a Auth) -> Self {
        Self {
            auth,
            program: Actor::system(),
            targets: BTreeMap::new(),
            paragraphs: String::new(),
            outcomes: Vec::new(),
            count: 0,
        }
    }

    /// Tries everything as `actor` and writes a paragraph about it.
    pub(super) async fn holder_of(&mut self, name: &str, actor: &Actor) {
        self.giving(name, actor).await;
        self.tell(name);
        self.editing(name, actor).await;
        self.looking(actor).await;
        self.acting(name, actor).await;
        self.tell("");
        self.paragraphs.push('\n');
    }

    /// Writes the outcomes since the last call: operations with the same outcome share a line.
    fn tell(&mut self, title: &str) {
        if !title.is_empty() {
            writeln!(self.paragraphs, "{title}").unwrap();
        }
        let mut by_outcome: Vec<(String, Vec<String>)> = Vec::new();
        for (act, came_out) in self.outcomes.drain(..) {
            match by_outcome.iter_mut().find(|(known, _)| *known == came_out) {
                Some((_, acts)) => acts.push(act),
                None => by_outcome.push((came_out, vec![act])),
            }
        }
        for (came_out, acts) in by_outcome {
            writeln!(self.paragraphs, "  {came_out}").unwrap();
            let mut line = String::new();
            for act in acts {
                if line.len() + act.len() > 100 {
                    writeln!(self.paragraphs, "    {}", line.trim_end()).unwrap();
                    line.clear();
                }
                write!(line, "{act}, ").unwrap();
            }
            writeln!(self.paragraphs, "    {}", line.trim_end_matches(", ")).unwrap();
        }
    }

    pub(super) async fn person(&mut self) -> UserId {
        self.count += 1;
        let username = format!("person{}", self.count);
        let email = format!("{username}@example.org");
        let account = NewAccount { username, email, ..NewAccount::default() };
        let user = self.auth.users.create(&self.program, &account).await.unwrap();
        self.auth.roles.remove(&self.program, user.id, "User", &Scope::global()).await.unwrap();
        user.id
    }

    pub(super) async fn give(&self, user: UserId, role: &str, place: &str) {
        let wish = Assignment::new(user, role).within(scope(place));
        self.auth.roles.assign(&self.program, &wish).await.unwrap();
    }

    pub(super) async fn holder(&mut self, role: &str, held: &str) -> Actor {
        let user = self.person().await;
        self.give(user, role, held).await;
        self.auth.on_behalf_of(&self.program, user).await.unwrap()
    }

    /// Assigns and removes every role in every scope. Both must have the same outcome.
    async fn giving(&mut self, name: &str, actor: &Actor) {
        let target = self.person().await;
        let roles = BUILT_IN.iter().map(|role| role.name).chain(OWN.map(|(name, _)| name));
        for role in roles {
            let mut came_out = Vec::new();
            for (label, place) in PLACES {
                let wish = Assignment::new(target, role).within(scope(place));
                let gave = outcome(self.auth.roles.assign(actor, &wish).await);
                if role != "System" {
                    self.give(target, role, place).await;
                    let took = outcome(self.auth.roles.remove(actor, target, role, &scope(place)).await);
                    assert_eq!(
                        took, gave,
                        "{name}: assigning and removing {role} in {place} must follow one rule"
                    );
                    if gave != "yes" {
                        self.auth.roles.remove(&self.program, target, role, &scope(place)).await.unwrap();
                    }
                }
                came_out.push(format!("{label}: {gave}"));
            }
            self.line(&format!("give {role}"), &came_out.join(" "));
        }
        let nowhere = Assignment::new(target, "Guest");
        let gave = outcome(self.auth.roles.assign(actor, &nowhere).await);
        if gave == "yes" {
            self.auth.roles.remove(&self.program, target, "Guest", &Scope::none()).await.unwrap();
        }
        self.line("give Guest", &format!("nowhere: {gave}"));
    }

    fn line(&mut self, act: &str, came_out: &str) {
        self.outcomes.push((act.to_owned(), came_out.to_owned()));
    }

    /// Creates, changes and deletes roles and permissions.
    async fn editing(&mut self, name: &str, actor: &Actor) {
        let (auth, program) = (self.auth, self.program.clone());
        for level in [None, Some(0), Some(49), Some(89), Some(90), Some(99), Some(100), Some(998)] {
            let new = NewRole { level, ..NewRole::named("Fresh", "") };
            let made = outcome(auth.roles.create(actor, &new).await);
            if made == "yes" {
                auth.roles.delete(&program, "Fresh").await.unwrap();
            }
            let shown = level.map_or("none".to_owned(), |level| level.to_string());
            self.line(&format!("make a role of level {shown}"), &made);
        }
        let changes = [
            ("describe", RoleChange { description: Some("x".to_owned()), ..RoleChange::default() }),
            ("rank 20", RoleChange { level: Some(Some(20)), ..RoleChange::default() }),
            ("add users:read to", add("users:read")),
            ("add permissions:manage to", add("permissions:manage")),
            ("add roles:assign:superadmin to", add("roles:assign:superadmin")),
            ("add roles:assign:guest to", add("roles:assign:guest")),
            ("let assign User from", assignable("User")),
            ("let assign Admin from", assignable("Admin")),
            ("let grant audit:read from", grantable("audit:read")),
        ];
        for (role, level) in [("Low", Some(10)), ("Plain", None), ("High", Some(95))] {
            for (what, change) in &changes {
                auth.roles.create(&program, &NewRole { level, ..NewRole::named(role, "") }).await.unwrap();
                let preview = outcome(auth.explorer.what_if(actor, role, change).await);
                let done = outcome(auth.roles.update(actor, role, change).await);
                assert_eq!(preview, done, "{name}: {what} {role}: a preview must be refused like the change");
                auth.roles.delete(&program, role).await.unwrap();
                self.line(&format!("{what} {role}"), &done);
            }
            auth.roles.create(&program, &NewRole { level, ..NewRole::named(role, "") }).await.unwrap();
            let deleted = outcome(auth.roles.delete(actor, role).await);
            if deleted != "yes" {
                auth.roles.delete(&program, role).await.unwrap();
            }
            self.line(&format!("delete {role}"), &deleted);
        }
        for role in ["SuperAdmin", "Admin", "Moderator", "OrgOwner", "User"] {
            let change = RoleChange { description: Some("x".to_owned()), ..RoleChange::default() };
            let before = auth.roles.get(&program, role).await.unwrap().unwrap().description;
            let described = outcome(auth.roles.update(actor, role, &change).await);
            let back = RoleChange { description: Some(before), ..RoleChange::default() };
            auth.roles.update(&program, role, &back).await.unwrap();
            self.line(&format!("describe {role}"), &described);
            let deleted = outcome(auth.roles.delete(actor, role).await);
            self.line(&format!("delete {role}"), &deleted);
        }
        let made = outcome(auth.permissions.create(actor, "posts:create", "").await);
        auth.permissions.get_or_create(&program, "posts:create", "").await.unwrap();
        self.line("make a permission", &made);
        let described = outcome(auth.permissions.update(actor, "posts:create", "Create posts").await);
        self.line("describe a permission", &described);
        let deleted = outcome(auth.permissions.delete(actor, "posts:create").await);
        if deleted != "yes" {
            auth.permissions.delete(&program, "posts:create").await.unwrap();
        }
        self.line("delete a permission", &deleted);
    }

    /// Reads lists, other users and the audit log.
    async fn looking(&mut self, actor: &Actor) {
        let auth = self.auth;
        let page = PageRequest::default();
        let target = self.targets["Admin"];
        let here = scope("org:1/team:1");
        let everywhere = Scope::global();
        let filter = UserFilter::default();
        let by_role = UserFilter { role: "Admin".to_owned(), ..UserFilter::default() };
        let looks = [
            ("list roles", outcome(auth.roles.list(actor, "", &page).await)),
            ("see a role", outcome(auth.roles.details(actor, "Admin").await)),
            ("list permissions", outcome(auth.permissions.list(actor, "", "", &page).await)),
            ("members of Admin", outcome(auth.roles.members(actor, "Admin", &everywhere, &page).await)),
            ("members of Admin in own", outcome(auth.roles.members(actor, "Admin", &here, &page).await)),
            ("roles of another", outcome(auth.roles.of_user(actor, target).await)),
            (
                "explain another",
                outcome(auth.explorer.explain(actor, target, "users:read", &everywhere).await),
            ),
            (
                "explain another in own",
                outcome(auth.explorer.explain(actor, target, "users:read", &here).await),
            ),
            ("who can", outcome(auth.explorer.who_can(actor, "users:read", &everywhere, &page).await)),
            ("who can in own", outcome(auth.explorer.who_can(actor, "users:read", &here, &page).await)),
            ("what can another", outcome(auth.explorer.what_can(actor, target).await)),
            ("search people", outcome(auth.users.search(actor, &filter, &page).await)),
            ("search people by role", outcome(auth.users.search(actor, &by_role, &page).await)),
            ("see another", outcome(auth.users.get(actor, target).await)),
            ("sessions of another", outcome(auth.admin.sessions_of(actor, target).await)),
            ("activity of another", outcome(auth.audit.of_user(actor, target, &page).await)),
            ("the audit log", outcome(auth.audit.search(actor, &AuditFilter::default(), &page).await)),
        ];
        for (what, came_out) in looks {
            self.line(what, &came_out);
        }
    }

    /// Acts on users who hold a role globally, and on the actor. All operations must have the same
    /// outcome.
    async fn acting(&mut self, name: &str, actor: &Actor) {
        let (auth, program) = (self.auth, self.program.clone());
        let account = NewAccount {
            username: "made.here".to_owned(),
            email: "made.here@example.org".to_owned(),
            ..NewAccount::default()
        };
        let made = auth.users.create(actor, &account).await;
        if let Ok(user) = &made {
            auth.admin.delete_user(&program, user.id, "").await.unwrap();
            let away = UserChange { username: Some(format!("gone{}", self.count)), ..UserChange::default() };
            auth.admin.update_user(&program, user.id, &away).await.unwrap();
        }
        let made = match made {
            Err(error) if error.problems().iter().any(|p| p.code.as_str() == "email_taken") => {
                "yes".to_owned()
            }
            other => outcome(other),
        };
        self.line("make an account", &made);
        let own = actor.user_id().map(|id| ("oneself", id));
        for (whom, id) in self.targets.clone().into_iter().chain(own) {
            let acts = [
                ("suspend", outcome(auth.admin.suspend(actor, id, "").await)),
                ("unsuspend", outcome(auth.admin.unsuspend(actor, id, "").await)),
                ("unlock", outcome(auth.admin.unlock(actor, id).await)),
                ("change", outcome(auth.admin.update_user(actor, id, &UserChange::default()).await)),
                ("end sessions", outcome(auth.admin.end_sessions_of(actor, id).await)),
                ("delete", outcome(auth.admin.delete_user(actor, id, "").await)),
                ("restore", outcome(auth.admin.restore_user(actor, id).await)),
            ];
            let first = &acts[0].1.clone();
            assert!(acts.iter().all(|(_, one)| one == first), "{name} on {whom}: {acts:?}");
            self.line(&format!("act on {whom}"), first);
        }
    }
}

fn add(permission: &str) -> RoleChange {
    RoleChange { add_permissions: vec![permission.to_owned()], ..RoleChange::default() }
}

fn assignable(role: &str) -> RoleChange {
    RoleChange { add_assignable: vec![role.to_owned()], ..RoleChange::default() }
}

fn grantable(permission: &str) -> RoleChange {
    RoleChange { add_grantable: vec![permission.to_owned()], ..RoleChange::default() }
}
