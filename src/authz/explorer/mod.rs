//! The access explorer: why a user may do something or what is missing, who may do it, and what a
//! change would do.
//!
//! Answers contain only what the caller may see. Users see everything that they themselves may do.
//! Of other users, they see the assignments in scopes in which they hold `roles:read` or
//! `roles:manage`. [`Explanation::complete`] says whether the caller may see everything; it does
//! not reveal whether there is more.
//!
//! Every operation fails with [`Code::NotAuthenticated`] when the caller is anonymous.

mod sql;
mod what_if;

pub use what_if::{Affected, Impact, PermissionImpact};

pub(crate) use sql::ALL;

use sql::*;

use crate::authz::access::Held;
use crate::authz::actor::Actor;
use crate::authz::effective_access;
use crate::authz::permissions;
use crate::authz::roles::{self, Grant, Visibility};
use crate::foundation::clock::Clock;
use crate::foundation::error::Error;
use crate::foundation::store::{Conn, Store};
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::page::{Page, PageRequest};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// One reason why a user holds a permission: an assignment of a role that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The assignment: role, scope, grantor, time and expiry.
    pub grant: Grant,
    /// Whether the role carries the permission because it holds every permission.
    pub by_rule: bool,
}

/// Whether and why a user may do something in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether the user may, as far as the caller may see.
    pub allowed: bool,
    /// Whether the account is active. A suspended or deleted user may do nothing, whatever they
    /// hold.
    pub may_enter: bool,
    /// Every assignment that allows it. If there is more than one, removing one changes nothing.
    pub chains: Vec<Chain>,
    /// Assignments that carry the permission, but in scopes that do not cover this one.
    pub elsewhere: Vec<Chain>,
    /// Assignments that would allow it if they had not expired.
    pub expired: Vec<Chain>,
    /// The names of the roles that carry the permission, one of which a user who lacks it could be
    /// assigned. Empty unless the caller may see all roles.
    pub carried_by: Vec<String>,
    /// Whether the caller may see all assignments. If not, hidden ones may allow it.
    pub complete: bool,
}

/// A user who may do something, with every reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The user's id.
    pub user: UserId,
    /// The username.
    pub username: String,
    /// Every assignment that allows it.
    pub chains: Vec<Chain>,
}

/// Answers questions about access.
#[derive(Clone)]
pub struct Explorer {
    store: Store,
    clock: Clock,
}

impl Explorer {
    pub(crate) fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Explains whether `user` holds `permission` in `scope`: every reason why, or what is missing.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller may not see assignments in `scope`.
    /// - [`Code::PermissionNotFound`] when the permission does not exist.
    /// - [`Code::UserNotFound`] when the user does not exist, or the caller may see nothing of
    ///   them.
    ///
    /// ```
    /// # async fn example(auth: authtuna::auth::Auth, actor: authtuna::authz::actor::Actor,
    /// #     user: authtuna::model::id::UserId) -> Result<(), authtuna::foundation::error::Error> {
    /// let why = auth.explorer.explain(&actor, user, "posts:publish", &"org:1".parse()?).await?;
    /// for chain in &why.chains {
    ///     let grant = &chain.grant;
    ///     println!("{} in {}, given by {:?}", grant.role, grant.scope, grant.given_by);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn explain(
        &self,
        actor: &Actor,
        user: UserId,
        permission: &str,
        scope: &Scope,
    ) -> Result<Explanation, Error> {
        let visibility = self.sight_of(actor, user, scope)?;
        let permission = permission.trim();
        let mut conn = self.store.read().await?;
        exists(&mut conn, permission).await?;
        let person = PERSON.bind(user).optional::<PersonRow>(&mut conn).await?;
        let person = person.ok_or_else(|| Error::on(Field::User, Code::UserNotFound))?;
        let rows: Vec<ChainRow> = CARRYING.bind(user).bind(permission).all(&mut conn).await?;
        let mut chains = rows.into_iter().map(chain).collect::<Result<Vec<_>, _>>()?;
        chains.retain(|chain| visibility.covers(&chain.grant.scope));
        if !visibility.is_all() && chains.is_empty() && !self.is_visible(&mut conn, &visibility, user).await?
        {
            return Err(Error::on(Field::User, Code::UserNotFound));
        }
        let carried_by: Vec<(String,)> = if visibility.is_all() && roles::may_read(actor).is_ok() {
            ROLES_CARRYING.bind(permission).all(&mut conn).await?
        } else {
            Vec::new()
        };
        let now = self.clock.now();
        let (covering, elsewhere): (Vec<_>, Vec<_>) =
            chains.into_iter().partition(|chain| chain.grant.scope.covers(scope));
        let (chains, expired): (Vec<_>, Vec<_>) = covering.into_iter().partition(|chain| is_live(chain, now));
        let may_enter = person.suspended_at.is_none() && person.deleted_at.is_none();
        Ok(Explanation {
            allowed: may_enter && !chains.is_empty(),
            may_enter,
            chains,
            elsewhere: elsewhere.into_iter().filter(|chain| is_live(chain, now)).collect(),
            expired,
            carried_by: carried_by.into_iter().map(|(name,)| name).collect(),
            complete: visibility.is_all(),
        })
    }

    /// Returns the users who hold `permission` in `scope`, each with every reason, ordered by user
    /// id.
    ///
    /// Needs `roles:read` or `roles:manage` in `scope`. A caller who holds it only there and below
    /// does not see assignments from above.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller lacks those permissions.
    /// - [`Code::PermissionNotFound`] when the permission does not exist.
    /// - [`Code::BadCursor`] when `page.after` is not a cursor of this list.
    pub async fn who_can(
        &self,
        actor: &Actor,
        permission: &str,
        scope: &Scope,
        page: &PageRequest,
    ) -> Result<Page<Holder>, Error> {
        let visibility = match Visibility::of(actor)? {
            Visibility::All => Scope::global(),
            // Scopes that cover the same scope are nested, so the widest one shows what all of them
            // show.
            Visibility::In(scopes) => scopes
                .into_iter()
                .filter(|held| held.covers(scope))
                .min_by_key(|held| held.as_str().len())
                .ok_or(Code::Forbidden)?,
        };
        let after = page.after.as_deref().map_or(Ok(UserId::from_uuid(uuid::Uuid::nil())), |cursor| {
            cursor.parse().map_err(|_| Error::on(Field::Cursor, Code::BadCursor))
        })?;
        let permission = permission.trim();
        let now = self.clock.now();
        let permission = permission.trim();
        let mut conn = self.store.read().await?;
        exists(&mut conn, permission).await?;
        if scope.is_none() {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let query = PEOPLE_WHO.bind(after).bind(now).bind(permission).bind(scope).bind(&visibility);
        let people: Vec<(UserId, String)> = query.bind(page.rows() + 1).all(&mut conn).await?;
        let people = page.cut(people, |(user, _)| user.to_string());
        let (Some(first), Some(last)) = (people.items.first(), people.items.last()) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let query =
            CHAINS_OF.bind(first.0).bind(last.0).bind(now).bind(permission).bind(scope).bind(&visibility);
        let rows: Vec<ChainRow> = query.all(&mut conn).await?;
        let chains = rows.into_iter().map(chain).collect::<Result<Vec<_>, _>>()?;
        Ok(people.map(|(user, username)| {
            let chains = chains.iter().filter(|chain| chain.grant.user == user).cloned().collect();
            Holder { user, username, chains }
        }))
    }

    /// Returns what a user may do: the roles that they hold, each with its scope and everything
    /// that it carries.
    ///
    /// Users see all of their own roles. Of another user's, the caller sees only those in scopes in
    /// which they hold `roles:read` or `roles:manage`.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller may not see roles in any scope.
    /// - [`Code::UserNotFound`] when the user does not exist, or the caller may see nothing of
    ///   them.
    pub async fn what_can(&self, actor: &Actor, user: UserId) -> Result<Vec<Held>, Error> {
        let own = actor.user_id() == Some(user);
        let visibility = if own { Visibility::All } else { Visibility::of(actor)? };
        visibility.check_any()?;
        let mut conn = self.store.read().await?;
        let person = PERSON.bind(user).optional::<PersonRow>(&mut conn).await?;
        let mut held = effective_access::access_of(&mut conn, user, self.clock.now()).await?.held;
        held.retain(|held| visibility.covers(&held.scope));
        if person.is_none() || (held.is_empty() && !visibility.is_all()) {
            return Err(Error::on(Field::User, Code::UserNotFound));
        }
        held.sort_by(|a, b| (&a.scope, &a.role).cmp(&(&b.scope, &b.role)));
        Ok(held)
    }

    /// Returns what the caller may see of `user` in `scope`.
    fn sight_of(&self, actor: &Actor, user: UserId, scope: &Scope) -> Result<Visibility, Error> {
        if actor.user_id() == Some(user) {
            return Ok(Visibility::All);
        }
        let visibility = Visibility::of(actor)?;
        if visibility.covers(scope) { Ok(visibility) } else { Err(Code::Forbidden.into()) }
    }

    /// Returns whether the caller may see any assignment of `user`.
    async fn is_visible(
        &self,
        conn: &mut Conn,
        visibility: &Visibility,
        user: UserId,
    ) -> Result<bool, Error> {
        let access = effective_access::access_of(conn, user, self.clock.now()).await?;
        Ok(access.held.iter().any(|held| visibility.covers(&held.scope)))
    }
}

async fn exists(conn: &mut Conn, permission: &str) -> Result<(), Error> {
    if permissions::exists(conn, permission).await? {
        return Ok(());
    }
    Err(Error::on(Field::Permission, Code::PermissionNotFound))
}

fn is_live(chain: &Chain, now: Timestamp) -> bool {
    chain.grant.expires_at.is_none_or(|end| now < end)
}

fn chain(row: ChainRow) -> Result<Chain, Error> {
    Ok(Chain { grant: roles::grant(row.grant)?, by_rule: row.all_permissions })
}
