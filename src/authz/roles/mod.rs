//! Roles, and who holds them where.
//!
//! Every change takes one lock, reads what its actor holds at that moment, asks [`crate::authz::delegation`], and is written
//! with its audit entry in one transaction; then exactly those are evicted from memory whom it touches.

mod assignable;
mod assignments;
pub(crate) mod change;
mod edit;
mod provision;
pub(crate) mod scopes;
mod sql;

pub use assignments::{Assignment, Grant};
pub use change::RoleChange;

pub(crate) use assignments::{Visibility, give_built_in, grant, has_holder};
pub(crate) use provision::provision;
pub(crate) use sql::{ALL, GrantRow};

use edit::EnrollmentOptions;
use sql::*;

use std::time::Duration;

use crate::audit::Recorder;
use crate::authz::actor::Actor;
use crate::authz::delegation::Rank;
use crate::authz::effective_access;
use crate::authz::snapshot_cache::Snapshots;
use crate::foundation::clock::{Clock, Random};
use crate::foundation::config::Settings;
use crate::foundation::error::Error;
use crate::foundation::store::{Conn, Store};
use crate::model::code::{Code, Field};
use crate::model::id::RoleId;
use crate::model::page::{Page, PageRequest};
use crate::model::permission::{ROLES_MANAGE, ROLES_READ};
use crate::model::role::{Requirement, RoleName};
use crate::model::scope::Scope;
use crate::model::text;
use crate::model::time::Timestamp;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its name, as written.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its rank, 0 to 999; None for one that only its lists and permissions let people give.
    pub level: Option<i64>,
    /// What its holders must have before a session of theirs does anything else.
    pub requires: Option<Requirement>,
    /// Whether the software brings it along.
    pub built_in: bool,
    /// Whether it holds every permission, later ones too.
    pub all_permissions: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// A role with everything about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDetails {
    /// The role.
    pub role: Role,
    /// The permissions that it carries, sorted.
    pub permissions: Vec<String>,
    /// The roles that its holders may give and take, by name.
    pub can_assign: Vec<String>,
    /// The permissions that its holders may add to roles without holding them, sorted.
    pub can_grant: Vec<String>,
    /// The roles whose lists let their holders give this one, by name.
    pub assigned_by: Vec<String>,
    /// How many people hold it.
    pub members: i64,
}

/// A role to be made.
#[derive(Clone, Debug, Default)]
pub struct NewRole {
    /// Its name; see [`RoleName`].
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its rank, 0 to 999.
    pub level: Option<i64>,
    /// Permissions that it carries from the start.
    pub permissions: Vec<String>,
}

impl NewRole {
    /// A role without rank and permissions.
    pub fn named(name: &str, description: &str) -> Self {
        Self { name: name.to_owned(), description: description.to_owned(), ..Self::default() }
    }
}

/// The roles of this installation.
///
/// ```
/// # async fn example(auth: authtuna::auth::Auth, author: authtuna::model::id::UserId)
/// # -> Result<(), authtuna::foundation::error::Error> {
/// use authtuna::authz::actor::Actor;
/// use authtuna::authz::roles::{Assignment, NewRole};
///
/// let program = Actor::system();
/// auth.permissions.get_or_create(&program, "posts:create", "Create blog posts").await?;
/// auth.roles.get_or_create(&program, &NewRole::named("editor", "Content editor")).await?;
/// auth.roles.add_permission(&program, "editor", "posts:create").await?;
/// let grant = Assignment::new(author, "editor").within("org:1".parse()?);
/// auth.roles.assign(&program, &grant).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Roles {
    store: Store,
    recorder: Recorder,
    cache: Snapshots,
    clock: Clock,
    random: Random,
    /// For how long whoever gives power has confirmed who they are.
    step_up: Duration,
    enrollment: EnrollmentOptions,
}

impl Roles {
    pub(crate) fn new(
        store: Store,
        recorder: Recorder,
        cache: Snapshots,
        clock: Clock,
        random: Random,
        settings: &Settings,
    ) -> Self {
        let enrollment =
            EnrollmentOptions { apps: settings.mfa.enabled, passkeys: settings.passkeys_possible() };
        let step_up = settings.sessions.step_up;
        Self { store, recorder, cache, clock, random, step_up, enrollment }
    }

    /// The role with this name. Needs `roles:read` or `roles:manage` everywhere.
    pub async fn get(&self, actor: &Actor, name: &str) -> Result<Option<Role>, Error> {
        may_read(actor)?;
        Ok(by_name(&mut self.store.read().await?, name).await?.map(role))
    }

    /// Everything about the role with this name. Needs `roles:read` or `roles:manage` everywhere.
    pub async fn details(&self, actor: &Actor, name: &str) -> Result<Option<RoleDetails>, Error> {
        may_read(actor)?;
        let mut conn = self.store.read().await?;
        let Some(row) = by_name(&mut conn, name).await? else { return Ok(None) };
        let carried = effective_access::carried(&mut conn, row.id).await?;
        let assigned_by: Vec<(String,)> = ASSIGNABLE_BY.bind(row.id).all(&mut conn).await?;
        let (members,): (i64,) = MEMBER_COUNT.bind(row.id).bind(self.clock.now()).one(&mut conn).await?;
        Ok(Some(RoleDetails {
            role: role(row),
            permissions: carried.permissions,
            can_assign: carried.can_assign,
            can_grant: carried.can_grant,
            assigned_by: assigned_by.into_iter().map(|(name,)| name).collect(),
            members,
        }))
    }

    /// The roles whose name or description contains `text`, the highest level first. Needs `roles:read` or
    /// `roles:manage` everywhere.
    pub async fn list(&self, actor: &Actor, text: &str, page: &PageRequest) -> Result<Page<Role>, Error> {
        may_read(actor)?;
        let (level, key) = match page.after.as_deref() {
            None => (i64::MAX, String::new()),
            Some(cursor) => cursor
                .split_once('~')
                .and_then(|(level, key)| {
                    Some((level.parse().ok()?, RoleName::parse(key).ok()?.key().to_owned()))
                })
                .ok_or_else(|| Error::on(Field::Cursor, Code::BadCursor))?,
        };
        let query = LIST.bind(level).bind(key).bind(text::contains_pattern(text)).bind(page.rows() + 1);
        let found: Vec<RoleRow> = query.all(&mut self.store.read().await?).await?;
        Ok(page.cut(found, |row| format!("{}~{}", row.level.unwrap_or(-1), row.name_key)).map(role))
    }
}

impl RoleRow {
    fn rank(&self) -> Rank<'_> {
        Rank { key: &self.name_key, level: self.level }
    }
}

fn role(row: RoleRow) -> Role {
    Role {
        id: row.id,
        name: row.name,
        description: row.description,
        level: row.level,
        requires: row.required_factor.as_deref().and_then(Requirement::parse),
        built_in: row.built_in,
        all_permissions: row.all_permissions,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

/// Whether the actor may see all roles, and who holds them.
pub(crate) fn may_read(actor: &Actor) -> Result<(), Error> {
    actor.require_any(&[ROLES_READ, ROLES_MANAGE], &Scope::global())
}

async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<RoleRow>, Error> {
    // What can be no name is nobody's; Postgres would not even take it.
    let Ok(name) = RoleName::parse(name.trim()) else { return Ok(None) };
    BY_KEY.bind(name.key()).optional(conn).await
}

/// The role with this name, for somebody who may know that it exists.
async fn find(conn: &mut Conn, name: &str) -> Result<RoleRow, Error> {
    by_name(conn, name).await?.ok_or_else(|| Error::on(Field::Role, Code::RoleNotFound))
}

/// The names of the roles with these keys, as written; those that are there.
pub(crate) async fn names_of(conn: &mut Conn, keys: &[String]) -> Result<Vec<String>, Error> {
    let mut names = Vec::with_capacity(keys.len());
    for key in keys {
        names.extend(by_name(conn, key).await?.map(|row| row.name));
    }
    Ok(names)
}
