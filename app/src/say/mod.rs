//! Codes, events and moments in words: the one place where each gets its sentence.

mod events;
mod refused;
mod times;

pub(crate) use events::{event, event_of};
pub(crate) use refused::{problem, refusal, said};
pub(crate) use times::{ago, exactly, in_words};

use crate::flash::Notice;
use crate::words::Lang;

/// What was done.
pub(crate) fn notice(w: Lang, notice: Notice) -> String {
    match notice {
        Notice::PasswordSet => w.notice_password_set().to_owned(),
        Notice::PasswordChanged => w.notice_password_changed().to_owned(),
        Notice::ProfileSaved => w.notice_profile_saved().to_owned(),
        Notice::ProveFirst => w.notice_prove_first().to_owned(),
        Notice::MailSent => w.notice_mail_sent().to_owned(),
        Notice::EmailConfirmedChoose => w.notice_email_confirmed_choose().to_owned(),
        Notice::Welcome => w.notice_welcome().to_owned(),
        Notice::AccountMade => w.notice_account_made().to_owned(),
        Notice::EmailConfirmed => w.notice_email_confirmed().to_owned(),
        Notice::EmailChanged => w.notice_email_changed().to_owned(),
        Notice::EmailUndone => w.notice_email_undone().to_owned(),
        Notice::PasswordReset => w.notice_password_reset().to_owned(),
        Notice::MfaEnabled => w.notice_mfa_enabled().to_owned(),
        Notice::MfaDisabled => w.notice_mfa_disabled().to_owned(),
        Notice::PasskeyAdded => w.notice_passkey_added().to_owned(),
        Notice::PasskeyRenamed => w.notice_passkey_renamed().to_owned(),
        Notice::PasskeyRemoved => w.notice_passkey_removed().to_owned(),
        Notice::Confirmed => w.notice_confirmed().to_owned(),
        Notice::SessionEnded => w.notice_session_ended().to_owned(),
        Notice::SessionsEnded(count) => w.notice_sessions_ended(count),
        Notice::RecoveryStarted(due) => w.notice_recovery_started(&exactly(w, due).1),
        Notice::RecoveryStopped => w.notice_recovery_stopped().to_owned(),
        Notice::RecoveryStoppedByCode => w.notice_recovery_stopped_by_code().to_owned(),
        Notice::RecoveryFinished => w.notice_recovery_finished().to_owned(),
    }
}

/// How strong a password is, by zxcvbn's score.
pub(crate) fn strength(w: Lang, score: u8) -> &'static str {
    match score {
        0 => w.strength_level_0(),
        1 => w.strength_level_1(),
        2 => w.strength_level_2(),
        3 => w.strength_level_3(),
        _ => w.strength_level_4(),
    }
}

/// A browser and its system, as the core names them.
pub(crate) fn device(w: Lang, name: &str) -> String {
    match name.split_once(" on ") {
        Some((browser, system)) => w.device_on(browser, system),
        None if name.is_empty() || name == "Unknown device" => w.device_unknown().to_owned(),
        None => name.to_owned(),
    }
}

/// City and country, as far as they are known.
pub(crate) fn place(w: Lang, city: Option<&str>, country: Option<&str>) -> Option<String> {
    match (city, country) {
        (Some(city), Some(country)) => Some(w.device_place(city, country)),
        (one, other) => one.or(other).map(str::to_owned),
    }
}
