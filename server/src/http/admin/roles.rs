//! Roles: what they carry, their levels, and what their holders may assign and grant.

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

/// Returns the routes.
pub(super) fn routes() -> Vec<Endpoint> {
    use Code::*;
    vec![
        Endpoint::get("/admin/roles", PANEL, list, "List the roles")
            .about(
                "Requires `roles:read` or `roles:manage`. Highest level first. A Link header points to the \
                 next page.",
            )
            .refuses(&[BadCursor]),
        Endpoint::post("/admin/roles", PANEL, create, "Create a role")
            .about(
                "Requires `roles:manage`, a level above the new role's, and for each permission what adding \
                 it to a role requires. Also creates the permission `roles:assign:<name>`.",
            )
            .refuses(&[BadRoleName, RoleExists, TooLong, BadCharacters])
            .refuses(EDIT),
        Endpoint::get("/admin/roles/{name}/details-data", PANEL, details, "Get a role with its details")
            .about("Requires `roles:read` or `roles:manage`. `users` contains the first fifty holders.")
            .refuses(&[RoleNotFound]),
        Endpoint::patch("/admin/roles/{name}", PANEL, change, "Change a role")
            .about(
                "Makes all of the changes or none. Each part has its own rule; omitted parts stay unchanged.",
            )
            .refuses(&[TooLong, BadCharacters])
            .refuses(EDIT),
        Endpoint::delete("/admin/roles/{name}", PANEL, delete, "Delete a role")
            .about(
                "All holders lose it. Requires what changing it requires, and that the caller may assign it \
                 globally.",
            )
            .refuses(EDIT),
        Endpoint::post(
            "/admin/roles/{name}/permissions",
            PANEL,
            add_permission,
            "Add a permission to a role",
        )
        .about("It is not an error if the role already carries it.")
        .refuses(EDIT),
        Endpoint::delete(
            "/admin/roles/{name}/permissions/{permission}",
            PANEL,
            remove_permission,
            "Remove a permission from a role",
        )
        .about("It is not an error if the role does not carry it.")
        .refuses(EDIT),
        Endpoint::post(
            "/admin/roles/grants/assign-role",
            PANEL,
            let_assign,
            "Let holders of a role assign another role",
        )
        .refuses(EDIT),
        Endpoint::post(
            "/admin/roles/grants/grant-permission",
            PANEL,
            let_grant,
            "Let holders of a role add a permission to roles",
        )
        .about("Holders need not hold the permission themselves.")
        .refuses(EDIT),
    ]
}

/// The codes that a change to a role may be refused with.
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

/// Which roles to return.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// A part of the name or the description.
    #[serde(default)]
    search: String,
    /// The cursor in the Link header of the previous page.
    after: Option<String>,
    /// The number of rows: 50 by default, at most 200.
    #[serde(default, deserialize_with = "rows")]
    #[param(value_type = Option<u32>)]
    limit: Option<u32>,
}

/// A role to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateRoleRequest {
    /// The name: ASCII letters and digits, `_` and `-`.
    name: String,
    /// What the role is for.
    #[serde(default, deserialize_with = "text")]
    description: String,
    /// The level, 0 to 999; none by default.
    level: Option<i64>,
    /// The permissions that the role carries from the start.
    #[serde(default)]
    permissions: Vec<String>,
}

/// A change to a role.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UpdateRoleRequest {
    /// What the role is for.
    description: Option<String>,
    /// The level, 0 to 999; null removes it.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    level: Option<Option<i64>>,
    /// What holders must set up before their sessions may do anything else: `mfa` (a second factor)
    /// or `passkey`; null removes the requirement.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    requires: Option<Option<Requirement>>,
    /// Permissions to add to the role.
    add_permissions: Vec<String>,
    /// Permissions to remove from the role.
    remove_permissions: Vec<String>,
    /// Roles that holders may assign and remove after the change.
    add_assignable: Vec<String>,
    /// Roles that holders may no longer assign and remove.
    remove_assignable: Vec<String>,
    /// Permissions that holders may add to roles without holding them.
    add_grantable: Vec<String>,
    /// Permissions that holders may no longer add to roles.
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
    /// The permission's name.
    permission_name: String,
}

/// A permission that a role carries.
#[derive(Serialize, ToSchema)]
pub(super) struct Carried {
    /// The permission's name.
    name: String,
}

/// A role whose holders may assign another role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LetAssign {
    /// The role whose holders may assign the other.
    assigner_role_name: String,
    /// The role that they may assign.
    assignable_role_name: String,
}

/// A role whose holders may add a permission to roles.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LetGrant {
    /// The role whose holders may add the permission.
    granter_role_name: String,
    /// The permission that they may add.
    grantable_permission_name: String,
}

/// A role with its details.
#[derive(Serialize, ToSchema)]
pub(super) struct RoleDetails {
    #[serde(flatten)]
    line: RoleLine,
    /// The permissions that the role carries; empty if it holds every permission by rule.
    permissions: Vec<Carried>,
    /// The roles that its holders may assign and remove.
    can_assign: Vec<String>,
    /// The permissions that its holders may add to roles without holding them.
    can_grant: Vec<String>,
    /// The roles whose lists allow their holders to assign this one.
    assigned_by: Vec<String>,
    /// How many users hold the role.
    members: i64,
    /// The first users to whom the role was assigned.
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
