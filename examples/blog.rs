//! A blog: editors write and publish, moderators moderate, viewers read. Every user who signs up is
//! a viewer. The account `superadmin`, which DEFAULT_SUPERADMIN_PASSWORD creates, assigns the other
//! roles.

#![expect(clippy::print_stdout, reason = "a program says where it listens")]

use authtuna::auth::Auth;
use authtuna::authn::{sign_in::SignIn, sign_up::SignUp};
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole};
use authtuna::axum::{Allowed, ApiError, AuthContext, AuthLayer, RequirePermission, check};
use authtuna::foundation::config::Settings;
use authtuna::model::{id::UserId, scope::Scope};
use axum::extract::{Path, State};
use axum::routing::{get, post, put};
use axum::{Json, Router};

const ROLES: [(&str, &[&str]); 3] = [
    ("editor", &["posts:create", "posts:read", "posts:update", "posts:publish"]),
    ("moderator", &["posts:read", "comments:moderate"]),
    ("viewer", &["posts:read"]),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = Auth::start(Settings::load()?).await?;
    let program = Actor::system();
    tokio::spawn(authtuna::jobs::run(auth.clone()));
    for (role, permissions) in ROLES {
        auth.roles.get_or_create(&program, &NewRole::named(role, "")).await?;
        for permission in permissions {
            auth.permissions.get_or_create(&program, permission, "").await?;
            auth.roles.add_permission(&program, role, permission).await?;
        }
    }
    let reading = Router::new().route("/posts", get(|| async { "all posts" }));
    let moderate = post(|| async { "moderated" });
    let app = Router::new()
        .merge(reading.route_layer(RequirePermission::one("posts:read")))
        .route("/posts", post(create))
        .route("/posts/{id}/publish", post(publish))
        .route("/comments/{id}", moderate.route_layer(RequirePermission::one("comments:moderate")))
        .route("/users/{id}/roles/{role}", put(assign).delete(remove))
        .route("/signup", post(sign_up))
        .route("/login", post(sign_in))
        .layer(AuthLayer::new(auth.clone())?)
        .with_state(auth.clone());
    let listener = tokio::net::TcpListener::bind(auth.settings().http.server_address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<std::net::SocketAddr>()).await?)
}

check!(CreatePosts = RequirePermission::one("posts:create"));
async fn create(author: Allowed<CreatePosts>) -> String {
    format!("a post by {}", author.user.username)
}

check!(PublishPosts = RequirePermission::all(&["posts:update", "posts:publish"]));
async fn publish(_: Allowed<PublishPosts>, Path(id): Path<u64>) -> String {
    format!("post {id} is public")
}

type Person = Path<(UserId, String)>;
async fn assign(auth: State<Auth>, context: AuthContext, Path((user, role)): Person) -> Result<(), ApiError> {
    let grant = Assignment::new(user, &role).everywhere();
    Ok(auth.roles.assign(context.actor(), &grant).await.map(drop)?) // the core authorizes this
}
async fn remove(auth: State<Auth>, context: AuthContext, Path((user, role)): Person) -> Result<(), ApiError> {
    Ok(auth.roles.remove(context.actor(), user, &role, &Scope::global()).await?)
}
async fn sign_up(auth: State<Auth>, context: AuthContext, form: Json<SignUp>) -> Result<String, ApiError> {
    let new = auth.sign_up.with_password(context.actor(), &form).await?.signed_in()?;
    auth.roles.assign(&Actor::system(), &Assignment::new(new.user, "viewer").everywhere()).await?;
    context.begin(new.clone());
    Ok(new.user.to_string())
}
async fn sign_in(auth: State<Auth>, context: AuthContext, form: Json<SignIn>) -> Result<(), ApiError> {
    context.enter(auth.sign_in.with_password(context.actor(), &form).await?);
    Ok(())
}
