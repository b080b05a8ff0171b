//! The user's own account.

use authtuna::accounts::users;
use authtuna::authn::passwords;
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::id::SessionId;
use authtuna::model::paths::{PROFILE, SECURITY, SESSIONS};
use leptos::prelude::*;

use super::form::{Done, Form, here, signed_in};
use crate::error::Refusal;
use crate::flash::Notice;

/// Changes the password and ends all other sessions.
#[server(ChangePassword, prefix = "/api", endpoint = "change-password")]
pub async fn change_password(
    #[server(default)] current_password: String,
    #[server(default)] password: String,
) -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        signed_in(context.actor())?;
        let typed = passwords::ChangePassword { current: current_password, new: password };
        // The session continues under a new id and cookie.
        let renewed = auth.passwords.change(context.actor(), &typed).await?;
        context.begin(renewed);
        Ok(Done::to(SECURITY).with(Notice::PasswordChanged))
    };
    Form::new("change-password", SECURITY).answer(outcome.await).await
}

/// Sets the first password of an account that has none.
#[server(SetPassword, prefix = "/api", endpoint = "set-password")]
pub async fn set_password(#[server(default)] password: String) -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        signed_in(context.actor())?;
        auth.passwords.set_first(context.actor(), &password).await?;
        Ok(Done::to(SECURITY).with(Notice::PasswordSet))
    };
    Form::new("set-password", SECURITY).answer(outcome.await).await
}

/// Changes the username and the first and last name.
#[server(UpdateProfile, prefix = "/api", endpoint = "update-profile")]
pub async fn update_profile(
    #[server(default)] username: String,
    #[server(default)] first_name: String,
    #[server(default)] last_name: String,
) -> Result<(), Refusal> {
    let form = Form::new("update-profile", PROFILE)
        .keep("username", &username)
        .keep("first_name", &first_name)
        .keep("last_name", &last_name);
    let outcome = async {
        let (auth, context) = here()?;
        signed_in(context.actor())?;
        let change = users::ProfileChange { username, first_name, last_name };
        auth.users.update_profile(context.actor(), &change).await?;
        Ok(Done::to(PROFILE).with(Notice::ProfileSaved))
    };
    form.answer(outcome.await).await
}

/// Ends one of the user's own sessions.
#[server(EndSession, prefix = "/api", endpoint = "end-session")]
pub async fn end_session(#[server(default)] id: String) -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        signed_in(context.actor())?;
        let gone = || Error::on(Field::Session, Code::NotFound);
        let id: SessionId = id.parse().map_err(|_| gone())?;
        match auth.sessions.end(context.actor(), id).await {
            Err(error) if error.code() == Code::NotFound => Err(gone()),
            other => other,
        }?;
        Ok(Done::to(SESSIONS).with(Notice::SessionEnded))
    };
    Form::new("end-session", SESSIONS).answer(outcome.await).await
}

/// Ends all of the user's own sessions except the current one.
#[server(EndOtherSessions, prefix = "/api", endpoint = "end-other-sessions")]
pub async fn end_other_sessions() -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        signed_in(context.actor())?;
        let ended = auth.sessions.end_others(context.actor()).await?;
        Ok(Done::to(SESSIONS).with(Notice::SessionsEnded(ended)))
    };
    Form::new("end-other-sessions", SESSIONS).answer(outcome.await).await
}
