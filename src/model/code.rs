//! Error codes. No free text reaches a client: messages are made from codes, where they are
//! displayed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The field of a form or body that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The username or email address typed at sign-in.
    Identifier,
    /// The username.
    Username,
    /// The email address.
    Email,
    /// The password, or the new one.
    Password,
    /// The current password.
    CurrentPassword,
    /// The new password, typed again.
    PasswordAgain,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// A one-time token.
    Token,
    /// A code from an email or an authenticator app, or a backup code.
    Code,
    /// An authenticator's response.
    Passkey,
    /// A session.
    Session,
    /// A scope.
    Scope,
    /// A role.
    Role,
    /// A permission.
    Permission,
    /// A cursor in a list.
    Cursor,
    /// A reason given by an administrator.
    Reason,
    /// Free-form data that is stored with a user.
    Metadata,
    /// A name.
    Name,
    /// A description.
    Description,
    /// The level of a role.
    Level,
    /// A user, by id.
    User,
    /// When something expires.
    ExpiresAt,
    /// An event of the audit log.
    Event,
    /// The state of an account.
    State,
    /// The number of rows to return.
    Limit,
    /// The number of rows to skip.
    Skip,
    /// The earliest time, inclusive.
    Since,
    /// The latest time, exclusive.
    Until,
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal, $status:literal;)+) => {
        /// An error code. Its text form is stable and is the `code` of JSON responses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])+ #[serde(rename = $text)] $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the stable name, such as `username_taken`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Returns the HTTP status of a response with this code (RFC 9110, RFC 6585).
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }
        }
    };
}

codes! {
    /// The operation needs a signed-in user, and there is none.
    NotAuthenticated = "not_authenticated", 401;
    /// The user is signed in, but not allowed to do this.
    Forbidden = "forbidden", 403;
    /// The resource does not exist, or the caller may not know that it does.
    NotFound = "not_found", 404;
    /// The path exists, but not with this method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The request came from another site.
    CrossSite = "cross_site_request", 403;
    /// The body is larger than `REQUEST_BODY_LIMIT_BYTES`.
    BodyTooLarge = "body_too_large", 413;
    /// The body's media type is not the one that the route reads.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// The body does not match its media type, or lacks a part.
    BadRequest = "bad_request", 400;
    /// A value has a different type than its field takes.
    WrongType = "wrong_type", 422;
    /// The route does not know a field or parameter. If it were ignored, a mistyped name would look
    /// like a change that was made, or a filter that was applied.
    UnknownField = "unknown_field", 422;
    /// `skip` was given. Lists continue after the last row seen (`after`), never by counting rows.
    NoOffsets = "no_offsets", 422;
    /// A required field is missing or empty.
    Required = "required", 422;
    /// A field is longer than allowed.
    TooLong = "too_long", 422;
    /// The field contains characters that it does not accept (control characters, or ones that
    /// reverse the direction of text).
    BadCharacters = "bad_characters", 422;
    /// The username and password do not match. An unknown user gives the same code (OWASP ASVS 5.0
    /// 6.3.8).
    BadCredentials = "bad_credentials", 401;
    /// The account is suspended. Only a caller who has proved a first factor learns this.
    Suspended = "account_suspended", 403;
    /// The email address is not verified yet. At sign-in, only a caller who knows the password
    /// learns this.
    EmailNotVerified = "email_not_verified", 403;
    /// The user must reset the password before it works again.
    PasswordResetRequired = "password_reset_required", 403;
    /// Too many attempts. `retry_after`, if present, says when to try again.
    TooManyAttempts = "too_many_attempts", 429;
    /// The server is busy hashing passwords. `retry_after` says when to try again.
    Busy = "busy", 503;
    /// Not a valid username: too short, or with characters that usernames do not accept.
    BadUsername = "bad_username", 422;
    /// The username, or one that looks like it, belongs to another account.
    UsernameTaken = "username_taken", 409;
    /// Not a valid email address.
    BadEmail = "bad_email", 422;
    /// The email address belongs to an account.
    EmailTaken = "email_taken", 409;
    /// Email addresses of this domain are not allowed here (`EMAIL_DOMAINS`).
    EmailDomainNotAllowed = "email_domain_not_allowed", 422;
    /// Sign-up is closed (`SIGNUP_ENABLED`).
    SignupClosed = "signup_closed", 403;
    /// The password has fewer characters than `PASSWORD_MIN_LENGTH`.
    PasswordTooShort = "password_too_short", 422;
    /// The password is longer than 512 bytes.
    PasswordTooLong = "password_too_long", 422;
    /// The password is easy to guess, by zxcvbn's estimate (`PASSWORD_MIN_SCORE`).
    PasswordTooWeak = "password_too_weak", 422;
    /// The password is on the list of common passwords (NIST SP 800-63B-4, 3.1.1.2).
    PasswordCommon = "password_common", 422;
    /// The password was found in a breach.
    PasswordBreached = "password_breached", 422;
    /// The new password is the old one.
    PasswordUnchanged = "password_unchanged", 422;
    /// The new password and its repetition differ.
    PasswordMismatch = "password_mismatch", 422;
    /// The account already has a password; changing it requires the current one.
    PasswordSet = "password_set", 409;
    /// The current password is wrong.
    WrongPassword = "wrong_password", 401;
    /// One of the user's roles requires a second factor or a passkey, which the user must set up
    /// first.
    EnrollmentRequired = "mfa_enrolment_required", 403;
    /// The user authenticated too long ago for this operation, and must confirm it's them.
    StepUpRequired = "step_up_required", 403;
    /// The account already has an authenticator app.
    TotpEnabled = "totp_enabled", 409;
    /// The account has no authenticator app, or none that waits to be confirmed.
    TotpNotSetUp = "totp_not_set_up", 409;
    /// The account has no second factor.
    NoSecondFactor = "no_second_factor", 409;
    /// The response does not answer the challenge of the passkey prompt: it is for another site,
    /// challenge or key, or not a response at all.
    BadPasskey = "bad_passkey", 400;
    /// The authenticator did not verify the user by a fingerprint, a face or a PIN (WebAuthn: user
    /// verification).
    UserVerificationRequired = "user_verification_required", 403;
    /// No account has this passkey: it was removed, or belongs to another site.
    PasskeyUnknown = "passkey_unknown", 404;
    /// A copy of this passkey may exist, so it no longer works.
    PasskeyBlocked = "passkey_blocked", 403;
    /// This authenticator is already registered.
    PasskeyExists = "passkey_exists", 409;
    /// The account has the maximum number of passkeys.
    TooManyPasskeys = "too_many_passkeys", 409;
    /// Removing it would leave the account without a way to sign in.
    LastWayIn = "last_way_in", 409;
    /// The token is unknown, used, expired, or for another purpose.
    BadToken = "bad_token", 400;
    /// The code from an email, an authenticator app or the backup codes is wrong, was used, or was
    /// tried too often.
    BadOtp = "bad_code", 400;
    /// The code does not belong to this account, or the account has no open recovery.
    RecoveryNotStopped = "recovery_not_stopped", 400;
    /// A second factor was used while the last recovery was open. `retry_after` says when another
    /// one can start.
    RecoveryTooSoon = "recovery_too_soon", 409;
    /// The new email address is the current one.
    EmailUnchanged = "email_unchanged", 422;
    /// The server sends no emails (`EMAIL_ENABLED`), and the operation needs one.
    MailOff = "mail_off", 501;
    /// The email was sent, is being sent, or its link has expired: there is nothing to try again.
    MailDone = "mail_done", 409;
    /// The cursor does not come from this list.
    BadCursor = "bad_cursor", 422;
    /// Not a valid scope; see [`crate::model::scope::Scope`].
    BadScope = "bad_scope", 422;
    /// No role has this name, or the caller may not know that one does.
    RoleNotFound = "role_not_found", 404;
    /// No permission has this name.
    PermissionNotFound = "permission_not_found", 404;
    /// No user has this id, or the caller may not know that one does.
    UserNotFound = "user_not_found", 404;
    /// The user does not hold the role in this scope.
    GrantNotFound = "grant_not_found", 404;
    /// Not a valid role name; see [`crate::model::role::RoleName`].
    BadRoleName = "bad_role_name", 422;
    /// A role has this name, perhaps in a different case.
    RoleExists = "role_exists", 409;
    /// Not a valid permission name; see [`crate::model::permission::PermissionName`].
    BadPermissionName = "bad_permission_name", 422;
    /// The permission already exists.
    PermissionExists = "permission_exists", 409;
    /// Names that begin with `roles:assign:` are created and deleted with their roles only.
    ReservedName = "reserved_name", 422;
    /// The role or permission is built in, because the software itself relies on it.
    BuiltIn = "built_in", 409;
    /// A level must be a whole number from 0 to 999.
    BadLevel = "bad_level", 422;
    /// The target is not below the caller's level: callers may set, edit and assign only what is.
    AboveYourLevel = "above_your_level", 403;
    /// The caller neither holds the permission globally nor has a role that may grant it.
    NotYoursToGive = "not_yours_to_give", 403;
    /// A role that may assign another would become assignable by it, or by itself.
    AssignCycle = "assign_cycle", 409;
    /// An assignment must expire in the future, or never.
    BadExpiry = "bad_expiry", 422;
    /// The assignment would outlast the one that entitles the caller to make it.
    OutlivesGiver = "outlives_giver", 403;
    /// The value is not one of the known values.
    Unknown = "unknown_value", 422;
    /// The first administrator already exists.
    AlreadySetUp = "already_set_up", 409;
    /// A setting turns the feature off.
    FeatureOff = "feature_off", 501;
    /// The database does not respond, or the request took too long.
    Unavailable = "unavailable", 503;
    /// A fault of this program. The log describes it under the request id.
    Internal = "internal", 500;
}

impl Code {
    /// Returns the code as a plain English sentence, for JSON responses; pages have their own
    /// messages.
    pub fn detail(self) -> String {
        let mut words = self.as_str().replace('_', " ");
        if let Some(first) = words.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        words.push('.');
        words
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
