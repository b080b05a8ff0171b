//! The smallest service: it tells users who they are.
//!
//! `cargo run --example minimal`, then `curl -i localhost:8000/me`

#![expect(clippy::print_stdout, reason = "a program says where it listens")]

use std::error::Error;
use std::net::SocketAddr;

use authtuna::auth::Auth;
use authtuna::authn::sign_in::SignIn;
use authtuna::authn::sign_up::SignUp;
use authtuna::axum::{ApiError, AuthContext, AuthLayer, CurrentUser};
use authtuna::foundation::config::Settings;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // From the environment and .env; .env.example lists all settings.
    let auth = Auth::start(Settings::load()?).await?;
    // Deletes what has expired, and listens for changes that other processes make.
    tokio::spawn(authtuna::jobs::run(auth.clone()));

    let app = Router::new()
        .route("/", get(|| async { Json(json!({ "message": "Welcome" })) }))
        .route("/me", get(me))
        .route("/signup", post(sign_up))
        .route("/login", post(sign_in))
        .route("/logout", post(sign_out))
        .layer(AuthLayer::new(auth.clone())?)
        .with_state(auth.clone());

    let listener = tokio::net::TcpListener::bind(auth.settings().http.server_address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

/// Not called without a session: the response is then 401.
async fn me(user: CurrentUser) -> Json<Value> {
    let roles: Vec<&str> = user.access.held.iter().map(|held| held.role.as_str()).collect();
    let who = &user.user;
    Json(json!({ "id": who.id, "username": who.username, "email": who.email, "roles": roles }))
}

async fn sign_up(State(auth): State<Auth>, context: AuthContext, form: Json<SignUp>) -> Result<(), ApiError> {
    context.signed_up(auth.sign_up.with_password(context.actor(), &form).await?);
    Ok(())
}

async fn sign_in(State(auth): State<Auth>, context: AuthContext, form: Json<SignIn>) -> Result<(), ApiError> {
    context.enter(auth.sign_in.with_password(context.actor(), &form).await?);
    Ok(())
}

async fn sign_out(State(auth): State<Auth>, context: AuthContext) -> Result<(), ApiError> {
    auth.sessions.sign_out(context.actor()).await?;
    context.end();
    Ok(())
}
