//! Pieces of SQL about scopes, by `substr`, which both databases read alike whatever their collation. The names of tables
//! and parameters are the caller's: constants, never a value.

/// True when the scope column `$held` is `$place` or above it.
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

/// True when the scope column `$held` is `$place` or below it; everything is below `global`.
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

/// True of a grant that counts at the moment of the parameter.
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

/// The columns of a grant `g` of a person `u` with a role `r`.
macro_rules! grant_columns {
    () => {
        "g.id, g.user_id, u.username, r.name AS role, g.scope, g.given_by, g.given_at, g.expires_at"
    };
}

pub(crate) use {covers, grant_columns, live, within};
