//! Parts of larger changes (recovery, a verified address, a restored address) that take an account
//! away from anyone who could open it so far, and let its owner choose a password.

use crate::accounts::users::{self, User};
use crate::audit::Change;
use crate::authn::deps::Deps;
use crate::authn::sessions::{end_all_of, forget_devices};
use crate::authn::tokens::{NewToken, Purpose};
use crate::authz::actor::Actor;
use crate::foundation::error::Error;
use crate::foundation::names::Email;
use crate::mail::{Circumstances, Message};
use crate::model::code::Field;
use crate::model::id::UserId;
use crate::model::paths;

/// Ends everything that opened an account whose second factors were just removed, as part of
/// `work`, so that only the mailbox counts now. Otherwise the password alone would open the
/// account, and someone who knows it may be the reason for the factors. Returns how many sessions
/// ended.
pub(crate) async fn revoke_access(
    deps: &Deps,
    work: &mut Change,
    id: UserId,
    why: &'static str,
) -> Result<u64, Error> {
    let now = work.now();
    users::forget_password(&mut work.tx, id, now).await?;
    let ended = end_all_of(&mut work.tx, id, None, why, now).await?;
    forget_devices(&mut work.tx, id, None).await?;
    // Strangers' guesses at the removed factors must not lock anything.
    deps.limits.unlock_second_factor(&mut work.tx, id).await?;
    let begun = &[Purpose::SecondFactor, Purpose::Confirm, Purpose::EmailChange, Purpose::FactorUndo];
    deps.tokens.void_of(&mut work.tx, id, begun).await?;
    Ok(ended)
}

/// Issues a token for choosing a password, as part of `work`, to a user who has just proved that
/// they control the email address.
pub(crate) async fn issue_password_token(
    deps: &Deps,
    work: &mut Change,
    user: &User,
) -> Result<String, Error> {
    let address = Email::parse(user.email.as_deref().unwrap_or_default());
    let address = address.map_err(|code| Error::on(Field::Email, code))?;
    let token = NewToken {
        purpose: Purpose::PasswordReset,
        user: Some(user.id),
        subject: address.key(),
        payload: None,
        lifetime: deps.settings.tokens.expiry,
        browser: None,
        told: true,
    };
    Ok(deps.tokens.issue(&mut work.tx, token).await?.secret)
}

/// Tells a user that their password was changed, as part of `work`.
pub(crate) async fn tell_password_changed(
    deps: &Deps,
    work: &mut Change,
    actor: &Actor,
    user: &User,
) -> Result<(), Error> {
    let circumstances = Circumstances::of(&actor.origin, work.now());
    let link = deps.email_challenges.link(paths::FORGOT_PASSWORD, None);
    deps.email_challenges.tell(work, user, Message::PasswordChanged { circumstances, link }).await
}
