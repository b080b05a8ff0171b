//! Passkeys: the prompts for the browser, and the forms that post its answers.

use authtuna::authn::sign_in::PasskeyFor;
use authtuna::authn::sign_up::{self, SignedUp};
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use authtuna::model::id::PasskeyId;
use authtuna::model::paths::{
    ADD_PASSKEY, CONFIRM, LOGIN, LocalPath, MFA_CHALLENGE, SECURITY, SIGN_UP, VERIFY_EMAIL,
};
use leptos::prelude::*;
use serde_json::Value;

use super::backup_codes::{made, show_codes};
use super::form::{Done, Form, entered, here};
use crate::error::Refusal;
use crate::flash::Notice;
use crate::links::{leading_to, passkey_page, query_more, with_next};
use crate::pending_action::PendingKind;

/// Asks the browser for a passkey to sign in with.
#[server(SignInPrompt, prefix = "/api", endpoint = "passkey-sign-in-prompt")]
pub async fn sign_in_prompt() -> Result<Value, Refusal> {
    Form::new("passkey-sign-in", LOGIN).prompt(ask(PasskeyFor::SignIn).await)
}

/// Signs in with the browser's answer, and continues to `next`.
#[server(PasskeySignIn, prefix = "/api", endpoint = "passkey-sign-in")]
pub async fn passkey_sign_in(
    #[server(default)] passkey: String,
    #[server(default)] next: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let outcome = async {
        let (auth, context) = here()?;
        let progress = auth.sign_in.with_passkey(context.actor(), &passkey).await?;
        Ok(entered(&context, progress, target.as_ref()))
    };
    Form::new("passkey-sign-in", with_next(LOGIN, target.as_ref())).answer(outcome.await).await
}

/// Asks the browser for a passkey as the second factor.
#[server(SecondFactorPrompt, prefix = "/api", endpoint = "second-factor-prompt")]
pub async fn second_factor_prompt() -> Result<Value, Refusal> {
    let outcome = async {
        let (_, context) = here()?;
        let token = context.actor().origin.mfa_challenge.clone().unwrap_or_default();
        ask(PasskeyFor::SecondFactor(&token)).await
    };
    Form::new("second-factor", MFA_CHALLENGE).prompt(outcome.await)
}

/// Asks the browser for a passkey to re-authenticate with.
#[server(ConfirmPrompt, prefix = "/api", endpoint = "confirm-prompt")]
pub async fn confirm_prompt() -> Result<Value, Refusal> {
    Form::new("confirm", CONFIRM).prompt(ask(PasskeyFor::Confirming).await)
}

/// Asks the browser to create a passkey, on the way to `next`.
#[server(AddPrompt, prefix = "/api", endpoint = "add-passkey-prompt")]
pub async fn add_prompt(#[server(default)] next: String) -> Result<Value, Refusal> {
    let back = leading_to(ADD_PASSKEY, LocalPath::to_return_to(&next).as_ref());
    let outcome = async {
        let (auth, context) = here()?;
        Ok(context.ask(auth.passkeys.ask_to_add(context.actor()).await?))
    };
    Form::new("add-passkey", back).prompt(outcome.await)
}

/// Adds the new passkey, and continues to `next`. An account's first second factor comes with
/// backup codes.
#[server(AddPasskey, prefix = "/api", endpoint = "add-passkey")]
pub async fn add_passkey(
    #[server(default)] passkey: String,
    #[server(default)] name: String,
    #[server(default)] next: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let form = Form::new("add-passkey", leading_to(ADD_PASSKEY, target.as_ref()))
        .keep("name", &name)
        .may_wait(PendingKind::AddPasskey);
    let outcome = async {
        let (auth, context) = here()?;
        let added = auth.passkeys.add(context.actor(), &name, &passkey).await?;
        let next = match added.backup_codes {
            Some(codes) => show_codes(&auth, context.actor(), &codes, target.as_ref()).await?,
            None => target.as_ref().map_or(SECURITY, LocalPath::as_str).to_owned(),
        };
        Ok(Done::to(next).with(Notice::PasskeyAdded))
    };
    form.answer(outcome.await).await
}

/// Renames a passkey.
#[server(RenamePasskey, prefix = "/api", endpoint = "rename-passkey")]
pub async fn rename_passkey(
    #[server(default)] id: String,
    #[server(default)] name: String,
) -> Result<(), Refusal> {
    let form = Form::new("rename-passkey", page_of(&id)).keep("name", &name);
    let outcome = async {
        let (auth, context) = here()?;
        context.actor().user()?;
        auth.passkeys.rename(context.actor(), read(&id)?, &name).await?;
        Ok(Done::to(SECURITY).with(Notice::PasskeyRenamed))
    };
    form.answer(outcome.await).await
}

/// Removes a passkey.
#[server(RemovePasskey, prefix = "/api", endpoint = "remove-passkey")]
pub async fn remove_passkey(#[server(default)] id: String) -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        context.actor().user()?;
        auth.passkeys.remove(context.actor(), read(&id)?).await?;
        Ok(Done::to(SECURITY).with(Notice::PasskeyRemoved))
    };
    Form::new("remove-passkey", page_of(&id)).may_wait(PendingKind::RemovePasskey).answer(outcome.await).await
}

/// Asks the browser to create a passkey for a new account.
#[server(SignUpPrompt, prefix = "/api", endpoint = "passkey-sign-up-prompt")]
pub async fn sign_up_prompt(
    #[server(default)] username: String,
    #[server(default)] email: String,
) -> Result<Value, Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        let typed = sign_up::PasskeySignUp { username, email };
        Ok(context.ask(auth.sign_up.passkey_prompt(context.actor(), &typed).await?))
    };
    Form::new("passkey-sign-up", SIGN_UP).prompt(outcome.await)
}

/// Creates the account with the new passkey, shows backup codes, and continues to `next`. The
/// username and the email are those of the prompt; the page only shows the posted ones again.
#[server(PasskeySignUp, prefix = "/api", endpoint = "passkey-sign-up")]
pub async fn passkey_sign_up(
    #[server(default)] passkey: String,
    #[server(default)] username: String,
    #[server(default)] email: String,
    #[server(default)] next: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let back = query_more(&with_next(SIGN_UP, target.as_ref()), "by", "passkey");
    let form = Form::new("passkey-sign-up", back).keep("username", &username).keep("email", &email);
    let outcome = async {
        let (auth, context) = here()?;
        let led = auth.sign_up.with_passkey(context.actor(), &passkey).await?;
        let done = match &led {
            SignedUp::In(new) => made(&auth, &context, new, target.as_ref()).await,
            SignedUp::EmailChallenge(_) => Done::to(with_next(VERIFY_EMAIL, target.as_ref())),
        };
        context.signed_up(led);
        Ok(done)
    };
    form.answer(outcome.await).await
}

async fn ask(what: PasskeyFor<'_>) -> Result<Value, Error> {
    let (auth, context) = here()?;
    Ok(context.ask(auth.sign_in.passkey_prompt(context.actor(), what).await?))
}

fn read(id: &str) -> Result<PasskeyId, Error> {
    id.parse().map_err(|_| Code::NotFound.into())
}

/// Returns the page of a passkey; for an invalid id, the page that lists them.
fn page_of(id: &str) -> String {
    id.parse().map_or_else(|_| SECURITY.to_owned(), passkey_page)
}
