//! Everything put together: the one object that a server holds.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::accounts::users::{self, User, Users};
use crate::audit::Recorder;
use crate::audit::hooks::Hooks;
use crate::authn::email_challenge::EmailChallenges;
use crate::authn::mfa::{self, Factor, Mfa};
use crate::authn::passkeys::Passkeys;
use crate::authn::sessions::Sessions;
use crate::authn::sign_in::{Login, SecondFactor, SignIn, SignInOutcome, SignedIn};
use crate::authn::tokens::Tokens;
use crate::authz::actor::{Actor, Principal};
use crate::authz::effective_access;
use crate::authz::explorer::Explorer;
use crate::authz::permissions::Permissions;
use crate::authz::roles::Roles;
use crate::authz::session_snapshot::{Person, SessionUser};
use crate::authz::snapshot_cache::Snapshots;
use crate::foundation::clock::{Clock, Random};
use crate::foundation::config::Settings;
use crate::foundation::crypto::keyring::{Keyring, KeyringError};
use crate::foundation::crypto::password::Passwords;
use crate::foundation::error::Error;
use crate::foundation::rate_limit::Limits;
use crate::foundation::store::{OpenError, Store};
use crate::mail::{Deps, Mailer, MailerError, Outbox};
use crate::model::code::{Code, Field};
use crate::model::id::UserId;

/// The auth core over one database. Cheap to clone: a clone is one reference more to the same [`Core`].
#[derive(Clone)]
pub struct Auth(Arc<Core>);

/// What the core consists of; an [`Auth`] dereferences to it.
pub struct Core {
    /// What time it is.
    pub clock: Clock,
    /// People.
    pub users: Users,
    /// What can be allowed.
    pub permissions: Permissions,
    /// Roles, and who holds them where.
    pub roles: Roles,
    /// Why somebody may do something, who may, and what a change would do.
    pub explorer: Explorer,
    /// Sessions.
    pub sessions: Sessions,
    /// Second factors.
    pub mfa: Mfa,
    /// Passkeys.
    pub passkeys: Passkeys,
    /// Mails to send.
    pub outbox: Outbox,
    /// Listeners to events.
    pub hooks: Hooks,
    settings: Settings,
    store: Store,
    keys: Arc<Keyring>,
    cache: Snapshots,
    recorder: Recorder,
    passwords: Passwords,
    limits: Limits,
    tokens: Tokens,
    email_challenges: EmailChallenges,
    login: Login,
    random: Random,
}

impl Deref for Auth {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.0
    }
}

/// Why the core can not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database can not be used.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The keys can not be used.
    #[error(transparent)]
    Keys(#[from] KeyringError),
    /// Mails can not be written or sent: a template, a key or certificates can not be used.
    #[error(transparent)]
    Mail(#[from] MailerError),
    /// Something else failed.
    #[error(transparent)]
    Other(#[from] Error),
}

impl Auth {
    /// Opens the database of `settings`, brings its tables up to date (unless AUTO_CREATE_DATABASE is off), and adds
    /// what is built in. The caller also runs [`crate::jobs::run`]: without it nothing is purged, and on Postgres every
    /// request asks the database.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        // On the heap: it is large, and would make a large future of everybody's `main`.
        Box::pin(Self::start_at(settings, Clock::system())).await
    }

    /// The same with a clock of the caller's. For tests.
    pub async fn start_at(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        Box::pin(Self::start_with(settings, clock, None)).await
    }

    /// The same with a mailer of the caller's: its mails are sent even where EMAIL_ENABLED is not set. For tests, and for
    /// services with a way of their own to send mails.
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
        let sessions = Sessions::new(
            store.clone(),
            recorder.clone(),
            cache.clone(),
            Arc::clone(&keys),
            settings.sessions.clone(),
            clock.clone(),
            random,
        );
        let deps = Deps {
            store: store.clone(),
            recorder: recorder.clone(),
            keys: Arc::clone(&keys),
            clock: clock.clone(),
            random,
        };
        let outbox = Outbox::new(deps, &settings, mailer)?;
        let passwords = Passwords::new(&settings.passwords, random)?;
        let tokens = Tokens { clock: clock.clone(), random };
        let limits = Limits { settings: settings.limits.clone(), clock: clock.clone() };
        let email_challenges = EmailChallenges::new(
            store.clone(),
            recorder.clone(),
            outbox.clone(),
            tokens.clone(),
            limits.clone(),
            Arc::clone(&keys),
            random,
            &settings,
        );
        let mfa = Mfa::new(
            store.clone(),
            recorder.clone(),
            cache.clone(),
            Arc::clone(&keys),
            random,
            email_challenges.clone(),
            &settings,
        );
        let passkeys = Passkeys::new(
            store.clone(),
            recorder.clone(),
            cache.clone(),
            mfa.clone(),
            email_challenges.clone(),
            &settings,
        )?;
        let days = u64::from(settings.mfa.remember_device_days);
        let login = Login {
            store: store.clone(),
            recorder: recorder.clone(),
            sessions: sessions.clone(),
            passwords: passwords.clone(),
            limits: limits.clone(),
            random,
            email_challenges: email_challenges.clone(),
            mfa: mfa.clone(),
            passkeys: passkeys.clone(),
            remember: Duration::from_secs(days * 24 * 3600),
        };
        Ok(Self(Arc::new(Core {
            clock,
            users,
            permissions,
            roles,
            explorer,
            sessions,
            mfa,
            passkeys,
            outbox,
            hooks,
            settings,
            store,
            keys,
            cache,
            recorder,
            passwords,
            limits,
            tokens,
            email_challenges,
            login,
            random,
        })))
    }

    /// Signs in by password. Err([`crate::model::code::Code::BadCredentials`]) when name and password do not belong
    /// together, whichever of them is wrong. Whoever knows both may still have to show a second factor, or to prove their
    /// address first: see [`SignInOutcome`].
    pub async fn sign_in(&self, actor: &Actor, typed: &SignIn) -> Result<SignInOutcome, Error> {
        self.0.login.sign_in(actor, typed).await
    }

    /// The second factors that somebody halfway in can show; None when the token of [`crate::authn::sign_in::MfaChallenge`] is good for nothing any
    /// more. Looking uses nothing up.
    pub async fn mfa_challenge(&self, token: &str) -> Result<Option<Vec<Factor>>, Error> {
        self.0.login.mfa_challenge(token).await
    }

    /// Signs in whoever proved their first factor, by the second. Err beside its field: [`Code::BadOtp`] for a wrong code,
    /// with nothing used up; [`Code::BadToken`] when the first factor has to be proved again.
    pub async fn second_factor(&self, actor: &Actor, typed: &SecondFactor) -> Result<SignedIn, Error> {
        self.0.login.second_factor(actor, typed).await
    }

    /// Ends the session that asks.
    pub async fn sign_out(&self, actor: &Actor) -> Result<(), Error> {
        self.0.login.sign_out(actor).await
    }

    /// An actor that may do what `user` may do, at this moment: for jobs and services that act for a person without a
    /// session of theirs. Only the program itself makes one. Err([`Code::UserNotFound`]) when there is no such person, or
    /// they may not come in. What roles ask of their holders' sessions is not asked here: the program vouches for the person.
    ///
    /// ```
    /// # async fn example(auth: authtuna::auth::Auth, admin: authtuna::model::id::UserId,
    /// #     author: authtuna::model::id::UserId) -> Result<(), authtuna::foundation::error::Error> {
    /// use authtuna::authz::actor::Actor;
    /// use authtuna::authz::roles::Assignment;
    ///
    /// // The rules of delegation hold for the administrator as if they had asked by themselves.
    /// let actor = auth.on_behalf_of(&Actor::system(), admin).await?;
    /// auth.roles.assign(&actor, &Assignment::new(author, "editor").within("org:project1".parse()?)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn on_behalf_of(&self, program: &Actor, user: UserId) -> Result<Actor, Error> {
        program.require_system()?;
        let mut conn = self.0.store.read().await?;
        let found = users::by_id(&mut conn, user).await?.map(|found| found.user).filter(User::may_enter);
        let Some(found) = found else { return Err(Error::on(Field::User, Code::UserNotFound)) };
        let access = effective_access::access_of(&mut conn, user, self.clock.now()).await?;
        let factors = mfa::factors_of(&mut conn, user).await?;
        let user = SessionUser {
            mfa_enabled: factors.wanted(),
            has_passkey: factors.passkeys > 0,
            id: user,
            username: found.username,
            email: found.email,
            email_verified: found.email_verified_at.is_some(),
            first_name: found.first_name,
            last_name: found.last_name,
        };
        let principal = Principal::OnBehalfOf(Arc::new(Person { user, access }));
        Ok(Actor { principal, origin: Arc::clone(&program.origin) })
    }

    /// The settings that everything was built with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The keys that encrypt cookies.
    pub fn keyring(&self) -> &Keyring {
        &self.0.keys
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// How many password hashes were computed since the start: for known and unknown users alike.
    pub fn password_hashes(&self) -> u64 {
        self.0.passwords.computed()
    }

    pub(crate) fn cache(&self) -> &Snapshots {
        &self.0.cache
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    pub(crate) fn email_challenges(&self) -> &EmailChallenges {
        &self.0.email_challenges
    }

    pub(crate) fn login(&self) -> &Login {
        &self.0.login
    }

    pub(crate) fn random(&self) -> Random {
        self.0.random
    }
}
