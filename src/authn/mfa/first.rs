//! The first second factor of an account: what could be opened without one until then ends, and its owner gets a way back.

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

/// For how long these links work.
const UNDO: Duration = Duration::from_secs(72 * 3600);

impl Mfa {
    /// Takes back what a password or a mail alone could open until now, as part of `work`, which adds the first second
    /// factor: whoever had one may have other sessions, have made browsers known, and begun something. A session that goes
    /// on would have what roles give to people with a second factor, without ever showing one.
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

    /// Tells somebody of their first second factor, with a link to take it off again, as part of `work`. False when there is
    /// no such link: where no mails are sent, for an address that nobody has proved, and for accounts that may do more than
    /// everybody's, for which there are administrators.
    ///
    /// Whoever stole a password can put a factor of theirs on the account. Its owner could neither remove that nor recover:
    /// each sign-in of the thief would stop it. For these hours the mailbox decides, as it did until now.
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
