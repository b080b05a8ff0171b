//! The second factor at sign-in, its setup, and re-authentication.

use authtuna::authn::email_challenge::Proof;
use authtuna::authn::sign_in;
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::paths::{CONFIRM, LocalPath, MFA_CHALLENGE, MFA_SETUP, SECURITY};
use leptos::prelude::*;

use super::backup_codes::show_codes;
use super::form::{Done, Form, go_on_with, here, repeated, signed_in};
use crate::error::Refusal;
use crate::flash::Notice;
use crate::links::{leading_to, query, query_more, with_next};
use crate::pending_action::PendingKind;

/// The values of `by`: the field that the page shows.
const WAYS: &[&str] = &["passkey", "app", "backup"];

/// Signs in with the second factor, after the first one in this browser, and continues to `next`.
/// `by` is the field that the page showed.
#[server(SecondFactor, prefix = "/api", endpoint = "second-factor")]
pub async fn second_factor(
    #[server(default)] code: String,
    #[server(default)] passkey: String,
    #[server(default)] by: String,
    #[server(default)] remember: String,
    #[server(default)] next: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let back = by_way(with_next(MFA_CHALLENGE, target.as_ref()), &by);
    let outcome = async {
        let (auth, context) = here()?;
        script_ran(&by, &passkey)?;
        let token = context.actor().origin.mfa_challenge.clone().unwrap_or_default();
        let typed = sign_in::SecondFactor { token, code, passkey, remember: !remember.is_empty() };
        context.begin(auth.sign_in.with_second_factor(context.actor(), &typed).await?);
        Ok(Done::in_at(target.as_ref()))
    };
    Form::new("second-factor", back).answer(outcome.await).await
}

/// Creates a secret for an authenticator app, on the way to `next`.
#[server(SetUpTotp, prefix = "/api", endpoint = "set-up-totp")]
pub async fn set_up_totp(#[server(default)] next: String) -> Result<(), Refusal> {
    let place = leading_to(MFA_SETUP, LocalPath::to_return_to(&next).as_ref());
    let outcome = async {
        let (auth, context) = here()?;
        auth.mfa.setup_totp(context.actor()).await?;
        Ok(Done::to(place.clone()))
    };
    Form::new("set-up-totp", place.clone()).may_wait(PendingKind::SetUpApp).answer(outcome.await).await
}

/// Turns the authenticator app on with one of its codes, and shows the backup codes on the way to
/// `next`.
#[server(EnableTotp, prefix = "/api", endpoint = "enable-totp")]
pub async fn enable_totp(
    #[server(default)] code: String,
    #[server(default)] next: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let outcome = async {
        let (auth, context) = here()?;
        let codes = auth.mfa.verify_and_enable_totp(context.actor(), &code).await?;
        let page = show_codes(&auth, context.actor(), &codes, target.as_ref()).await?;
        Ok(Done::to(page).with(Notice::MfaEnabled))
    };
    Form::new("enable-totp", leading_to(MFA_SETUP, target.as_ref()))
        .may_wait(PendingKind::SetUpApp)
        .answer(outcome.await)
        .await
}

/// Turns the authenticator app off.
#[server(DisableTotp, prefix = "/api", endpoint = "disable-totp")]
pub async fn disable_totp() -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        auth.mfa.disable_totp(context.actor()).await?;
        Ok(Done::to(SECURITY).with(Notice::MfaDisabled))
    };
    Form::new("disable-totp", SECURITY).may_wait(PendingKind::TurnOffApp).answer(outcome.await).await
}

/// Creates new backup codes and shows them.
#[server(NewBackupCodes, prefix = "/api", endpoint = "new-backup-codes")]
pub async fn new_backup_codes() -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        let codes = auth.mfa.regenerate_backup_codes(context.actor()).await?;
        Ok(Done::to(show_codes(&auth, context.actor(), &codes, None).await?))
    };
    Form::new("new-backup-codes", SECURITY).may_wait(PendingKind::NewBackupCodes).answer(outcome.await).await
}

/// Forgets the backup codes on display, because the user has saved them, and continues to `next`.
#[server(SavedCodes, prefix = "/api", endpoint = "saved-codes")]
pub async fn saved_codes(#[server(default)] next: String) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let outcome = async {
        let (auth, context) = here()?;
        auth.pending_actions.forget_shown(context.actor()).await?;
        Ok(Done::to(target.as_ref().map_or(SECURITY, LocalPath::as_str)))
    };
    Form::new("saved-codes", SECURITY).answer(outcome.await).await
}

/// Re-authenticates the user with a password, a code or a passkey, and continues to `next`.
#[server(Confirm, prefix = "/api", endpoint = "confirm")]
pub async fn confirm(
    #[server(default)] password: String,
    #[server(default)] code: String,
    #[server(default)] passkey: String,
    #[server(default)] by: String,
    #[server(default)] next: String,
    #[server(default)] act: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let outcome = async {
        let (auth, context) = here()?;
        script_ran(&by, &passkey)?;
        auth.step_up.confirm(context.actor(), &sign_in::Confirmation { password, code, passkey }).await?;
        go_on_with(&act).await?;
        Ok(confirmed(target.as_ref()))
    };
    Form::new("confirm", page(&by, target.as_ref(), &act)).answer(outcome.await).await
}

/// Sends an email to re-authenticate with, to a user who has nothing else.
#[server(SendConfirmation, prefix = "/api", endpoint = "send-confirmation")]
pub async fn send_confirmation(
    #[server(default)] next: String,
    #[server(default)] act: String,
    #[server(default)] again: String,
) -> Result<(), Refusal> {
    let place = page("", LocalPath::to_return_to(&next).as_ref(), &act);
    let outcome = async {
        let (auth, context) = here()?;
        context.wait(auth.step_up.request_email(context.actor()).await?);
        Ok(Done::to(place.clone()).with(repeated(&again)))
    };
    Form::new("send-confirmation", place.clone()).answer(outcome.await).await
}

/// Re-authenticates the user with the link or code from that email, and continues to `next`.
#[server(ConfirmByMail, prefix = "/api", endpoint = "confirm-by-mail")]
pub async fn confirm_by_mail(
    #[server(default)] token: String,
    #[server(default)] code: String,
    #[server(default)] next: String,
    #[server(default)] act: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let back =
        if token.is_empty() { page("", target.as_ref(), &act) } else { query(CONFIRM, "token", &token) };
    let outcome = async {
        let (auth, context) = here()?;
        signed_in(context.actor())?;
        auth.step_up.confirm_by_email(context.actor(), &Proof::from_form(token, code)).await?;
        go_on_with(&act).await?;
        Ok(confirmed(target.as_ref()))
    };
    Form::new("confirm-by-mail", back).answer(outcome.await).await
}

fn confirmed(target: Option<&LocalPath>) -> Done {
    Done::to(target.map_or(SECURITY, LocalPath::as_str)).with(Notice::Confirmed)
}

/// Returns the confirmation page for `act`, showing the field for `by`.
fn page(by: &str, target: Option<&LocalPath>, act: &str) -> String {
    let place = by_way(query(CONFIRM, "next", target.map_or(SECURITY, LocalPath::as_str)), by);
    if act.is_empty() { place } else { query_more(&place, "act", act) }
}

/// Returns `place`, showing the field for `by`.
fn by_way(place: String, by: &str) -> String {
    if WAYS.contains(&by) { query_more(&place, "by", by) } else { place }
}

/// Refuses an empty passkey form, which the browser posts when no script ran.
fn script_ran(by: &str, passkey: &str) -> Result<(), Error> {
    if by == "passkey" && passkey.is_empty() {
        return Err(Error::on(Field::Passkey, Code::Required));
    }
    Ok(())
}
