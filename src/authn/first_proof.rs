//! The address of an account is proved for the first time. Until then anybody may have had the account.

use crate::accounts::users::{self, User};
use crate::audit::{Change, Entry, Event};
use crate::authn::credential_reset::tell_password_changed;
use crate::authn::deps::Deps;
use crate::authn::passkeys;
use crate::authn::recovery::{self, Ending};
use crate::authn::sessions::{end_all_of, forget_devices};
use crate::authn::tokens::Purpose;
use crate::authz::actor::Actor;
use crate::authz::effective_access;
use crate::foundation::error::Error;
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// Hands the account to the reader of its mailbox, of whom nothing else is known: whoever had a password or a session of
/// it until now may be somebody else. As part of `work`; the caller evicts.
pub(crate) async fn take_from_strangers(
    deps: &Deps,
    work: &mut Change,
    actor: &Actor,
    user: &User,
) -> Result<(), Error> {
    let now = work.now();
    let ended = end_all_of(&mut work.tx, user.id, None, "address_proved", now).await?;
    forget_devices(&mut work.tx, user.id, None).await?;
    take_factors_from_strangers(deps, work, user.id).await?;
    deps.tokens.void_of(&mut work.tx, user.id, &[Purpose::SecondFactor, Purpose::Confirm]).await?;
    work.record(Entry::new(Event::EmailVerified).to(user.id).with("sessions_ended", ended));
    if users::forget_password(&mut work.tx, user.id, now).await? {
        work.record(Entry::new(Event::PasswordChanged).to(user.id).with("removed", true));
        tell_password_changed(deps, work, actor, user).await?;
    }
    Ok(())
}

/// Removes second factors that may be a stranger's. As part of `work`; the caller evicts.
///
/// Not for accounts that may do more than every account: one email, to an address that may be mistyped, must not lead to
/// that. An owner who lost those factors waits as for any recovery.
pub(crate) async fn take_factors_from_strangers(
    deps: &Deps,
    work: &mut Change,
    id: UserId,
) -> Result<(), Error> {
    let now = work.now();
    if effective_access::is_ordinary(&mut work.tx, id, now).await? {
        passkeys::forget_factors(work, id, Timestamp::EPOCH, "address_proved").await?;
        recovery::end(deps, work, id, Ending::FactorsRemoved).await?;
    }
    Ok(())
}
