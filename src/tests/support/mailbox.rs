//! Helpers for flows by email: which messages go to whom, and the links and codes in them.

use std::future::Future;

use authtuna::authn::email_addresses::Confirmed;
use authtuna::authn::email_challenge::Proof;
use authtuna::authn::sign_in::SignedIn;
use authtuna::authn::sign_up::{SignUp, SignedUp};
use authtuna::authz::actor::{Actor, Origin, PendingChallenge};
use authtuna::mail::{EmailMessage, Message};

use crate::support::{World, on_each_with, origin, password};

/// Runs a test on every database, with email enabled. No one delivers the messages: they stay in
/// the outbox.
pub(crate) fn with_mail<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    on_each_with(|builder| builder.set("EMAIL_ENABLED", "true").set("SMTP_HOST", "mail.invalid"), test);
}

/// Returns an anonymous actor in a browser with this email challenge.
pub(crate) fn browser(pending_challenge: Option<&PendingChallenge>) -> Actor {
    Actor::anonymous(Origin { pending_challenge: pending_challenge.cloned(), ..origin() })
}

pub(crate) fn nobody() -> Actor {
    browser(None)
}

pub(crate) fn form(name: &str) -> SignUp {
    SignUp { username: name.to_owned(), email: address(name), password: password(name) }
}

pub(crate) fn address(name: &str) -> String {
    format!("{name}@example.org")
}

impl World {
    /// Advances the clock, which otherwise stands still, because IDs and so messages are sorted by
    /// time.
    pub(crate) fn tick(&self) {
        self.clock.advance(std::time::Duration::from_millis(1));
    }

    /// Returns every message queued for a recipient, oldest first.
    pub(crate) async fn email_messages(&self, to: &str) -> Vec<EmailMessage> {
        let all = self.auth.outbox.queued(&Actor::system()).await.unwrap();
        self.tick();
        all.into_iter().filter(|email_message| email_message.to == to).collect()
    }

    /// Returns the kinds of the messages queued for a recipient, oldest first.
    pub(crate) async fn kinds(&self, to: &str) -> Vec<&'static str> {
        self.email_messages(to).await.iter().map(|email_message| email_message.message.kind()).collect()
    }

    /// Returns the newest message to a recipient.
    pub(crate) async fn email_message(&self, to: &str) -> EmailMessage {
        self.email_messages(to).await.pop().unwrap()
    }

    /// Returns the token of the link in the newest message to a recipient.
    pub(crate) async fn token(&self, to: &str) -> String {
        let (link, _) = link_and_code(&self.email_message(to).await.message);
        token_of(&link)
    }

    /// Returns the code in the newest message to a recipient.
    pub(crate) async fn code(&self, to: &str) -> String {
        link_and_code(&self.email_message(to).await.message).1
    }

    pub(crate) async fn ask_for_account(&self, name: &str) -> PendingChallenge {
        match self.auth.sign_up.with_password(&nobody(), &form(name)).await.unwrap() {
            SignedUp::EmailChallenge(pending_challenge) => pending_challenge,
            SignedUp::In(_) => panic!("the account was created at once"),
        }
    }

    /// Creates a user with a verified email and signs them in.
    pub(crate) async fn member(&self, name: &str) -> SignedIn {
        let pending_challenge = self.ask_for_account(name).await;
        let proof = Proof::Link(self.token(&address(name)).await);
        let confirmed =
            self.auth.sign_up.confirm_email(&browser(Some(&pending_challenge)), &proof, None).await.unwrap();
        self.tick();
        match confirmed {
            Confirmed::In(signed_in) => signed_in,
            Confirmed::ChoosePassword(_) | Confirmed::Proved => panic!("no one was signed in"),
        }
    }

    /// Creates a user who signed up before email was enabled.
    pub(crate) async fn unproved(&self, name: &str) -> SignedIn {
        let silent = self.another_process_with(|settings| settings.email.enabled = false).await;
        let signed_in =
            silent.sign_up.with_password(&nobody(), &form(name)).await.unwrap().signed_in().unwrap();
        silent.store().close().await;
        signed_in
    }

    pub(crate) async fn names(&self, actor: &Actor) -> String {
        self.auth.users.get(&Actor::system(), actor.user_id().unwrap()).await.unwrap().unwrap().username
    }
}

pub(crate) fn link_and_code(message: &Message) -> (String, String) {
    match message {
        Message::SignUp { link, code }
        | Message::Verification { link, code }
        | Message::PasswordReset { link, code }
        | Message::MagicLink { link, code }
        | Message::EmailChange { link, code }
        | Message::ConfirmAct { link, code, .. }
        | Message::RecoveryRequest { link, code, .. } => (link.clone(), code.clone()),
        Message::EmailChangedOld { undo, .. } => (undo.clone(), String::new()),
        other => panic!("{} has no link that acts", other.kind()),
    }
}

pub(crate) fn token_of(link: &str) -> String {
    assert!(link.starts_with("http://localhost:8000/"), "{link}");
    link.split_once("?token=").unwrap().1.to_owned()
}

/// Runs `tries` attempts in parallel and returns how many succeed.
pub(crate) async fn successes<T, E, F: Future<Output = Result<T, E>>>(
    tries: usize,
    once: impl Fn() -> F,
) -> usize {
    let all = futures::future::join_all((0..tries).map(|_| once())).await;
    all.iter().filter(|result| result.is_ok()).count()
}
