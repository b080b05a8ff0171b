//! Verifying an email, changing it, and undoing a change.

use authtuna::authn::email_addresses;
use authtuna::authn::email_addresses::Confirmed;
use authtuna::authn::email_challenge::Proof;
use authtuna::model::paths::{
    CONFIRM_EMAIL_CHANGE, EMAIL, LOGIN, LocalPath, RESET_PASSWORD, SECURITY, UNDO_EMAIL_CHANGE, VERIFY_EMAIL,
};
use leptos::prelude::*;

use super::backup_codes::made;
use super::form::{Done, Form, here, page_of, repeated, signed_in};
use crate::error::Refusal;
use crate::flash::Notice;
use crate::links::{query, with_next};
use crate::pending_action::PendingKind;
use crate::viewer;

/// Sends the verification email: to a signed-in user, or else once more for the sign-up in this
/// browser. `again` marks a repeated request.
#[server(SendAgain, prefix = "/api", endpoint = "send-again")]
pub async fn send_again(
    #[server(default)] next: String,
    #[server(default)] again: String,
) -> Result<(), Refusal> {
    let place = with_next(VERIFY_EMAIL, LocalPath::to_return_to(&next).as_ref());
    let form = Form::new("send-again", place.clone());
    let outcome = async {
        let (auth, context) = here()?;
        let pending_challenge = match context.actor().user() {
            Ok(identity) if identity.user.email_verified => {
                return Ok(Done::to(SECURITY).with(Notice::EmailConfirmed));
            }
            Ok(_) => auth.email_addresses.request_verification(context.actor()).await?,
            Err(_) => auth.sign_up.resend(context.actor()).await?,
        };
        context.wait(pending_challenge);
        Ok(Done::to(place).with(repeated(&again)))
    };
    form.answer(outcome.await).await
}

/// Verifies an email with the link or code sent to it, and creates the account if it was for a
/// sign-up. `username` replaces the original one if that was taken in the meantime.
#[server(ConfirmEmail, prefix = "/api", endpoint = "confirm-email")]
pub async fn confirm_email(
    #[server(default)] token: String,
    #[server(default)] code: String,
    #[server(default)] username: String,
    #[server(default)] next: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let form = Form::new("confirm-email", page_of(VERIFY_EMAIL, &token, target.as_ref()))
        .keep("username", &username);
    let outcome = async {
        let (auth, context) = here()?;
        let other = Some(username.as_str());
        Ok(match auth.sign_up.confirm_email(context.actor(), &Proof::from_form(token, code), other).await? {
            Confirmed::In(signed_in) => {
                let done = made(&auth, &context, &signed_in, target.as_ref()).await;
                context.begin(signed_in);
                done.with(Notice::Welcome)
            }
            Confirmed::ChoosePassword(token) => {
                Done::to(query(RESET_PASSWORD, "token", &token)).with(Notice::EmailConfirmedChoose)
            }
            Confirmed::Proved => Done::to(home()).with(Notice::EmailConfirmed),
        })
    };
    form.answer(outcome.await).await
}

/// Sends an email to the new address that the user wants for their account.
#[server(RequestEmailChange, prefix = "/api", endpoint = "request-email-change")]
pub async fn request_email_change(
    #[server(default)] email: String,
    #[server(default)] current_password: String,
) -> Result<(), Refusal> {
    let form = Form::new("change-email", EMAIL).keep("email", &email).may_wait(PendingKind::ChangeEmail);
    let outcome = async {
        let (auth, context) = here()?;
        signed_in(context.actor())?;
        let typed = email_addresses::ChangeEmail { email, current_password };
        context.wait(auth.email_addresses.request_change(context.actor(), &typed).await?);
        Ok(Done::to(CONFIRM_EMAIL_CHANGE))
    };
    form.answer(outcome.await).await
}

/// Changes the account's email with the link or code from that message.
#[server(ConfirmEmailChange, prefix = "/api", endpoint = "confirm-email-change")]
pub async fn confirm_email_change(
    #[server(default)] token: String,
    #[server(default)] code: String,
) -> Result<(), Refusal> {
    let form = Form::new("confirm-email-change", page_of(CONFIRM_EMAIL_CHANGE, &token, None));
    let outcome = async {
        let (auth, context) = here()?;
        signed_in(context.actor())?;
        auth.email_addresses.confirm_change(context.actor(), &Proof::from_form(token, code)).await?;
        Ok(Done::to(SECURITY).with(Notice::EmailChanged))
    };
    form.answer(outcome.await).await
}

/// Restores the account's old email, and continues to a new password.
#[server(UndoEmailChange, prefix = "/api", endpoint = "undo-email-change")]
pub async fn undo_email_change(#[server(default)] token: String) -> Result<(), Refusal> {
    let form = Form::new("undo-email-change", query(UNDO_EMAIL_CHANGE, "token", &token));
    let outcome = async {
        let (auth, context) = here()?;
        let reset = auth.email_addresses.undo_change(context.actor(), &token).await?;
        Ok(Done::to(query(RESET_PASSWORD, "token", &reset)).with(Notice::EmailUndone))
    };
    form.answer(outcome.await).await
}

/// Returns where to go after a verification: to the account if the user is signed in, else to
/// sign-in.
fn home() -> &'static str {
    if viewer::signed_in() { SECURITY } else { LOGIN }
}
