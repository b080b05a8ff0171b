//! Codes, events and times in words: the one place that gives each its text.

mod events;
mod pending_actions;
mod problems;
mod times;

pub(crate) use events::{event, event_of};
pub(crate) use pending_actions::pending_action;
pub(crate) use problems::{problem, refusal, said};
pub(crate) use times::{ago, exactly, in_words};

use crate::flash::Notice;
use crate::i18n::Lang;

/// Returns the message for a successful action.
pub(crate) fn notice(t: Lang, notice: Notice) -> String {
    match notice {
        Notice::PasswordSet => t.notice_password_set().to_owned(),
        Notice::PasswordChanged => t.notice_password_changed().to_owned(),
        Notice::ProfileSaved => t.notice_profile_saved().to_owned(),
        Notice::ProveFirst => t.notice_prove_first().to_owned(),
        Notice::MailSent => t.notice_mail_sent().to_owned(),
        Notice::EmailConfirmedChoose => t.notice_email_confirmed_choose().to_owned(),
        Notice::Welcome => t.notice_welcome().to_owned(),
        Notice::AccountMade => t.notice_account_made().to_owned(),
        Notice::EmailConfirmed => t.notice_email_confirmed().to_owned(),
        Notice::EmailChanged => t.notice_email_changed().to_owned(),
        Notice::EmailUndone => t.notice_email_undone().to_owned(),
        Notice::PasswordReset => t.notice_password_reset().to_owned(),
        Notice::MfaEnabled => t.notice_mfa_enabled().to_owned(),
        Notice::MfaDisabled => t.notice_mfa_disabled().to_owned(),
        Notice::PasskeyAdded => t.notice_passkey_added().to_owned(),
        Notice::PasskeyRenamed => t.notice_passkey_renamed().to_owned(),
        Notice::PasskeyRemoved => t.notice_passkey_removed().to_owned(),
        Notice::Confirmed => t.notice_confirmed().to_owned(),
        Notice::SessionEnded => t.notice_session_ended().to_owned(),
        Notice::SessionsEnded(count) => t.notice_sessions_ended(count),
        Notice::RecoveryStarted(due) => t.notice_recovery_started(&exactly(t, due).1),
        Notice::RecoveryStopped => t.notice_recovery_stopped().to_owned(),
        Notice::RecoveryStoppedByCode => t.notice_recovery_stopped_by_code().to_owned(),
        Notice::RecoveryFinished => t.notice_recovery_finished().to_owned(),
    }
}

/// Returns how strong a password is, by zxcvbn's score.
pub(crate) fn strength(t: Lang, score: u8) -> &'static str {
    match score {
        0 => t.strength_level_0(),
        1 => t.strength_level_1(),
        2 => t.strength_level_2(),
        3 => t.strength_level_3(),
        _ => t.strength_level_4(),
    }
}

/// Returns the browser and its system, as the core names them.
pub(crate) fn device(t: Lang, name: &str) -> String {
    match name.split_once(" on ") {
        Some((browser, system)) => t.device_on(browser, system),
        None if name.is_empty() || name == "Unknown device" => t.device_unknown().to_owned(),
        None => name.to_owned(),
    }
}

/// Returns the city and country, as far as they are known.
pub(crate) fn place(t: Lang, city: Option<&str>, country: Option<&str>) -> Option<String> {
    match (city, country) {
        (Some(city), Some(country)) => Some(t.device_place(city, country)),
        (one, other) => one.or(other).map(str::to_owned),
    }
}
