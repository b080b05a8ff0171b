//! Password reset and sign-in by email.

use authtuna::authn::email_challenge::Proof;
use authtuna::model::paths::{
    FORGOT_PASSWORD, LOGIN, LocalPath, MAGIC_LINK, MAGIC_LINK_LOGIN, RESET_PASSWORD,
};
use leptos::prelude::*;

use super::form::{Done, Form, entered, here, page_of, repeated};
use crate::error::Refusal;
use crate::flash::Notice;
use crate::links::{query, with_next};

/// Sends an email to reset the password, if the address belongs to an account. `again` marks a
/// repeated request.
#[server(RequestReset, prefix = "/api", endpoint = "request-reset")]
pub async fn request_reset(
    #[server(default)] email: String,
    #[server(default)] again: String,
) -> Result<(), Refusal> {
    let form = Form::new("forgot-password", if again.is_empty() { FORGOT_PASSWORD } else { RESET_PASSWORD })
        .keep("email", &email);
    let outcome = async {
        let (auth, context) = here()?;
        context.wait(auth.passwords.request_reset(context.actor(), &email).await?);
        Ok(Done::to(RESET_PASSWORD).with(repeated(&again)))
    };
    form.answer(outcome.await).await
}

/// Takes the six-digit code from that email, and continues to the new password.
#[server(ResetCode, prefix = "/api", endpoint = "reset-code")]
pub async fn reset_code(#[server(default)] code: String) -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        let token = auth.passwords.redeem_reset_code(context.actor(), &code).await?;
        Ok(Done::to(query(RESET_PASSWORD, "token", &token)))
    };
    Form::new("reset-code", RESET_PASSWORD).answer(outcome.await).await
}

/// Sets the new password. It starts no session: the user signs in with the new password.
#[server(ResetPassword, prefix = "/api", endpoint = "reset-password")]
pub async fn reset_password(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), Refusal> {
    let form = Form::new("reset-password", page_of(RESET_PASSWORD, &token, None));
    let outcome = async {
        let (auth, context) = here()?;
        auth.passwords.reset(context.actor(), &token, &password).await?;
        Ok(Done::to(LOGIN).with(Notice::PasswordReset))
    };
    form.answer(outcome.await).await
}

/// Sends an email to sign in with, if the address belongs to an account. `again` marks a repeated
/// request.
#[server(RequestMagicLink, prefix = "/api", endpoint = "request-magic-link")]
pub async fn request_magic_link(
    #[server(default)] email: String,
    #[server(default)] next: String,
    #[server(default)] again: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let back = if again.is_empty() { MAGIC_LINK } else { MAGIC_LINK_LOGIN };
    let form = Form::new("magic-link", with_next(back, target.as_ref())).keep("email", &email);
    let outcome = async {
        let (auth, context) = here()?;
        context.wait(auth.sign_in.request_magic_link(context.actor(), &email).await?);
        let place = with_next(MAGIC_LINK_LOGIN, target.as_ref());
        Ok(Done::to(place).with(repeated(&again)))
    };
    form.answer(outcome.await).await
}

/// Signs in with the link or code from that email, and continues to `next`.
#[server(SignInByMail, prefix = "/api", endpoint = "sign-in-by-mail")]
pub async fn sign_in_by_mail(
    #[server(default)] token: String,
    #[server(default)] code: String,
    #[server(default)] next: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let form = Form::new("sign-in-by-mail", page_of(MAGIC_LINK_LOGIN, &token, target.as_ref()));
    let outcome = async {
        let (auth, context) = here()?;
        let progress = auth.sign_in.with_magic_link(context.actor(), &Proof::from_form(token, code)).await?;
        Ok(entered(&context, progress, target.as_ref()))
    };
    form.answer(outcome.await).await
}
