//! A user as requests act for them: who they are, and what they may do. It knows no session.

use crate::authz::access::Access;
use crate::model::id::UserId;
use crate::model::role::Requirement;

/// A user and their access, read together.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The user.
    pub user: UserSummary,
    /// What the user may do.
    pub access: Access,
    /// The factor that a role of the user requires and the user lacks.
    pub lacks: Option<Requirement>,
}

/// What most requests need to know of a user.
#[derive(Clone, Debug)]
pub struct UserSummary {
    /// The user's id.
    pub id: UserId,
    /// The username, as the user wrote it.
    pub username: String,
    /// The email address.
    pub email: Option<String>,
    /// Whether the email address is verified.
    pub email_verified: bool,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// Whether sign-in requires a second factor.
    pub mfa_enabled: bool,
    /// Whether the user has a passkey that is not blocked.
    pub has_passkey: bool,
}
