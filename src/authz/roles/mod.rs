//! Roles, and who holds them in which scope.
//!
//! Every change takes one lock, reads what the caller holds at that moment, and asks
//! [`crate::authz::delegation`]. The change and its audit entry are one transaction, after which
//! exactly the snapshots that it affects are evicted.
//!
//! Unless they say otherwise, operations fail with [`Code::NotAuthenticated`] when the caller is
//! anonymous, and with [`Code::EnrollmentRequired`] when they must first set up a factor.

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
    /// The role's id.
    pub id: RoleId,
    /// The name, as written.
    pub name: String,
    /// What the role is for.
    pub description: String,
    /// The level, 0 to 999. A role without one can be assigned only by holders of a role whose list
    /// or permissions allow it.
    pub level: Option<i64>,
    /// What holders must have set up before their session may do anything else.
    pub requires: Option<Requirement>,
    /// Whether the role is built in.
    pub built_in: bool,
    /// Whether the role holds every permission, including ones created later.
    pub all_permissions: bool,
    /// When the role was created.
    pub created_at: Timestamp,
    /// When the role was last changed.
    pub updated_at: Timestamp,
}

/// A role with everything about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDetails {
    /// The role.
    pub role: Role,
    /// The permissions that it carries, sorted.
    pub permissions: Vec<String>,
    /// The names of the roles that its holders may assign and remove.
    pub can_assign: Vec<String>,
    /// The permissions that its holders may add to roles without holding them, sorted.
    pub can_grant: Vec<String>,
    /// The names of the roles whose lists let their holders assign this one.
    pub assigned_by: Vec<String>,
    /// How many users hold the role.
    pub members: i64,
}

/// A role to create.
#[derive(Clone, Debug, Default)]
pub struct NewRole {
    /// The name; see [`RoleName`].
    pub name: String,
    /// What the role is for.
    pub description: String,
    /// The level, 0 to 999.
    pub level: Option<i64>,
    /// The permissions that it carries from the start.
    pub permissions: Vec<String>,
}

impl NewRole {
    /// Describes a role without a level and without permissions.
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
    /// How recently a caller must have authenticated to assign a role or extend one.
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

    /// Returns the role with this name, if there is one.
    ///
    /// Needs `roles:read` or `roles:manage` globally.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] when the caller lacks those permissions.
    pub async fn get(&self, actor: &Actor, name: &str) -> Result<Option<Role>, Error> {
        may_read(actor)?;
        Ok(by_name(&mut self.store.read().await?, name).await?.map(role))
    }

    /// Returns the role with this name and everything about it, if there is one.
    ///
    /// Needs `roles:read` or `roles:manage` globally.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] when the caller lacks those permissions.
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

    /// Returns the roles whose name or description contains `text`, highest level first.
    ///
    /// Needs `roles:read` or `roles:manage` globally.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller lacks those permissions.
    /// - [`Code::BadCursor`] when `page.after` is not a cursor of this list.
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

/// Checks that the caller may see all roles and their holders.
pub(crate) fn may_read(actor: &Actor) -> Result<(), Error> {
    actor.require_any(&[ROLES_READ, ROLES_MANAGE], &Scope::global())
}

async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<RoleRow>, Error> {
    // An invalid name matches no role, and Postgres would reject some of them.
    let Ok(name) = RoleName::parse(name.trim()) else { return Ok(None) };
    BY_KEY.bind(name.key()).optional(conn).await
}

/// Returns the role with this name, for a caller who may know that it exists.
async fn find(conn: &mut Conn, name: &str) -> Result<RoleRow, Error> {
    by_name(conn, name).await?.ok_or_else(|| Error::on(Field::Role, Code::RoleNotFound))
}

/// Returns the names, as written, of the roles with these keys. Skips keys without a role.
pub(crate) async fn names_of(conn: &mut Conn, keys: &[String]) -> Result<Vec<String>, Error> {
    let mut names = Vec::with_capacity(keys.len());
    for key in keys {
        names.extend(by_name(conn, key).await?.map(|row| row.name));
    }
    Ok(names)
}
