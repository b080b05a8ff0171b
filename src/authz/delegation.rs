//! The rules of delegation: pure functions that decide who may assign which role in which scope,
//! edit roles, and act on other users. Every change to roles and assignments is checked here.
//!
//! The invariant (property-tested in `src/tests/authz/delegation`): no sequence of operations by
//! any group of users lets that group hold anything, in any scope, that these rules did not already
//! let it reach at the start.
//!
//! - Assign or remove role R in scope S ([`may_give`]): in a scope that covers S, the caller holds
//!   a role that may assign R or has a level above R's. If R has a level, the caller must hold a
//!   higher one there.
//! - Create or edit a role ([`may_edit`]): the caller holds `roles:manage` globally, and a global
//!   level above the role's.
//! - Delete a role: the same, and [`may_give_for_good`] for the role, because another role could be
//!   created under its name.
//! - Add a permission to a role ([`may_grant_permission`]): the caller holds it globally, or may
//!   grant it. For a permission to assign a role, the caller must also be able to assign that role.
//! - Let a role assign another: [`may_give_for_good`] for the other role.
//! - Set a role's level ([`may_rank`]): the level is below the caller's own. Because a level opens
//!   the role to every holder of a higher one, this also needs [`may_give_for_good`] for the role.
//!
//! What is written into a role stays there. A right that expires is therefore not enough for it,
//! just as it is not enough for an assignment that would outlast it. Taking something out of a
//! role, or a role from a user, needs no lasting right.
//!
//! An assignment in `none` gives nothing, and needs what a global assignment needs. Levels and
//! permissions held in a scope count there and below, never beside or above it.

use crate::authz::access::{Access, Held};
use crate::model::code::Code;
use crate::model::permission::{ROLES_MANAGE, assigned_by};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// Who assigns, removes or edits.
#[derive(Clone, Debug)]
pub enum Grantor {
    /// The program itself: provisioning, the command line, the service that uses the library.
    Program,
    /// A user, with what they hold now.
    Person(Access),
}

/// The part of a role that the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Rank<'r> {
    /// The role's key: its name in lowercase.
    pub key: &'r str,
    /// The role's level.
    pub level: Option<i64>,
}

/// How long a right lasts. The longer one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// Until the assignment that gives the right expires.
    Until(Timestamp),
    /// Without an end.
    ForGood,
}

impl Validity {
    fn of(held: &Held) -> Self {
        held.expires_at.map_or(Self::ForGood, Self::Until)
    }

    /// Returns whether a right that lasts this long is enough for an assignment that expires at
    /// `expiry`; `None` means that the assignment never expires.
    pub fn allows(self, expiry: Option<Timestamp>) -> bool {
        match (self, expiry) {
            (Self::ForGood, _) => true,
            (Self::Until(end), Some(expiry)) => expiry <= end,
            (Self::Until(_), None) => false,
        }
    }
}

/// Checks that `grantor` may assign and remove `role` in `scope`. Returns how long that right
/// lasts.
///
/// # Errors
///
/// - [`Code::AboveYourLevel`] when the role has a level, and the grantor holds no higher one in a
///   scope that covers `scope`.
/// - [`Code::Forbidden`] when no role that the grantor holds there may assign it.
pub fn may_give(grantor: &Grantor, role: Rank<'_>, scope: &Scope) -> Result<Validity, Code> {
    let Grantor::Person(access) = grantor else { return Ok(Validity::ForGood) };
    let place = if scope.is_none() { &Scope::global() } else { scope };
    let is_above = |held: &&Held| role.level.is_some() && held.level > role.level;

    let longest = |held: &mut dyn Iterator<Item = &Held>| held.map(Validity::of).max();
    let entitled =
        longest(&mut access.covering(place).filter(|held| held.assigns(role.key) || is_above(held)));
    let ranked = match role.level {
        None => Some(Validity::ForGood),
        Some(_) => longest(&mut access.covering(place).filter(is_above)),
    };
    match (entitled, ranked) {
        (Some(entitled), Some(ranked)) => Ok(entitled.min(ranked)),
        (_, None) => Err(Code::AboveYourLevel),
        (None, Some(_)) => Err(Code::Forbidden),
    }
}

/// Checks that `grantor` may assign `role` globally, by a right that does not expire. Everything
/// that is written into a role needs such a right.
///
/// # Errors
///
/// - The errors of [`may_give`].
/// - [`Code::OutlivesGiver`] when the right expires.
pub fn may_give_for_good(grantor: &Grantor, role: Rank<'_>) -> Result<(), Code> {
    for_good(may_give(grantor, role, &Scope::global())?)
}

fn for_good(lasts: Validity) -> Result<(), Code> {
    match lasts {
        Validity::ForGood => Ok(()),
        Validity::Until(_) => Err(Code::OutlivesGiver),
    }
}

/// Checks that `grantor` may create, edit or delete roles at all.
///
/// # Errors
///
/// [`Code::Forbidden`] when the grantor does not hold `roles:manage` globally.
pub fn may_manage(grantor: &Grantor) -> Result<(), Code> {
    match grantor {
        Grantor::Person(access) if !access.allows(ROLES_MANAGE, &Scope::global()) => Err(Code::Forbidden),
        Grantor::Person(_) | Grantor::Program => Ok(()),
    }
}

/// Checks that `grantor` may edit `role`.
///
/// # Errors
///
/// - [`Code::Forbidden`] when the grantor does not hold `roles:manage` globally.
/// - [`Code::AboveYourLevel`] when the role's level is not below the grantor's global one.
pub fn may_edit(grantor: &Grantor, role: Rank<'_>) -> Result<(), Code> {
    may_manage(grantor)?;
    is_below(grantor, role.level)
}

/// Checks that `grantor` may add `permission` to a role that they may edit, or let such a role
/// grant it. `role` is the role that the permission lets its holders assign, if it does.
///
/// # Errors
///
/// - [`Code::NotYoursToGive`] when the grantor neither holds the permission globally nor may grant
///   it, or when the role that it would assign does not exist.
/// - [`Code::OutlivesGiver`] when that right expires.
/// - The errors of [`may_give_for_good`] for `role`.
pub fn may_grant_permission(grantor: &Grantor, permission: &str, role: Option<Rank<'_>>) -> Result<(), Code> {
    let Grantor::Person(access) = grantor else { return Ok(()) };
    let global = Scope::global();
    let handing = access.covering(&global).filter(|held| held.may_grant(permission));
    for_good(handing.map(Validity::of).max().ok_or(Code::NotYoursToGive)?)?;
    match (assigned_by(permission), role) {
        (None, _) => Ok(()),
        (Some(_), Some(role)) => may_give_for_good(grantor, role),
        // No one can assign a role that does not exist.
        (Some(_), None) => Err(Code::NotYoursToGive),
    }
}

/// Checks that `grantor`, who may edit `role`, may give it the level `new`.
///
/// # Errors
///
/// - [`Code::AboveYourLevel`] when `new` is not below the grantor's global level.
/// - The errors of [`may_give_for_good`] for `role`.
/// - [`Code::OutlivesGiver`] when `new` is not below the level that the grantor holds globally
///   without an expiry.
pub fn may_rank(grantor: &Grantor, role: Rank<'_>, new: Option<i64>) -> Result<(), Code> {
    if new == role.level {
        return Ok(());
    }
    is_below(grantor, new)?;
    may_give_for_good(grantor, role)?;
    match grantor {
        Grantor::Person(access) if new.is_some() && new >= access.lasting_level() => Err(Code::OutlivesGiver),
        Grantor::Person(_) | Grantor::Program => Ok(()),
    }
}

/// Checks that a level, if there is one, is below the grantor's global one.
///
/// # Errors
///
/// [`Code::AboveYourLevel`] when it is not.
pub fn is_below(grantor: &Grantor, level: Option<i64>) -> Result<(), Code> {
    match grantor {
        Grantor::Person(access) if level.is_some() && level >= access.level_in(&Scope::global()) => {
            Err(Code::AboveYourLevel)
        }
        Grantor::Person(_) | Grantor::Program => Ok(()),
    }
}

/// Checks that `grantor` may act on a user who holds `theirs`: suspend them, delete them, end their
/// sessions.
///
/// The grantor needs a global level above every level of that user, in whatever scope. Users cannot
/// act on an equal.
///
/// # Errors
///
/// [`Code::AboveYourLevel`] when the grantor's global level is not above all of the user's levels.
pub fn may_act_on(grantor: &Grantor, theirs: &Access) -> Result<(), Code> {
    match grantor {
        Grantor::Person(access) if access.level_in(&Scope::global()) <= theirs.highest_level() => {
            Err(Code::AboveYourLevel)
        }
        Grantor::Person(_) | Grantor::Program => Ok(()),
    }
}
