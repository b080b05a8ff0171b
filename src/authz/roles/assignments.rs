//! Giving roles to people and taking them away.

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

/// A role to be given to somebody.
#[derive(Clone, Debug)]
pub struct Assignment {
    user: UserId,
    role: String,
    scope: Scope,
    expires_at: Option<Timestamp>,
}

impl Assignment {
    /// The role for this person, in the scope `none`: it gives nothing until [`Assignment::within`] or
    /// [`Assignment::everywhere`] says where it counts. That is on purpose, against mistakes.
    pub fn new(user: UserId, role: &str) -> Self {
        Self { user, role: role.to_owned(), scope: Scope::none(), expires_at: None }
    }

    /// It counts in `scope` and below.
    #[must_use]
    pub fn within(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// It counts everywhere.
    #[must_use]
    pub fn everywhere(self) -> Self {
        self.within(Scope::global())
    }

    /// It counts until `end`.
    #[must_use]
    pub fn until(mut self, end: Timestamp) -> Self {
        self.expires_at = Some(end);
        self
    }
}

/// A role as given to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// To whom.
    pub user: UserId,
    /// Their username.
    pub username: String,
    /// The role's name.
    pub role: String,
    /// Where it counts.
    pub scope: Scope,
    /// Who gave it; None for the program itself.
    pub given_by: Option<UserId>,
    /// When.
    pub given_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Option<Timestamp>,
}

impl Roles {
    /// Gives a role. Giving what somebody has already changes nothing but its end, if that is another one.
    ///
    /// Who may: [`delegation::may_give`]. Err: [`Code::RoleNotFound`], also when the role may not be known of;
    /// [`Code::Forbidden`], [`Code::AboveYourLevel`]; [`Code::UserNotFound`]; [`Code::BadExpiry`] for an end that is
    /// past; [`Code::OutlivesGiver`] when the right to give it ends before the grant would; [`Code::StepUpRequired`] when
    /// whoever gives has confirmed too long ago who they are.
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

    /// Takes a role away from somebody in one scope; in others they keep it.
    ///
    /// Who may: the same as may give it there. Err: [`Code::RoleNotFound`], [`Code::Forbidden`],
    /// [`Code::AboveYourLevel`]; [`Code::GrantNotFound`] when they do not hold it there.
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

    /// The roles that somebody was given, those that have run out too. One's own are open, whatever their scope; of
    /// others' one sees those in scopes in which one holds `roles:read` or `roles:manage`.
    /// Err([`Code::Forbidden`]) when that is nowhere.
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

    /// Who was given a role in `within` or below it, in the order of giving. Needs `roles:read` or `roles:manage`
    /// there. Err([`Code::RoleNotFound`]).
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

    /// Deletes grants that ran out before `end`: until then the access explorer can say that they did.
    pub(crate) async fn purge(&self, conn: &mut Conn, end: Timestamp) -> Result<u64, Error> {
        PURGE_GRANTS.bind(end).execute(conn).await
    }
}

/// Where somebody may see roles and who holds them.
#[derive(Clone, Debug)]
pub(crate) enum Visibility {
    All,
    In(Vec<Scope>),
}

impl Visibility {
    /// What `actor` may see. Err([`Code::NotAuthenticated`]) when nobody asks whom we know.
    pub(crate) fn of(actor: &Actor) -> Result<Self, Error> {
        if actor.require_system().is_ok() {
            return Ok(Self::All);
        }
        let access = actor.access().ok_or(Code::NotAuthenticated)?;
        let scopes: Vec<Scope> =
            access.scopes_of(ROLES_READ).chain(access.scopes_of(ROLES_MANAGE)).cloned().collect();
        Ok(if scopes.iter().any(Scope::is_global) { Self::All } else { Self::In(scopes) })
    }

    /// Err([`Code::Forbidden`]) for who may see nothing anywhere.
    pub(crate) fn check_any(&self) -> Result<(), Error> {
        match self {
            Self::In(scopes) if scopes.is_empty() => Err(Code::Forbidden.into()),
            Self::In(_) | Self::All => Ok(()),
        }
    }

    /// Whether grants in `scope` may be seen. Those in `none` are seen by who sees all.
    pub(crate) fn covers(&self, scope: &Scope) -> bool {
        match self {
            Self::All => true,
            Self::In(scopes) => scopes.iter().any(|held| held.covers(scope)),
        }
    }

    /// Whether this is everything.
    pub(crate) fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// The role that somebody wants to give or take. What one may neither see nor give is not there: a refusal would tell
/// that it is.
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

/// Gives a built-in role as part of `work`. For the program itself: provisioning, and the role of everybody who signs
/// up. Gives nothing twice.
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

/// Whether anybody who may come in holds `role` everywhere at `now`.
pub(crate) async fn has_holder(conn: &mut Conn, role: &str, now: Timestamp) -> Result<bool, Error> {
    let found: Option<(i32,)> = HOLDER.bind(key_of(role)).bind(now).optional(conn).await?;
    Ok(found.is_some())
}
