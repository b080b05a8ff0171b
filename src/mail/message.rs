//! The messages: one variant for each, with the values that its templates use.

use serde::{Deserialize, Serialize};

use crate::authz::actor::Origin;
use crate::model::time::Timestamp;

/// When and where something happened, as far as it is known. For notices that ask "was it you?".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// When it happened.
    pub at: Timestamp,
    /// The browser and operating system; empty when unknown.
    pub device: String,
    /// The client's IP address; empty when unknown.
    pub ip: String,
    /// The city and country; empty when unknown.
    pub place: String,
}

impl Circumstances {
    /// Collects what is known about a request.
    pub fn of(origin: &Origin, at: Timestamp) -> Self {
        let place = [origin.city.as_deref(), origin.country.as_deref()];
        Self {
            at,
            device: origin.device(),
            ip: origin.ip.map(|ip| ip.to_string()).unwrap_or_default(),
            place: place.into_iter().flatten().collect::<Vec<_>>().join(", "),
        }
    }
}

/// Includes a built-in template of a message. A missing file is a compile error.
macro_rules! built_in {
    ($kind:literal, $file:literal) => {
        (concat!($kind, $file), include_str!(concat!("templates/en/", $kind, $file)))
    };
}

macro_rules! messages {
    ($($(#[$doc:meta])+ $name:ident = $kind:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })+) => {
        /// A message, with the values that its templates use besides the product's and the
        /// recipient's name. Its kind is the name of the folder that holds its templates.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        #[expect(missing_docs, reason = "the fields are named after what they are; the rules are at the head of the list")]
        pub enum Message {
            $($(#[$doc])+ #[serde(rename = $kind)] $name { $($(#[$field_doc])* $field: $type),* },)+
        }

        impl Message {
            /// All kinds.
            pub const KINDS: &[&str] = &[$($kind),+];

            /// The built-in templates of all kinds, as name and text.
            pub(super) const TEMPLATES: &[(&str, &str)] = &[$(
                built_in!($kind, "/subject.txt"),
                built_in!($kind, "/body.txt"),
                built_in!($kind, "/body.html"),
            )+];

            /// Returns the stable name, such as `password_reset`.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$name { .. } => $kind),+ }
            }
        }
    };
}

impl Message {
    /// Returns the secrets of the message: the tokens of its links, and its code. Only the
    /// recipient may see them.
    pub(super) fn secrets(&self) -> Vec<String> {
        let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(self) else { return Vec::new() };
        let secret = |(name, value): (&String, &serde_json::Value)| {
            let text = value.as_str()?;
            let token = text.split_once("?token=").map(|(_, token)| token);
            token.or_else(|| (name == "code").then_some(text)).map(str::to_owned)
        };
        fields.iter().filter_map(secret).filter(|secret| !secret.is_empty()).collect()
    }
}

// `link` is on API_BASE_URL and opens a page. `code` is six digits, for the browser that asked.
#[rustfmt::skip]
messages! {
    /// Asks a recipient who signs up to confirm that the address is theirs.
    SignUp = "sign_up" { link: String, code: String }
    /// Tells the owner of an account that someone tried to sign up with its address.
    SignUpTaken = "sign_up_taken" { sign_in: String, reset: String }
    /// Asks a user to confirm the address of their account.
    Verification = "verification" { link: String, code: String }
    /// Lets a user who forgot their password choose a new one.
    PasswordReset = "password_reset" { link: String, code: String }
    /// Signs a user in without a password.
    MagicLink = "magic_link" { link: String, code: String }
    /// Reports that an account was created.
    Welcome = "welcome" { link: String }
    /// Reports a sign-in from an unknown browser.
    NewDevice = "new_device" { circumstances: Circumstances, link: String }
    /// Reports that the password was changed or set.
    PasswordChanged = "password_changed" { circumstances: Circumstances, link: String }
    /// Asks a user to confirm the new address of their account. Goes to the new address.
    EmailChange = "email_change" { link: String, code: String }
    /// Reports that someone tried to give this address to another account. Goes to the address's
    /// owner.
    EmailChangeTaken = "email_change_taken" { circumstances: Circumstances }
    /// Reports a change of address. Goes to the new address.
    EmailChanged = "email_changed" { link: String }
    /// Reports a change of address, with a link to undo it. Goes to the old address.
    EmailChangedOld = "email_changed_old" { circumstances: Circumstances, undo: String, hours: u64 }
    /// Reports that a change of address was undone from the old address. Goes to the address that
    /// the account had until then.
    EmailChangeUndone = "email_change_undone" { circumstances: Circumstances }
    /// Reports a new second factor. `factor` is `totp`, `backup_codes` or another stable name.
    FactorAdded = "factor_added" { circumstances: Circumstances, factor: String, link: String }
    /// Reports that a second factor was removed.
    FactorRemoved = "factor_removed" { circumstances: Circumstances, factor: String, link: String }
    /// Reports a new passkey.
    PasskeyAdded = "passkey_added" { circumstances: Circumstances, passkey: String, link: String }
    /// Reports that a passkey was removed.
    PasskeyRemoved = "passkey_removed" { circumstances: Circumstances, passkey: String, link: String }
    /// Reports that a passkey may have been copied and no longer works.
    PasskeyBlocked = "passkey_blocked" { circumstances: Circumstances, passkey: String, link: String }
    /// Warns that few backup codes are left.
    BackupCodesLow = "backup_codes_low" { left: u32, link: String }
    /// Reports that someone started recovery, saying that they lost all their factors.
    RecoveryStarted = "recovery_started" { circumstances: Circumstances, until: Timestamp, cancel: String }
    /// Reports that the recovery was canceled.
    RecoveryCancelled = "recovery_cancelled" { circumstances: Circumstances, link: String }
    /// Reports that recovery removed the factors from the account.
    RecoveryDone = "recovery_done" { circumstances: Circumstances, link: String }
    /// Reports that the account was suspended.
    AccountSuspended = "account_suspended" {}
    /// Asks a user to confirm a sensitive operation. `act` is its stable name.
    ConfirmAct = "confirm_act" { act: String, link: String, code: String }
    /// Shows whether emails arrive at all.
    SelfTest = "self_test" {}
    /// Asks a user whether they lost all their factors and want to recover the account. `wait` is
    /// in minutes.
    RecoveryRequest = "recovery_request" { link: String, code: String, wait: u64 }
    /// Reports that half of the recovery's waiting period is over.
    RecoveryReminder = "recovery_reminder" { until: Timestamp, cancel: String }
    /// Reports that the recovery's waiting period is over. The link expires at `until`.
    RecoveryReady = "recovery_ready" { link: String, until: Timestamp, cancel: String }
    /// Reports the first second factor of an account, with a link to undo it.
    FirstFactor = "first_factor" { circumstances: Circumstances, factor: String, undo: String, hours: u64 }
}
