//! The events of the audit log, and the entries that record them.

use serde_json::{Map, Value};

use crate::model::id::UserId;
use crate::model::scope::Scope;

macro_rules! events {
    ($($(#[$doc:meta])+ $name:ident = $text:literal;)+) => {
        /// An event. Its name is stable: the log, the API and the portal use it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event {
            $($(#[$doc])+ $name,)+
        }

        impl Event {
            /// Every event.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

events! {
    /// An account was created.
    UserCreated = "USER_CREATED";
    /// Profile fields were changed.
    UserUpdated = "USER_UPDATED";
    /// An account was suspended.
    UserSuspended = "USER_SUSPENDED";
    /// A suspension was lifted.
    UserUnsuspended = "USER_UNSUSPENDED";
    /// An account was deleted. An administrator can restore it.
    UserDeleted = "USER_DELETED";
    /// A user signed in.
    LoginSuccess = "LOGIN_SUCCESS";
    /// A sign-in failed.
    LoginFailed = "LOGIN_FAILED";
    /// Too many failed attempts locked sign-in for an IP address or an account for a while.
    LoginLocked = "LOGIN_LOCKED";
    /// An administrator unlocked sign-in to an account.
    LoginUnlocked = "LOGIN_UNLOCKED";
    /// A password was set, changed or removed.
    PasswordChanged = "PASSWORD_CHANGED";
    /// A password change was refused because the current password was wrong.
    PasswordChangeFailed = "PASSWORD_CHANGE_FAILED";
    /// A session began.
    SessionCreated = "SESSION_CREATED";
    /// The owner or an administrator ended a session.
    SessionTerminated = "SESSION_TERMINATED";
    /// All sessions of a user, or all but the current one, were ended.
    SessionsTerminatedAll = "SESSIONS_TERMINATED_ALL";
    /// A session was ended because it looked stolen.
    SessionInvalidated = "SESSION_INVALIDATED";
    /// A session was used from another IP address.
    SessionIpUpdated = "SESSION_IP_UPDATED";
    /// A role was assigned.
    RoleAssigned = "ROLE_ASSIGNED";
    /// A role was removed from a user.
    RoleRemoved = "ROLE_REMOVED";
    /// A role was created.
    RoleCreated = "ROLE_CREATED";
    /// A role's description, permissions, level, requirement or lists were changed.
    RoleUpdated = "ROLE_UPDATED";
    /// A role was deleted, and removed from every user.
    RoleDeleted = "ROLE_DELETED";
    /// A permission was created.
    PermissionCreated = "PERMISSION_CREATED";
    /// A permission's description was changed.
    PermissionUpdated = "PERMISSION_UPDATED";
    /// A permission was deleted, and removed from every role.
    PermissionDeleted = "PERMISSION_DELETED";
    /// A deleted account was restored.
    UserRestored = "USER_RESTORED";
    /// An administrator read a user's personal data.
    UserRead = "USER_READ";
    /// An administrator read the audit log.
    AuditRead = "AUDIT_READ";
    /// A one-time token was used.
    TokenUsed = "TOKEN_USED";
    /// A client requested an account with this email address, and an email was sent.
    SignUpRequested = "SIGN_UP_REQUESTED";
    /// An email to verify an address was requested.
    EmailVerificationRequested = "EMAIL_VERIFICATION_REQUESTED";
    /// A user proved that they control the email address.
    EmailVerified = "EMAIL_VERIFIED";
    /// An email to reset the password was requested.
    PasswordResetRequested = "PASSWORD_RESET_REQUESTED";
    /// A password was reset by email.
    PasswordResetCompleted = "PASSWORD_RESET_COMPLETED";
    /// An email to sign in was requested.
    PasswordlessLoginRequested = "PASSWORDLESS_LOGIN_REQUESTED";
    /// A change of the email address was requested.
    EmailChangeRequested = "EMAIL_CHANGE_REQUESTED";
    /// The email address was changed.
    EmailChanged = "EMAIL_CHANGED";
    /// A change of the email address was undone through the old address.
    EmailChangeUndone = "EMAIL_CHANGE_UNDONE";
    /// The first factor was right, and a second factor is required.
    MfaRequired = "MFA_REQUIRED";
    /// A second factor was right.
    MfaSucceeded = "MFA_SUCCEEDED";
    /// A second factor was wrong.
    MfaFailed = "MFA_FAILED";
    /// A second factor was added.
    MfaEnabled = "MFA_ENABLED";
    /// The second factors were removed through the email that announced the first one.
    MfaUndone = "MFA_UNDONE";
    /// A second factor was removed.
    MfaDisabled = "MFA_DISABLED";
    /// New backup codes were generated.
    BackupCodesRegenerated = "BACKUP_CODES_REGENERATED";
    /// A passkey was added.
    PasskeyAdded = "PASSKEY_ADDED";
    /// A passkey was renamed.
    PasskeyRenamed = "PASSKEY_RENAMED";
    /// A passkey was removed.
    PasskeyRemoved = "PASSKEY_REMOVED";
    /// A passkey was blocked because its signature counter went back, which suggests a copy. It can
    /// no longer be used.
    PasskeyBlocked = "PASSKEY_BLOCKED";
    /// A browser was remembered: for a while it is not asked for a second factor.
    DeviceTrusted = "DEVICE_TRUSTED";
    /// An email to re-authenticate was requested.
    ConfirmationRequested = "CONFIRMATION_REQUESTED";
    /// A user re-authenticated.
    Confirmed = "CONFIRMED";
    /// A re-authentication failed.
    ConfirmationFailed = "CONFIRMATION_FAILED";
    /// A code from an email was wrong.
    CodeFailed = "CODE_FAILED";
    /// More emails were requested than TOKENS_MAX_COUNT_PER_DAY_PER_USER_PER_ACTION allows, so none
    /// was sent.
    MailRequestsLimited = "MAIL_REQUESTS_LIMITED";
    /// An email could not be delivered, and delivery was given up.
    MailFailed = "MAIL_FAILED";
    /// An administrator retried an email.
    MailRetried = "MAIL_RETRIED";
    /// An administrator looked at the outbox.
    MailsRead = "MAILS_READ";
    /// Email delivery was tested.
    MailTested = "MAIL_TESTED";
    /// Built-in roles, permissions and accounts were brought up to date.
    Provisioned = "PROVISIONED";
    /// An email to start a recovery was requested, for a user who lost all second factors.
    RecoveryRequested = "RECOVERY_REQUESTED";
    /// The waiting period of a recovery began, after which the second factors are removed.
    RecoveryStarted = "RECOVERY_STARTED";
    /// A recovery ended without being completed. `reason` says why.
    RecoveryCancelled = "RECOVERY_CANCELLED";
    /// An administrator ended the waiting period early, so the recovery can be completed.
    RecoveryHastened = "RECOVERY_HASTENED";
    /// A recovery was completed, and the second factors were removed.
    RecoveryCompleted = "RECOVERY_COMPLETED";
}

/// An entry that has not been appended to the chain yet.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// The user it happened to.
    pub user: Option<UserId>,
    /// The scope in which it counts, for role assignments.
    pub scope: Option<Scope>,
    /// Further details, without personal data and without secrets.
    pub details: Map<String, Value>,
    /// Personal data such as names and addresses, which can be erased with the user.
    pub personal: Map<String, Value>,
}

impl Entry {
    /// Creates an entry for `event`.
    pub fn new(event: Event) -> Self {
        Self { event, user: None, scope: None, details: Map::new(), personal: Map::new() }
    }

    /// Sets the user it happened to.
    #[must_use]
    pub fn to(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// Sets the scope in which it counts.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Adds a detail, which must be neither personal nor secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Adds personal data, which must not be secret.
    #[must_use]
    pub fn personal(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.personal.insert(name.to_owned(), value.into());
        self
    }
}
