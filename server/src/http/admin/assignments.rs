//! Giving roles to people and taking them away; who holds a role.

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::Assignment;
use authtuna::axum::{ApiError, AuthContext};
use authtuna::model::code::{Code, Field};
use authtuna::model::id::UserId;
use authtuna::model::scope::Scope;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dto::{GrantLine, RoleLine};
use super::{PANEL, found};
use crate::http::endpoint::Endpoint;
use crate::http::extract::{Body, Params, PathParams, moment, page, person, rows, scope, text};
use crate::http::response::{Items, List, Message, items, message};
use authtuna::authz::guard::Guard::SignedIn;

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let giving: &[Code] = &[RoleNotFound, UserNotFound, Forbidden, AboveYourLevel, BadScope, BuiltIn];
    vec![
        Endpoint::post("/admin/users/roles/assign", SignedIn, assign, "Give somebody a role")
            .about(
                "Whoever may give it in that scope may use this. Without `scope` it counts everywhere. Giving what \
                 somebody has already changes nothing but its end.",
            )
            .refuses(&[BadExpiry, OutlivesGiver, StepUpRequired])
            .refuses(giving),
        Endpoint::post("/admin/users/roles/revoke", SignedIn, revoke, "Take a role away from somebody")
            .about("In one scope; in others they keep it. Whoever may give it there may take it.")
            .refuses(&[GrantNotFound])
            .refuses(giving),
        Endpoint::get("/admin/assignable-roles", SignedIn, assignable, "The roles that one may give"),
        Endpoint::get(
            "/admin/users/{id}/assignable-roles",
            PANEL,
            assignable_to,
            "The roles that one may give somebody",
        )
        .about("Everywhere. Needs `users:read` or `users:manage`, to see that there is such a person.")
        .refuses(&[UserNotFound]),
        Endpoint::get("/admin/roles/{name}/members", SignedIn, members, "Who holds a role")
            .about(
                "In `scope` and below it, everywhere when not given. Needs `roles:read` or `roles:manage` there. In \
                 the order of giving; grants that have run out are among them until they are purged.",
            )
            .refuses(&[Forbidden, RoleNotFound, BadScope, BadCursor]),
    ]
}

/// A role for somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignRoleRequest {
    /// To whom.
    #[schema(format = "uuid")]
    user_id: String,
    /// The role.
    role_name: String,
    /// Where it counts; everywhere when not given.
    #[serde(default, deserialize_with = "text")]
    #[schema(default = "global")]
    scope: String,
    /// Until when it counts; for good when not given.
    expires_at: Option<i64>,
}

/// A role to take away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemoveRoleRequest {
    /// From whom.
    #[schema(format = "uuid")]
    user_id: String,
    /// The role.
    role_name: String,
    /// Where; everywhere when not given.
    #[serde(default, deserialize_with = "text")]
    #[schema(default = "global")]
    scope: String,
}

/// A role that was given.
#[derive(Serialize, ToSchema)]
pub(super) struct Given {
    /// What was done.
    message: &'static str,
    /// The grant.
    grant: GrantLine,
}

/// A role that one may give.
#[derive(Serialize, ToSchema)]
pub(super) struct Assignable {
    /// Its name.
    name: String,
    /// What it is for.
    description: String,
    /// Where, of the scopes that one holds roles in; below them too.
    scopes: Vec<String>,
}

/// Where, and which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Members {
    /// Where; everywhere when not given.
    #[serde(default)]
    scope: String,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows wanted: 50 when not given, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

async fn assign(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(wish): Body<AssignRoleRequest>,
) -> Result<Json<Given>, ApiError> {
    let place = scope(&wish.scope, Scope::global())?;
    let mut assignment = Assignment::new(person(&wish.user_id)?, &wish.role_name).within(place);
    if let Some(end) = wish.expires_at {
        assignment = assignment.until(moment(end, Field::ExpiresAt, Code::BadExpiry)?);
    }
    let grant = auth.roles.assign(context.actor(), &assignment).await?;
    Ok(Json(Given { message: "Role assigned.", grant: grant.into() }))
}

async fn revoke(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(wish): Body<RemoveRoleRequest>,
) -> Result<Json<Message>, ApiError> {
    let (user, place) = (person(&wish.user_id)?, scope(&wish.scope, Scope::global())?);
    auth.roles.remove(context.actor(), user, &wish.role_name, &place).await?;
    Ok(message("Role revoked."))
}

async fn assignable(State(auth): State<Auth>, context: AuthContext) -> Result<List<Assignable>, ApiError> {
    Ok(List(assignable_by(&auth, context.actor()).await?))
}

async fn assignable_to(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(id): PathParams<UserId>,
) -> Result<List<RoleLine>, ApiError> {
    found(&auth, &context, id).await?;
    let roles = auth.roles.assignable(context.actor(), &Scope::global()).await?;
    Ok(List(roles.into_iter().map(RoleLine::from).collect()))
}

async fn members(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(name): PathParams<String>,
    Params(wanted): Params<Members>,
) -> Result<Items<GrantLine>, ApiError> {
    let within = scope(&wanted.scope, Scope::global())?;
    let page = page(wanted.after, wanted.limit);
    let found = auth.roles.members(context.actor(), &name, &within, &page).await?;
    Ok(items(found, GrantLine::from))
}

/// The roles that `actor` may give, each with where.
pub(super) async fn assignable_by(auth: &Auth, actor: &Actor) -> Result<Vec<Assignable>, ApiError> {
    let roles = auth.roles.assignable_anywhere(actor).await?;
    let line = |(role, scopes): (authtuna::authz::roles::Role, Vec<Scope>)| Assignable {
        name: role.name,
        description: role.description,
        scopes: scopes.into_iter().map(String::from).collect(),
    };
    Ok(roles.into_iter().map(line).collect())
}
