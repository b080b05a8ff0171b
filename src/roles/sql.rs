//! The rows and statements of roles, permissions and grants.

use crate::model::id::{GrantId, RoleId};
use crate::model::time::Timestamp;

crate::statements! {
    pub(super) GRANTS_OF = "SELECT g.id, g.role_id, r.name AS role, r.level, r.all_permissions, g.scope, g.expires_at \
        FROM grants g JOIN roles r ON r.id = g.role_id \
        WHERE g.user_id = $1 AND g.scope <> 'none' AND (g.expires_at IS NULL OR g.expires_at > $2)";
    pub(super) PERMISSIONS_OF = "SELECT rp.role_id, p.name FROM role_permissions rp \
        JOIN permissions p ON p.id = rp.permission_id \
        WHERE rp.role_id IN (SELECT role_id FROM grants WHERE user_id = $1 AND scope <> 'none' \
        AND (expires_at IS NULL OR expires_at > $2)) ORDER BY p.name";
    pub(super) GIVE = "INSERT INTO grants (id, user_id, role_id, scope, given_at) \
        SELECT $1, $2, id, $4, $5 FROM roles WHERE name_key = $3 ON CONFLICT (user_id, role_id, scope) DO NOTHING";
    pub(super) HOLDER = "SELECT 1 FROM grants g JOIN roles r ON r.id = g.role_id JOIN users u ON u.id = g.user_id \
        WHERE r.name_key = $1 AND g.scope = 'global' AND u.suspended_at IS NULL AND u.deleted_at IS NULL \
        AND u.password_hash IS NOT NULL LIMIT 1";
    pub(super) ADD_PERMISSION = "INSERT INTO permissions (id, name, description, built_in, created_at) \
        VALUES ($1, $2, $3, TRUE, $4) ON CONFLICT (name) DO NOTHING";
    pub(super) ADD_ROLE = "INSERT INTO roles \
        (id, name, name_key, description, level, built_in, all_permissions, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, TRUE, $6, $7, $7) ON CONFLICT (name_key) DO NOTHING";
    pub(super) ADD_ROLE_PERMISSION = "INSERT INTO role_permissions (role_id, permission_id, added_at) \
        SELECT r.id, p.id, $3 FROM roles r, permissions p WHERE r.name_key = $1 AND p.name = $2 \
        ON CONFLICT (role_id, permission_id) DO NOTHING";
    pub(super) ADD_CAN_ASSIGN = "INSERT INTO role_can_assign (role_id, assignable_id) \
        SELECT r.id, a.id FROM roles r, roles a WHERE r.name_key = $1 AND a.name_key = $2 \
        ON CONFLICT (role_id, assignable_id) DO NOTHING";
}

/// A row of [`GRANTS_OF`].
#[derive(sqlx::FromRow)]
pub(super) struct GrantRow {
    pub(super) id: GrantId,
    pub(super) role_id: RoleId,
    pub(super) role: String,
    pub(super) level: Option<i64>,
    pub(super) all_permissions: bool,
    pub(super) scope: String,
    pub(super) expires_at: Option<Timestamp>,
}
