//! Rows and statements of permissions.

use crate::model::id::{PermissionId, RoleId};
use crate::model::time::Timestamp;

macro_rules! columns {
    () => {
        "id, name, description, built_in, created_at"
    };
}

crate::statements! {
    pub(super) BY_NAME = concat!("SELECT ", columns!(), " FROM permissions WHERE name = $1");
    /// Ordered by name, which keeps resources together.
    pub(super) LIST = concat!(
        "SELECT ", columns!(), " FROM permissions WHERE name > $1 \
        AND ($2 = '' OR name LIKE $2 ESCAPE '!' OR LOWER(description) LIKE $2 ESCAPE '!') \
        AND ($3 = '' OR substr(name, 1, length($3) + 1) = $3 || ':') ORDER BY name LIMIT $4"
    );
    pub(super) INSERT = "INSERT INTO permissions (id, name, description, built_in, created_at) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING";
    pub(super) DESCRIBE = "UPDATE permissions SET description = $2 WHERE id = $1";
    pub(super) DELETE = "DELETE FROM permissions WHERE id = $1";
    /// The roles that carry a permission, or whose holders may grant it.
    pub(super) ROLES_WITH = "SELECT r.id, r.name, r.name_key, r.level FROM roles r WHERE r.id IN \
        (SELECT role_id FROM role_permissions WHERE permission_id = $1 \
        UNION SELECT role_id FROM role_can_grant WHERE permission_id = $1) ORDER BY r.name_key";
}

/// A row of [`BY_NAME`] and [`LIST`].
#[derive(Clone, sqlx::FromRow)]
pub(super) struct PermissionRow {
    pub(super) id: PermissionId,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) built_in: bool,
    pub(super) created_at: Timestamp,
}

/// A row of [`ROLES_WITH`].
#[derive(sqlx::FromRow)]
pub(super) struct RoleRow {
    pub(super) id: RoleId,
    pub(super) name: String,
    pub(super) name_key: String,
    pub(super) level: Option<i64>,
}
