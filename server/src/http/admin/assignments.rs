//! Assigning roles to users, removing them, and listing the holders of a role.

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

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    let giving: &[Code] = &[RoleNotFound, UserNotFound, Forbidden, AboveYourLevel, BadScope, BuiltIn];
    vec![
        Endpoint::post("/admin/users/roles/assign", SignedIn, assign, "Assign a role to a user")
            .about(
                "Open to callers who may assign the role in that scope. Without `scope`, the assignment is \
                 global. Assigning a role that the user already holds changes only its expiry.",
            )
            .refuses(&[BadExpiry, OutlivesGiver, StepUpRequired])
            .refuses(giving),
        Endpoint::post("/admin/users/roles/revoke", SignedIn, revoke, "Remove a role from a user")
            .about(
                "Removes it in one scope; the user keeps it in others. Open to callers who may assign it \
                 there.",
            )
            .refuses(&[GrantNotFound])
            .refuses(giving),
        Endpoint::get("/admin/assignable-roles", SignedIn, assignable, "List the roles that you may assign"),
        Endpoint::get(
            "/admin/users/{id}/assignable-roles",
            PANEL,
            assignable_to,
            "List the roles that you may assign to a user",
        )
        .about(
            "Lists the roles that you may assign globally. Requires `users:read` or `users:manage`, to see \
             that the user exists.",
        )
        .refuses(&[UserNotFound]),
        Endpoint::get("/admin/roles/{name}/members", SignedIn, members, "List the holders of a role")
            .about(
                "Lists holders in `scope` and below it, or in all scopes if `scope` is omitted. Requires \
                 `roles:read` or `roles:manage` there. In the order of assignment. Includes expired \
                 assignments until they are purged.",
            )
            .refuses(&[Forbidden, RoleNotFound, BadScope, BadCursor]),
    ]
}

/// A role to assign to a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignRoleRequest {
    /// The user.
    #[schema(format = "uuid")]
    user_id: String,
    /// The role.
    role_name: String,
    /// The scope; global by default.
    #[serde(default, deserialize_with = "text")]
    #[schema(default = "global")]
    scope: String,
    /// When the assignment expires; never by default.
    expires_at: Option<i64>,
}

/// A role to remove from a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemoveRoleRequest {
    /// The user.
    #[schema(format = "uuid")]
    user_id: String,
    /// The role.
    role_name: String,
    /// The scope; global by default.
    #[serde(default, deserialize_with = "text")]
    #[schema(default = "global")]
    scope: String,
}

/// A role that was assigned.
#[derive(Serialize, ToSchema)]
pub(super) struct Given {
    /// What was done.
    message: &'static str,
    /// The assignment.
    grant: GrantLine,
}

/// A role that the caller may assign.
#[derive(Serialize, ToSchema)]
pub(super) struct Assignable {
    /// The role's name.
    name: String,
    /// What the role is for.
    description: String,
    /// The scopes in which the caller may assign it, of those in which the caller holds roles.
    /// Scopes below them are included.
    scopes: Vec<String>,
}

/// A scope, and a page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Members {
    /// The scope; global by default.
    #[serde(default)]
    scope: String,
    /// The `next` of the previous page.
    after: Option<String>,
    /// The number of rows: 50 by default, at most 200.
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

/// Returns the roles that `actor` may assign, each with the scopes.
pub(super) async fn assignable_by(auth: &Auth, actor: &Actor) -> Result<Vec<Assignable>, ApiError> {
    let roles = auth.roles.assignable_anywhere(actor).await?;
    let line = |(role, scopes): (authtuna::authz::roles::Role, Vec<Scope>)| Assignable {
        name: role.name,
        description: role.description,
        scopes: scopes.into_iter().map(String::from).collect(),
    };
    Ok(roles.into_iter().map(line).collect())
}
