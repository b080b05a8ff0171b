//! People, roles, permissions, grants and happenings as they are shown to administrators.

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

/// A person, in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonLine {
    /// Their id.
    #[schema(value_type = String, format = "uuid")]
    id: UserId,
    /// Their username.
    username: String,
    /// Their address; null for accounts of the software.
    email: Option<String>,
    /// Whether they may come in.
    is_active: bool,
    /// Whether sign-in asks for a second factor.
    mfa_enabled: bool,
    /// Whether the address is known to be theirs.
    email_verified: bool,
    /// Since when they are suspended.
    suspended_at: Option<i64>,
    /// Since when they are deleted.
    deleted_at: Option<i64>,
    /// When the account was made.
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
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: RoleId,
    /// Its name.
    name: String,
    /// What it is for.
    description: String,
    /// Its rank, 0 to 999; null for none.
    level: Option<i64>,
    /// What its holders must have: `mfa`, `passkey`, or null for nothing.
    requires: Option<&'static str>,
    /// Whether the software brings it along.
    system: bool,
    /// Whether it holds every permission, later ones too.
    all_permissions: bool,
    /// When it was made.
    created_at: i64,
    /// When it was changed last.
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
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: PermissionId,
    /// Its name.
    name: String,
    /// What it is about: the first part of its name.
    resource: String,
    /// What it allows.
    description: String,
    /// Whether the software brings it along, or it belongs to a role.
    system: bool,
    /// When it was made.
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

/// A role as given to somebody.
#[derive(Serialize, ToSchema)]
pub(super) struct GrantLine {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: GrantId,
    /// To whom.
    #[schema(value_type = String, format = "uuid")]
    user_id: UserId,
    /// Their username.
    username: String,
    /// The role.
    role_name: String,
    /// Where it counts.
    scope: String,
    /// Who gave it; null for the program itself.
    #[schema(value_type = Option<String>, format = "uuid")]
    given_by: Option<UserId>,
    /// When.
    given_at: i64,
    /// Until when it counts; null for good.
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

/// Something that happened.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditEvent {
    /// Its number in the log.
    seq: i64,
    /// What, by its stable name.
    event_type: String,
    /// When.
    timestamp: i64,
    /// Who did it; null for the program itself, and for somebody unknown.
    #[schema(value_type = Option<String>, format = "uuid")]
    actor_id: Option<UserId>,
    /// To whom it happened.
    #[schema(value_type = Option<String>, format = "uuid")]
    user_id: Option<UserId>,
    /// Where it counts, for roles.
    scope: Option<String>,
    /// The request that did it.
    #[schema(value_type = Option<String>, format = "uuid")]
    request_id: Option<String>,
    /// The address it came from.
    ip_address: Option<String>,
    /// Browser and system.
    device: Option<String>,
    /// Country code.
    country: Option<String>,
    /// City.
    city: Option<String>,
    /// More about it.
    #[schema(value_type = Object)]
    details: Value,
    /// Names and addresses in it; null once they were erased with the person.
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

/// Whole seconds since the epoch.
pub(super) fn seconds(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::seconds)
}
