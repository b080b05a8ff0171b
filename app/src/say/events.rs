//! What happened, in words.

use authtuna::audit::{Activity, Event};

use crate::words::Lang;

/// The event of a line of activity; None for one that this version does not know.
pub(crate) fn event_of(activity: &Activity) -> Option<Event> {
    Event::ALL.iter().copied().find(|event| event.as_str() == activity.event)
}

/// What happened, to the person whose trail it is.
pub(crate) fn event(w: Lang, activity: &Activity) -> String {
    let Some(event) = event_of(activity) else { return activity.event.clone() };
    let detail = |name: &str| activity.details.get(name).and_then(serde_json::Value::as_str);
    let sentence = match event {
        Event::UserCreated => w.event_user_created(),
        Event::UserUpdated => w.event_user_updated(),
        Event::UserSuspended => w.event_user_suspended(),
        Event::UserUnsuspended => w.event_user_unsuspended(),
        Event::UserDeleted => w.event_user_deleted(),
        Event::LoginSuccess if detail("method") == Some("password") => w.event_login_success(),
        Event::LoginSuccess if detail("method") == Some("passkey") => w.event_login_success_passkey(),
        Event::LoginSuccess => w.event_login_success_other(),
        Event::LoginFailed if detail("method") == Some("passkey") => w.event_login_failed_passkey(),
        Event::LoginFailed => match detail("reason") {
            Some("suspended") => w.event_login_failed_suspended(),
            Some("password_reset_required") => w.event_login_failed_reset(),
            _ => w.event_login_failed(),
        },
        Event::LoginLocked => w.event_login_locked(),
        Event::LoginUnlocked => w.event_login_unlocked(),
        Event::PasswordChanged if activity.details.get("first").is_some() => w.event_password_set(),
        Event::PasswordChanged => w.event_password_changed(),
        Event::PasswordChangeFailed => w.event_password_change_failed(),
        Event::SessionCreated => w.event_session_created(),
        Event::SessionTerminated => w.event_session_terminated(),
        Event::SessionsTerminatedAll => w.event_sessions_terminated_all(),
        Event::SessionInvalidated => w.event_session_invalidated(),
        Event::SessionIpUpdated => w.event_session_ip_updated(),
        Event::RoleAssigned => match detail("role") {
            Some(role) => return w.event_role_assigned_named(role),
            None => w.event_role_assigned(),
        },
        Event::RoleRemoved => match detail("role") {
            Some(role) => return w.event_role_removed_named(role),
            None => w.event_role_removed(),
        },
        Event::RoleCreated => w.event_role_created(),
        Event::RoleUpdated => w.event_role_updated(),
        Event::RoleDeleted => w.event_role_deleted(),
        Event::PermissionCreated => w.event_permission_created(),
        Event::PermissionUpdated => w.event_permission_updated(),
        Event::PermissionDeleted => w.event_permission_deleted(),
        Event::UserRestored => w.event_user_restored(),
        Event::UserRead => w.event_user_read(),
        Event::AuditRead => w.event_audit_read(),
        Event::TokenUsed => w.event_token_used(),
        Event::SignUpRequested => w.event_sign_up_requested(),
        Event::EmailVerificationRequested => w.event_email_verification_requested(),
        Event::EmailVerified => w.event_email_verified(),
        Event::PasswordResetRequested => w.event_password_reset_requested(),
        Event::PasswordResetCompleted => w.event_password_reset_completed(),
        Event::PasswordlessLoginRequested => w.event_passwordless_login_requested(),
        Event::EmailChangeRequested => w.event_email_change_requested(),
        Event::EmailChanged => w.event_email_changed(),
        Event::EmailChangeUndone => w.event_email_change_undone(),
        Event::MfaRequired => w.event_mfa_required(),
        Event::MfaSucceeded if detail("reason") == Some("recovery_stopped") => w.event_mfa_stopped_recovery(),
        Event::MfaFailed if detail("reason") == Some("recovery_not_stopped") => w.event_mfa_stopped_nothing(),
        Event::MfaSucceeded => w.event_mfa_succeeded(),
        Event::MfaFailed => w.event_mfa_failed(),
        Event::MfaEnabled => w.event_mfa_enabled(),
        Event::MfaDisabled => w.event_mfa_disabled(),
        Event::BackupCodesRegenerated => w.event_backup_codes_regenerated(),
        Event::PasskeyAdded => w.event_passkey_added(),
        Event::PasskeyRenamed => w.event_passkey_renamed(),
        Event::PasskeyRemoved => w.event_passkey_removed(),
        Event::PasskeyBlocked => w.event_passkey_blocked(),
        Event::DeviceTrusted => w.event_device_trusted(),
        Event::ConfirmationRequested => w.event_confirmation_requested(),
        Event::Confirmed => w.event_confirmed(),
        Event::ConfirmationFailed => w.event_confirmation_failed(),
        Event::CodeFailed => w.event_code_failed(),
        Event::MailRequestsLimited => w.event_mail_requests_limited(),
        Event::MailFailed => w.event_mail_failed(),
        Event::MailRetried => w.event_mail_retried(),
        Event::MailsRead => w.event_mails_read(),
        Event::MailTested => w.event_mail_tested(),
        Event::Provisioned => w.event_provisioned(),
        Event::RecoveryRequested => w.event_recovery_requested(),
        Event::RecoveryStarted => w.event_recovery_started(),
        Event::RecoveryCancelled => w.event_recovery_cancelled(),
        Event::RecoveryHastened => w.event_recovery_hastened(),
        Event::RecoveryCompleted => w.event_recovery_completed(),
        Event::MfaUndone => w.event_mfa_undone(),
    };
    sentence.to_owned()
}
