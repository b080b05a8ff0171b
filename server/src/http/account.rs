//! Coming in, going out, and one's own account, in JSON.

use authtuna::auth::Auth;
use authtuna::axum::{ApiError, CurrentUser, Visit};
use authtuna::login::SignIn;
use authtuna::model::code::Field;
use authtuna::passwords::ChangePassword;
use authtuna::signup::SignUp;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::json::Form;

/// POST `/auth/signup` with `{"username", "email", "password"}`: 201 and a session.
pub async fn sign_up(
    State(auth): State<Auth>,
    visit: Visit,
    mut form: Form,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let typed = SignUp {
        username: form.text("username", Field::Username),
        email: form.text("email", Field::Email),
        password: form.text("password", Field::Password),
    };
    form.check()?;
    let signed_in = auth.sign_up(visit.actor(), &typed).await?;
    visit.begin(signed_in);
    Ok((StatusCode::CREATED, said("User created and logged in successfully.")))
}

/// POST `/auth/login` with `{"username_or_email", "password"}`: 200 and a session.
pub async fn sign_in(
    State(auth): State<Auth>,
    visit: Visit,
    mut form: Form,
) -> Result<Json<Value>, ApiError> {
    let typed = SignIn {
        identifier: form.text("username_or_email", Field::Identifier),
        password: form.text("password", Field::Password),
    };
    form.check()?;
    let signed_in = auth.sign_in(visit.actor(), &typed).await?;
    visit.begin(signed_in);
    Ok(said("Login successful."))
}

/// POST `/auth/logout`: 200, whether somebody was signed in or not.
pub async fn sign_out(State(auth): State<Auth>, visit: Visit) -> Result<Json<Value>, ApiError> {
    let was_in = visit.actor().user().is_ok();
    auth.sign_out(visit.actor()).await?;
    visit.end();
    Ok(said(if was_in { "Logged out successfully." } else { "Logout failed or no active session found." }))
}

/// GET `/auth/user-info`: who is signed in.
pub async fn user_info(CurrentUser(snapshot): CurrentUser) -> Json<Value> {
    let user = &snapshot.user;
    Json(json!({
        "user_id": user.id,
        "username": user.username,
        "email": user.email,
        // Whoever is suspended or deleted has no session to ask with.
        "is_active": true,
        "email_verified": user.email_verified,
        "mfa_enabled": false,
    }))
}

/// POST `/auth/change-password` with `{"current_password", "new_password"}`: 200, and this session's new cookie.
pub async fn change_password(
    State(auth): State<Auth>,
    visit: Visit,
    mut form: Form,
) -> Result<Json<Value>, ApiError> {
    let typed = ChangePassword {
        current: form.text("current_password", Field::CurrentPassword),
        new: form.text("new_password", Field::Password),
    };
    form.check()?;
    let signed_in = auth.change_password(visit.actor(), &typed).await?;
    visit.begin(signed_in);
    Ok(said("Password updated successfully. All other sessions have been logged out."))
}

/// `{"message": …}`.
pub fn said(message: &str) -> Json<Value> {
    Json(json!({ "message": message }))
}
