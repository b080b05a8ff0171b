//! What can happen, by name, and one happening.

use serde_json::{Map, Value};

use crate::model::id::UserId;
use crate::model::scope::Scope;

macro_rules! events {
    ($($(#[$doc:meta])+ $name:ident = $text:literal;)+) => {
        /// Something that happens. The name is stable: it is in the log, the API and the interface.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Event {
            $($(#[$doc])+ $name,)+
        }

        impl Event {
            /// Every event.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

events! {
    /// An account was created.
    UserCreated = "USER_CREATED";
    /// Profile fields changed.
    UserUpdated = "USER_UPDATED";
    /// An account was suspended.
    UserSuspended = "USER_SUSPENDED";
    /// A suspension was lifted.
    UserUnsuspended = "USER_UNSUSPENDED";
    /// An account was deleted; it can be restored for a while.
    UserDeleted = "USER_DELETED";
    /// A person signed in.
    LoginSuccess = "LOGIN_SUCCESS";
    /// A sign-in failed.
    LoginFailed = "LOGIN_FAILED";
    /// Sign-in is closed for an address or an account for a while.
    LoginLocked = "LOGIN_LOCKED";
    /// An operator opened sign-in to an account again.
    LoginUnlocked = "LOGIN_UNLOCKED";
    /// A password was set or changed.
    PasswordChanged = "PASSWORD_CHANGED";
    /// A change of password was refused: the current one was wrong.
    PasswordChangeFailed = "PASSWORD_CHANGE_FAILED";
    /// A session began.
    SessionCreated = "SESSION_CREATED";
    /// A session was ended by its owner, or by an administrator.
    SessionTerminated = "SESSION_TERMINATED";
    /// All (other) sessions of a person were ended.
    SessionsTerminatedAll = "SESSIONS_TERMINATED_ALL";
    /// A session was ended because it looked stolen.
    SessionInvalidated = "SESSION_INVALIDATED";
    /// A session was used from another address.
    SessionIpUpdated = "SESSION_IP_UPDATED";
    /// A role was given.
    RoleAssigned = "ROLE_ASSIGNED";
    /// A role was taken away.
    RoleRemoved = "ROLE_REMOVED";
    /// A role was made.
    RoleCreated = "ROLE_CREATED";
    /// What a role carries, its rank or what it may give on was changed.
    RoleUpdated = "ROLE_UPDATED";
    /// A role was deleted, and taken from everybody.
    RoleDeleted = "ROLE_DELETED";
    /// A permission was made.
    PermissionCreated = "PERMISSION_CREATED";
    /// A permission's description was changed.
    PermissionUpdated = "PERMISSION_UPDATED";
    /// A permission was deleted, and taken from every role.
    PermissionDeleted = "PERMISSION_DELETED";
    /// A deleted account was restored.
    UserRestored = "USER_RESTORED";
    /// An administrator read somebody's personal data.
    UserRead = "USER_READ";
    /// An administrator read the audit log.
    AuditRead = "AUDIT_READ";
    /// A one-time token was used.
    TokenUsed = "TOKEN_USED";
    /// Somebody asked for an account with this address, and was sent a mail.
    SignUpRequested = "SIGN_UP_REQUESTED";
    /// A mail to prove an address was asked for.
    EmailVerificationRequested = "EMAIL_VERIFICATION_REQUESTED";
    /// A person proved that the address is theirs.
    EmailVerified = "EMAIL_VERIFIED";
    /// A mail to set a new password was asked for.
    PasswordResetRequested = "PASSWORD_RESET_REQUESTED";
    /// A new password was set by a mail.
    PasswordResetCompleted = "PASSWORD_RESET_COMPLETED";
    /// A mail to sign in was asked for.
    PasswordlessLoginRequested = "PASSWORDLESS_LOGIN_REQUESTED";
    /// Another address was asked for.
    EmailChangeRequested = "EMAIL_CHANGE_REQUESTED";
    /// The address was changed.
    EmailChanged = "EMAIL_CHANGED";
    /// A change of address was undone from the old one.
    EmailChangeUndone = "EMAIL_CHANGE_UNDONE";
    /// The first factor was right; the second is wanted.
    MfaRequired = "MFA_REQUIRED";
    /// A second factor was right.
    MfaSucceeded = "MFA_SUCCEEDED";
    /// A second factor was wrong.
    MfaFailed = "MFA_FAILED";
    /// A second factor was added.
    MfaEnabled = "MFA_ENABLED";
    /// The first second factor was taken off again by the mail that told of it.
    MfaUndone = "MFA_UNDONE";
    /// A second factor was removed.
    MfaDisabled = "MFA_DISABLED";
    /// There are new backup codes.
    BackupCodesRegenerated = "BACKUP_CODES_REGENERATED";
    /// A passkey was added.
    PasskeyAdded = "PASSKEY_ADDED";
    /// A passkey was given another name.
    PasskeyRenamed = "PASSKEY_RENAMED";
    /// A passkey was removed.
    PasskeyRemoved = "PASSKEY_REMOVED";
    /// A passkey's counter went back: there may be a copy. It opens nothing any more.
    PasskeyBlocked = "PASSKEY_BLOCKED";
    /// A browser is asked for no second factor for a while.
    DeviceTrusted = "DEVICE_TRUSTED";
    /// A mail to confirm who one is was asked for.
    ConfirmationRequested = "CONFIRMATION_REQUESTED";
    /// A person confirmed who they are.
    Confirmed = "CONFIRMED";
    /// A person could not confirm who they are.
    ConfirmationFailed = "CONFIRMATION_FAILED";
    /// A code from a mail was wrong.
    CodeFailed = "CODE_FAILED";
    /// More mails were asked for than TOKENS_MAX_COUNT_PER_DAY_PER_USER_PER_ACTION allows; none was sent.
    MailRequestsLimited = "MAIL_REQUESTS_LIMITED";
    /// A mail could not be delivered and was given up.
    MailFailed = "MAIL_FAILED";
    /// An administrator had a mail tried again.
    MailRetried = "MAIL_RETRIED";
    /// An administrator looked at the mails to send.
    MailsRead = "MAILS_READ";
    /// The way of mails was tested.
    MailTested = "MAIL_TESTED";
    /// Built-in roles, permissions and accounts were brought up to date.
    Provisioned = "PROVISIONED";
    /// A mail was asked for by somebody who lost all second factors.
    RecoveryRequested = "RECOVERY_REQUESTED";
    /// The waiting began, after which the second factors are taken off.
    RecoveryStarted = "RECOVERY_STARTED";
    /// A recovery ended, and the second factors stay. `reason` says why.
    RecoveryCancelled = "RECOVERY_CANCELLED";
    /// An administrator ended the waiting early: the recovery can be finished.
    RecoveryHastened = "RECOVERY_HASTENED";
    /// The second factors were taken off by a recovery.
    RecoveryCompleted = "RECOVERY_COMPLETED";
}

/// One happening, before it has its place in the chain.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// To whom.
    pub user: Option<UserId>,
    /// Where it counts, for roles.
    pub scope: Option<Scope>,
    /// More about it, without personal data and without secrets.
    pub details: Map<String, Value>,
    /// Names, addresses: what is erased with the person.
    pub personal: Map<String, Value>,
}

impl Entry {
    /// `event` happened.
    pub fn new(event: Event) -> Self {
        Self { event, user: None, scope: None, details: Map::new(), personal: Map::new() }
    }

    /// It happened to `user`.
    #[must_use]
    pub fn to(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// It counts in `scope`.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Adds a detail: never personal, never secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Adds something personal: never secret.
    #[must_use]
    pub fn personal(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.personal.insert(name.to_owned(), value.into());
        self
    }
}
