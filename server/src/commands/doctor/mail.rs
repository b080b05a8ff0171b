//! Checks whether the email settings are usable, and whether an email arrives.

use authtuna::auth::Auth;
use authtuna::foundation::config::Settings;
use authtuna::mail::{Mailer, Step, Verdict, folder};

use super::{Finding, fail, ok, warn};
use crate::commands::mail;

/// Checks how the server sends email, as far as possible without sending any.
pub(super) fn set_up(settings: &Settings) -> Finding {
    if let Err(problem) = authtuna::mail::check(settings) {
        return fail("mail", format!("{problem}."));
    }
    match Mailer::of(settings) {
        Ok(None) => ok("mail", "off (EMAIL_ENABLED)"),
        Ok(Some(Mailer::Files(_) | Mailer::Memory(_))) => {
            let text =
                format!("SMTP_HOST is not set: emails are only written to {}", folder(settings).display());
            warn("mail", text)
        }
        Ok(Some(Mailer::Smtp(_))) => {
            let host = settings.email.smtp_host.as_deref().unwrap_or_default();
            let port = settings.email.smtp_port;
            ok("mail", format!("via {host}:{port}; `authtuna doctor --mail you@example.org` sends a test"))
        }
        Err(problem) => fail("mail", format!("{problem}.")),
    }
}

/// Sends an email to `to`. Opens the database as a start does, because the audit log records the
/// test.
pub(super) async fn test(settings: Settings, to: &str) -> Vec<Finding> {
    let auth = match Auth::start(settings).await {
        Ok(auth) => auth,
        Err(problem) => return vec![fail("mail", format!("{problem}."))],
    };
    let tested = mail::test(&auth, to).await;
    auth.store().close().await;
    let steps = match tested {
        Ok(steps) => steps,
        Err(problem) => return vec![fail("mail", format!("{problem}."))],
    };
    let found = steps.iter().map(|step| {
        let what = match step.step {
            Step::Connect => "connecting",
            Step::SignIn => "signing in",
            Step::Send => "sending",
            Step::Spf => "SPF",
            Step::Dkim => "DKIM",
            Step::Dmarc => "DMARC",
        };
        let text = mail::explained(step);
        match (step.verdict, step.step) {
            (Verdict::Passed, _) => ok(what, text),
            (Verdict::Failed, step) if step.is_needed() => fail(what, text),
            // Email may arrive without these records too, and a private server needs none.
            (Verdict::Failed | Verdict::Unknown, _) => warn(what, text),
        }
    });
    found.collect()
}
