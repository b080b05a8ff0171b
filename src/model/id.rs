//! Typed ids. Each is a UUID version 7 (RFC 9562): sortable by creation time, and never used as a
//! secret.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "server", derive(sqlx::Type), sqlx(transparent))]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that was read from a row, a cookie or a path.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// Returns the bare UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// A user or a system account.
    UserId,
    /// The session of one signed-in browser.
    SessionId,
    /// A role: a named set of permissions.
    RoleId,
    /// A permission.
    PermissionId,
    /// An assignment: one role given to one user in one scope.
    GrantId,
    /// A one-time token.
    TokenId,
    /// An email in the outbox.
    MailId,
    /// A passkey.
    PasskeyId,
    /// A recovery by a user who lost all second factors.
    RecoveryId,
    /// One request, from its arrival to its last log line.
    RequestId,
}
