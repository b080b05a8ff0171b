//! Backup codes, which the portal shows once, on the way to another page.

use std::sync::Arc;

use authtuna::auth::Auth;
use authtuna::authn::sessions::Checked;
use authtuna::authn::sign_in::SignedIn;
use authtuna::authz::actor::Actor;
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use authtuna::model::paths::{DASHBOARD, LocalPath, MFA_CODES};

use super::form::Done;
use crate::flash::Notice;
use crate::links::{leading_to, query};
use crate::viewer::log;

/// Returns the page that shows these codes and then leads to `target`.
pub(super) async fn show_codes(
    auth: &Auth,
    actor: &Actor,
    codes: &[String],
    target: Option<&LocalPath>,
) -> Result<String, Error> {
    let token = auth.pending_actions.keep_to_show(actor, &codes).await?;
    Ok(leading_to(&query(MFA_CODES, "show", &token), target))
}

/// Returns where the user of a new account goes: to `target`, but first to backup codes if a
/// passkey is all they have. Without backup codes, a user who loses their device loses their
/// account.
pub(super) async fn made(
    auth: &Auth,
    context: &AuthContext,
    new: &SignedIn,
    target: Option<&LocalPath>,
) -> Done {
    match first_codes(auth, context, new, target).await {
        Ok(Some(page)) => Done::to(page).with(Notice::AccountMade),
        Ok(None) => Done::in_at(target),
        // The account exists all the same, and its pages point out what is missing.
        Err(error) => {
            log(&error, Some(context.actor()));
            Done::in_at(target)
        }
    }
}

/// Creates the first backup codes of a new account that has a second factor but no backup codes,
/// and returns the page that shows them.
async fn first_codes(
    auth: &Auth,
    context: &AuthContext,
    new: &SignedIn,
    target: Option<&LocalPath>,
) -> Result<Option<String>, Error> {
    let origin = &context.actor().origin;
    let Checked::Open(snapshot, _) = auth.sessions.check(&new.session.cookie, origin).await? else {
        return Ok(None);
    };
    let actor = Actor::in_session(&snapshot, Arc::clone(origin));
    let factors = auth.mfa.factors(&actor).await?;
    if !factors.wanted() || factors.backup_codes_left > 0 || !auth.settings().mfa.enabled {
        return Ok(None);
    }
    let codes = auth.mfa.regenerate_backup_codes(&actor).await?;
    let then = target.cloned().unwrap_or_else(|| LocalPath::of(DASHBOARD));
    show_codes(auth, &actor, &codes, Some(&then)).await.map(Some)
}
