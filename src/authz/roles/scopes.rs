//! SQL fragments about scopes. They use `substr`, which both databases evaluate alike whatever
//! their collation. The caller passes the names of tables and parameters as constants, never as
//! values.

/// True when the scope column `$held` equals `$place` or is above it.
macro_rules! covers {
    ($held:literal, $place:literal) => {
        concat!(
            "(",
            $held,
            " = 'global' OR ",
            $held,
            " = ",
            $place,
            " OR substr(",
            $place,
            ", 1, length(",
            $held,
            ") + 1) = ",
            $held,
            " || '/')"
        )
    };
}

/// True when the scope column `$held` equals `$place` or is below it; `global` is above all.
macro_rules! within {
    ($held:literal, $place:literal) => {
        concat!(
            "(",
            $place,
            " = 'global' OR ",
            $held,
            " = ",
            $place,
            " OR substr(",
            $held,
            ", 1, length(",
            $place,
            ") + 1) = ",
            $place,
            " || '/')"
        )
    };
}

/// True when an assignment counts at the time in the parameter.
macro_rules! live {
    ($grant:literal, $now:literal) => {
        concat!(
            $grant,
            ".scope <> 'none' AND (",
            $grant,
            ".expires_at IS NULL OR ",
            $grant,
            ".expires_at > ",
            $now,
            ")"
        )
    };
}

/// The columns of an assignment `g` of a user `u` with a role `r`.
macro_rules! grant_columns {
    () => {
        "g.id, g.user_id, u.username, r.name AS role, g.scope, g.given_by, g.given_at, g.expires_at"
    };
}

pub(crate) use {covers, grant_columns, live, within};
