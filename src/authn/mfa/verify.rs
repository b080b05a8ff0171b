//! Checks codes. Each is accepted once.

use super::sql::*;
use super::{Factor, Mfa, backup, digits, factors_of, totp};
use crate::accounts::users::User;
use crate::audit::Change;
use crate::foundation::error::Error;
use crate::mail::Message;
use crate::model::id::UserId;
use crate::model::paths;

impl Mfa {
    /// Accepts a code from an app, or a backup code, of a user whose row is locked, as part of
    /// `work`. `None` when the code is wrong or was used before.
    pub(crate) async fn verify(
        &self,
        work: &mut Change,
        user: &User,
        code: &str,
    ) -> Result<Option<Factor>, Error> {
        let taken = self.verify_silently(work, user.id, code).await?;
        if taken == Some(Factor::BackupCode) {
            self.tell_of_few_codes(work, user).await?;
        }
        Ok(taken)
    }

    /// Does what [`Mfa::verify`] does for this id, even if no user has it, and sends no email about
    /// how many backup codes are left.
    pub(crate) async fn verify_silently(
        &self,
        work: &mut Change,
        user: UserId,
        code: &str,
    ) -> Result<Option<Factor>, Error> {
        let now = work.now();
        if let Some(code) = backup::normal(code) {
            let hash = backup::hash(user, &code);
            let taken = TAKE_BACKUP_CODE.bind(user).bind(hash).bind(now).execute(&mut work.tx).await? > 0;
            return Ok(taken.then_some(Factor::BackupCode));
        }
        let Ok(code) = digits(code) else { return Ok(None) };
        let row: Option<TotpRow> = TOTP.bind(user).optional(&mut work.tx).await?;
        let secret = row.and_then(|row| self.open(user, &row.secret));
        let Some(step) = secret.and_then(|secret| totp::step_of(&secret, &code, now)) else {
            return Ok(None);
        };
        let taken = TAKE_STEP.bind(user).bind(step).execute(&mut work.tx).await? > 0;
        Ok(taken.then_some(Factor::Totp))
    }

    async fn tell_of_few_codes(&self, work: &mut Change, user: &User) -> Result<(), Error> {
        let factors = factors_of(&mut work.tx, user.id).await?;
        if factors.has_enough_codes() || !self.deps.email_challenges.sends() {
            return Ok(());
        }
        let left = u32::try_from(factors.backup_codes_left).unwrap_or_default();
        let link = self.deps.email_challenges.link(paths::SECURITY, None);
        self.deps.email_challenges.tell(work, user, Message::BackupCodesLow { left, link }).await
    }
}

/// Returns whether the typed code has the form of a backup code. Those cannot be guessed.
pub(crate) fn is_backup_code(typed: &str) -> bool {
    backup::normal(typed).is_some()
}
