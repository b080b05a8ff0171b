//! What attempts are counted for.

use std::net::IpAddr;

use crate::foundation::config::Limits as Settings;
use crate::foundation::crypto::token::{sha256, sha256_parts};
use crate::model::id::UserId;

/// What is counted. It decides the limit, and what happens beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Attempts from a client address.
    Address,
    /// Accounts created from a client address.
    SignUp,
    /// Emails requested from a client address.
    EmailRequest,
    /// Passkey prompts.
    PasskeyPrompt,
    /// Emails to one recipient.
    Email,
    /// Emailed codes tried for one address.
    Code,
    /// Codes to stop a recovery, from one network or browser.
    RecoveryStop,
    /// Codes to stop recoveries of one account, from everywhere.
    RecoveryStops,
    /// First factors of an account, from unknown browsers.
    Account,
    /// First factors of an account, from one known browser.
    Device,
    /// Second factors of an account.
    Factor,
}

impl Kind {
    /// Returns the name in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::SignUp => "sign_up",
            Self::EmailRequest => "mail_request",
            Self::PasskeyPrompt => "passkey_prompt",
            Self::Email => "mail",
            Self::Code => "code",
            Self::RecoveryStop => "recovery_stop",
            Self::RecoveryStops => "recovery_stops",
            Self::Account => "account",
            Self::Device => "device",
            Self::Factor => "factor",
        }
    }

    /// Returns how many are allowed within `LOGIN_RATE_LIMIT_WINDOW_SECONDS`; 0 means no limit.
    pub(super) fn limit(self, settings: &Settings) -> i64 {
        i64::from(match self {
            Self::Address => settings.max_login_attempts_per_ip,
            Self::SignUp => settings.max_sign_ups_per_ip,
            Self::EmailRequest => settings.max_mail_requests_per_ip,
            Self::PasskeyPrompt => settings.max_passkey_prompts_per_ip,
            Self::Email
            | Self::Code
            | Self::RecoveryStop
            | Self::RecoveryStops
            | Self::Account
            | Self::Device
            | Self::Factor => settings.max_login_attempts_per_user,
        })
    }

    /// Returns whether every attempt counts for the whole window, rather than only failures.
    pub(super) const fn counts_all(self) -> bool {
        matches!(self, Self::SignUp | Self::EmailRequest | Self::PasskeyPrompt)
    }

    /// Returns whether a long streak of failures locks it until the owner signs in.
    pub(super) const fn ends_after_a_streak(self) -> bool {
        matches!(self, Self::Account | Self::Factor)
    }
}

/// What attempts are counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RateLimitKey {
    pub(super) kind: Kind,
    pub(super) key: [u8; 32],
    /// In the key of a known browser: the key of unknown ones. A success ends the streak of
    /// failures that strangers caused there.
    pub(super) strangers: Option<(Kind, [u8; 32])>,
}

impl RateLimitKey {
    fn of(kind: Kind, key: [u8; 32]) -> Self {
        Self { kind, key, strangers: None }
    }

    /// Returns the key for a client address. IPv6 counts by /64, because one subscriber has at
    /// least that many addresses.
    pub(crate) fn address(ip: IpAddr) -> Self {
        Self::of(Kind::Address, network(ip))
    }

    /// Returns the key for accounts created from a client address.
    pub(crate) fn sign_ups(ip: IpAddr) -> Self {
        Self::of(Kind::SignUp, network(ip))
    }

    /// Returns the key for emails requested from a client address.
    pub(crate) fn email_requests(ip: IpAddr) -> Self {
        Self::of(Kind::EmailRequest, network(ip))
    }

    /// Returns the key for passkey prompts requested from a client address.
    pub(crate) fn prompts(ip: IpAddr) -> Self {
        Self::of(Kind::PasskeyPrompt, network(ip))
    }

    /// Returns the key for passkey prompts to a known user, requested from one network. Neither
    /// strangers there, nor clients elsewhere that know the password, can use these up.
    pub(crate) fn prompts_to(user: UserId, ip: IpAddr) -> Self {
        Self::of(Kind::PasskeyPrompt, sha256_parts([user.uuid().as_bytes().as_slice(), &network(ip)]))
    }

    /// Returns the key for emails of one kind to one user or address.
    pub(crate) fn emails(purpose: &str, whom: &str) -> Self {
        Self::of(Kind::Email, sha256_parts([purpose.as_bytes(), whom.as_bytes()]))
    }

    /// Returns the key for emails of one kind to one user, requested in a browser that the account
    /// is known in. Requests by strangers do not use these up.
    pub(crate) fn emails_from(purpose: &str, user: UserId, device: &[u8; 32]) -> Self {
        Self::of(
            Kind::Email,
            sha256_parts([purpose.as_bytes(), user.uuid().as_bytes().as_slice(), device.as_slice()]),
        )
    }

    /// Returns the key for emailed codes of one kind, tried for one address.
    pub(crate) fn codes(purpose: &str, subject: &str) -> Self {
        Self::of(Kind::Code, sha256_parts([purpose.as_bytes(), subject.as_bytes()]))
    }

    /// Returns the key for codes to stop a recovery, tried from one network for one typed name.
    /// Attempts from elsewhere do not use these up. Two names of one account count separately: a
    /// shared counter would reveal that they belong together.
    pub(crate) fn stops(name: &str, ip: Option<IpAddr>) -> Self {
        let network = ip.map(network).unwrap_or_default();
        Self::of(Kind::RecoveryStop, sha256_parts([name.as_bytes(), network.as_slice()]))
    }

    /// Returns the key for codes to stop a recovery, tried from one browser that the account is
    /// known in.
    pub(crate) fn stops_from(user: UserId, device: &[u8; 32]) -> Self {
        Self::of(Kind::RecoveryStop, sha256_parts([user.uuid().as_bytes().as_slice(), device.as_slice()]))
    }

    /// Returns the key for authenticator app codes to stop recoveries of one account, or of a name
    /// without one, from anywhere.
    pub(crate) fn all_stops(whom: Result<UserId, &str>) -> Self {
        let whom = match whom {
            Ok(user) => sha256(user.uuid().as_bytes()),
            Err(name) => sha256_parts([b"nobody".as_slice(), name.as_bytes()]),
        };
        Self::of(Kind::RecoveryStops, whom)
    }

    /// Returns the key for an account, from browsers that it is not known in.
    pub(crate) fn account(user: UserId) -> Self {
        Self::of(Kind::Account, sha256(user.uuid().as_bytes()))
    }

    /// Returns the key for a name without an account, folded as usernames are, so that spellings of
    /// one name count as one.
    pub(crate) fn nobody(name: &str) -> Self {
        Self::of(Kind::Account, sha256_parts([b"nobody".as_slice(), name.as_bytes()]))
    }

    /// Returns the key for an account, from one browser that it is known in.
    pub(crate) fn device(user: UserId, device: &[u8; 32]) -> Self {
        let key = sha256_parts([user.uuid().as_bytes().as_slice(), device.as_slice()]);
        let strangers = Some((Kind::Account, Self::account(user).key));
        Self { strangers, ..Self::of(Kind::Device, key) }
    }

    /// Returns the key for second factors of an account, from one browser that it is known in, or
    /// from all others together.
    pub(crate) fn factor(user: UserId, device: Option<&[u8; 32]>) -> Self {
        let key = |device: &[u8]| sha256_parts([user.uuid().as_bytes().as_slice(), device]);
        let Some(device) = device else { return Self::of(Kind::Factor, key(&[])) };
        Self { strangers: Some((Kind::Factor, key(&[]))), ..Self::of(Kind::Factor, key(device)) }
    }
}

fn network(ip: IpAddr) -> [u8; 32] {
    match ip.to_canonical() {
        IpAddr::V4(v4) => sha256(&v4.octets()),
        IpAddr::V6(v6) => sha256(&v6.octets()[..8]),
    }
}
