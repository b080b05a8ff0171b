//! What happens when the email address of an account is verified for the first time. Until then,
//! anyone may have created the account.

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

/// Hands the account to the reader of its mailbox, about whom nothing else is known, as part of
/// `work`. Anyone who had a password or a session of the account so far may be someone else. The
/// caller evicts the user.
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

/// Removes second factors that may be a stranger's, as part of `work`. The caller evicts the user.
///
/// Does nothing for accounts with more access than an ordinary one: one email, to an address that
/// may be mistyped, must not remove their factors. An owner who lost those factors goes through
/// recovery.
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
