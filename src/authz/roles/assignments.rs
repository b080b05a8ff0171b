//! Assigning roles to users and removing them.

use super::sql::*;
use super::{Roles, by_name, find};
use crate::audit::{Change, Entry, Event};
use crate::authz::actor::Actor;
use crate::authz::delegation::{self, Grantor};
use crate::authz::effective_access::{self, read_scope};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::clock::{Clock, Random};
use crate::foundation::error::Error;
use crate::foundation::store::Conn;
use crate::model::code::{Code, Field};
use crate::model::id::{GrantId, UserId};
use crate::model::page::{Page, PageRequest};
use crate::model::permission::{ROLES_MANAGE, ROLES_READ};
use crate::model::role::{SYSTEM, key_of};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// A role to assign to a user.
#[derive(Clone, Debug)]
pub struct Assignment {
    user: UserId,
    role: String,
    scope: Scope,
    expires_at: Option<Timestamp>,
}

impl Assignment {
    /// Creates an assignment in the scope `none`. It gives nothing until [`Assignment::within`] or
    /// [`Assignment::everywhere`] sets the scope, which guards against mistakes.
    pub fn new(user: UserId, role: &str) -> Self {
        Self { user, role: role.to_owned(), scope: Scope::none(), expires_at: None }
    }

    /// Makes the role count in `scope` and below.
    #[must_use]
    pub fn within(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Makes the role count everywhere.
    #[must_use]
    pub fn everywhere(self) -> Self {
        self.within(Scope::global())
    }

    /// Makes the assignment expire at `end`.
    #[must_use]
    pub fn until(mut self, end: Timestamp) -> Self {
        self.expires_at = Some(end);
        self
    }
}

/// A role as assigned to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The assignment's id.
    pub id: GrantId,
    /// The user's id.
    pub user: UserId,
    /// The username.
    pub username: String,
    /// The role's name.
    pub role: String,
    /// The scope in which the role counts.
    pub scope: Scope,
    /// The user who assigned it; `None` for the program itself.
    pub given_by: Option<UserId>,
    /// When it was assigned.
    pub given_at: Timestamp,
    /// When it expires, if it does.
    pub expires_at: Option<Timestamp>,
}

impl Roles {
    /// Assigns a role. [`delegation::may_give`] decides who may.
    ///
    /// Assigning a role that the user already holds in the scope changes nothing unless the expiry
    /// differs. Then the assignment takes the new expiry, and its grantor and time are replaced
    /// too.
    ///
    /// # Errors
    ///
    /// - [`Code::RoleNotFound`] when the role does not exist, or the caller may not know that it
    ///   does.
    /// - [`Code::Forbidden`] or [`Code::AboveYourLevel`] when the caller may not assign it in the
    ///   scope.
    /// - [`Code::BuiltIn`] when the program itself assigns the role System.
    /// - [`Code::UserNotFound`] when the user does not exist.
    /// - [`Code::BadExpiry`] when the expiry is in the past.
    /// - [`Code::OutlivesGiver`] when the right to assign the role ends before the assignment
    ///   would.
    /// - [`Code::StepUpRequired`] when the caller last authenticated too long ago.
    pub async fn assign(&self, actor: &Actor, wish: &Assignment) -> Result<Grant, Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        let role = to_give(&mut work.tx, &grantor, &wish.role, &wish.scope).await?;
        let lasts = delegation::may_give(&grantor, role.rank(), &wish.scope)?;
        let person: Option<(i32,)> = USER_EXISTS.bind(wish.user).optional(&mut work.tx).await?;
        if person.is_none() {
            return Err(Error::on(Field::User, Code::UserNotFound));
        }
        let now = work.now();
        let on_expiry = |code| Err(Error::on(Field::ExpiresAt, code));
        if wish.expires_at.is_some_and(|end| end <= now) {
            return on_expiry(Code::BadExpiry);
        }
        if !lasts.allows(wish.expires_at) {
            return on_expiry(Code::OutlivesGiver);
        }
        let before = held(&mut work.tx, wish.user, &role, &wish.scope).await?;
        if let Some(before) = &before
            && before.expires_at == wish.expires_at
        {
            return Ok(before.clone());
        }
        actor.confirmed_within(self.step_up, now)?;
        GIVE.bind(GrantId::from_uuid(self.random.uuid(now)))
            .bind(wish.user)
            .bind(role.id)
            .bind(&wish.scope)
            .bind(actor.user_id())
            .bind(now)
            .bind(wish.expires_at)
            .execute(&mut work.tx)
            .await?;
        let mut entry = entry(Event::RoleAssigned, wish.user, &role.name, &wish.scope);
        if let Some(end) = wish.expires_at {
            entry = entry.with("expires_at", end.micros());
        }
        if let Some(before) = before {
            entry = entry.with("before_expires_at", before.expires_at.map(Timestamp::micros));
        }
        work.record(entry);
        let grant = held(&mut work.tx, wish.user, &role, &wish.scope).await?;
        work.commit_evicting(&self.cache, &[Evict::User(wish.user)]).await?;
        grant.ok_or_else(|| Error::internal("grants", "a grant that was just written is not there"))
    }

    /// Removes a role from a user in one scope. They keep it in others.
    ///
    /// The caller needs the right to assign the role there.
    ///
    /// # Errors
    ///
    /// - [`Code::RoleNotFound`] when the role does not exist, or the caller may not know that it
    ///   does.
    /// - [`Code::Forbidden`] or [`Code::AboveYourLevel`] when the caller may not assign it in the
    ///   scope.
    /// - [`Code::BuiltIn`] when the program itself removes the role System.
    /// - [`Code::GrantNotFound`] when the user does not hold the role in the scope.
    pub async fn remove(&self, actor: &Actor, user: UserId, role: &str, scope: &Scope) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        let role = to_give(&mut work.tx, &grantor, role, scope).await?;
        delegation::may_give(&grantor, role.rank(), scope)?;
        let before = held(&mut work.tx, user, &role, scope).await?;
        if TAKE.bind(user).bind(role.id).bind(scope).execute(&mut work.tx).await? == 0 {
            return Err(Error::on(Field::Role, Code::GrantNotFound));
        }
        let mut entry = entry(Event::RoleRemoved, user, &role.name, scope);
        if let Some(before) = before {
            entry = entry
                .with("given_by", before.given_by.map(|id| id.to_string()))
                .with("given_at", before.given_at.micros())
                .with("expires_at", before.expires_at.map(Timestamp::micros));
        }
        work.record(entry);
        work.commit_evicting(&self.cache, &[Evict::User(user)]).await
    }

    /// Returns the roles that were assigned to a user, including expired assignments.
    ///
    /// Users see all of their own. Of another user's, the caller sees only those in scopes in which
    /// they hold `roles:read` or `roles:manage`.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the caller is anonymous or must first set up a factor.
    /// - [`Code::Forbidden`] when the caller holds neither permission in any scope.
    pub async fn of_user(&self, actor: &Actor, user: UserId) -> Result<Vec<Grant>, Error> {
        let visibility = Visibility::of(actor)?;
        let own = actor.user_id() == Some(user);
        if !own {
            visibility.check_any()?;
        }
        let rows: Vec<GrantRow> = GRANTS_OF.bind(user).all(&mut self.store.read().await?).await?;
        let assignments = rows.into_iter().map(grant).collect::<Result<Vec<_>, _>>()?;
        Ok(assignments.into_iter().filter(|grant| own || visibility.covers(&grant.scope)).collect())
    }

    /// Returns the assignments of a role in `within` or below it, oldest first.
    ///
    /// Needs `roles:read` or `roles:manage` in `within`.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller lacks those permissions.
    /// - [`Code::RoleNotFound`] when the role does not exist.
    /// - [`Code::BadCursor`] when `page.after` is not a cursor of this list.
    pub async fn members(
        &self,
        actor: &Actor,
        role: &str,
        within: &Scope,
        page: &PageRequest,
    ) -> Result<Page<Grant>, Error> {
        actor.require_any(&[ROLES_READ, ROLES_MANAGE], within)?;
        let after = page.after.as_deref().map_or(Ok(GrantId::from_uuid(uuid::Uuid::nil())), |cursor| {
            cursor.parse().map_err(|_| Error::on(Field::Cursor, Code::BadCursor))
        })?;
        let mut conn = self.store.read().await?;
        let role = find(&mut conn, role).await?;
        let query = MEMBERS.bind(role.id).bind(after).bind(within).bind(page.rows() + 1);
        let found: Vec<GrantRow> = query.all(&mut conn).await?;
        page.cut(found, |row| row.id.to_string()).try_map(grant)
    }

    /// Deletes the assignments that expired before `end`. Until then the access explorer can say
    /// that they expired.
    pub(crate) async fn purge(&self, conn: &mut Conn, end: Timestamp) -> Result<u64, Error> {
        PURGE_GRANTS.bind(end).execute(conn).await
    }
}

/// The scopes in which a caller may see roles and their holders.
#[derive(Clone, Debug)]
pub(crate) enum Visibility {
    All,
    In(Vec<Scope>),
}

impl Visibility {
    /// Returns what `actor` may see. Fails with [`Code::NotAuthenticated`] when the actor is
    /// anonymous or must first set up a factor.
    pub(crate) fn of(actor: &Actor) -> Result<Self, Error> {
        if actor.require_system().is_ok() {
            return Ok(Self::All);
        }
        let access = actor.access().ok_or(Code::NotAuthenticated)?;
        let scopes: Vec<Scope> =
            access.scopes_of(ROLES_READ).chain(access.scopes_of(ROLES_MANAGE)).cloned().collect();
        Ok(if scopes.iter().any(Scope::is_global) { Self::All } else { Self::In(scopes) })
    }

    /// Fails with [`Code::Forbidden`] when the caller may see nothing in any scope.
    pub(crate) fn check_any(&self) -> Result<(), Error> {
        match self {
            Self::In(scopes) if scopes.is_empty() => Err(Code::Forbidden.into()),
            Self::In(_) | Self::All => Ok(()),
        }
    }

    /// Returns whether the caller may see assignments in `scope`. Only a caller who may see
    /// everything sees those in `none`.
    pub(crate) fn covers(&self, scope: &Scope) -> bool {
        match self {
            Self::All => true,
            Self::In(scopes) => scopes.iter().any(|held| held.covers(scope)),
        }
    }

    /// Returns whether the caller may see everything.
    pub(crate) fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// Returns the role that the caller wants to assign or remove. A role that they may neither see nor
/// assign counts as not found, because a refusal would reveal that it exists.
async fn to_give(conn: &mut Conn, grantor: &Grantor, name: &str, scope: &Scope) -> Result<RoleRow, Error> {
    let role = find(conn, name).await?;
    if role.name == SYSTEM && matches!(grantor, Grantor::Program) {
        return Err(Error::on(Field::Role, Code::BuiltIn));
    }
    if let Grantor::Person(access) = grantor {
        let global = Scope::global();
        let sees = access.holds_somewhere(&role.name)
            || [ROLES_READ, ROLES_MANAGE].iter().any(|permission| access.allows(permission, &global));
        if !sees && delegation::may_give(grantor, role.rank(), scope).is_err() {
            return Err(Error::on(Field::Role, Code::RoleNotFound));
        }
    }
    Ok(role)
}

async fn held(conn: &mut Conn, user: UserId, role: &RoleRow, scope: &Scope) -> Result<Option<Grant>, Error> {
    let row: Option<GrantRow> = GRANT.bind(user).bind(role.id).bind(scope).optional(conn).await?;
    row.map(grant).transpose()
}

pub(crate) fn grant(row: GrantRow) -> Result<Grant, Error> {
    Ok(Grant {
        scope: read_scope(&row.scope, row.id)?,
        id: row.id,
        user: row.user_id,
        username: row.username,
        role: row.role,
        given_by: row.given_by,
        given_at: row.given_at,
        expires_at: row.expires_at,
    })
}

fn entry(event: Event, user: UserId, role: &str, scope: &Scope) -> Entry {
    Entry::new(event).to(user).scope(scope.clone()).with("role", role)
}

/// Assigns a built-in role as part of `work`, unless the user already holds it in the scope. For
/// the program itself: provisioning, and the role that every new user gets.
pub(crate) async fn give_built_in(
    work: &mut Change,
    user: UserId,
    role: &str,
    scope: &Scope,
    clock: &Clock,
    random: Random,
) -> Result<(), Error> {
    let now = clock.now();
    let Some(row) = by_name(&mut work.tx, role).await? else { return Ok(()) };
    if held(&mut work.tx, user, &row, scope).await?.is_some() {
        return Ok(());
    }
    GIVE.bind(GrantId::from_uuid(random.uuid(now)))
        .bind(user)
        .bind(row.id)
        .bind(scope)
        .bind(None::<UserId>)
        .bind(now)
        .bind(None::<Timestamp>)
        .execute(&mut work.tx)
        .await?;
    work.record(entry(Event::RoleAssigned, user, role, scope));
    Ok(())
}

/// Returns whether a user who can sign in holds `role` globally at `now`.
pub(crate) async fn has_holder(conn: &mut Conn, role: &str, now: Timestamp) -> Result<bool, Error> {
    let found: Option<(i32,)> = HOLDER.bind(key_of(role)).bind(now).optional(conn).await?;
    Ok(found.is_some())
}
