//! Tells users who they are, as a service on its own or, with ONLY_MIDDLEWARE=true, beside a portal
//! on the portal's database.

use std::net::SocketAddr;

use authtuna::{Auth, Settings, axum::AuthLayer, axum::CurrentUser};
use axum::{Router, routing::get};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = Auth::start(Settings::load()?).await?;
    tokio::spawn(authtuna::jobs::run(auth.clone()));
    let me = |user: CurrentUser| async move { user.user.username.clone() };
    let app = Router::new().route("/me", get(me)).layer(AuthLayer::new(auth.clone())?);
    let listener = tokio::net::TcpListener::bind(auth.settings().http.server_address).await?;
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?)
}
