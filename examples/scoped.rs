//! Permissions that count in one scope: members of an organization see its projects and no others.
//!
//! `DEFAULT_SUPERADMIN_PASSWORD="…" cargo run --example scoped`: the account `superadmin` adds
//! members.

#![expect(clippy::print_stdout, reason = "a program says where it listens")]

use authtuna::auth::Auth;
use authtuna::authn::sign_in::SignIn;
use authtuna::authn::sign_up::SignUp;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole};
use authtuna::axum::{Allowed, ApiError, AuthContext, AuthLayer, RequirePermission, RequireRole, check};
use authtuna::foundation::config::Settings;
use authtuna::model::{id::UserId, scope::Scope};
use axum::extract::{Path, State};
use axum::routing::{get, post, put};
use axum::{Json, Router};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let auth = Auth::start(Settings::load()?).await?;
    let program = Actor::system();
    tokio::spawn(authtuna::jobs::run(auth.clone()));
    auth.permissions.get_or_create(&program, "projects:read", "See projects").await?;
    auth.roles.get_or_create(&program, &NewRole::named("member", "Sees what is there")).await?;
    auth.roles.add_permission(&program, "member", "projects:read").await?;

    let admin = Router::new()
        .route("/admin", get(|| async { "the back office" }))
        .route_layer(RequireRole::any(&["Admin", "SuperAdmin"]));
    let settings = Router::new()
        .route("/orgs/{org_id}/settings", get(|| async { "the settings" }))
        .route_layer(RequireRole::one("member").scope_from_path("org_id"));
    let app = Router::new()
        .merge(admin)
        .merge(settings)
        .route("/projects/{project_id}", get(project))
        .route("/orgs/{org_id}/projects", get(projects))
        .route("/orgs/{org_id}/members/{id}", put(admit).delete(expel))
        .route("/signup", post(sign_up))
        .route("/login", post(sign_in))
        .layer(AuthLayer::new(auth.clone())?)
        .with_state(auth.clone());
    let listener = tokio::net::TcpListener::bind(auth.settings().http.server_address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app.into_make_service_with_connect_info::<std::net::SocketAddr>()).await?)
}

// Checked in `project:<project_id>`.
check!(ReadProject = RequirePermission::one("projects:read").scope_from_path("project_id"));
async fn project(_: Allowed<ReadProject>, Path(id): Path<String>) -> String {
    format!("project {id}")
}

// Checked in `org:<org_id>`: with the permission in `org:1`, a user sees the projects of
// organization 1.
check!(ReadProjects = RequirePermission::one("projects:read").scope_from_path("org_id"));
async fn projects(user: Allowed<ReadProjects>) -> String {
    format!("the projects in {} for {}", user.scope(), user.user.username)
}

type Member = Path<(String, UserId)>;
async fn admit(auth: State<Auth>, context: AuthContext, Path((org, user)): Member) -> Result<(), ApiError> {
    let grant = Assignment::new(user, "member").within(Scope::at("org", &org)?);
    Ok(auth.roles.assign(context.actor(), &grant).await.map(drop)?) // the core authorizes this
}
async fn expel(auth: State<Auth>, context: AuthContext, Path((org, user)): Member) -> Result<(), ApiError> {
    Ok(auth.roles.remove(context.actor(), user, "member", &Scope::at("org", &org)?).await?)
}
async fn sign_up(auth: State<Auth>, context: AuthContext, form: Json<SignUp>) -> Result<String, ApiError> {
    let new = auth.sign_up.with_password(context.actor(), &form).await?.signed_in()?;
    context.begin(new.clone());
    Ok(new.user.to_string())
}
async fn sign_in(auth: State<Auth>, context: AuthContext, form: Json<SignIn>) -> Result<(), ApiError> {
    context.enter(auth.sign_in.with_password(context.actor(), &form).await?);
    Ok(())
}
