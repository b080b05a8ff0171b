//! The JSON API for signing up, signing in, signing out, and the user's own account. These routes
//! ignore fields that they do not know, because forms of the Python version's clients may contain
//! more.

use authtuna::accounts::users::ProfileChange;
use authtuna::auth::Auth;
use authtuna::authn::passwords::ChangePassword;
use authtuna::authn::sign_in::SignIn;
use authtuna::authn::sign_up::SignUp;
use authtuna::axum::{ApiError, AuthContext, CurrentUser};
use authtuna::model::code::Code;
use authtuna::model::id::UserId;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dto::{LoggedIn, PASSWORD, SignedUpAnswer, logged_in};
use super::endpoint::Endpoint;
use super::extract::{Body, text};
use super::response::{Message, message};
use authtuna::authz::guard::Guard::{Public, SignedIn};

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    vec![
        Endpoint::post("/auth/signup", Public, sign_up, "Sign up")
            .about(
                "Creates an account and signs in: 201. If the server sends email, it creates the account \
                 when the address is verified: 202, whether or not the address has an account. Reports all \
                 problems at once, each with its field.",
            )
            .refuses(&[BadUsername, UsernameTaken, BadEmail, EmailTaken, EmailDomainNotAllowed, SignupClosed])
            .refuses(&[TooLong, TooManyAttempts, Busy])
            .refuses(PASSWORD),
        Endpoint::post("/auth/login", Public, sign_in, "Sign in")
            .about(
                "Sets the session cookie. If a second factor is required, the response contains \
                 `mfa_required` and the `mfa_token` that `/mfa/validate-login` requires.",
            )
            .refuses(&[BadCredentials, Suspended, EmailNotVerified, PasswordResetRequired])
            .refuses(&[TooManyAttempts, Busy, TooLong, BadCharacters, PasswordTooLong]),
        Endpoint::post("/auth/logout", Public, sign_out, "Sign out")
            .about("200 whether or not the caller is signed in."),
        Endpoint::get("/auth/user-info", SignedIn, user_info, "Get the signed-in user"),
        Endpoint::post("/auth/change-password", SignedIn, change_password, "Change your password")
            .about("Ends all other sessions. This one continues with a new cookie.")
            .refuses(&[WrongPassword, PasswordUnchanged, TooManyAttempts, Busy, TooLong])
            .refuses(PASSWORD),
        Endpoint::post("/auth/set-password", SignedIn, set_password, "Set your first password")
            .about("For users without a password, who signed up with a passkey or by email.")
            .refuses(&[PasswordSet, StepUpRequired, Busy, TooLong])
            .refuses(PASSWORD),
        Endpoint::patch("/ui/profile", SignedIn, change_profile, "Change your username").refuses(&[
            BadUsername,
            UsernameTaken,
            TooLong,
            BadCharacters,
        ]),
    ]
}

/// An account to create.
#[derive(Deserialize, ToSchema)]
pub struct NewAccount {
    /// Letters and digits, with dots, hyphens and underscores between them.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    username: String,
    /// The email address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    email: String,
    /// The password.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    password: String,
}

/// The credentials to sign in with.
#[derive(Deserialize, ToSchema)]
pub struct Credentials {
    /// Username or email address.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    username_or_email: String,
    /// The password.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    password: String,
}

/// A new password, and the current one.
#[derive(Deserialize, ToSchema)]
pub struct NewPassword {
    /// The current password.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    current_password: String,
    /// The new password.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    new_password: String,
}

/// A first password.
#[derive(Deserialize, ToSchema)]
pub struct FirstPassword {
    /// The password.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    password: String,
}

/// A new username.
#[derive(Deserialize, ToSchema)]
pub struct NewProfile {
    /// The username.
    #[serde(default, deserialize_with = "text")]
    #[schema(required)]
    username: String,
}

/// The signed-in user.
#[derive(Serialize, ToSchema)]
pub struct UserInfo {
    /// The user's id.
    #[schema(value_type = String, format = "uuid")]
    user_id: UserId,
    /// The username.
    username: String,
    /// The email address.
    email: Option<String>,
    /// Always true: a suspended or deleted user has no session.
    is_active: bool,
    /// Whether the address is verified.
    email_verified: bool,
    /// Whether sign-in requires a second factor.
    mfa_enabled: bool,
}

/// A changed profile.
#[derive(Serialize, ToSchema)]
pub struct ProfileChanged {
    /// What was done.
    message: &'static str,
    /// The profile.
    user: Profile,
}

/// A profile.
#[derive(Serialize, ToSchema)]
pub struct Profile {
    /// The username.
    username: String,
}

async fn sign_up(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<NewAccount>,
) -> Result<SignedUpAnswer, ApiError> {
    let typed = SignUp { username: form.username, email: form.email, password: form.password };
    let is_in = context.signed_up(auth.sign_up.with_password(context.actor(), &typed).await?);
    Ok(SignedUpAnswer::of(is_in))
}

async fn sign_in(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<Credentials>,
) -> Result<Json<LoggedIn>, ApiError> {
    let typed = SignIn { identifier: form.username_or_email, password: form.password };
    let progress = auth.sign_in.with_password(context.actor(), &typed).await?;
    logged_in(&context, progress)
}

async fn sign_out(State(auth): State<Auth>, context: AuthContext) -> Result<Json<Message>, ApiError> {
    let was_in = context.actor().session_user().is_ok();
    auth.sessions.sign_out(context.actor()).await?;
    context.end();
    Ok(message(if was_in { "Logged out successfully." } else { "Logout failed or no active session found." }))
}

async fn user_info(CurrentUser(identity): CurrentUser) -> Json<UserInfo> {
    let user = &identity.user;
    Json(UserInfo {
        user_id: user.id,
        username: user.username.clone(),
        email: user.email.clone(),
        is_active: true,
        email_verified: user.email_verified,
        mfa_enabled: user.mfa_enabled,
    })
}

async fn change_password(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<NewPassword>,
) -> Result<Json<Message>, ApiError> {
    let typed = ChangePassword { current: form.current_password, new: form.new_password };
    let signed_in = auth.passwords.change(context.actor(), &typed).await?;
    context.begin(signed_in);
    Ok(message("Password updated successfully. All other sessions have been logged out."))
}

async fn set_password(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(form): Body<FirstPassword>,
) -> Result<Json<Message>, ApiError> {
    auth.passwords.set_first(context.actor(), &form.password).await?;
    Ok(message("The password has been set."))
}

async fn change_profile(
    State(auth): State<Auth>,
    CurrentUser(identity): CurrentUser,
    context: AuthContext,
    Body(form): Body<NewProfile>,
) -> Result<Json<ProfileChanged>, ApiError> {
    let user = &identity.user;
    let change = ProfileChange {
        username: form.username.clone(),
        first_name: user.first_name.clone().unwrap_or_default(),
        last_name: user.last_name.clone().unwrap_or_default(),
    };
    auth.users.update_profile(context.actor(), &change).await?;
    let user = Profile { username: form.username.trim().to_owned() };
    Ok(Json(ProfileChanged { message: "Profile updated successfully.", user }))
}
