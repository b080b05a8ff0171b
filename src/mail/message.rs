//! Every message that is sent: one variant each, with what its templates say.

use serde::{Deserialize, Serialize};

use crate::authz::actor::Origin;
use crate::model::time::Timestamp;

/// Where and when something happened, as far as it is known: for notices that ask "was it you?".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// When.
    pub at: Timestamp,
    /// Browser and system; empty when unknown.
    pub device: String,
    /// The client's address; empty when unknown.
    pub ip: String,
    /// City and country; empty when unknown.
    pub place: String,
}

impl Circumstances {
    /// What is known of a request.
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

/// A template of a message; one that is missing does not compile.
macro_rules! built_in {
    ($kind:literal, $file:literal) => {
        (concat!($kind, $file), include_str!(concat!("templates/en/", $kind, $file)))
    };
}

macro_rules! messages {
    ($($(#[$doc:meta])+ $name:ident = $kind:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })+) => {
        /// A message, with what its templates say beside the names of product and person. Its kind is the name of the
        /// folder of its templates.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        #[expect(missing_docs, reason = "the fields are named after what they are; the rules are at the head of the list")]
        pub enum Message {
            $($(#[$doc])+ #[serde(rename = $kind)] $name { $($(#[$field_doc])* $field: $type),* },)+
        }

        impl Message {
            /// Every kind.
            pub const KINDS: &[&str] = &[$($kind),+];

            /// The built-in templates of every kind: name and text.
            pub(super) const TEMPLATES: &[(&str, &str)] = &[$(
                built_in!($kind, "/subject.txt"),
                built_in!($kind, "/body.txt"),
                built_in!($kind, "/body.html"),
            )+];

            /// The stable name, such as `password_reset`.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$name { .. } => $kind),+ }
            }
        }
    };
}

impl Message {
    /// What opens something: the tokens of its links, and its digits. Only its reader may see them.
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

// `link` is on API_BASE_URL and opens a page; `code` is six digits, for the browser that asked.
#[rustfmt::skip]
messages! {
    /// Somebody signs up: the address is theirs?
    SignUp = "sign_up" { link: String, code: String }
    /// Somebody signs up with an address that has an account: to its owner.
    SignUpTaken = "sign_up_taken" { sign_in: String, reset: String }
    /// Somebody with an account proves their address.
    Verification = "verification" { link: String, code: String }
    /// A new password, for whoever forgot theirs.
    PasswordReset = "password_reset" { link: String, code: String }
    /// Sign-in without a password.
    MagicLink = "magic_link" { link: String, code: String }
    /// An account was made.
    Welcome = "welcome" { link: String }
    /// Sign-in in a browser that was not known.
    NewDevice = "new_device" { circumstances: Circumstances, link: String }
    /// The password was changed or set.
    PasswordChanged = "password_changed" { circumstances: Circumstances, link: String }
    /// An account is to get this address: it is theirs? To the new address.
    EmailChange = "email_change" { link: String, code: String }
    /// An account was to get the address of another: to the owner of that.
    EmailChangeTaken = "email_change_taken" { circumstances: Circumstances }
    /// The address was changed: to the new one.
    EmailChanged = "email_changed" { link: String }
    /// The address was changed: to the old one, with the way back.
    EmailChangedOld = "email_changed_old" { circumstances: Circumstances, undo: String, hours: u64 }
    /// A change of address was undone by the address before: to the one that the account had until then.
    EmailChangeUndone = "email_change_undone" { circumstances: Circumstances }
    /// A second factor was added. `factor` is `totp`, `backup_codes` or another stable name.
    FactorAdded = "factor_added" { circumstances: Circumstances, factor: String, link: String }
    /// A second factor was removed.
    FactorRemoved = "factor_removed" { circumstances: Circumstances, factor: String, link: String }
    /// A passkey was added.
    PasskeyAdded = "passkey_added" { circumstances: Circumstances, passkey: String, link: String }
    /// A passkey was removed.
    PasskeyRemoved = "passkey_removed" { circumstances: Circumstances, passkey: String, link: String }
    /// A passkey may have been copied, and opens nothing any more.
    PasskeyBlocked = "passkey_blocked" { circumstances: Circumstances, passkey: String, link: String }
    /// Few backup codes are left.
    BackupCodesLow = "backup_codes_low" { left: u32, link: String }
    /// Somebody says that they lost all their factors.
    RecoveryStarted = "recovery_started" { circumstances: Circumstances, until: Timestamp, cancel: String }
    /// That was cancelled.
    RecoveryCancelled = "recovery_cancelled" { circumstances: Circumstances, link: String }
    /// The factors were taken off the account.
    RecoveryDone = "recovery_done" { circumstances: Circumstances, link: String }
    /// The account was suspended.
    AccountSuspended = "account_suspended" {}
    /// A sensitive act wants a proof. `act` is a stable name.
    ConfirmAct = "confirm_act" { act: String, link: String, code: String }
    /// Whether mails arrive at all.
    SelfTest = "self_test" {}
    /// Somebody may have lost all their factors: it is them? `wait` is in minutes.
    RecoveryRequest = "recovery_request" { link: String, code: String, wait: u64 }
    /// Half of the waiting is over.
    RecoveryReminder = "recovery_reminder" { until: Timestamp, cancel: String }
    /// The waiting is over. `until` is how long the link works.
    RecoveryReady = "recovery_ready" { link: String, until: Timestamp, cancel: String }
    /// The first second factor was added, with the way back.
    FirstFactor = "first_factor" { circumstances: Circumstances, factor: String, undo: String, hours: u64 }
}
