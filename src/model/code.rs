//! What can go wrong, as codes. No free text crosses to a client: texts are made from codes, where they are shown.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The part of a form or body that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The username or e-mail address typed at sign-in.
    Identifier,
    /// The username.
    Username,
    /// The e-mail address.
    Email,
    /// The password, or the new one.
    Password,
    /// The password that counts until now.
    CurrentPassword,
    /// The new password, typed again.
    PasswordAgain,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// A one-time token.
    Token,
    /// The six digits of a mail.
    Code,
    /// What an authenticator answered.
    Passkey,
    /// A session.
    Session,
    /// A scope.
    Scope,
    /// A role.
    Role,
    /// A permission.
    Permission,
    /// A cursor of a list.
    Cursor,
    /// A reason given by an administrator.
    Reason,
    /// Free data kept with a user.
    Metadata,
    /// A name.
    Name,
    /// What something is for.
    Description,
    /// The rank of a role.
    Level,
    /// A person, by id.
    User,
    /// When something runs out.
    ExpiresAt,
    /// An event of the audit log.
    Event,
    /// The state of an account.
    State,
    /// The number of rows wanted.
    Limit,
    /// Rows to leave out.
    Skip,
    /// Not before this moment.
    Since,
    /// Before this moment.
    Until,
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal, $status:literal;)+) => {
        /// One thing that can go wrong. Its text form is stable and is the `code` of JSON answers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])+ #[serde(rename = $text)] $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable name, such as `username_taken`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The HTTP status that carries it (RFC 9110, RFC 6585).
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }
        }
    };
}

codes! {
    /// Nobody is signed in, and the operation needs somebody.
    NotAuthenticated = "not_authenticated", 401;
    /// Signed in, but not allowed.
    Forbidden = "forbidden", 403;
    /// The thing does not exist, or the caller may not know that it does.
    NotFound = "not_found", 404;
    /// The path exists, but not with this method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The request came from another site.
    CrossSite = "cross_site_request", 403;
    /// The body is larger than REQUEST_BODY_LIMIT_BYTES.
    BodyTooLarge = "body_too_large", 413;
    /// The body's type is not the one that the route reads.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// The body is not what its type says, or lacks a part.
    BadRequest = "bad_request", 400;
    /// A value of another type than its field takes.
    WrongType = "wrong_type", 422;
    /// A field or parameter that the route does not know. Were it left out of account, a mistyped name would look like
    /// a change that was made, or a filter that was applied.
    UnknownField = "unknown_field", 422;
    /// `skip` was given. Lists go on after the last row seen (`after`), never by counting rows.
    NoOffsets = "no_offsets", 422;
    /// A field that must be there is missing or empty.
    Required = "required", 422;
    /// A field is longer than allowed.
    TooLong = "too_long", 422;
    /// Characters that the field does not take (control characters, or text that hides its direction).
    BadCharacters = "bad_characters", 422;
    /// The username and password do not belong together. The same answer for unknown users (OWASP ASVS 5.0 6.3.8).
    BadCredentials = "bad_credentials", 401;
    /// The account is suspended. Only said after the right password.
    Suspended = "account_suspended", 403;
    /// The e-mail address is not verified yet. Only said after the right password.
    EmailNotVerified = "email_not_verified", 403;
    /// The password must be set anew before it works again.
    PasswordResetRequired = "password_reset_required", 403;
    /// Too many tries; `retry_after` says when to come back.
    TooManyAttempts = "too_many_attempts", 429;
    /// The server is busy hashing passwords; `retry_after` says when to come back.
    Busy = "busy", 503;
    /// No username: too short, too long, or with characters that it does not take.
    BadUsername = "bad_username", 422;
    /// The username, or one that looks like it, belongs to somebody.
    UsernameTaken = "username_taken", 409;
    /// No e-mail address.
    BadEmail = "bad_email", 422;
    /// The e-mail address belongs to an account.
    EmailTaken = "email_taken", 409;
    /// Sign-up with addresses of this domain is not allowed here (EMAIL_DOMAINS).
    EmailDomainNotAllowed = "email_domain_not_allowed", 422;
    /// Sign-up is closed (SIGNUP_ENABLED).
    SignupClosed = "signup_closed", 403;
    /// Fewer characters than PASSWORD_MIN_LENGTH.
    PasswordTooShort = "password_too_short", 422;
    /// More than 512 bytes.
    PasswordTooLong = "password_too_long", 422;
    /// Guessable, by zxcvbn's estimate (PASSWORD_MIN_SCORE).
    PasswordTooWeak = "password_too_weak", 422;
    /// On the list of common passwords (NIST SP 800-63B-4, 3.1.1.2).
    PasswordCommon = "password_common", 422;
    /// Found in a breach.
    PasswordBreached = "password_breached", 422;
    /// The new password is the old one.
    PasswordUnchanged = "password_unchanged", 422;
    /// The two typings of the new password differ.
    PasswordMismatch = "password_mismatch", 422;
    /// There is a password already: a new one wants that.
    PasswordSet = "password_set", 409;
    /// The current password is wrong.
    WrongPassword = "wrong_password", 401;
    /// A role of the person's asks for a second factor or a passkey, which they have to set up first.
    EnrollmentRequired = "mfa_enrolment_required", 403;
    /// The session is too old for this act: the person has to confirm who they are.
    StepUpRequired = "step_up_required", 403;
    /// Sign-in asks for codes of an authenticator app already.
    TotpEnabled = "totp_enabled", 409;
    /// There is no authenticator app, or none that waits to be confirmed.
    TotpNotSetUp = "totp_not_set_up", 409;
    /// There is no second factor on the account.
    NoSecondFactor = "no_second_factor", 409;
    /// Not the answer of an authenticator to what it was asked: for another site, challenge or key, or no answer at all.
    BadPasskey = "bad_passkey", 400;
    /// The authenticator did not check who is there, by a fingerprint, a face or a PIN (WebAuthn: user verification).
    UserVerificationRequired = "user_verification_required", 403;
    /// No account has this passkey: it was removed, or is of another site.
    PasskeyUnknown = "passkey_unknown", 404;
    /// There may be a copy of this passkey: it opens nothing any more.
    PasskeyBlocked = "passkey_blocked", 403;
    /// This authenticator is registered already.
    PasskeyExists = "passkey_exists", 409;
    /// The account has as many passkeys as it may.
    TooManyPasskeys = "too_many_passkeys", 409;
    /// Without it nobody could sign in to the account any more.
    LastWayIn = "last_way_in", 409;
    /// Unknown, used, expired, or for something else.
    BadToken = "bad_token", 400;
    /// Not the code that was asked for: of a mail, of an authenticator app, or a backup code. Or tried too often, or used.
    BadOtp = "bad_code", 400;
    /// Not a code of this account, or nobody is recovering it.
    RecoveryNotStopped = "recovery_not_stopped", 400;
    /// A second factor was shown while the last recovery was open; `retry_after` says when another can begin.
    RecoveryTooSoon = "recovery_too_soon", 409;
    /// The new e-mail address is the one until now.
    EmailUnchanged = "email_unchanged", 422;
    /// No mails are sent here (EMAIL_ENABLED), and the operation needs one.
    MailOff = "mail_off", 501;
    /// The mail was sent, is being sent, or what it opens has run out: there is nothing to try again.
    MailDone = "mail_done", 409;
    /// A cursor that this list did not give out.
    BadCursor = "bad_cursor", 422;
    /// No scope; see [`crate::model::scope::Scope`].
    BadScope = "bad_scope", 422;
    /// No role has this name, or the caller may not know that one has.
    RoleNotFound = "role_not_found", 404;
    /// No permission has this name.
    PermissionNotFound = "permission_not_found", 404;
    /// Nobody has this id, or the caller may not know that somebody has.
    UserNotFound = "user_not_found", 404;
    /// The person does not hold the role in this scope.
    GrantNotFound = "grant_not_found", 404;
    /// No role name; see [`crate::model::role::RoleName`].
    BadRoleName = "bad_role_name", 422;
    /// A role has this name, perhaps in other case.
    RoleExists = "role_exists", 409;
    /// No permission name; see [`crate::model::permission::PermissionName`].
    BadPermissionName = "bad_permission_name", 422;
    /// The permission exists.
    PermissionExists = "permission_exists", 409;
    /// Names that begin with `roles:assign:` come and go with their roles.
    ReservedName = "reserved_name", 422;
    /// Built in: the software itself relies on it.
    BuiltIn = "built_in", 409;
    /// A level is a whole number from 0 to 999.
    BadLevel = "bad_level", 422;
    /// One sets, edits and gives only what is below one's own level.
    AboveYourLevel = "above_your_level", 403;
    /// One gives on only what one holds everywhere, or may grant.
    NotYoursToGive = "not_yours_to_give", 403;
    /// A role that may assign another would be assignable by it, or by itself.
    AssignCycle = "assign_cycle", 409;
    /// A grant runs out in the future, or never.
    BadExpiry = "bad_expiry", 422;
    /// The grant would outlive the grant on whose strength it is given.
    OutlivesGiver = "outlives_giver", 403;
    /// A value that is none of those that are known.
    Unknown = "unknown_value", 422;
    /// The first administrator exists already.
    AlreadySetUp = "already_set_up", 409;
    /// The feature is switched off by a setting.
    FeatureOff = "feature_off", 501;
    /// The database does not answer.
    Unavailable = "unavailable", 503;
    /// A fault of this program. The log has it under the request id.
    Internal = "internal", 500;
}

impl Code {
    /// The code as a plain English sentence, for JSON answers; pages have their own words.
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
