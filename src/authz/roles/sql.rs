//! Rows and statements of roles and assignments.

use super::scopes::{grant_columns, within};
use crate::model::id::{GrantId, RoleId, UserId};
use crate::model::time::Timestamp;

macro_rules! role_columns {
    () => {
        "r.id, r.name, r.name_key, r.description, r.level, r.required_factor, r.built_in, r.all_permissions, r.created_at, r.updated_at"
    };
}

crate::statements! {
    pub(super) USER_EXISTS = "SELECT 1 FROM users WHERE id = $1 AND deleted_at IS NULL";

    pub(super) BY_KEY = concat!("SELECT ", role_columns!(), " FROM roles r WHERE r.name_key = $1");
    /// Highest level first; roles without a level last.
    pub(super) LIST = concat!(
        "SELECT ", role_columns!(), " FROM roles r \
        WHERE (COALESCE(r.level, -1) < $1 OR (COALESCE(r.level, -1) = $1 AND r.name_key > $2)) \
        AND ($3 = '' OR r.name_key LIKE $3 ESCAPE '!' OR LOWER(r.description) LIKE $3 ESCAPE '!') \
        ORDER BY COALESCE(r.level, -1) DESC, r.name_key LIMIT $4"
    );
    pub(super) MEMBER_COUNT = "SELECT COUNT(DISTINCT g.user_id) FROM grants g JOIN users u ON u.id = g.user_id \
        WHERE g.role_id = $1 AND u.deleted_at IS NULL AND g.scope <> 'none' AND (g.expires_at IS NULL OR g.expires_at > $2)";
    pub(super) LISTING = "SELECT role_id FROM role_can_assign WHERE assignable_id = $1";
    /// The roles that may assign a role, directly or through other roles.
    pub(super) ASSIGNERS_OF = "WITH RECURSIVE up (id) AS (SELECT role_id FROM role_can_assign WHERE assignable_id = $1 \
        UNION SELECT ra.role_id FROM role_can_assign ra JOIN up ON ra.assignable_id = up.id) SELECT id FROM up";
    /// The roles that may assign a role, by name.
    pub(super) ASSIGNABLE_BY = "SELECT r.name FROM role_can_assign ra JOIN roles r ON r.id = ra.role_id \
        WHERE ra.assignable_id = $1 ORDER BY r.name_key";

    pub(super) INSERT = "INSERT INTO roles \
        (id, name, name_key, description, level, built_in, all_permissions, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (name_key) DO NOTHING";
    pub(super) UPDATE = "UPDATE roles SET description = $2, level = $3, required_factor = $4, updated_at = $5 \
        WHERE id = $1";
    pub(super) DELETE = "DELETE FROM roles WHERE id = $1";
    pub(super) ADD_PERMISSION = "INSERT INTO role_permissions (role_id, permission_id, added_by, added_at) \
        SELECT $1, id, $3, $4 FROM permissions WHERE name = $2 ON CONFLICT (role_id, permission_id) DO NOTHING";
    pub(super) REMOVE_PERMISSION = "DELETE FROM role_permissions WHERE role_id = $1 \
        AND permission_id = (SELECT id FROM permissions WHERE name = $2)";
    pub(super) ADD_ASSIGNABLE = "INSERT INTO role_can_assign (role_id, assignable_id) \
        SELECT $1, id FROM roles WHERE name_key = $2 ON CONFLICT (role_id, assignable_id) DO NOTHING";
    pub(super) REMOVE_ASSIGNABLE = "DELETE FROM role_can_assign WHERE role_id = $1 \
        AND assignable_id = (SELECT id FROM roles WHERE name_key = $2)";
    pub(super) ADD_GRANTABLE = "INSERT INTO role_can_grant (role_id, permission_id) \
        SELECT $1, id FROM permissions WHERE name = $2 ON CONFLICT (role_id, permission_id) DO NOTHING";
    pub(super) REMOVE_GRANTABLE = "DELETE FROM role_can_grant WHERE role_id = $1 \
        AND permission_id = (SELECT id FROM permissions WHERE name = $2)";

    pub(super) GIVE = "INSERT INTO grants (id, user_id, role_id, scope, given_by, given_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) \
        ON CONFLICT (user_id, role_id, scope) DO UPDATE SET given_by = excluded.given_by, \
        given_at = excluded.given_at, expires_at = excluded.expires_at";
    pub(super) TAKE = "DELETE FROM grants WHERE user_id = $1 AND role_id = $2 AND scope = $3";
    pub(super) GRANT = concat!(
        "SELECT ", grant_columns!(), " FROM grants g JOIN roles r ON r.id = g.role_id JOIN users u ON u.id = g.user_id \
        WHERE g.user_id = $1 AND g.role_id = $2 AND g.scope = $3"
    );
    pub(super) GRANTS_OF = concat!(
        "SELECT ", grant_columns!(), " FROM grants g JOIN roles r ON r.id = g.role_id JOIN users u ON u.id = g.user_id \
        WHERE g.user_id = $1 ORDER BY g.scope, r.name_key"
    );
    pub(super) MEMBERS = concat!(
        "SELECT ", grant_columns!(), " FROM grants g JOIN roles r ON r.id = g.role_id JOIN users u ON u.id = g.user_id \
        WHERE g.role_id = $1 AND g.id > $2 AND u.deleted_at IS NULL AND ", within!("g.scope", "$3"), " ORDER BY g.id LIMIT $4"
    );
    pub(super) PURGE_GRANTS = "DELETE FROM grants WHERE expires_at IS NOT NULL AND expires_at < $1";

    pub(super) HOLDER = "SELECT 1 FROM grants g JOIN roles r ON r.id = g.role_id JOIN users u ON u.id = g.user_id \
        WHERE r.name_key = $1 AND g.scope = 'global' AND (g.expires_at IS NULL OR g.expires_at > $2) \
        AND u.suspended_at IS NULL AND u.deleted_at IS NULL AND (u.password_hash IS NOT NULL \
        OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id)) LIMIT 1";
}

/// A row of [`BY_KEY`] and [`LIST`].
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct RoleRow {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) name_key: String,
    pub(crate) description: String,
    pub(crate) level: Option<i64>,
    pub(crate) required_factor: Option<String>,
    pub(crate) built_in: bool,
    pub(crate) all_permissions: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// A row of [`GRANT`], [`GRANTS_OF`] and [`MEMBERS`].
#[derive(sqlx::FromRow)]
pub(crate) struct GrantRow {
    pub(crate) id: GrantId,
    pub(crate) user_id: UserId,
    pub(crate) username: String,
    pub(crate) role: String,
    pub(crate) scope: String,
    pub(crate) given_by: Option<UserId>,
    pub(crate) given_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
}
