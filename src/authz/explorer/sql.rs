//! Rows and statements of the access explorer.

use crate::authz::roles::scopes::{covers, grant_columns, live, within};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// True when a role `r` carries the permission in the parameter.
macro_rules! carries {
    ($role:literal, $permission:literal) => {
        concat!(
            "(",
            $role,
            ".all_permissions OR EXISTS (SELECT 1 FROM role_permissions rp JOIN permissions p \
            ON p.id = rp.permission_id WHERE rp.role_id = ",
            $role,
            ".id AND p.name = ",
            $permission,
            "))"
        )
    };
}

/// Assignments `g` of active users `u` that currently carry `$permission` in a scope that covers
/// `$place` and is within `$visibility`.
macro_rules! who {
    ($now:literal, $permission:literal, $place:literal, $visibility:literal) => {
        concat!(
            "FROM grants g JOIN users u ON u.id = g.user_id JOIN roles r ON r.id = g.role_id \
            WHERE u.suspended_at IS NULL AND u.deleted_at IS NULL AND ",
            live!("g", $now),
            " AND ",
            covers!("g.scope", $place),
            " AND ",
            within!("g.scope", $visibility),
            " AND ",
            carries!("r", $permission)
        )
    };
}

/// Assignments `g` of a role that are the only source of a permission for their holders: no other
/// assignment of theirs gives it in that scope.
macro_rules! alone {
    () => {
        concat!(
            "FROM grants g JOIN users u ON u.id = g.user_id WHERE g.role_id = $1 AND u.suspended_at IS NULL \
            AND u.deleted_at IS NULL AND ",
            live!("g", "$2"),
            " AND NOT EXISTS (SELECT 1 FROM grants o JOIN roles r ON r.id = o.role_id \
            WHERE o.user_id = g.user_id AND o.id <> g.id AND ",
            live!("o", "$2"),
            " AND ",
            covers!("o.scope", "g.scope"),
            " AND (o.role_id = $1 OR ",
            carries!("r", "$3"),
            "))"
        )
    };
}

crate::statements! {
    pub(super) PERSON = "SELECT suspended_at, deleted_at FROM users WHERE id = $1";
    /// Every assignment of a user whose role carries a permission, whether it counts or not.
    pub(super) CARRYING = concat!(
        "SELECT ", grant_columns!(), ", r.all_permissions FROM grants g JOIN roles r ON r.id = g.role_id \
        JOIN users u ON u.id = g.user_id WHERE g.user_id = $1 AND ", carries!("r", "$2"), " ORDER BY g.scope, g.id"
    );
    pub(super) ROLES_CARRYING = concat!("SELECT r.name FROM roles r WHERE ", carries!("r", "$1"), " ORDER BY r.name_key");
    pub(super) PEOPLE_WHO = concat!(
        "SELECT DISTINCT u.id, u.username ", who!("$2", "$3", "$4", "$5"), " AND u.id > $1 ORDER BY u.id LIMIT $6"
    );
    pub(super) CHAINS_OF = concat!(
        "SELECT ", grant_columns!(), ", r.all_permissions ", who!("$3", "$4", "$5", "$6"),
        " AND g.user_id >= $1 AND g.user_id <= $2 ORDER BY g.user_id, g.id"
    );
    pub(super) AFFECTED = concat!("SELECT g.user_id, u.username, g.scope ", alone!(), " ORDER BY g.id LIMIT $4");
    pub(super) AFFECTED_COUNT = concat!("SELECT COUNT(DISTINCT g.user_id) ", alone!());
    pub(super) HOLDERS = concat!(
        "SELECT COUNT(DISTINCT g.user_id) FROM grants g JOIN users u ON u.id = g.user_id \
        WHERE g.role_id = $1 AND u.deleted_at IS NULL AND ", live!("g", "$2")
    );
}

/// A row of [`PERSON`].
#[derive(sqlx::FromRow)]
pub(super) struct PersonRow {
    pub(super) suspended_at: Option<Timestamp>,
    pub(super) deleted_at: Option<Timestamp>,
}

/// A row of [`CARRYING`] and [`CHAINS_OF`].
#[derive(sqlx::FromRow)]
pub(super) struct ChainRow {
    #[sqlx(flatten)]
    pub(super) grant: crate::authz::roles::GrantRow,
    pub(super) all_permissions: bool,
}

/// A row of [`AFFECTED`].
#[derive(sqlx::FromRow)]
pub(super) struct AffectedRow {
    pub(super) user_id: UserId,
    pub(super) username: String,
    pub(super) scope: String,
}
