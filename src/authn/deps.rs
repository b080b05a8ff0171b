//! The context that all flows share. A flow is constructed from it, and from the flows that it
//! calls.

use std::ops::Deref;
use std::sync::Arc;

use crate::accounts::users::Users;
use crate::audit::Recorder;
use crate::authn::email_challenge::EmailChallenges;
use crate::authn::sessions::Sessions;
use crate::authn::tokens::{Found, PresentedToken, Purpose, Tokens};
use crate::authz::actor::Actor;
use crate::authz::snapshot_cache::Snapshots;
use crate::foundation::clock::{Clock, Random};
use crate::foundation::config::Settings;
use crate::foundation::crypto::keyring::Keyring;
use crate::foundation::crypto::password::Passwords;
use crate::foundation::error::Error;
use crate::foundation::rate_limit::Limits;
use crate::foundation::store::Store;
use crate::mail::Outbox;

/// The shared context. Cheap to clone: a clone is another reference to the same [`Shared`].
#[derive(Clone)]
pub(crate) struct Deps(Arc<Shared>);

/// The parts of the core that flows use. A [`Deps`] dereferences to it.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) recorder: Recorder,
    pub(crate) cache: Snapshots,
    pub(crate) limits: Limits,
    pub(crate) passwords: Passwords,
    pub(crate) outbox: Outbox,
    pub(crate) users: Users,
    pub(crate) tokens: Tokens,
    pub(crate) sessions: Sessions,
    pub(crate) email_challenges: EmailChallenges,
}

impl From<Shared> for Deps {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for Deps {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    /// Returns what a token is about, without redeeming it. `None` when it cannot be redeemed now.
    pub(crate) async fn peek(
        &self,
        purpose: Purpose,
        presented: PresentedToken<'_>,
    ) -> Result<Option<Found>, Error> {
        self.tokens.peek(&mut self.store.read().await?, purpose, presented).await
    }

    /// Checks that the caller authenticated within STEP_UP_SECONDS.
    ///
    /// # Errors
    ///
    /// As for [`Actor::confirmed_within`].
    pub(crate) fn require_confirmed(&self, actor: &Actor) -> Result<(), Error> {
        actor.confirmed_within(self.settings.sessions.step_up, self.clock.now())
    }
}
