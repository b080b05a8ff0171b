//! How recoveries end. Every operation that stops a recovery, or makes it pointless, calls this
//! module.

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
    /// The second factors were removed.
    Completed,
    /// The recovery was stopped by the link of an email.
    ByMail,
    /// The user stopped the recovery in a session.
    InSession,
    /// The user presented a second factor, so they have one.
    FactorShown,
    /// The recovery was stopped by a code, without a session.
    ByCode,
    /// An administrator stopped the recovery.
    ByAdministrator,
    /// The second factors were removed in another way, for example by an administrator.
    FactorsRemoved,
    /// Another recovery began.
    Replaced,
    /// No one finished the recovery in time.
    Expired,
    /// The account's email address changed.
    AddressChanged,
    /// The user was suspended.
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

/// Ends the open recovery of a user whose row is locked, as part of `work`. Returns false when
/// there is none.
pub(crate) async fn end(deps: &Deps, work: &mut Change, user: UserId, how: Ending) -> Result<bool, Error> {
    let now = work.now();
    // Void also the links that start a recovery, whether one was open or not.
    deps.tokens.void_of(&mut work.tx, user, LINKS).await?;
    if END.bind(user).bind(now).bind(how.as_str()).execute(&mut work.tx).await? == 0 {
        return Ok(false);
    }
    work.record(Entry::new(Event::RecoveryCancelled).to(user).with("reason", how.as_str()));
    Ok(true)
}

/// Ends the open recovery of a user like [`end`], and tells the user.
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
        // The email does not disclose where an administrator is. It does not disclose the user's
        // location either when they stop a recovery with a code, because then someone else reads
        // their email.
        Ending::ByAdministrator | Ending::ByCode => Circumstances::of(&Origin::default(), now),
        _ => Circumstances::of(work.origin(), now),
    };
    let link = deps.email_challenges.link(paths::SESSIONS, None);
    deps.email_challenges.tell(work, user, Message::RecoveryCancelled { circumstances, link }).await?;
    Ok(true)
}
