//! Roles: what they carry, their ranks, and what they may give on.

use authtuna::auth::Auth;
use authtuna::authz::roles::{NewRole, RoleChange};
use authtuna::axum::{ApiError, AuthContext};
use authtuna::foundation::error::Error;
use authtuna::model::code::{Code, Field};
use authtuna::model::role::Requirement;
use authtuna::model::scope::Scope;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PANEL;
use super::dto::{GrantLine, RoleLine};
use crate::http::endpoint::Endpoint;
use crate::http::extract::{Body, Params, PathParams, given, page, rows, text};
use crate::http::response::{Created, Here, Listed, Message, listed, message};

/// The routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    vec![
        Endpoint::get("/admin/roles", PANEL, list, "All roles")
            .about("Needs `roles:read` or `roles:manage`. The highest level first. A Link header leads on.")
            .refuses(&[BadCursor]),
        Endpoint::post("/admin/roles", PANEL, create, "Make a role")
            .about(
                "Needs `roles:manage`, a level above the new role's, and of each permission what adding it to a role \
                 needs. The permission `roles:assign:<name>` comes into being with it.",
            )
            .refuses(&[BadRoleName, RoleExists, TooLong, BadCharacters])
            .refuses(EDIT),
        Endpoint::get("/admin/roles/{name}/details-data", PANEL, details, "Everything about a role")
            .about("Needs `roles:read` or `roles:manage`. `users` are the first fifty who hold it.")
            .refuses(&[RoleNotFound]),
        Endpoint::patch("/admin/roles/{name}", PANEL, change, "Change a role")
            .about("All of it or nothing. Each part has its own rule; what is not given stays.")
            .refuses(&[TooLong, BadCharacters])
            .refuses(EDIT),
        Endpoint::delete("/admin/roles/{name}", PANEL, delete, "Delete a role")
            .about("Everybody loses it. Needs what changing it needs, and that one may give it everywhere.")
            .refuses(EDIT),
        Endpoint::post("/admin/roles/{name}/permissions", PANEL, add_permission, "Have a role carry a permission")
            .about("One that it carries already is no error.")
            .refuses(EDIT),
        Endpoint::delete(
            "/admin/roles/{name}/permissions/{permission}",
            PANEL,
            remove_permission,
            "Take a permission out of a role",
        )
        .about("One that it does not carry is no error.")
        .refuses(EDIT),
        Endpoint::post("/admin/roles/grants/assign-role", PANEL, let_assign, "Let holders of a role give another")
            .refuses(EDIT),
        Endpoint::post(
            "/admin/roles/grants/grant-permission",
            PANEL,
            let_grant,
            "Let holders of a role add a permission to roles",
        )
        .about("Without holding it themselves.")
        .refuses(EDIT),
    ]
}

/// What a change of a role may be refused by.
pub(super) const EDIT: &[Code] = &[
    Code::StepUpRequired,
    Code::RoleNotFound,
    Code::PermissionNotFound,
    Code::AboveYourLevel,
    Code::NotYoursToGive,
    Code::BadLevel,
    Code::BuiltIn,
    Code::AssignCycle,
];

/// Which roles are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// A part of the name or the description.
    #[serde(default)]
    search: String,
    /// What the Link header of the page before says.
    after: Option<String>,
    /// Rows wanted: 50 when not given, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

/// A role to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateRoleRequest {
    /// Its name: letters and digits of ASCII, `_` and `-`.
    name: String,
    /// What it is for.
    #[serde(default, deserialize_with = "text")]
    description: String,
    /// Its rank, 0 to 999; none when not given.
    level: Option<i64>,
    /// Permissions that it carries from the start.
    #[serde(default)]
    permissions: Vec<String>,
}

/// What is to change about a role.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UpdateRoleRequest {
    /// What it is for.
    description: Option<String>,
    /// Its rank, 0 to 999; null takes the rank away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    level: Option<Option<i64>>,
    /// What its holders must have before a session of theirs does anything else: `mfa` (a second factor) or `passkey`; null
    /// asks for nothing any more.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    requires: Option<Option<Requirement>>,
    /// Permissions that it is to carry.
    add_permissions: Vec<String>,
    /// Permissions that it is not to carry any more.
    remove_permissions: Vec<String>,
    /// Roles that its holders are to give and take.
    add_assignable: Vec<String>,
    /// Roles that they are not to give and take any more.
    remove_assignable: Vec<String>,
    /// Permissions that its holders are to add to roles without holding them.
    add_grantable: Vec<String>,
    /// Permissions that they are not to add any more.
    remove_grantable: Vec<String>,
}

impl From<UpdateRoleRequest> for RoleChange {
    fn from(change: UpdateRoleRequest) -> Self {
        Self {
            description: change.description,
            level: change.level,
            requires: change.requires,
            add_permissions: change.add_permissions,
            remove_permissions: change.remove_permissions,
            add_assignable: change.add_assignable,
            remove_assignable: change.remove_assignable,
            add_grantable: change.add_grantable,
            remove_grantable: change.remove_grantable,
        }
    }
}

/// A permission by name.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PermissionNamed {
    /// Its name.
    permission_name: String,
}

/// A permission that a role carries.
#[derive(Serialize, ToSchema)]
pub(super) struct Carried {
    /// Its name.
    name: String,
}

/// Two roles.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LetAssign {
    /// The role whose holders may give.
    assigner_role_name: String,
    /// The role that they may give.
    assignable_role_name: String,
}

/// A role and a permission.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LetGrant {
    /// The role whose holders may add.
    granter_role_name: String,
    /// The permission that they may add.
    grantable_permission_name: String,
}

/// Everything about a role.
#[derive(Serialize, ToSchema)]
pub(super) struct RoleDetails {
    #[serde(flatten)]
    line: RoleLine,
    /// The permissions that it carries; empty for one that holds all by rule.
    permissions: Vec<Carried>,
    /// The roles that its holders may give and take.
    can_assign: Vec<String>,
    /// The permissions that its holders may add to roles without holding them.
    can_grant: Vec<String>,
    /// The roles whose lists let their holders give this one.
    assigned_by: Vec<String>,
    /// How many people hold it.
    members: i64,
    /// The first of those who were given it.
    users: Vec<GrantLine>,
}

async fn list(
    State(auth): State<Auth>,
    context: AuthContext,
    here: Here,
    Params(wanted): Params<Search>,
) -> Result<Listed<RoleLine>, ApiError> {
    let page = page(wanted.after, wanted.limit);
    let found = auth.roles.list(context.actor(), &wanted.search, &page).await?;
    Ok(listed(&here, found, RoleLine::from))
}

async fn create(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(role): Body<CreateRoleRequest>,
) -> Result<Created<RoleLine>, ApiError> {
    let CreateRoleRequest { name, description, level, permissions } = role;
    let new = NewRole { name, description, level, permissions };
    Ok(Created(auth.roles.create(context.actor(), &new).await?.into()))
}

async fn details(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(name): PathParams<String>,
) -> Result<Json<RoleDetails>, ApiError> {
    let found = auth.roles.details(context.actor(), &name).await?;
    let details = found.ok_or_else(|| Error::on(Field::Role, Code::RoleNotFound))?;
    let first = page(None, None);
    let users = auth.roles.members(context.actor(), &name, &Scope::global(), &first).await?;
    Ok(Json(RoleDetails {
        line: details.role.into(),
        permissions: details.permissions.into_iter().map(|name| Carried { name }).collect(),
        can_assign: details.can_assign,
        can_grant: details.can_grant,
        assigned_by: details.assigned_by,
        members: details.members,
        users: users.items.into_iter().map(GrantLine::from).collect(),
    }))
}

async fn change(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(name): PathParams<String>,
    Body(change): Body<UpdateRoleRequest>,
) -> Result<Json<RoleLine>, ApiError> {
    Ok(Json(auth.roles.update(context.actor(), &name, &change.into()).await?.into()))
}

async fn delete(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(name): PathParams<String>,
) -> Result<Json<Message>, ApiError> {
    auth.roles.delete(context.actor(), &name).await?;
    Ok(message("Role deleted."))
}

async fn add_permission(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams(name): PathParams<String>,
    Body(permission): Body<PermissionNamed>,
) -> Result<Json<Message>, ApiError> {
    auth.roles.add_permission(context.actor(), &name, &permission.permission_name).await?;
    Ok(message("Permission added to role."))
}

async fn remove_permission(
    State(auth): State<Auth>,
    context: AuthContext,
    PathParams((name, permission)): PathParams<(String, String)>,
) -> Result<Json<Message>, ApiError> {
    auth.roles.remove_permission(context.actor(), &name, &permission).await?;
    Ok(message("Permission removed from role."))
}

async fn let_assign(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(pair): Body<LetAssign>,
) -> Result<Created<Message>, ApiError> {
    auth.roles.let_assign(context.actor(), &pair.assigner_role_name, &pair.assignable_role_name).await?;
    Ok(Created(Message { message: "Grant created." }))
}

async fn let_grant(
    State(auth): State<Auth>,
    context: AuthContext,
    Body(pair): Body<LetGrant>,
) -> Result<Created<Message>, ApiError> {
    auth.roles.let_grant(context.actor(), &pair.granter_role_name, &pair.grantable_permission_name).await?;
    Ok(Created(Message { message: "Grant created." }))
}
