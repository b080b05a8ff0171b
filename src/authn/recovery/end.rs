//! How recoveries end: whoever stops one, or makes it worthless by the way, comes by here.

use super::LINKS;
use super::sql::*;
use crate::accounts::users::User;
use crate::audit::{Change, Entry, Event};
use crate::authn::deps::Deps;
use crate::authz::actor::Origin;
use crate::foundation::error::Error;
use crate::mail::{Circumstances, Message};
use crate::model::id::UserId;
use crate::model::paths;

/// How a recovery ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The factors were taken off.
    Completed,
    /// By the link of a mail.
    ByMail,
    /// In a session of the person.
    InSession,
    /// The person showed a second factor: they have one.
    FactorShown,
    /// By a code, without a session.
    ByCode,
    /// By an administrator.
    ByAdministrator,
    /// An administrator took the factors off.
    FactorsRemoved,
    /// Another began.
    Replaced,
    /// Nobody finished it.
    Expired,
    /// The account has another address.
    AddressChanged,
    /// The person was suspended.
    Suspended,
    /// The account was deleted.
    Deleted,
    /// MFA_RECOVERY_ENABLED was switched off.
    SwitchedOff,
}

impl Ending {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::ByMail => "cancelled_by_mail",
            Self::InSession => "cancelled_in_session",
            Self::FactorShown => "factor_shown",
            Self::ByCode => "cancelled_by_code",
            Self::ByAdministrator => "cancelled_by_administrator",
            Self::FactorsRemoved => "factors_removed",
            Self::Replaced => "replaced",
            Self::Expired => "expired",
            Self::AddressChanged => "address_changed",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::SwitchedOff => "switched_off",
        }
    }
}

/// Ends the open recovery of somebody whose row is locked, as part of `work`. False when there is none.
pub(crate) async fn end(deps: &Deps, work: &mut Change, user: UserId, how: Ending) -> Result<bool, Error> {
    let now = work.now();
    // Links to begin with too, whether one was open or not.
    deps.tokens.void_of(&mut work.tx, user, LINKS).await?;
    if END.bind(user).bind(now).bind(how.as_str()).execute(&mut work.tx).await? == 0 {
        return Ok(false);
    }
    work.record(Entry::new(Event::RecoveryCancelled).to(user).with("reason", how.as_str()));
    Ok(true)
}

/// The same, and tells the person.
pub(crate) async fn end_and_tell(
    deps: &Deps,
    work: &mut Change,
    user: &User,
    how: Ending,
) -> Result<bool, Error> {
    if !end(deps, work, user.id, how).await? {
        return Ok(false);
    }
    let now = work.now();
    let circumstances = match how {
        // Where an administrator sits is their own affair; and whoever stops one by a code does so because somebody else reads
        // their mail.
        Ending::ByAdministrator | Ending::ByCode => Circumstances::of(&Origin::default(), now),
        _ => Circumstances::of(work.origin(), now),
    };
    let link = deps.email_challenges.link(paths::SESSIONS, None);
    deps.email_challenges.tell(work, user, Message::RecoveryCancelled { circumstances, link }).await?;
    Ok(true)
}
