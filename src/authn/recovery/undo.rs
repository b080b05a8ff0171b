//! Removing the first second factor again, with the link of the email that reported it, for users
//! whose password someone else had.

use super::Recoveries;
use super::{Ending, end, gone, key_of};
use crate::accounts::users;
use crate::audit::{Entry, Event};
use crate::authn::credential_reset::{issue_password_token, revoke_access};
use crate::authn::passkeys;
use crate::authn::tokens::{PresentedToken, Purpose};
use crate::authz::actor::{Actor, Origin};
use crate::authz::effective_access;
use crate::authz::snapshot_cache::Evict;
use crate::foundation::error::Error;
use crate::mail::{Circumstances, Message};
use crate::model::paths;
use crate::model::time::Timestamp;

impl Recoveries {
    /// Returns whether a link to remove the factors still works. Does not redeem it.
    pub async fn undo_link_works(&self, token: &str) -> Result<bool, Error> {
        Ok(self.deps.peek(Purpose::FactorUndo, PresentedToken::Secret(token)).await?.is_some())
    }

    /// Removes all second factors with the link of the email about the first one. All sessions end.
    /// Returns a token with which to set a password, see
    /// [`PasswordFlow::reset`](crate::authn::passwords::PasswordFlow::reset).
    ///
    /// # Errors
    ///
    /// [`Code::BadToken`], on its field, when the link no longer works, also because the account
    /// has got another email address or more access since.
    ///
    /// [`Code::BadToken`]: crate::model::code::Code::BadToken
    pub async fn undo_factors(&self, actor: &Actor, token: &str) -> Result<String, Error> {
        let (email_challenges, presented) = (&self.deps.email_challenges, PresentedToken::Secret(token));
        let found = self.deps.peek(Purpose::FactorUndo, presented).await?.ok_or_else(gone)?;
        let id = found.user_id.ok_or_else(gone)?;
        let mut work = self.deps.recorder.begin(actor).await?;
        let now = work.now();
        users::lock(&mut work.tx, id).await?;
        self.deps.tokens.redeem(&mut work.tx, Purpose::FactorUndo, presented).await?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or_else(gone)?.user;
        let ordinary = effective_access::is_ordinary(&mut work.tx, id, now).await?;
        if !ordinary || !user.may_enter() || key_of(&user) != found.subject {
            return Err(gone());
        }
        if !passkeys::forget_factors(&mut work, id, Timestamp::EPOCH, "undone").await? {
            return Err(gone());
        }
        let ended = revoke_access(&self.deps, &mut work, id, "factors_undone").await?;
        end(&self.deps, &mut work, id, Ending::FactorsRemoved).await?;
        let circumstances = Circumstances::of(&Origin::default(), now);
        let (factor, link) = ("all".to_owned(), email_challenges.link(paths::SECURITY, None));
        email_challenges
            .tell(&mut work, &user, Message::FactorRemoved { circumstances, factor, link })
            .await?;
        let token = issue_password_token(&self.deps, &mut work, &user).await?;
        work.record(Entry::new(Event::MfaUndone).to(id).with("sessions_ended", ended));
        work.commit_evicting(&self.deps.cache, &[Evict::User(id)]).await?;
        Ok(token)
    }
}
