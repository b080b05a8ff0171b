//! Email as its recipients see it. No one delivers it: the messages stay in the outbox.

use authtuna::authz::actor::Actor;
use authtuna::foundation::config::SettingsBuilder;
use authtuna::mail::{EmailMessage, Message};
use serde_json::json;

use super::{Browser, World, sign_up};

/// Enables email, with a mail server that does not exist.
pub(crate) fn mailing(builder: SettingsBuilder) -> SettingsBuilder {
    builder.set("EMAIL_ENABLED", "true").set("SMTP_HOST", "127.0.0.1").set("SMTP_PORT", "1")
}

impl World {
    /// Returns every message to a recipient, oldest first. Advances the clock slightly, because
    /// messages are sorted by time.
    pub(crate) async fn email_messages(&self, to: &str) -> Vec<EmailMessage> {
        let all = self.auth.outbox.queued(&Actor::system()).await.unwrap();
        self.clock.advance(std::time::Duration::from_millis(1));
        all.into_iter().filter(|email_message| email_message.to == to).collect()
    }

    /// Returns the link and code of the newest message to a recipient that has a link.
    pub(crate) async fn link_and_code(&self, to: &str) -> (String, String) {
        let acts = |email_message: EmailMessage| match email_message.message {
            Message::SignUp { link, code }
            | Message::Verification { link, code }
            | Message::PasswordReset { link, code }
            | Message::MagicLink { link, code }
            | Message::EmailChange { link, code }
            | Message::RecoveryRequest { link, code, .. } => Some((link, code)),
            Message::EmailChangedOld { undo, .. } | Message::FirstFactor { undo, .. } => {
                Some((undo, String::new()))
            }
            _ => None,
        };
        self.email_messages(to).await.into_iter().rev().find_map(acts).unwrap()
    }

    /// Returns the token in the link of the newest message to a recipient that has a link.
    pub(crate) async fn token(&self, to: &str) -> String {
        self.link_and_code(to).await.0.split_once("?token=").unwrap().1.to_owned()
    }

    /// Signs up a new user by email and returns their browser.
    pub(crate) async fn member(&self, name: &str) -> Browser {
        let browser = self.browser();
        assert_eq!(sign_up(&browser, name).await.status, 202);
        let token = self.token(&format!("{name}@example.org")).await;
        let answer = browser.post("/auth/verify", &json!({ "token": token })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(browser.session().is_some(), "{answer:?}");
        self.clock.advance(std::time::Duration::from_millis(1));
        browser
    }
}

/// Sends `tries` parallel requests and returns how many responses have status 200; none may be a
/// server error.
pub(crate) async fn successes<F: Future<Output = super::TestResponse>>(
    tries: usize,
    once: impl Fn() -> F,
) -> usize {
    let all = futures::future::join_all((0..tries).map(|_| once())).await;
    assert!(all.iter().all(|answer| answer.status < 500), "{all:?}");
    all.iter().filter(|answer| answer.status == 200).count()
}
