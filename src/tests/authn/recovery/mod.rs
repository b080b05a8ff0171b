//! Recovery for users who lost all second factors.

mod admin;
mod end;
mod finish;
mod notices;
mod request;
mod stop;
mod undo;

use std::time::Duration;

use authtuna::authn::email_challenge::Proof;
use authtuna::authn::recovery::Recovery;
use authtuna::authn::sign_in::{SecondFactor, SignIn, SignInOutcome, SignedIn};
use authtuna::authz::actor::{Actor, Origin};
use authtuna::foundation::error::Error;
use authtuna::jobs;
use authtuna::mail::Message;
use authtuna::model::code::{Code, Field};

use crate::authn::mfa::app;
use crate::support::mailbox::{nobody, token_of};
use crate::support::{World, origin, password};

const HOUR: Duration = Duration::from_secs(3600);
/// The waiting period.
const DELAY: Duration = Duration::from_secs(72 * 3600);
/// After a second factor was used, no recovery can start for this long.
const COOLDOWN: Duration = Duration::from_secs(7 * 24 * 3600);
const STEP: Duration = Duration::from_secs(30);

/// A user with an authenticator app: their session, the app's secret and their backup codes.
struct Protected {
    signed_in: SignedIn,
    secret: String,
    backup_codes: Vec<String>,
}

/// A recovery that can be finished: the tokens from its emails.
struct Ready {
    finish: String,
    /// The tokens that stop it, in the order of the emails.
    cancel: [String; 3],
}

impl World {
    async fn protected(&self, name: &str) -> Protected {
        let signed_in = self.member(name).await;
        let actor = self.at_home(&signed_in).await;
        let secret = self.auth.mfa.setup_totp(&actor).await.unwrap().secret;
        let backup_codes = self.auth.mfa.verify_and_enable_totp(&actor, &app(self, &secret)).await.unwrap();
        self.clock.advance(STEP);
        Protected { signed_in, secret, backup_codes }
    }

    /// Returns a user's session in the browser that knows them.
    async fn at_home(&self, person: &SignedIn) -> Actor {
        let mut actor = self.actor(&person.session.cookie).await;
        actor.origin = Origin { device_secret: Some(person.device_secret), ..origin() }.into();
        actor
    }

    /// Requests a recovery and returns the token of the link that starts it.
    async fn requested(&self, to: &str) -> String {
        self.tick();
        self.auth.recovery.request(&nobody(), to).await.unwrap();
        self.token(to).await
    }

    async fn begin(&self, to: &str) -> Recovery {
        let proof = Proof::Link(self.requested(to).await);
        let recovery = self.auth.recovery.start(&nobody(), &proof).await.unwrap();
        self.clock.advance(Duration::from_millis(1));
        recovery
    }

    async fn tell(&self) {
        jobs::recoveries(&self.auth).await.unwrap();
        self.clock.advance(Duration::from_millis(1));
    }

    /// Starts a recovery and waits until it can be finished.
    async fn ready(&self, to: &str) -> Ready {
        self.begin(to).await;
        let first = self.cancel_token(to).await;
        self.clock.advance(DELAY / 2);
        self.tell().await;
        let second = self.cancel_token(to).await;
        self.clock.advance(DELAY / 2);
        self.tell().await;
        Ready { finish: self.finish_token(to).await, cancel: [first, second, self.cancel_token(to).await] }
    }

    /// Returns the token of the link that stops the recovery, from the newest message to a
    /// recipient.
    async fn cancel_token(&self, to: &str) -> String {
        match self.email_message(to).await.message {
            Message::RecoveryStarted { cancel, .. }
            | Message::RecoveryReminder { cancel, .. }
            | Message::RecoveryReady { cancel, .. } => token_of(&cancel),
            other => panic!("{} cannot stop a recovery", other.kind()),
        }
    }

    /// Returns the token of the link that finishes the recovery, from the newest message to a
    /// recipient.
    async fn finish_token(&self, to: &str) -> String {
        match self.email_message(to).await.message {
            Message::RecoveryReady { link, .. } => token_of(&link),
            other => panic!("{} cannot finish a recovery", other.kind()),
        }
    }

    async fn has_factors(&self, person: &Protected) -> bool {
        let factors = self.auth.admin.factors_of(&Actor::system(), person.signed_in.user).await.unwrap();
        factors.wanted()
    }

    async fn recovery(&self, person: &Protected) -> Option<Recovery> {
        self.auth.recovery.of_user(&Actor::system(), person.signed_in.user).await.unwrap()
    }

    /// Returns how many messages of a kind are queued for a recipient.
    async fn count(&self, to: &str, kind: &str) -> usize {
        self.kinds(to).await.iter().filter(|known| **known == kind).count()
    }

    /// Signs in with the password and returns the MFA challenge's token.
    async fn mfa_challenge(&self, name: &str, from: Origin) -> String {
        match self.first_factor(name, from).await {
            SignInOutcome::SecondFactor(mfa_challenge) => mfa_challenge.token,
            SignInOutcome::In(_) | SignInOutcome::EmailChallenge(_) => {
                panic!("no second factor was required")
            }
        }
    }

    async fn first_factor(&self, name: &str, from: Origin) -> SignInOutcome {
        let typed = SignIn { identifier: name.to_owned(), password: password(name) };
        self.auth.sign_in.with_password(&Actor::anonymous(from), &typed).await.unwrap()
    }

    async fn second_factor(&self, token: &str, code: &str, from: Origin) -> Result<SignedIn, Error> {
        let typed = SecondFactor {
            token: token.to_owned(),
            code: code.to_owned(),
            remember: true,
            ..SecondFactor::default()
        };
        self.auth.sign_in.with_second_factor(&Actor::anonymous(from), &typed).await
    }
}

/// Asserts that the server rejected a token as invalid.
#[track_caller]
fn is_dead<T>(outcome: Result<T, Error>) {
    let error = outcome.err().unwrap();
    let problem = error.problems().first().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!((problem.field, problem.code), (Field::Token, Code::BadToken));
}
