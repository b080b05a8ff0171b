//! The composition root: builds the core's parts and holds them.

use std::ops::Deref;
use std::sync::Arc;

use crate::accounts::users::{self, User, Users};
use crate::admin::Admin;
use crate::audit::hooks::Hooks;
use crate::audit::{AuditLog, Recorder};
use crate::authn::deps::{Deps, Shared};
use crate::authn::email_addresses::EmailAddresses;
use crate::authn::email_challenge::EmailChallenges;
use crate::authn::mfa::{self, Mfa};
use crate::authn::overview::Overviews;
use crate::authn::passkeys::Passkeys;
use crate::authn::passwords::PasswordFlow;
use crate::authn::pending_action::PendingActions;
use crate::authn::recovery::Recoveries;
use crate::authn::sessions::Sessions;
use crate::authn::sign_in::{SignInFlow, StepUp};
use crate::authn::sign_up::SignUpFlow;
use crate::authn::tokens::Tokens;
use crate::authz::actor::Actor;
use crate::authz::effective_access;
use crate::authz::explorer::Explorer;
use crate::authz::identity::{Identity, UserSummary};
use crate::authz::permissions::Permissions;
use crate::authz::roles::Roles;
use crate::authz::snapshot_cache::Snapshots;
use crate::foundation::clock::{Clock, Random};
use crate::foundation::config::Settings;
use crate::foundation::crypto::keyring::{Keyring, KeyringError};
use crate::foundation::crypto::password::Passwords;
use crate::foundation::error::Error;
use crate::foundation::rate_limit::Limits;
use crate::foundation::store::{OpenError, Store};
use crate::mail::{self, Mailer, MailerError, Outbox};
use crate::model::code::{Code, Field};
use crate::model::id::UserId;

/// The auth core on one database. Cheap to clone: a clone is another reference to the same
/// [`Core`].
#[derive(Clone)]
pub struct Auth(Arc<Core>);

/// The parts of the core. An [`Auth`] dereferences to it.
pub struct Core {
    /// The clock.
    pub clock: Clock,
    /// Sign-in.
    pub sign_in: SignInFlow,
    /// Re-authentication in a session.
    pub step_up: StepUp,
    /// Sign-up.
    pub sign_up: SignUpFlow,
    /// Verifying, changing and restoring email addresses.
    pub email_addresses: EmailAddresses,
    /// Changing and resetting passwords.
    pub passwords: PasswordFlow,
    /// Second factors.
    pub mfa: Mfa,
    /// Passkeys.
    pub passkeys: Passkeys,
    /// Recovery of accounts whose second factors are lost.
    pub recovery: Recoveries,
    /// Sessions.
    pub sessions: Sessions,
    /// Forms that wait until the user re-authenticates, and values that are shown once.
    pub pending_actions: PendingActions,
    /// Overviews of accounts.
    pub overview: Overviews,
    /// Users.
    pub users: Users,
    /// Operations of administrators on other users' accounts.
    pub admin: Admin,
    /// Permissions.
    pub permissions: Permissions,
    /// Roles, and their assignments.
    pub roles: Roles,
    /// The access explorer: why a user may do something, who may, and what a change would do.
    pub explorer: Explorer,
    /// The audit log.
    pub audit: AuditLog,
    /// Hooks that listen to events.
    pub hooks: Hooks,
    /// The outbox: emails to send.
    pub outbox: Outbox,
    deps: Deps,
}

impl Deref for Auth {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.0
    }
}

/// Why the core cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyringError),
    /// Emails cannot be rendered or sent: a template, a key or a certificate cannot be used.
    #[error(transparent)]
    Mail(#[from] MailerError),
    /// Something else failed.
    #[error(transparent)]
    Other(#[from] Error),
}

impl Auth {
    /// Opens the database of `settings`, brings its tables up to date (unless AUTO_CREATE_DATABASE
    /// is off), and adds what is built in.
    ///
    /// The caller must also run [`crate::jobs::run`]. Without it, nothing is purged, no email is
    /// delivered, and on PostgreSQL every request queries the database.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what failed.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        // On the heap: it is large, and would make every caller's `main` future large.
        Box::pin(Self::start_at(settings, Clock::system())).await
    }

    /// Starts the core like [`Auth::start`], with the caller's clock. For tests.
    ///
    /// # Errors
    ///
    /// As for [`Auth::start`].
    pub async fn start_at(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        Box::pin(Self::start_with(settings, clock, None)).await
    }

    /// Starts the core like [`Auth::start_at`], with the caller's mailer, which sends emails even
    /// where EMAIL_ENABLED is not set. For tests, and for services with their own way to send
    /// email.
    ///
    /// # Errors
    ///
    /// As for [`Auth::start`].
    pub async fn start_with(
        settings: Settings,
        clock: Clock,
        mailer: Option<Mailer>,
    ) -> Result<Self, StartError> {
        let store = Store::open(&settings.database).await?;
        if settings.database.auto_create {
            store.migrate().await?;
        } else {
            store.check_migrations().await?;
        }
        let auth = Self::assemble(settings, store, clock, mailer)?;
        auth.provision(&Actor::system()).await?;
        Ok(auth)
    }

    fn assemble(
        settings: Settings,
        store: Store,
        clock: Clock,
        mailer: Option<Mailer>,
    ) -> Result<Self, StartError> {
        let random = Random;
        let hooks = Hooks::default();
        let keys = Arc::new(Keyring::new(&settings.secrets.fernet_keys)?);
        let recorder = Recorder::new(store.clone(), clock.clone(), random, hooks.clone());
        let cache = Snapshots::new(store.clone());
        let users = Users::new(store.clone(), recorder.clone(), cache.clone(), clock.clone(), random);
        let permissions = Permissions::new(store.clone(), recorder.clone(), cache.clone(), random);
        let roles =
            Roles::new(store.clone(), recorder.clone(), cache.clone(), clock.clone(), random, &settings);
        let explorer = Explorer::new(store.clone(), clock.clone());
        let audit = AuditLog::new(store.clone(), recorder.clone());
        let outbox_deps = mail::OutboxDeps {
            store: store.clone(),
            recorder: recorder.clone(),
            keys: Arc::clone(&keys),
            clock: clock.clone(),
            random,
        };
        let outbox = Outbox::new(outbox_deps, &settings, mailer)?;
        let tokens = Tokens { clock: clock.clone(), random, keys: Arc::clone(&keys) };
        let limits = Limits { settings: settings.limits.clone(), clock: clock.clone() };
        let sessions = Sessions::new(
            store.clone(),
            recorder.clone(),
            cache.clone(),
            Arc::clone(&keys),
            settings.sessions.clone(),
            clock.clone(),
            random,
        );
        let email_challenges = EmailChallenges::new(
            store.clone(),
            recorder.clone(),
            outbox.clone(),
            tokens.clone(),
            limits.clone(),
            random,
            &settings,
        );
        let deps = Deps::from(Shared {
            passwords: Passwords::new(&settings.passwords, random)?,
            settings,
            store,
            clock: clock.clone(),
            random,
            keys,
            recorder,
            cache,
            limits,
            outbox: outbox.clone(),
            users: users.clone(),
            tokens,
            sessions: sessions.clone(),
            email_challenges,
        });
        let mfa = Mfa::new(deps.clone());
        let passkeys = Passkeys::new(deps.clone(), mfa.clone())?;
        let sign_in = SignInFlow::new(deps.clone(), mfa.clone(), passkeys.clone());
        let email_addresses = EmailAddresses::new(deps.clone(), sign_in.clone());
        let sign_up =
            SignUpFlow::new(deps.clone(), sign_in.clone(), passkeys.clone(), email_addresses.clone());
        Ok(Self(Arc::new(Core {
            clock,
            step_up: StepUp::new(deps.clone(), sign_in.clone()),
            passwords: PasswordFlow::new(deps.clone(), sign_in.clone()),
            recovery: Recoveries::new(deps.clone(), mfa.clone()),
            pending_actions: PendingActions::new(deps.clone()),
            overview: Overviews::new(deps.clone()),
            admin: Admin::new(deps.clone()),
            sign_in,
            sign_up,
            email_addresses,
            mfa,
            passkeys,
            sessions,
            users,
            permissions,
            roles,
            explorer,
            audit,
            hooks,
            outbox,
            deps,
        })))
    }

    /// Returns an actor that may do what `user` may do at this moment, for jobs and services that
    /// act for a user without a session. Only the program itself can create one.
    ///
    /// The factors that roles require of sessions are not checked: the program vouches for the
    /// user.
    ///
    /// # Errors
    ///
    /// - [`Code::Forbidden`] when `program` is not the program itself.
    /// - [`Code::UserNotFound`], on the field `user`, when no user has this id, or they may not
    ///   sign in.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn example(auth: authtuna::auth::Auth, admin: authtuna::model::id::UserId,
    /// #     author: authtuna::model::id::UserId) -> Result<(), authtuna::foundation::error::Error> {
    /// use authtuna::authz::actor::Actor;
    /// use authtuna::authz::roles::Assignment;
    ///
    /// // The rules of delegation apply as if the administrator had made the request.
    /// let actor = auth.on_behalf_of(&Actor::system(), admin).await?;
    /// auth.roles.assign(&actor, &Assignment::new(author, "editor").within("org:project1".parse()?)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn on_behalf_of(&self, program: &Actor, user: UserId) -> Result<Actor, Error> {
        program.require_system()?;
        let mut conn = self.deps.store.read().await?;
        let found = users::by_id(&mut conn, user).await?.map(|found| found.user).filter(User::may_enter);
        let Some(found) = found else { return Err(Error::on(Field::User, Code::UserNotFound)) };
        let access = effective_access::access_of(&mut conn, user, self.clock.now()).await?;
        let factors = mfa::factors_of(&mut conn, user).await?;
        let user = UserSummary {
            mfa_enabled: factors.wanted(),
            has_passkey: factors.passkeys > 0,
            id: user,
            username: found.username,
            email: found.email,
            email_verified: found.email_verified_at.is_some(),
            first_name: found.first_name,
            last_name: found.last_name,
        };
        // The program vouches for the user, so nothing is lacking.
        let identity = Identity { user, access, lacks: None };
        Ok(Actor::on_behalf_of(identity, Arc::clone(&program.origin)))
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.deps.settings
    }

    /// Returns the keys, which encrypt cookies and stored secrets.
    pub fn keyring(&self) -> &Keyring {
        &self.deps.keys
    }

    /// Returns the database.
    pub fn store(&self) -> &Store {
        &self.deps.store
    }

    /// Returns how many password hashes were computed since startup, for known and unknown users
    /// alike.
    pub fn password_hashes(&self) -> u64 {
        self.deps.passwords.computed()
    }

    pub(crate) fn deps(&self) -> &Deps {
        &self.deps
    }
}
