//! Making, changing and deleting roles. What each takes is decided in [`crate::authz::delegation`], over the plans of
//! [`super::change`].

use super::sql::*;
use super::{NewRole, Role, RoleChange, Roles, by_name, change, find, role};
use crate::audit::{Change, Entry, Event};
use crate::authz::actor::{Actor, Principal};
use crate::authz::delegation::{self, Grantor};
use crate::authz::effective_access;
use crate::authz::permissions::{self, MAX_DESCRIPTION};
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::model::code::{Code, Field};
use crate::model::role::{Requirement, RoleName, is_level};
use crate::model::text;

/// What people can set up here.
#[derive(Clone, Copy)]
pub(super) struct EnrollmentOptions {
    pub(super) apps: bool,
    pub(super) passkeys: bool,
}

impl Roles {
    /// Makes a role. The permission `roles:assign:<name>` comes into being with it.
    ///
    /// Needs `roles:manage` everywhere and a level above the new role's; and of each permission what
    /// [`Roles::add_permission`] needs. Err: [`Code::BadRoleName`], [`Code::RoleExists`] (also in other case),
    /// [`Code::BadLevel`], [`Code::AboveYourLevel`], [`Code::PermissionNotFound`], [`Code::NotYoursToGive`].
    pub async fn create(&self, actor: &Actor, new: &NewRole) -> Result<Role, Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        delegation::may_manage(&grantor)?;
        let row = self.insert(&mut work, actor, &grantor, new).await?;
        work.commit().await?;
        Ok(role(row))
    }

    /// The role with this name, made if there is none; whether it was made. One that exists stays as it is.
    ///
    /// Needs and errors as [`Roles::create`], but for [`Code::RoleExists`].
    pub async fn get_or_create(&self, actor: &Actor, new: &NewRole) -> Result<(Role, bool), Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        delegation::may_manage(&grantor)?;
        if let Some(row) = by_name(&mut work.tx, &new.name).await? {
            return Ok((role(row), false));
        }
        let row = self.insert(&mut work, actor, &grantor, new).await?;
        work.commit().await?;
        Ok((role(row), true))
    }

    /// Changes a role: all of it or nothing. Holders have the new permissions with their next request.
    ///
    /// Needs `roles:manage` everywhere and a level above the role's. Each part has its own rule, see
    /// [`crate::authz::delegation`]. Err: [`Code::RoleNotFound`], [`Code::PermissionNotFound`], [`Code::AboveYourLevel`],
    /// [`Code::NotYoursToGive`], [`Code::OutlivesGiver`], [`Code::BadLevel`], [`Code::AssignCycle`], [`Code::BuiltIn`];
    /// [`Code::StepUpRequired`] for more power when whoever changes it has confirmed too long ago who they are.
    pub async fn update(&self, actor: &Actor, name: &str, change: &RoleChange) -> Result<Role, Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        let plan = change::plan(&mut work.tx, &grantor, name, change).await?;
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

    /// Err([`Code::FeatureOff`]) for a requirement that nobody can meet here, Err([`Code::EnrollmentRequired`]) for one that
    /// whoever makes it does not meet: nobody locks themselves out, and everybody else with them.
    fn can_be_met(&self, actor: &Actor, requirement: Requirement) -> Result<(), Error> {
        let offered = match requirement {
            Requirement::Mfa => self.enrollment.apps || self.enrollment.passkeys,
            Requirement::Passkey => self.enrollment.passkeys,
        };
        let user = match &actor.principal {
            Principal::User(snapshot) => Some(&snapshot.user),
            Principal::OnBehalfOf(person) => Some(&person.user),
            Principal::EnrollmentRequired(_) | Principal::Anonymous | Principal::System => None,
        };
        let meets = user.is_none_or(|user| match requirement {
            Requirement::Mfa => user.mfa_enabled,
            Requirement::Passkey => user.has_passkey,
        });
        match (offered, meets) {
            (false, _) => Err(Code::FeatureOff.into()),
            (true, false) => Err(Code::EnrollmentRequired.into()),
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
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        delegation::may_manage(&grantor)?;
        let row = find(&mut work.tx, name).await?;
        delegation::may_edit(&grantor, row.rank())?;
        if row.built_in {
            return Err(Error::on(Field::Role, Code::BuiltIn));
        }
        // Whoever could not give the role might delete it, make another of its name, and give that.
        delegation::may_give_for_good(&grantor, row.rank())?;
        let carried = effective_access::carried(&mut work.tx, row.id).await?;
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
        grantor: &Grantor,
        new: &NewRole,
    ) -> Result<RoleRow, Error> {
        let name = RoleName::parse(new.name.trim()).map_err(|code| Error::on(Field::Name, code))?;
        let description = text::line(&new.description, MAX_DESCRIPTION)
            .map_err(|code| Error::on(Field::Description, code))?;
        if new.level.is_some_and(|level| !is_level(level)) {
            return Err(Error::on(Field::Level, Code::BadLevel));
        }
        delegation::is_below(grantor, new.level).map_err(|code| Error::on(Field::Level, code))?;
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
        let plan = change::plan(&mut work.tx, grantor, name.as_str(), &first).await?;
        change::write(&mut work.tx, actor.user_id(), &plan, now).await?;
        let row = find(&mut work.tx, name.as_str()).await?;
        let carried = effective_access::carried(&mut work.tx, row.id).await?;
        work.record(
            Entry::new(Event::RoleCreated)
                .with("role", row.name.as_str())
                .with("after", change::in_json(&row, &carried)),
        );
        Ok(row)
    }
}
