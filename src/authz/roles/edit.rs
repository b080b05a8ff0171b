//! Creating, changing and deleting roles. [`crate::authz::delegation`] decides what each needs,
//! based on the plans of [`super::change`].

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

/// The factors that users can set up in this installation.
#[derive(Clone, Copy)]
pub(super) struct EnrollmentOptions {
    pub(super) apps: bool,
    pub(super) passkeys: bool,
}

impl Roles {
    /// Creates a role, and with it the permission `roles:assign:<name>`.
    ///
    /// Needs `roles:manage` globally, a level above the new role's, and for each permission what
    /// [`Roles::add_permission`] needs.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller does not hold `roles:manage` globally.
    /// - [`Code::BadRoleName`] when the name is invalid.
    /// - [`Code::RoleExists`] when a role has this name, perhaps in another case.
    /// - [`Code::BadLevel`] when the level is out of range.
    /// - [`Code::AboveYourLevel`] when the level is not below the caller's.
    /// - [`Code::PermissionNotFound`] when a permission does not exist.
    /// - [`Code::NotYoursToGive`] or [`Code::OutlivesGiver`] when the caller may not add a
    ///   permission.
    /// - [`Code::TooLong`] or [`Code::BadCharacters`] when the description is invalid.
    pub async fn create(&self, actor: &Actor, new: &NewRole) -> Result<Role, Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        delegation::may_manage(&grantor)?;
        let row = self.insert(&mut work, actor, &grantor, new).await?;
        work.commit().await?;
        Ok(role(row))
    }

    /// Returns the role with this name, and whether it was created. An existing role stays as it
    /// is.
    ///
    /// Needs what [`Roles::create`] needs.
    ///
    /// # Errors
    ///
    /// As for [`Roles::create`], except for [`Code::RoleExists`].
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

    /// Changes a role, as a whole or not at all. The change applies to holders from their next
    /// request.
    ///
    /// Needs `roles:manage` globally and a level above the role's. Each part has its own rule, see
    /// [`crate::authz::delegation`].
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when the caller does not hold `roles:manage` globally.
    /// - [`Code::RoleNotFound`] or [`Code::PermissionNotFound`] when a role or permission does not
    ///   exist.
    /// - [`Code::AboveYourLevel`], [`Code::NotYoursToGive`] or [`Code::OutlivesGiver`] when a rule
    ///   forbids a part of the change.
    /// - [`Code::BadLevel`] when the level is out of range.
    /// - [`Code::TooLong`] or [`Code::BadCharacters`] when the description is invalid.
    /// - [`Code::AssignCycle`] when a role could come to assign itself.
    /// - [`Code::BuiltIn`] when the change touches the level of a built-in role or the permissions
    ///   of a role that holds every permission, or lets a role assign System.
    /// - [`Code::FeatureOff`] when no user can meet the new requirement in this installation.
    /// - [`Code::EnrollmentRequired`] when the caller does not meet the new requirement.
    /// - [`Code::StepUpRequired`] when the change adds power and the caller last authenticated too
    ///   long ago.
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

    /// Checks that `requirement` can be met, so that callers cannot lock out themselves and
    /// everyone else.
    ///
    /// Fails with [`Code::FeatureOff`] when no user can meet it in this installation, and with
    /// [`Code::EnrollmentRequired`] when the caller does not meet it.
    fn can_be_met(&self, actor: &Actor, requirement: Requirement) -> Result<(), Error> {
        let offered = match requirement {
            Requirement::Mfa => self.enrollment.apps || self.enrollment.passkeys,
            Requirement::Passkey => self.enrollment.passkeys,
        };
        let user = match &actor.principal {
            Principal::User(identity) => Some(&identity.user),
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

    /// Adds a permission to a role. Adding one that the role already carries is not an error.
    ///
    /// Needs what [`Roles::update`] needs. The caller must also hold the permission globally, or
    /// globally hold a role that may grant it. To add `roles:assign:<role>`, the caller must be
    /// able to assign that role globally.
    ///
    /// # Errors
    ///
    /// As for [`Roles::update`].
    pub async fn add_permission(&self, actor: &Actor, name: &str, permission: &str) -> Result<(), Error> {
        let change = RoleChange { add_permissions: vec![permission.to_owned()], ..RoleChange::default() };
        self.update(actor, name, &change).await.map(drop)
    }

    /// Removes a permission from a role. Removing one that the role does not carry is not an error.
    ///
    /// # Errors
    ///
    /// As for [`Roles::update`].
    pub async fn remove_permission(&self, actor: &Actor, name: &str, permission: &str) -> Result<(), Error> {
        let change = RoleChange { remove_permissions: vec![permission.to_owned()], ..RoleChange::default() };
        self.update(actor, name, &change).await.map(drop)
    }

    /// Lets holders of a role assign and remove `assignable`, which the caller must be able to
    /// assign globally.
    ///
    /// # Errors
    ///
    /// - As for [`Roles::update`].
    /// - [`Code::AssignCycle`] when `assignable` could come to assign this role in turn.
    pub async fn let_assign(&self, actor: &Actor, name: &str, assignable: &str) -> Result<(), Error> {
        let change = RoleChange { add_assignable: vec![assignable.to_owned()], ..RoleChange::default() };
        self.update(actor, name, &change).await.map(drop)
    }

    /// Lets holders of a role add `permission` to roles without holding it.
    ///
    /// Needs what [`Roles::add_permission`] needs.
    ///
    /// # Errors
    ///
    /// As for [`Roles::update`].
    pub async fn let_grant(&self, actor: &Actor, name: &str, permission: &str) -> Result<(), Error> {
        let change = RoleChange { add_grantable: vec![permission.to_owned()], ..RoleChange::default() };
        self.update(actor, name, &change).await.map(drop)
    }

    /// Deletes a role, its assignments, and the permission to assign it.
    ///
    /// Needs what [`Roles::update`] needs. The caller must also be able to assign the role
    /// globally.
    ///
    /// # Errors
    ///
    /// - [`Code::RoleNotFound`] when the role does not exist.
    /// - [`Code::Forbidden`], [`Code::AboveYourLevel`] or [`Code::OutlivesGiver`] when the caller
    ///   may not delete it.
    /// - [`Code::BuiltIn`] when the role is built in.
    pub async fn delete(&self, actor: &Actor, name: &str) -> Result<(), Error> {
        let (mut work, grantor) = effective_access::begin(&self.recorder, actor).await?;
        delegation::may_manage(&grantor)?;
        let row = find(&mut work.tx, name).await?;
        delegation::may_edit(&grantor, row.rank())?;
        if row.built_in {
            return Err(Error::on(Field::Role, Code::BuiltIn));
        }
        // Otherwise a caller who may not assign the role could delete it, create another under its
        // name, and assign that.
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
