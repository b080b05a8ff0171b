//! Users, roles, permissions, assignments and audit events in the format for administrators.

use authtuna::accounts::users::User;
use authtuna::audit::Activity;
use authtuna::authz::permissions::Permission;
use authtuna::authz::roles::{Grant, Role};
use authtuna::model::id::{GrantId, PermissionId, RoleId, UserId};
use authtuna::model::role::Requirement;
use authtuna::model::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A user in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonLine {
    /// The user's id.
    #[schema(value_type = String, format = "uuid")]
    id: UserId,
    /// The username.
    username: String,
    /// The email address; null for accounts of the software.
    email: Option<String>,
    /// Whether the user may sign in.
    is_active: bool,
    /// Whether sign-in requires a second factor.
    mfa_enabled: bool,
    /// Whether the address is verified.
    email_verified: bool,
    /// When the user was suspended; null if they are not suspended.
    suspended_at: Option<i64>,
    /// When the account was deleted; null if it is not deleted.
    deleted_at: Option<i64>,
    /// When the account was created.
    created_at: i64,
}

impl From<&User> for PersonLine {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            username: user.username.clone(),
            email: user.email.clone(),
            is_active: user.may_enter(),
            mfa_enabled: user.mfa_enabled,
            email_verified: user.email_verified_at.is_some(),
            suspended_at: seconds(user.suspended_at),
            deleted_at: seconds(user.deleted_at),
            created_at: user.created_at.seconds(),
        }
    }
}

/// A role.
#[derive(Serialize, ToSchema)]
pub(super) struct RoleLine {
    /// The role's id.
    #[schema(value_type = String, format = "uuid")]
    id: RoleId,
    /// The role's name.
    name: String,
    /// What the role is for.
    description: String,
    /// The level, 0 to 999; null if the role has none.
    level: Option<i64>,
    /// What holders must have set up: `mfa`, `passkey`, or null for nothing.
    requires: Option<&'static str>,
    /// Whether the role is built in.
    system: bool,
    /// Whether the role holds every permission, including ones created later.
    all_permissions: bool,
    /// When the role was created.
    created_at: i64,
    /// When the role was last changed.
    updated_at: i64,
}

impl From<Role> for RoleLine {
    fn from(role: Role) -> Self {
        Self {
            id: role.id,
            name: role.name,
            description: role.description,
            level: role.level,
            requires: role.requires.map(Requirement::as_str),
            system: role.built_in,
            all_permissions: role.all_permissions,
            created_at: role.created_at.seconds(),
            updated_at: role.updated_at.seconds(),
        }
    }
}

/// A permission.
#[derive(Serialize, ToSchema)]
pub(super) struct PermissionLine {
    /// The permission's id.
    #[schema(value_type = String, format = "uuid")]
    id: PermissionId,
    /// The permission's name.
    name: String,
    /// What the permission is about: the first part of its name.
    resource: String,
    /// What the permission allows.
    description: String,
    /// Whether the permission is built in, or belongs to a role.
    system: bool,
    /// When the permission was created.
    created_at: i64,
}

impl From<Permission> for PermissionLine {
    fn from(permission: Permission) -> Self {
        Self {
            id: permission.id,
            resource: permission.resource().to_owned(),
            name: permission.name,
            description: permission.description,
            system: permission.built_in,
            created_at: permission.created_at.seconds(),
        }
    }
}

/// An assignment: a role given to a user in a scope.
#[derive(Serialize, ToSchema)]
pub(super) struct GrantLine {
    /// The assignment's id.
    #[schema(value_type = String, format = "uuid")]
    id: GrantId,
    /// The user.
    #[schema(value_type = String, format = "uuid")]
    user_id: UserId,
    /// The username.
    username: String,
    /// The role.
    role_name: String,
    /// The scope.
    scope: String,
    /// The user who assigned the role; null if the program itself did.
    #[schema(value_type = Option<String>, format = "uuid")]
    given_by: Option<UserId>,
    /// When the role was assigned.
    given_at: i64,
    /// When the assignment expires; null if never.
    expires_at: Option<i64>,
}

impl From<Grant> for GrantLine {
    fn from(grant: Grant) -> Self {
        Self {
            id: grant.id,
            user_id: grant.user,
            username: grant.username,
            role_name: grant.role,
            scope: grant.scope.into(),
            given_by: grant.given_by,
            given_at: grant.given_at.seconds(),
            expires_at: seconds(grant.expires_at),
        }
    }
}

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditEvent {
    /// The number of the entry in the log.
    seq: i64,
    /// The stable name of the event.
    event_type: String,
    /// When the event happened.
    timestamp: i64,
    /// The user who caused the event; null if the program itself or an unknown client did.
    #[schema(value_type = Option<String>, format = "uuid")]
    actor_id: Option<UserId>,
    /// The user whom the event affected.
    #[schema(value_type = Option<String>, format = "uuid")]
    user_id: Option<UserId>,
    /// The scope, for roles.
    scope: Option<String>,
    /// The id of the request that caused the event.
    #[schema(value_type = Option<String>, format = "uuid")]
    request_id: Option<String>,
    /// The IP address that the request came from.
    ip_address: Option<String>,
    /// The browser and the operating system.
    device: Option<String>,
    /// The country code.
    country: Option<String>,
    /// The city.
    city: Option<String>,
    /// More details of the event.
    #[schema(value_type = Object)]
    details: Value,
    /// Names and addresses in the entry; null once they have been erased with the user.
    #[schema(value_type = Option<Object>)]
    personal: Value,
}

impl From<Activity> for AuditEvent {
    fn from(event: Activity) -> Self {
        Self {
            seq: event.seq,
            event_type: event.event,
            timestamp: event.at.seconds(),
            actor_id: event.actor,
            user_id: event.user,
            scope: event.scope,
            request_id: event.request.map(|id| id.to_string()),
            ip_address: event.ip,
            device: event.device,
            country: event.country,
            city: event.city,
            details: event.details,
            personal: event.personal,
        }
    }
}

/// Converts a time to whole seconds since the epoch.
pub(super) fn seconds(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::seconds)
}
