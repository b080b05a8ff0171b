//! Which roles a caller may assign.

use super::sql::*;
use super::{Role, Roles, role};
use crate::authz::actor::Actor;
use crate::authz::delegation::{self, Grantor};
use crate::authz::effective_access;
use crate::foundation::error::Error;
use crate::model::role::SYSTEM;
use crate::model::scope::Scope;

impl Roles {
    /// Returns the roles that the caller may assign in `scope`, highest level first.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`](crate::model::code::Code::NotAuthenticated) when the caller is
    /// anonymous.
    pub async fn assignable(&self, actor: &Actor, scope: &Scope) -> Result<Vec<Role>, Error> {
        let (grantor, rows) = self.giver_and_roles(actor).await?;
        let may = |row: &RoleRow| delegation::may_give(&grantor, row.rank(), scope).is_ok();
        Ok(rows.into_iter().filter(may).map(role).collect())
    }

    /// Returns the roles that the caller may assign, highest level first, each with the scopes in
    /// which they may.
    ///
    /// Only scopes in which the caller holds roles are considered. For a role that they may assign
    /// globally, no other scope is listed.
    ///
    /// # Errors
    ///
    /// As for [`Roles::assignable`].
    pub async fn assignable_anywhere(&self, actor: &Actor) -> Result<Vec<(Role, Vec<Scope>)>, Error> {
        let (grantor, rows) = self.giver_and_roles(actor).await?;
        let mut places = match &grantor {
            Grantor::Program => vec![Scope::global()],
            Grantor::Person(access) => access.held.iter().map(|held| held.scope.clone()).collect(),
        };
        places.sort_unstable();
        places.dedup();
        let with_places = |row: RoleRow| {
            let mut fit = places.clone();
            fit.retain(|place| delegation::may_give(&grantor, row.rank(), place).is_ok());
            if fit.iter().any(Scope::is_global) {
                fit = vec![Scope::global()];
            }
            (!fit.is_empty()).then(|| (role(row), fit))
        };
        Ok(rows.into_iter().filter_map(with_places).collect())
    }

    /// Returns the grantor, and all roles that can be assigned to users.
    async fn giver_and_roles(&self, actor: &Actor) -> Result<(Grantor, Vec<RoleRow>), Error> {
        let mut conn = self.store.read().await?;
        let grantor = effective_access::grantor(&mut conn, actor, self.clock.now()).await?;
        let mut rows: Vec<RoleRow> =
            LIST.bind(i64::MAX).bind("").bind("").bind(u32::MAX).all(&mut conn).await?;
        rows.retain(|row| row.name != SYSTEM);
        Ok((grantor, rows))
    }
}
