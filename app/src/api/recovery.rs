//! Recovery for users who lost all second factors.

use authtuna::authn::email_challenge::Proof;
use authtuna::model::paths::{
    LOGIN, RECOVERY, RECOVERY_CANCEL, RECOVERY_FINISH, RECOVERY_START, RECOVERY_UNDO, RESET_PASSWORD,
    SECURITY,
};
use leptos::prelude::*;

use super::form::{Done, Form, here, page_of, repeated};
use crate::error::Refusal;
use crate::flash::Notice;
use crate::links::query;

/// Sends an email to start a recovery, if the address belongs to a user with second factors.
/// `again` marks a repeated request.
#[server(RequestRecovery, prefix = "/api", endpoint = "request-recovery")]
pub async fn request_recovery(
    #[server(default)] email: String,
    #[server(default)] again: String,
) -> Result<(), Refusal> {
    let back = if again.is_empty() { RECOVERY } else { RECOVERY_START };
    let form = Form::new("request-recovery", back).keep("email", &email);
    let outcome = async {
        let (auth, context) = here()?;
        context.wait(auth.recovery.request(context.actor(), &email).await?);
        Ok(Done::to(RECOVERY_START).with(repeated(&again)))
    };
    form.answer(outcome.await).await
}

/// Starts the recovery, and its delay, with the link or code from that email.
#[server(StartRecovery, prefix = "/api", endpoint = "start-recovery")]
pub async fn start_recovery(
    #[server(default)] token: String,
    #[server(default)] code: String,
) -> Result<(), Refusal> {
    let form = Form::new("start-recovery", page_of(RECOVERY_START, &token, None));
    let outcome = async {
        let (auth, context) = here()?;
        let begun = auth.recovery.start(context.actor(), &Proof::from_form(token, code)).await?;
        Ok(Done::to(LOGIN).with(Notice::RecoveryStarted(begun.due_at)))
    };
    form.answer(outcome.await).await
}

/// Stops a recovery with the link from one of its emails.
#[server(CancelRecovery, prefix = "/api", endpoint = "cancel-recovery")]
pub async fn cancel_recovery(#[server(default)] token: String) -> Result<(), Refusal> {
    let form = Form::new("cancel-recovery", page_of(RECOVERY_CANCEL, &token, None));
    let outcome = async {
        let (auth, context) = here()?;
        auth.recovery.cancel(context.actor(), &token).await?;
        Ok(Done::to(LOGIN).with(Notice::RecoveryStopped))
    };
    form.answer(outcome.await).await
}

/// Stops a recovery with an authenticator app code or a backup code, for a user who is not signed
/// in.
#[server(StopRecovery, prefix = "/api", endpoint = "stop-recovery")]
pub async fn stop_recovery(
    #[server(default)] identifier: String,
    #[server(default)] code: String,
) -> Result<(), Refusal> {
    let form = Form::new("stop-recovery", RECOVERY_CANCEL).keep("identifier", &identifier);
    let outcome = async {
        let (auth, context) = here()?;
        auth.recovery.stop(context.actor(), &identifier, &code).await?;
        Ok(Done::to(LOGIN).with(Notice::RecoveryStoppedByCode))
    };
    form.answer(outcome.await).await
}

/// Removes the second factors, and continues to a new password.
#[server(FinishRecovery, prefix = "/api", endpoint = "finish-recovery")]
pub async fn finish_recovery(#[server(default)] token: String) -> Result<(), Refusal> {
    let form = Form::new("finish-recovery", page_of(RECOVERY_FINISH, &token, None));
    let outcome = async {
        let (auth, context) = here()?;
        let token = auth.recovery.finish(context.actor(), &token).await?;
        Ok(Done::to(query(RESET_PASSWORD, "token", &token)).with(Notice::RecoveryFinished))
    };
    form.answer(outcome.await).await
}

/// Removes all second factors with the link from the email about the first one, and continues to a
/// new password.
#[server(UndoFactors, prefix = "/api", endpoint = "undo-factors")]
pub async fn undo_factors(#[server(default)] token: String) -> Result<(), Refusal> {
    let form = Form::new("undo-factors", page_of(RECOVERY_UNDO, &token, None));
    let outcome = async {
        let (auth, context) = here()?;
        let token = auth.recovery.undo_factors(context.actor(), &token).await?;
        Ok(Done::to(query(RESET_PASSWORD, "token", &token)).with(Notice::RecoveryFinished))
    };
    form.answer(outcome.await).await
}

/// Stops the user's own recovery.
#[server(CancelOwnRecovery, prefix = "/api", endpoint = "cancel-own-recovery")]
pub async fn cancel_own_recovery() -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        auth.recovery.cancel_own(context.actor()).await?;
        Ok(Done::to(SECURITY).with(Notice::RecoveryStopped))
    };
    Form::new("cancel-own-recovery", SECURITY).answer(outcome.await).await
}
