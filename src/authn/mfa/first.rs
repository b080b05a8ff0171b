//! What happens when an account gets its first second factor: everything that was opened without
//! one ends, and the owner gets a way to undo it.

use std::time::Duration;

use super::sql::*;
use super::{Factor, Mfa};
use crate::accounts::users::User;
use crate::audit::{Change, Entry, Event};
use crate::authn::sessions::{distrust_devices, end_all_of, forget_devices};
use crate::authn::tokens::{NewToken, Purpose};
use crate::authz::actor::Actor;
use crate::authz::effective_access;
use crate::foundation::error::Error;
use crate::foundation::names::Email;
use crate::mail::{Circumstances, Message};
use crate::model::paths;

/// How long the undo links work.
const UNDO: Duration = Duration::from_secs(72 * 3600);

impl Mfa {
    /// Ends what a password or an email alone could open so far, as part of `work`, which adds the
    /// first second factor.
    ///
    /// Someone who had the password or the mailbox may have other sessions, known browsers, and
    /// pending flows. A session that continued would get what roles give to users with a second
    /// factor, without ever presenting one.
    pub(crate) async fn forget_what_passwords_opened(
        &self,
        work: &mut Change,
        actor: &Actor,
    ) -> Result<(), Error> {
        let (snapshot, now) = (actor.session_user()?, work.now());
        let user = snapshot.user.id;
        let this = Some(actor.session()?.id);
        let ended = end_all_of(&mut work.tx, user, this, "second_factor_added", now).await?;
        if ended > 0 {
            work.record(Entry::new(Event::SessionsTerminatedAll).to(user).with("ended", ended));
        }
        forget_devices(&mut work.tx, user, actor.origin.device_secret.as_ref()).await?;
        distrust_devices(&mut work.tx, user).await?;
        FORGET_PENDING_TOTP.bind(user).execute(&mut work.tx).await?;
        let begun = &[Purpose::Confirm, Purpose::PasskeyAdd, Purpose::PendingAction, Purpose::EmailChange];
        self.deps.tokens.void_of(&mut work.tx, user, begun).await
    }

    /// Tells the user about their first second factor, with a link to remove it again, as part of
    /// `work`.
    ///
    /// Returns false when there is no such link: where the server sends no email, when the address
    /// is not verified, and for accounts with more access than an ordinary one, for which
    /// administrators can help.
    ///
    /// A thief of a password can add a factor of their own. The owner could neither remove it nor
    /// recover, because each sign-in of the thief would stop the recovery. For these hours the
    /// mailbox decides, as it did before.
    pub(crate) async fn tell_of_first(
        &self,
        work: &mut Change,
        actor: &Actor,
        user: &User,
        factor: Factor,
    ) -> Result<bool, Error> {
        let now = work.now();
        let proved = user.email.as_deref().filter(|_| user.email_verified_at.is_some());
        let address = proved
            .and_then(|address| Email::parse(address).ok())
            .filter(|_| self.deps.email_challenges.sends());
        let (Some(address), true) =
            (address, effective_access::is_ordinary(&mut work.tx, user.id, now).await?)
        else {
            return Ok(false);
        };
        self.deps.tokens.void_of(&mut work.tx, user.id, &[Purpose::FactorUndo]).await?;
        let token = NewToken {
            purpose: Purpose::FactorUndo,
            user: Some(user.id),
            subject: address.key(),
            payload: None,
            lifetime: UNDO,
            browser: None,
            told: true,
        };
        let issued = self.deps.tokens.issue(&mut work.tx, token).await?;
        let told = Message::FirstFactor {
            circumstances: Circumstances::of(&actor.origin, now),
            factor: factor.as_str().to_owned(),
            undo: self.deps.email_challenges.link(paths::RECOVERY_UNDO, Some(&issued.secret)),
            hours: UNDO.as_secs() / 3600,
        };
        self.deps.email_challenges.tell(work, user, told).await?;
        Ok(true)
    }
}
