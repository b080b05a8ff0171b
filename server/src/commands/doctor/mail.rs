//! Mails: whether the settings for them can be used, and whether one arrives.

use authtuna::auth::Auth;
use authtuna::foundation::config::Settings;
use authtuna::mail::{Mailer, Step, Verdict, folder};

use super::{Finding, fail, ok, warn};
use crate::commands::mail;

/// How mails are sent, as far as that shows without sending one.
pub(super) fn set_up(settings: &Settings) -> Finding {
    if let Err(problem) = authtuna::mail::check(settings) {
        return fail("mail", format!("{problem}."));
    }
    match Mailer::of(settings) {
        Ok(None) => ok("mail", "off (EMAIL_ENABLED)"),
        Ok(Some(Mailer::Files(_) | Mailer::Memory(_))) => {
            let text =
                format!("SMTP_HOST is not set: mails are only written into {}", folder(settings).display());
            warn("mail", text)
        }
        Ok(Some(Mailer::Smtp(_))) => {
            let host = settings.email.smtp_host.as_deref().unwrap_or_default();
            let port = settings.email.smtp_port;
            ok("mail", format!("by {host}:{port}; `authtuna doctor --mail you@example.org` sends one"))
        }
        Err(problem) => fail("mail", format!("{problem}.")),
    }
}

/// Sends a mail to `to`. Needs the database as a start does: what was tested is noted in the audit log.
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
            // Mails arrive without the records too, with luck: a private server needs none.
            (Verdict::Failed | Verdict::Unknown, _) => warn(what, text),
        }
    });
    found.collect()
}
