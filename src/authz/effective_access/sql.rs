//! Rows and statements of what users hold.

use crate::model::id::{GrantId, RoleId, UserId};
use crate::model::time::Timestamp;

crate::statements! {
    /// Held until the transaction ends. Changes to roles and assignments run one after the other,
    /// so that what was checked still holds when it is written.
    pub(super) LOCK = "UPDATE meta SET value = value WHERE name = 'delegation'";
    pub(super) HELD_BY = "SELECT g.id, g.role_id, r.name AS role, r.level, r.required_factor, r.all_permissions, g.scope, g.given_by, \
        g.given_at, g.expires_at FROM grants g JOIN roles r ON r.id = g.role_id \
        WHERE g.user_id = $1 AND g.scope <> 'none' AND (g.expires_at IS NULL OR g.expires_at > $2)";
    /// What the roles of a user carry: `p` a permission, `a` a role to assign, `g` a permission to
    /// grant.
    pub(super) CARRIED_BY = "SELECT rp.role_id, 'p' AS kind, p.name AS what FROM role_permissions rp \
        JOIN permissions p ON p.id = rp.permission_id WHERE rp.role_id IN (SELECT role_id FROM grants WHERE user_id = $1) \
        UNION ALL SELECT ra.role_id, 'a', a.name_key FROM role_can_assign ra JOIN roles a ON a.id = ra.assignable_id \
        WHERE ra.role_id IN (SELECT role_id FROM grants WHERE user_id = $1) \
        UNION ALL SELECT rg.role_id, 'g', p.name FROM role_can_grant rg JOIN permissions p ON p.id = rg.permission_id \
        WHERE rg.role_id IN (SELECT role_id FROM grants WHERE user_id = $1)";
    pub(super) MAY_ENTER = "SELECT 1 FROM users WHERE id = $1 AND suspended_at IS NULL AND deleted_at IS NULL";
    pub(super) IS_OPEN = "SELECT 1 FROM sessions WHERE id = $1 AND ended_at IS NULL";
    /// What one role carries, as in [`CARRIED_BY`].
    pub(super) CARRIED = "SELECT rp.role_id, 'p' AS kind, p.name AS what FROM role_permissions rp \
        JOIN permissions p ON p.id = rp.permission_id WHERE rp.role_id = $1 \
        UNION ALL SELECT ra.role_id, 'a', a.name FROM role_can_assign ra JOIN roles a ON a.id = ra.assignable_id \
        WHERE ra.role_id = $1 \
        UNION ALL SELECT rg.role_id, 'g', p.name FROM role_can_grant rg JOIN permissions p ON p.id = rg.permission_id \
        WHERE rg.role_id = $1";
}

/// A row of [`HELD_BY`].
#[derive(sqlx::FromRow)]
pub(super) struct HeldRow {
    pub(super) id: GrantId,
    pub(super) role_id: RoleId,
    pub(super) role: String,
    pub(super) level: Option<i64>,
    pub(super) required_factor: Option<String>,
    pub(super) all_permissions: bool,
    pub(super) scope: String,
    pub(super) given_by: Option<UserId>,
    pub(super) given_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
}

/// A row of [`CARRIED_BY`] and [`CARRIED`].
#[derive(sqlx::FromRow)]
pub(super) struct CarriedRow {
    pub(super) role_id: RoleId,
    pub(super) kind: String,
    pub(super) what: String,
}
