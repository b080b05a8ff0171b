//! Permissions: what can be allowed. Roles carry them; users hold them only through roles.
//!
//! Every operation fails with [`Code::NotAuthenticated`] when the caller is anonymous, and with
//! [`Code::EnrollmentRequired`] when they must first set up a factor.

mod sql;

pub(crate) use sql::ALL;

use sql::*;

use crate::audit::{Entry, Event, Recorder};
use crate::authz::actor::Actor;
use crate::authz::delegation::{self, Grantor, Rank};
use crate::authz::effective_access;
use crate::authz::snapshot_cache::{Evict, Snapshots};
use crate::foundation::clock::Random;
use crate::foundation::error::Error;
use crate::foundation::store::{Conn, Store};
use crate::model::code::{Code, Field};
use crate::model::id::{PermissionId, RoleId};
use crate::model::page::{Page, PageRequest};
use crate::model::permission::{
    self, ASSIGN_PREFIX, PERMISSIONS_MANAGE, PERMISSIONS_READ, PermissionName, resource,
};
use crate::model::role::RoleName;
use crate::model::scope::Scope;
use crate::model::text;
use crate::model::time::Timestamp;

/// The longest description of a role or permission, in characters.
pub(crate) const MAX_DESCRIPTION: usize = 500;

/// A permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The permission's id.
    pub id: PermissionId,
    /// The name, such as `posts:create`.
    pub name: String,
    /// What the permission allows.
    pub description: String,
    /// Whether the permission is built in or belongs to a role (`roles:assign:<role>`).
    pub built_in: bool,
    /// When the permission was created.
    pub created_at: Timestamp,
}

impl Permission {
    /// Returns the resource: the first segment of the name.
    pub fn resource(&self) -> &str {
        resource(&self.name)
    }
}

/// The permissions of this installation.
///
/// ```
/// # async fn example(auth: authtuna::auth::Auth) -> Result<(), authtuna::foundation::error::Error> {
/// use authtuna::authz::actor::Actor;
///
/// let program = Actor::system();
/// let (permission, created) =
///     auth.permissions.get_or_create(&program, "posts:publish", "Make posts public").await?;
/// assert_eq!(permission.resource(), "posts");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Permissions {
    store: Store,
    recorder: Recorder,
    cache: Snapshots,
    random: Random,
}

impl Permissions {
    pub(crate) fn new(store: Store, recorder: Recorder, cache: Snapshots, random: Random) -> Self {
        Self { store, recorder, cache, random }
    }

    /// Creates a permission. At first, only roles that hold every permission carry it.
    ///
    /// Needs `permissions:manage` globally.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller lacks that permission.
    /// - [`Code::BadPermissionName`] when the name is invalid.
    /// - [`Code::ReservedName`] when the name begins with `roles:assign:`.
    /// - [`Code::PermissionExists`] when there is a permission with this name.
    /// - [`Code::TooLong`] or [`Code::BadCharacters`] when the description is invalid.
    pub async fn create(&self, actor: &Actor, name: &str, description: &str) -> Result<Permission, Error> {
        let (made, created) = self.get_or_create(actor, name, description).await?;
        if !created {
            return Err(Error::on(Field::Name, Code::PermissionExists));
        }
        Ok(made)
    }

    /// Returns the permission with this name, and whether it was created. An existing permission
    /// stays as it is.
    ///
    /// Needs what [`Permissions::create`] needs.
    ///
    /// # Errors
    ///
    /// As for [`Permissions::create`], except for [`Code::PermissionExists`].
    pub async fn get_or_create(
        &self,
        actor: &Actor,
        name: &str,
        description: &str,
    ) -> Result<(Permission, bool), Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        may_manage(&grantor)?;
        let name = PermissionName::parse(name.trim()).map_err(|code| Error::on(Field::Name, code))?;
        let description = describe(description)?;
        if let Some(row) = by_name(&mut work.tx, name.as_str()).await? {
            return Ok((permission(row), false));
        }
        if name.as_str().starts_with(ASSIGN_PREFIX) {
            return Err(Error::on(Field::Name, Code::ReservedName));
        }
        let now = work.now();
        let query = INSERT.bind(self.random.uuid(now)).bind(name.as_str()).bind(&description);
        query.bind(false).bind(now).execute(&mut work.tx).await?;
        let row = find(&mut work.tx, name.as_str()).await?;
        let entry = Entry::new(Event::PermissionCreated).with("permission", name.as_str());
        work.record(entry.with("description", description));
        work.commit().await?;
        Ok((permission(row), true))
    }

    /// Returns the permission with this name, if there is one.
    ///
    /// Needs `permissions:read` or `permissions:manage` globally.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] when the caller lacks those permissions.
    pub async fn get(&self, actor: &Actor, name: &str) -> Result<Option<Permission>, Error> {
        may_read(actor)?;
        Ok(by_name(&mut self.store.read().await?, name).await?.map(permission))
    }

    /// Returns the permissions whose name or description contains `text`, ordered by name, so that
    /// those of one resource are together. A `resource` that is not empty limits the list to that
    /// resource.
    ///
    /// Needs `permissions:read` or `permissions:manage` globally.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller lacks those permissions.
    /// - [`Code::BadCursor`] when `page.after` is not a cursor of this list.
    pub async fn list(
        &self,
        actor: &Actor,
        resource: &str,
        text: &str,
        page: &PageRequest,
    ) -> Result<Page<Permission>, Error> {
        may_read(actor)?;
        let after = page.after.as_deref().unwrap_or_default();
        if !after.is_empty() && PermissionName::parse(after).is_err() {
            return Err(Error::on(Field::Cursor, Code::BadCursor));
        }
        let query = LIST.bind(after).bind(text::contains_pattern(text)).bind(text::storable(resource.trim()));
        let found: Vec<PermissionRow> =
            query.bind(page.rows() + 1).all(&mut self.store.read().await?).await?;
        Ok(page.cut(found, |row| row.name.clone()).map(permission))
    }

    /// Returns the names of the roles that carry a permission, or whose holders may grant it.
    ///
    /// Needs `permissions:read` or `permissions:manage`, and also `roles:read` or `roles:manage`,
    /// all globally.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller lacks those permissions.
    /// - [`Code::PermissionNotFound`] when the permission does not exist.
    pub async fn roles_with(&self, actor: &Actor, name: &str) -> Result<Vec<String>, Error> {
        may_read(actor)?;
        actor.require_any(&[permission::ROLES_READ, permission::ROLES_MANAGE], &Scope::global())?;
        let mut conn = self.store.read().await?;
        let row = find(&mut conn, name).await?;
        let roles: Vec<RoleRow> = ROLES_WITH.bind(row.id).all(&mut conn).await?;
        Ok(roles.into_iter().map(|role| role.name).collect())
    }

    /// Changes the description of a permission. The name stays, because code refers to it.
    ///
    /// Needs `permissions:manage` globally.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller lacks that permission.
    /// - [`Code::PermissionNotFound`] when the permission does not exist.
    /// - [`Code::TooLong`] or [`Code::BadCharacters`] when the description is invalid.
    pub async fn update(&self, actor: &Actor, name: &str, description: &str) -> Result<Permission, Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        may_manage(&grantor)?;
        let description = describe(description)?;
        let row = find(&mut work.tx, name).await?;
        if row.description != description {
            DESCRIBE.bind(row.id).bind(&description).execute(&mut work.tx).await?;
            work.record(
                Entry::new(Event::PermissionUpdated)
                    .with("permission", row.name.as_str())
                    .with("before", row.description.as_str())
                    .with("after", description.as_str()),
            );
            work.commit().await?;
        }
        Ok(permission(PermissionRow { description, ..row }))
    }

    /// Deletes a permission and removes it from every role.
    ///
    /// Needs `permissions:manage` globally. Because this changes the roles that carry the
    /// permission, the caller must also be able to edit each of them.
    ///
    /// # Errors
    ///
    /// - [`Code::PermissionNotFound`] when the permission does not exist.
    /// - [`Code::BuiltIn`] when the permission is built in or belongs to a role.
    /// - [`Code::Forbidden`] or [`Code::AboveYourLevel`] when the caller may not delete it, or may
    ///   not edit one of the roles.
    pub async fn delete(&self, actor: &Actor, name: &str) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        may_manage(&grantor)?;
        let row = find(&mut work.tx, name).await?;
        if row.built_in {
            return Err(Error::on(Field::Permission, Code::BuiltIn));
        }
        let roles: Vec<RoleRow> = ROLES_WITH.bind(row.id).all(&mut work.tx).await?;
        for role in &roles {
            delegation::may_edit(&grantor, Rank { key: &role.name_key, level: role.level })
                .map_err(|code| Error::on(Field::Role, code))?;
        }
        DELETE.bind(row.id).execute(&mut work.tx).await?;
        let names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
        work.record(
            Entry::new(Event::PermissionDeleted)
                .with("permission", row.name.as_str())
                .with("description", row.description.as_str())
                .with("roles", names),
        );
        let touched: Vec<Evict> = roles.iter().map(|role| Evict::Role(role.id)).collect();
        work.commit_evicting(&self.cache, &touched).await
    }
}

fn may_manage(grantor: &Grantor) -> Result<(), Code> {
    match grantor {
        Grantor::Person(access) if !access.allows(PERMISSIONS_MANAGE, &Scope::global()) => {
            Err(Code::Forbidden)
        }
        Grantor::Person(_) | Grantor::Program => Ok(()),
    }
}

fn may_read(actor: &Actor) -> Result<(), Error> {
    actor.require_any(&[PERMISSIONS_READ, PERMISSIONS_MANAGE], &Scope::global())
}

fn describe(description: &str) -> Result<String, Error> {
    text::line(description, MAX_DESCRIPTION).map_err(|code| Error::on(Field::Description, code))
}

async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<PermissionRow>, Error> {
    // An invalid name matches no permission, and Postgres would reject some of them.
    let Ok(name) = PermissionName::parse(name.trim()) else { return Ok(None) };
    BY_NAME.bind(name.as_str()).optional(conn).await
}

async fn find(conn: &mut Conn, name: &str) -> Result<PermissionRow, Error> {
    by_name(conn, name).await?.ok_or_else(|| Error::on(Field::Permission, Code::PermissionNotFound))
}

fn permission(row: PermissionRow) -> Permission {
    Permission {
        id: row.id,
        name: row.name,
        description: row.description,
        built_in: row.built_in,
        created_at: row.created_at,
    }
}

/// Returns whether a permission has this name.
pub(crate) async fn exists(conn: &mut Conn, name: &str) -> Result<bool, Error> {
    Ok(by_name(conn, name).await?.is_some())
}

/// Creates the permission to assign and remove a role. It is created and deleted with the role.
pub(crate) async fn insert_assign(
    conn: &mut Conn,
    role: &RoleName,
    id: uuid::Uuid,
    now: Timestamp,
) -> Result<(), Error> {
    let description = format!("Give and take the role {}", role.as_str());
    let query = INSERT.bind(id).bind(permission::assign(role.key())).bind(description);
    query.bind(true).bind(now).execute(conn).await.map(drop)
}

/// Deletes the permission to assign and remove a role. Returns the roles that carried it, or whose
/// holders could grant it.
pub(crate) async fn delete_assign(conn: &mut Conn, role_key: &str) -> Result<Vec<RoleId>, Error> {
    let Some(row) = by_name(conn, &permission::assign(role_key)).await? else { return Ok(Vec::new()) };
    let roles: Vec<RoleRow> = ROLES_WITH.bind(row.id).all(conn).await?;
    DELETE.bind(row.id).execute(conn).await?;
    Ok(roles.into_iter().map(|role| role.id).collect())
}

/// Adds the built-in permissions that are missing, and returns how many were added.
pub(crate) async fn provision(conn: &mut Conn, random: Random, now: Timestamp) -> Result<u64, Error> {
    let mut added = 0;
    for built_in in permission::BUILT_IN {
        let query = INSERT.bind(random.uuid(now)).bind(built_in.name).bind(built_in.description);
        added += query.bind(true).bind(now).execute(conn).await?;
    }
    Ok(added)
}
