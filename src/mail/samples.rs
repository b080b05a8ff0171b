//! Sample emails, one of every kind: for the tests, and for developers who look at templates.

use std::time::Duration;

use url::Url;

use super::message::{Circumstances, Message};
use super::outbox::EmailMessage;
use crate::model::paths;
use crate::model::time::Timestamp;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Returns one email of every kind, in the order of [`Message::KINDS`]. Their links lead to `base`
/// and open nothing.
pub fn samples(base: &Url, now: Timestamp) -> Vec<EmailMessage> {
    let base = base.as_str().trim_end_matches('/');
    let to = |path: &str| format!("{base}{path}");
    let once = |path: &str| format!("{base}{path}?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let code = || "204816".to_owned();
    let circumstances = || Circumstances {
        at: now,
        device: "Firefox on Linux".to_owned(),
        ip: "192.0.2.1".to_owned(),
        place: "Lyon, FR".to_owned(),
    };
    let settings = || to(paths::SECURITY);
    let text = str::to_owned;
    let messages = vec![
        Message::SignUp { link: once(paths::VERIFY_EMAIL), code: code() },
        Message::SignUpTaken { sign_in: to(paths::LOGIN), reset: to(paths::FORGOT_PASSWORD) },
        Message::Verification { link: once(paths::VERIFY_EMAIL), code: code() },
        Message::PasswordReset { link: once(paths::RESET_PASSWORD), code: code() },
        Message::MagicLink { link: once(paths::MAGIC_LINK_LOGIN), code: code() },
        Message::Welcome { link: to(paths::DASHBOARD) },
        Message::NewDevice { circumstances: circumstances(), link: to(paths::SESSIONS) },
        Message::PasswordChanged { circumstances: circumstances(), link: to(paths::FORGOT_PASSWORD) },
        Message::EmailChange { link: once(paths::CONFIRM_EMAIL_CHANGE), code: code() },
        Message::EmailChangeTaken { circumstances: circumstances() },
        Message::EmailChanged { link: settings() },
        Message::EmailChangedOld {
            circumstances: circumstances(),
            undo: once(paths::UNDO_EMAIL_CHANGE),
            hours: 72,
        },
        Message::EmailChangeUndone { circumstances: circumstances() },
        Message::FactorAdded { circumstances: circumstances(), factor: text("totp"), link: settings() },
        Message::FactorRemoved {
            circumstances: circumstances(),
            factor: text("backup_codes"),
            link: settings(),
        },
        Message::PasskeyAdded {
            circumstances: circumstances(),
            passkey: text("Ana’s phone"),
            link: settings(),
        },
        Message::PasskeyRemoved {
            circumstances: circumstances(),
            passkey: text("Ana’s phone"),
            link: settings(),
        },
        Message::PasskeyBlocked {
            circumstances: circumstances(),
            passkey: text("Ana’s key ring"),
            link: settings(),
        },
        Message::BackupCodesLow { left: 2, link: settings() },
        Message::RecoveryStarted {
            circumstances: circumstances(),
            until: now.plus(2 * DAY),
            cancel: once(paths::RECOVERY_CANCEL),
        },
        Message::RecoveryCancelled { circumstances: circumstances(), link: to(paths::SESSIONS) },
        Message::RecoveryDone { circumstances: circumstances(), link: settings() },
        Message::AccountSuspended {},
        Message::ConfirmAct { act: text("delete_account"), link: once(paths::CONFIRM), code: code() },
        Message::SelfTest {},
        Message::RecoveryRequest { link: once(paths::RECOVERY_START), code: code(), wait: 3 * 24 * 60 },
        Message::RecoveryReminder { until: now.plus(DAY), cancel: once(paths::RECOVERY_CANCEL) },
        Message::RecoveryReady {
            link: once(paths::RECOVERY_FINISH),
            until: now.plus(7 * DAY),
            cancel: once(paths::RECOVERY_CANCEL),
        },
        Message::FirstFactor {
            circumstances: circumstances(),
            factor: text("totp"),
            undo: once(paths::RECOVERY_UNDO),
            hours: 72,
        },
    ];
    messages.into_iter().map(|message| email_message(message, now)).collect()
}

fn email_message(message: Message, now: Timestamp) -> EmailMessage {
    let serves_once = matches!(
        message,
        Message::SignUp { .. }
            | Message::Verification { .. }
            | Message::PasswordReset { .. }
            | Message::MagicLink { .. }
            | Message::EmailChange { .. }
            | Message::ConfirmAct { .. }
            | Message::RecoveryRequest { .. }
    );
    let named = !matches!(message, Message::SignUp { .. } | Message::SelfTest {});
    EmailMessage {
        to: "ana@example.org".to_owned(),
        name: if named { "Ana".to_owned() } else { String::new() },
        user: None,
        language: None,
        expires_at: serves_once.then(|| now.plus(HOUR)),
        message,
    }
}
