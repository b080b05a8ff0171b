//! What happened, in words.

use authtuna::audit::{Activity, Event};

use crate::i18n::Lang;

/// The event of a line of activity; None for one that this version does not know.
pub(crate) fn event_of(activity: &Activity) -> Option<Event> {
    Event::ALL.iter().copied().find(|event| event.as_str() == activity.event)
}

/// What happened, to the person whose trail it is.
pub(crate) fn event(t: Lang, activity: &Activity) -> String {
    let Some(event) = event_of(activity) else { return activity.event.clone() };
    let detail = |name: &str| activity.details.get(name).and_then(serde_json::Value::as_str);
    let sentence = match event {
        Event::UserCreated => t.event_user_created(),
        Event::UserUpdated => t.event_user_updated(),
        Event::UserSuspended => t.event_user_suspended(),
        Event::UserUnsuspended => t.event_user_unsuspended(),
        Event::UserDeleted => t.event_user_deleted(),
        Event::LoginSuccess if detail("method") == Some("password") => t.event_login_success(),
        Event::LoginSuccess if detail("method") == Some("passkey") => t.event_login_success_passkey(),
        Event::LoginSuccess => t.event_login_success_other(),
        Event::LoginFailed if detail("method") == Some("passkey") => t.event_login_failed_passkey(),
        Event::LoginFailed => match detail("reason") {
            Some("suspended") => t.event_login_failed_suspended(),
            Some("password_reset_required") => t.event_login_failed_reset(),
            _ => t.event_login_failed(),
        },
        Event::LoginLocked => t.event_login_locked(),
        Event::LoginUnlocked => t.event_login_unlocked(),
        Event::PasswordChanged if activity.details.get("first").is_some() => t.event_password_set(),
        Event::PasswordChanged => t.event_password_changed(),
        Event::PasswordChangeFailed => t.event_password_change_failed(),
        Event::SessionCreated => t.event_session_created(),
        Event::SessionTerminated => t.event_session_terminated(),
        Event::SessionsTerminatedAll => t.event_sessions_terminated_all(),
        Event::SessionInvalidated => t.event_session_invalidated(),
        Event::SessionIpUpdated => t.event_session_ip_updated(),
        Event::RoleAssigned => match detail("role") {
            Some(role) => return t.event_role_assigned_named(role),
            None => t.event_role_assigned(),
        },
        Event::RoleRemoved => match detail("role") {
            Some(role) => return t.event_role_removed_named(role),
            None => t.event_role_removed(),
        },
        Event::RoleCreated => t.event_role_created(),
        Event::RoleUpdated => t.event_role_updated(),
        Event::RoleDeleted => t.event_role_deleted(),
        Event::PermissionCreated => t.event_permission_created(),
        Event::PermissionUpdated => t.event_permission_updated(),
        Event::PermissionDeleted => t.event_permission_deleted(),
        Event::UserRestored => t.event_user_restored(),
        Event::UserRead => t.event_user_read(),
        Event::AuditRead => t.event_audit_read(),
        Event::TokenUsed => t.event_token_used(),
        Event::SignUpRequested => t.event_sign_up_requested(),
        Event::EmailVerificationRequested => t.event_email_verification_requested(),
        Event::EmailVerified => t.event_email_verified(),
        Event::PasswordResetRequested => t.event_password_reset_requested(),
        Event::PasswordResetCompleted => t.event_password_reset_completed(),
        Event::PasswordlessLoginRequested => t.event_passwordless_login_requested(),
        Event::EmailChangeRequested => t.event_email_change_requested(),
        Event::EmailChanged => t.event_email_changed(),
        Event::EmailChangeUndone => t.event_email_change_undone(),
        Event::MfaRequired => t.event_mfa_required(),
        Event::MfaSucceeded if detail("reason") == Some("recovery_stopped") => t.event_mfa_stopped_recovery(),
        Event::MfaFailed if detail("reason") == Some("recovery_not_stopped") => t.event_mfa_stopped_nothing(),
        Event::MfaSucceeded => t.event_mfa_succeeded(),
        Event::MfaFailed => t.event_mfa_failed(),
        Event::MfaEnabled => t.event_mfa_enabled(),
        Event::MfaDisabled => t.event_mfa_disabled(),
        Event::BackupCodesRegenerated => t.event_backup_codes_regenerated(),
        Event::PasskeyAdded => t.event_passkey_added(),
        Event::PasskeyRenamed => t.event_passkey_renamed(),
        Event::PasskeyRemoved => t.event_passkey_removed(),
        Event::PasskeyBlocked => t.event_passkey_blocked(),
        Event::DeviceTrusted => t.event_device_trusted(),
        Event::ConfirmationRequested => t.event_confirmation_requested(),
        Event::Confirmed => t.event_confirmed(),
        Event::ConfirmationFailed => t.event_confirmation_failed(),
        Event::CodeFailed => t.event_code_failed(),
        Event::MailRequestsLimited => t.event_mail_requests_limited(),
        Event::MailFailed => t.event_mail_failed(),
        Event::MailRetried => t.event_mail_retried(),
        Event::MailsRead => t.event_mails_read(),
        Event::MailTested => t.event_mail_tested(),
        Event::Provisioned => t.event_provisioned(),
        Event::RecoveryRequested => t.event_recovery_requested(),
        Event::RecoveryStarted => t.event_recovery_started(),
        Event::RecoveryCancelled => t.event_recovery_cancelled(),
        Event::RecoveryHastened => t.event_recovery_hastened(),
        Event::RecoveryCompleted => t.event_recovery_completed(),
        Event::MfaUndone => t.event_mfa_undone(),
    };
    sentence.to_owned()
}
