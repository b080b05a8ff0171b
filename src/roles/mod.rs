//! Roles, and who holds them where.
//!
//! Every change takes one lock, reads what its actor holds at that moment, asks [`crate::delegation`], and is written
//! with its audit entry in one transaction; then exactly those are evicted from memory whom it touches.

mod assignable;
pub(crate) mod change;
mod grants;
mod provision;
pub(crate) mod scopes;
mod sql;

pub use change::RoleChange;
pub use grants::{Assignment, Grant};

pub(crate) use grants::{Sight, give_built_in, grant, has_holder};
pub(crate) use provision::provision;
pub(crate) use sql::{ALL, GrantRow};

use sql::*;

use std::time::Duration;

use crate::actor::{Actor, Who};
use crate::audit::{Change, Entry, Event, Recorder};
use crate::cache::{Evict, Snapshots};
use crate::clock::{Clock, Random};
use crate::config::Settings;
use crate::delegation::{self, Giver, Rank};
use crate::error::Error;
use crate::model::code::{Code, Field};
use crate::model::id::RoleId;
use crate::model::page::{Page, PageRequest};
use crate::model::permission::{ROLES_MANAGE, ROLES_READ};
use crate::model::role::{Requirement, RoleName, is_level};
use crate::model::scope::Scope;
use crate::model::text;
use crate::model::time::Timestamp;
use crate::permissions::{self, MAX_DESCRIPTION};
use crate::standing;
use crate::store::{Conn, Store};

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
/// # -> Result<(), authtuna::error::Error> {
/// use authtuna::actor::Actor;
/// use authtuna::roles::{Assignment, NewRole};
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
    enrolment: Enrolment,
}

/// What people can set up here.
#[derive(Clone, Copy)]
pub(crate) struct Enrolment {
    pub(crate) apps: bool,
    pub(crate) passkeys: bool,
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
        let enrolment = Enrolment { apps: settings.mfa.enabled, passkeys: settings.passkeys_possible() };
        let step_up = settings.sessions.step_up;
        Self { store, recorder, cache, clock, random, step_up, enrolment }
    }

    /// Makes a role. The permission `roles:assign:<name>` comes into being with it.
    ///
    /// Needs `roles:manage` everywhere and a level above the new role's; and of each permission what
    /// [`Roles::add_permission`] needs. Err: [`Code::BadRoleName`], [`Code::RoleExists`] (also in other case),
    /// [`Code::BadLevel`], [`Code::AboveYourLevel`], [`Code::PermissionNotFound`], [`Code::NotYoursToGive`].
    pub async fn create(&self, actor: &Actor, new: &NewRole) -> Result<Role, Error> {
        let (mut work, giver) = standing::begin(&self.recorder, actor).await?;
        delegation::may_manage(&giver)?;
        let row = self.insert(&mut work, actor, &giver, new).await?;
        work.commit().await?;
        Ok(role(row))
    }

    /// The role with this name, made if there is none; whether it was made. One that exists stays as it is.
    ///
    /// Needs and errors as [`Roles::create`], but for [`Code::RoleExists`].
    pub async fn get_or_create(&self, actor: &Actor, new: &NewRole) -> Result<(Role, bool), Error> {
        let (mut work, giver) = standing::begin(&self.recorder, actor).await?;
        delegation::may_manage(&giver)?;
        if let Some(row) = by_name(&mut work.tx, &new.name).await? {
            return Ok((role(row), false));
        }
        let row = self.insert(&mut work, actor, &giver, new).await?;
        work.commit().await?;
        Ok((role(row), true))
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
        let carried = standing::carried(&mut conn, row.id).await?;
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

    /// Changes a role: all of it or nothing. Holders have the new permissions with their next request.
    ///
    /// Needs `roles:manage` everywhere and a level above the role's. Each part has its own rule, see
    /// [`crate::delegation`]. Err: [`Code::RoleNotFound`], [`Code::PermissionNotFound`], [`Code::AboveYourLevel`],
    /// [`Code::NotYoursToGive`], [`Code::OutlivesGiver`], [`Code::BadLevel`], [`Code::AssignCycle`], [`Code::BuiltIn`];
    /// [`Code::StepUpRequired`] for more power when whoever changes it has confirmed too long ago who they are.
    pub async fn update(&self, actor: &Actor, name: &str, change: &RoleChange) -> Result<Role, Error> {
        let (mut work, giver) = standing::begin(&self.recorder, actor).await?;
        let plan = change::plan(&mut work.tx, &giver, name, change).await?;
        if let Some(requirement) = plan.new_requirement() {
            self.can_be_met(actor, requirement)?;
        }
        if plan.adds_power() {
            actor.confirmed_within(self.step_up, work.now())?;
        }
        if !plan.is_empty() {
            change::apply(&mut work, actor.user_id(), &plan).await?;
        }
        let row = by_name(&mut work.tx, name).await?.ok_or(Code::RoleNotFound)?;
        let touched = plan.touches_holders().then_some(Evict::Role(row.id));
        work.commit_evicting(&self.cache, touched.as_slice()).await?;
        Ok(role(row))
    }

    /// Err([`Code::FeatureOff`]) for a requirement that nobody can meet here, Err([`Code::EnrolmentRequired`]) for one that
    /// whoever makes it does not meet: nobody locks themselves out, and everybody else with them.
    fn can_be_met(&self, actor: &Actor, requirement: Requirement) -> Result<(), Error> {
        let offered = match requirement {
            Requirement::Mfa => self.enrolment.apps || self.enrolment.passkeys,
            Requirement::Passkey => self.enrolment.passkeys,
        };
        let user = match &actor.who {
            Who::User(snapshot) => Some(&snapshot.user),
            Who::Behalf(person) => Some(&person.user),
            Who::Enrolling(_) | Who::Anonymous | Who::System => None,
        };
        let meets = user.is_none_or(|user| match requirement {
            Requirement::Mfa => user.mfa_enabled,
            Requirement::Passkey => user.has_passkey,
        });
        match (offered, meets) {
            (false, _) => Err(Code::FeatureOff.into()),
            (true, false) => Err(Code::EnrolmentRequired.into()),
            (true, true) => Ok(()),
        }
    }

    /// Has a role carry a permission. One that it carries already is no error.
    ///
    /// Besides what [`Roles::update`] needs, one holds the permission everywhere oneself, or holds everywhere a role
    /// that may grant it; and one adds `roles:assign:<role>` only for roles that one may give everywhere.
    pub async fn add_permission(&self, actor: &Actor, name: &str, permission: &str) -> Result<(), Error> {
        let change = RoleChange { add_permissions: vec![permission.to_owned()], ..RoleChange::default() };
        self.update(actor, name, &change).await.map(drop)
    }

    /// Takes a permission out of a role. One that it does not carry is no error.
    pub async fn remove_permission(&self, actor: &Actor, name: &str, permission: &str) -> Result<(), Error> {
        let change = RoleChange { remove_permissions: vec![permission.to_owned()], ..RoleChange::default() };
        self.update(actor, name, &change).await.map(drop)
    }

    /// Lets holders of a role give and take `assignable`, which one may give everywhere oneself.
    /// Err([`Code::AssignCycle`]) when `assignable` could come to give the role in turn.
    pub async fn let_assign(&self, actor: &Actor, name: &str, assignable: &str) -> Result<(), Error> {
        let change = RoleChange { add_assignable: vec![assignable.to_owned()], ..RoleChange::default() };
        self.update(actor, name, &change).await.map(drop)
    }

    /// Lets holders of a role add `permission` to roles without holding it. Needs what adding it needs.
    pub async fn let_grant(&self, actor: &Actor, name: &str, permission: &str) -> Result<(), Error> {
        let change = RoleChange { add_grantable: vec![permission.to_owned()], ..RoleChange::default() };
        self.update(actor, name, &change).await.map(drop)
    }

    /// Deletes a role, and with it every grant of it and the permission to assign it.
    ///
    /// Needs what [`Roles::update`] needs, and that one may give the role everywhere.
    /// Err([`Code::BuiltIn`]) for roles that the software brings along.
    pub async fn delete(&self, actor: &Actor, name: &str) -> Result<(), Error> {
        let (mut work, giver) = standing::begin(&self.recorder, actor).await?;
        delegation::may_manage(&giver)?;
        let row = find(&mut work.tx, name).await?;
        delegation::may_edit(&giver, row.rank())?;
        if row.built_in {
            return Err(Error::on(Field::Role, Code::BuiltIn));
        }
        // Whoever could not give the role might delete it, make another of its name, and give that.
        delegation::may_give_for_good(&giver, row.rank())?;
        let carried = standing::carried(&mut work.tx, row.id).await?;
        let mut touched = permissions::delete_assign(&mut work.tx, &row.name_key).await?;
        touched.extend(change::listing(&mut work.tx, row.id).await?);
        DELETE.bind(row.id).execute(&mut work.tx).await?;
        work.record(
            Entry::new(Event::RoleDeleted)
                .with("role", row.name.as_str())
                .with("before", change::in_json(&row, &carried)),
        );
        let touched: Vec<Evict> = touched.into_iter().chain([row.id]).map(Evict::Role).collect();
        work.commit_evicting(&self.cache, &touched).await
    }

    async fn insert(
        &self,
        work: &mut Change,
        actor: &Actor,
        giver: &Giver,
        new: &NewRole,
    ) -> Result<RoleRow, Error> {
        let name = RoleName::parse(new.name.trim()).map_err(|code| Error::on(Field::Name, code))?;
        let description = text::line(&new.description, MAX_DESCRIPTION)
            .map_err(|code| Error::on(Field::Description, code))?;
        if new.level.is_some_and(|level| !is_level(level)) {
            return Err(Error::on(Field::Level, Code::BadLevel));
        }
        delegation::is_below(giver, new.level).map_err(|code| Error::on(Field::Level, code))?;
        let now = work.now();
        let made = INSERT
            .bind(self.random.uuid(now))
            .bind(name.as_str())
            .bind(name.key())
            .bind(description)
            .bind(new.level)
            .bind(false)
            .bind(false)
            .bind(now)
            .execute(&mut work.tx)
            .await?;
        if made == 0 {
            return Err(Error::on(Field::Name, Code::RoleExists));
        }
        permissions::insert_assign(&mut work.tx, &name, self.random.uuid(now), now).await?;
        let first = RoleChange { add_permissions: new.permissions.clone(), ..RoleChange::default() };
        let plan = change::plan(&mut work.tx, giver, name.as_str(), &first).await?;
        change::write(&mut work.tx, actor.user_id(), &plan, now).await?;
        let row = find(&mut work.tx, name.as_str()).await?;
        let carried = standing::carried(&mut work.tx, row.id).await?;
        work.record(
            Entry::new(Event::RoleCreated)
                .with("role", row.name.as_str())
                .with("after", change::in_json(&row, &carried)),
        );
        Ok(row)
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
