//! Who may give what: the rules of delegation, and nothing else. Every change to roles and grants asks here.
//!
//! What must hold (property-tested in `tests/delegation.rs`): no sequence of operations by any group of people lets that
//! group hold anything, anywhere, that these rules did not already let it reach at the start.
//!
//! | act | who may |
//! |---|---|
//! | give or take role R in scope S | [`may_give`]: through a role held in a scope that covers S, one may assign R, or has a level above R's; and R's level, if it has one, is below one's own there |
//! | make or change a role | [`may_edit`]: `roles:manage` everywhere, and the role's level below one's own everywhere |
//! | delete a role | the same, and [`may_give_for_good`] it: another could be made of its name |
//! | add a permission to a role | [`may_grant_permission`]: one holds it everywhere, or may grant it; what lets a role be given, one may give oneself |
//! | let a role assign another | [`may_give_for_good`] that one |
//! | set a level | [`may_rank`]: below one's own; and, since a level opens a role to all above it, [`may_give_for_good`] the role |
//!
//! What is written into a role stays there: a right that runs out is not enough for it, as it is not for a grant that
//! would outlast it. Taking out of a role or away from a person needs no such thing.
//!
//! A grant in `none` gives nothing and needs what a grant everywhere needs. Levels and permissions held in one scope
//! count there and below, never beside or above.

use crate::authz::access::{Access, Held};
use crate::model::code::Code;
use crate::model::permission::{ROLES_MANAGE, assigned_by};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// Who gives, takes or edits.
#[derive(Clone, Debug)]
pub enum Grantor {
    /// The program itself: provisioning, the command line, the service that uses the library.
    Program,
    /// A person, with what they hold at this moment.
    Person(Access),
}

/// A role, as far as the rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct Rank<'r> {
    /// Its key: the name in lower case.
    pub key: &'r str,
    /// Its level.
    pub level: Option<i64>,
}

/// How long a right lasts. The later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// Until the grant runs out that it comes from.
    Until(Timestamp),
    /// For good.
    ForGood,
}

impl Validity {
    fn of(held: &Held) -> Self {
        held.expires_at.map_or(Self::ForGood, Self::Until)
    }

    /// Whether something given now may run out at `expiry`, or never.
    pub fn allows(self, expiry: Option<Timestamp>) -> bool {
        match (self, expiry) {
            (Self::ForGood, _) => true,
            (Self::Until(end), Some(expiry)) => expiry <= end,
            (Self::Until(_), None) => false,
        }
    }
}

/// Ok when `grantor` may give and take `role` in `scope`: until when the right to do so lasts.
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

/// Ok when `grantor` may give `role` everywhere, by a right that does not run out: for what is written into roles.
pub fn may_give_for_good(grantor: &Grantor, role: Rank<'_>) -> Result<(), Code> {
    for_good(may_give(grantor, role, &Scope::global())?)
}

fn for_good(lasts: Validity) -> Result<(), Code> {
    match lasts {
        Validity::ForGood => Ok(()),
        Validity::Until(_) => Err(Code::OutlivesGiver),
    }
}

/// Ok when `grantor` may make, change or delete roles at all.
pub fn may_manage(grantor: &Grantor) -> Result<(), Code> {
    match grantor {
        Grantor::Person(access) if !access.allows(ROLES_MANAGE, &Scope::global()) => Err(Code::Forbidden),
        Grantor::Person(_) | Grantor::Program => Ok(()),
    }
}

/// Ok when `grantor` may change `role`.
pub fn may_edit(grantor: &Grantor, role: Rank<'_>) -> Result<(), Code> {
    may_manage(grantor)?;
    is_below(grantor, role.level)
}

/// Ok when `grantor` may add `permission` to a role that they may edit, or let such a role grant it. `role` is the role
/// that it lets people give, if it does.
pub fn may_grant_permission(grantor: &Grantor, permission: &str, role: Option<Rank<'_>>) -> Result<(), Code> {
    let Grantor::Person(access) = grantor else { return Ok(()) };
    let global = Scope::global();
    let handing = access.covering(&global).filter(|held| held.may_grant(permission));
    for_good(handing.map(Validity::of).max().ok_or(Code::NotYoursToGive)?)?;
    match (assigned_by(permission), role) {
        (None, _) => Ok(()),
        (Some(_), Some(role)) => may_give_for_good(grantor, role),
        // A role that is not there can be given by nobody.
        (Some(_), None) => Err(Code::NotYoursToGive),
    }
}

/// Ok when `grantor`, who may edit `role`, may give it the level `new`.
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

/// Ok when a level, if there is one, is below what `grantor` holds everywhere.
pub fn is_below(grantor: &Grantor, level: Option<i64>) -> Result<(), Code> {
    match grantor {
        Grantor::Person(access) if level.is_some() && level >= access.level_in(&Scope::global()) => {
            Err(Code::AboveYourLevel)
        }
        Grantor::Person(_) | Grantor::Program => Ok(()),
    }
}

/// Ok when `grantor` may act on a person who holds `theirs`: suspend, delete, end sessions. That needs a level everywhere
/// which is above every level of theirs, in whatever scope. Nobody acts on an equal.
pub fn may_act_on(grantor: &Grantor, theirs: &Access) -> Result<(), Code> {
    match grantor {
        Grantor::Person(access) if access.level_in(&Scope::global()) <= theirs.highest_level() => {
            Err(Code::AboveYourLevel)
        }
        Grantor::Person(_) | Grantor::Program => Ok(()),
    }
}
