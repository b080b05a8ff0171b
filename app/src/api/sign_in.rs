//! Sign-in, sign-up and sign-out.

use authtuna::authn::sign_in;
use authtuna::authn::sign_up;
use authtuna::foundation::error::Error;
use authtuna::model::paths::{DASHBOARD, LOGIN, LocalPath, SETUP, SIGN_UP, SIGNED_OUT, VERIFY_EMAIL};
use leptos::prelude::*;

use super::form::{Done, Form, entered, here, refuse};
use crate::error::Refusal;
use crate::i18n::lang;
use crate::islands::password::Judged;
use crate::links::{query, with_next};
use crate::messages;
use crate::viewer::Viewer;

/// Signs in with a password, and continues to `next`, a path of this site.
#[server(SignIn, prefix = "/api", endpoint = "sign-in")]
pub async fn sign_in(
    #[server(default)] identifier: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let form = Form::new("sign-in", with_next(LOGIN, target.as_ref())).keep("identifier", &identifier);
    let outcome = async {
        let (auth, context) = here()?;
        let progress =
            auth.sign_in.with_password(context.actor(), &sign_in::SignIn { identifier, password }).await?;
        Ok(entered(&context, progress, target.as_ref()))
    };
    form.answer(outcome.await).await
}

/// Creates an account, signs in, and continues to `next`. If the server sends email, the user
/// verifies the address first.
#[server(SignUp, prefix = "/api", endpoint = "sign-up")]
pub async fn sign_up(
    #[server(default)] username: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), Refusal> {
    let target = LocalPath::to_return_to(&next);
    let form = Form::new("sign-up", with_next(SIGN_UP, target.as_ref()))
        .keep("username", &username)
        .keep("email", &email);
    let outcome = async {
        let (auth, context) = here()?;
        let typed = sign_up::SignUp { username, email, password };
        let is_in = context.signed_up(auth.sign_up.with_password(context.actor(), &typed).await?);
        Ok(if is_in {
            Done::in_at(target.as_ref())
        } else {
            Done::to(with_next(VERIFY_EMAIL, target.as_ref()))
        })
    };
    form.answer(outcome.await).await
}

/// Creates the first administrator.
#[server(SetUp, prefix = "/api", endpoint = "set-up")]
pub async fn set_up(
    #[server(default)] token: String,
    #[server(default)] username: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Result<(), Refusal> {
    let form =
        Form::new("set-up", query(SETUP, "token", &token)).keep("username", &username).keep("email", &email);
    let outcome = async {
        let (auth, context) = here()?;
        let signed_in = auth
            .sign_up
            .set_up(context.actor(), &token, &sign_up::SignUp { username, email, password })
            .await?;
        context.begin(signed_in);
        Ok(Done::to(DASHBOARD))
    };
    form.answer(outcome.await).await
}

/// Ends the current session. Signing out without a session is not an error.
#[server(SignOut, prefix = "/api", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), Refusal> {
    let outcome = async {
        let (auth, context) = here()?;
        auth.sessions.sign_out(context.actor()).await?;
        context.end();
        Ok(Done::to(SIGNED_OUT))
    };
    Form::new("sign-out", DASHBOARD).answer(outcome.await).await
}

/// Rates a password while the user types it. The server stores nothing of it.
#[server(PasswordStrength, prefix = "/api", endpoint = "password-strength")]
pub async fn password_strength(
    #[server(default)] password: String,
    #[server(default)] username: String,
    #[server(default)] email: String,
) -> Result<Judged, Refusal> {
    judge(&password, &username, &email).await.map_err(|error| refuse(&error))
}

async fn judge(password: &str, username: &str, email: &str) -> Result<Judged, Error> {
    let (auth, context) = here()?;
    let viewer = Viewer::of(context.actor()).ok();
    let mut about = vec![username, email, email.split('@').next().unwrap_or_default()];
    if let Some(viewer) = &viewer {
        about.push(&viewer.username);
        about.extend(viewer.email.as_deref());
    }
    let strength = auth.passwords.strength(password, &about).await?;
    let t = lang();
    let level = messages::strength(t, strength.score);
    let advice = match strength.problem {
        Some(code) => messages::problem(t, auth.settings(), None, code, None),
        None => t.strength_good().to_owned(),
    };
    Ok(Judged { score: strength.score, text: t.strength_said(&advice, level) })
}
