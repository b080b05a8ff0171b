//! Backup codes, which are shown once, on the way to somewhere else.

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

/// The page that shows these codes, and leads on to `target`.
pub(super) async fn show_codes(
    auth: &Auth,
    actor: &Actor,
    codes: &[String],
    target: Option<&LocalPath>,
) -> Result<String, Error> {
    let token = auth.pending_actions.keep_to_show(actor, &codes).await?;
    Ok(leading_to(&query(MFA_CODES, "show", &token), target))
}

/// Where somebody goes whose account was made just now: on to `target`, and if a passkey is all they have, first to backup
/// codes. Without them, whoever loses their device loses their account.
pub(super) async fn made(
    auth: &Auth,
    context: &AuthContext,
    new: &SignedIn,
    target: Option<&LocalPath>,
) -> Done {
    match first_codes(auth, context, new, target).await {
        Ok(Some(page)) => Done::to(page).with(Notice::AccountMade),
        Ok(None) => Done::in_at(target),
        // The account is there all the same, and its pages say what is missing.
        Err(error) => {
            log(&error, Some(context.actor()));
            Done::in_at(target)
        }
    }
}

/// The page with the first backup codes of an account that was made with a second factor and without them.
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
