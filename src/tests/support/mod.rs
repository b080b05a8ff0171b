//! A core on a fresh database, with a clock that stands still until a test moves it.

pub(crate) mod mailbox;
pub(crate) mod population;
pub(crate) mod web;

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use authtuna::auth::Auth;
use authtuna::authn::sessions::Checked;
use authtuna::authn::sign_in::{SignIn, SignedIn};
use authtuna::authn::sign_up::SignUp;
use authtuna::authz::actor::{Actor, Origin};
use authtuna::foundation::clock::Clock;
use authtuna::foundation::config::{Settings, SettingsBuilder};
use authtuna_testing::database::Database;

pub(crate) use authtuna_testing::database::{Kind, kinds};
pub(crate) use authtuna_testing::{START, authenticator, password, smtp_server};

/// A core with its own database, both gone when this is dropped.
pub(crate) struct World {
    pub(crate) auth: Auth,
    pub(crate) clock: Clock,
    pub(crate) kind: Kind,
    pub(crate) settings: Settings,
    _database: Database,
}

/// Keeps the world in one piece: without `Drop`, a test's `async move` captures only the fields
/// that it uses, and the folder would be deleted before the test starts.
impl Drop for World {
    fn drop(&mut self) {}
}

/// Runs a test on every available database.
pub(crate) fn on_each<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    on_each_with(|builder| builder, test);
}

/// The same, with different settings.
pub(crate) fn on_each_with<F: Future<Output = ()>>(
    change: impl Fn(SettingsBuilder) -> SettingsBuilder,
    test: impl Fn(World) -> F,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for kind in kinds() {
        runtime.block_on(async {
            let world = World::new(kind, &change).await;
            let auth = world.auth.clone();
            test(world).await;
            auth.store().close().await;
        });
    }
}

impl World {
    pub(crate) async fn new(kind: Kind, change: impl Fn(SettingsBuilder) -> SettingsBuilder) -> Self {
        let database = Database::new(kind).await;
        let settings = change(authtuna_testing::settings(&database)).build().unwrap();
        let clock = Clock::manual(START);
        let auth = Auth::start_at(settings.clone(), clock.clone()).await.unwrap();
        Self { auth, clock, kind, settings, _database: database }
    }

    /// Starts a second process on the same database.
    pub(crate) async fn another_process(&self) -> Auth {
        self.another_process_with(|_| {}).await
    }

    /// The same, with different settings.
    pub(crate) async fn another_process_with(&self, change: impl FnOnce(&mut Settings)) -> Auth {
        let mut settings = self.settings.clone();
        change(&mut settings);
        Auth::start_at(settings, self.clock.clone()).await.unwrap()
    }

    /// Signs up a user from [`origin`]. The username is the local part of their email.
    pub(crate) async fn person(&self, name: &str) -> SignedIn {
        let form = SignUp {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            password: password(name),
        };
        self.auth
            .sign_up
            .with_password(&Actor::anonymous(origin()), &form)
            .await
            .unwrap()
            .signed_in()
            .unwrap()
    }

    pub(crate) async fn sign_in(
        &self,
        name: &str,
        from: Origin,
    ) -> Result<SignedIn, authtuna::foundation::error::Error> {
        let typed = SignIn { identifier: name.to_owned(), password: password(name) };
        let progress = self.auth.sign_in.with_password(&Actor::anonymous(from), &typed).await?;
        Ok(progress.signed_in().unwrap())
    }

    /// Returns the actor of a session cookie.
    pub(crate) async fn actor(&self, cookie: &str) -> Actor {
        let from = Arc::new(origin());
        match self.auth.sessions.check(cookie, &from).await.unwrap() {
            Checked::Open(snapshot, _) => Actor::in_session(&snapshot, from),
            Checked::Closed => panic!("the cookie does not work"),
        }
    }

    /// Checks a session cookie. Returns Some(the replacement, if any) if it opens its session.
    pub(crate) async fn opens(&self, cookie: &str) -> Option<Option<String>> {
        self.opens_from(cookie, origin()).await
    }

    pub(crate) async fn opens_from(&self, cookie: &str, from: Origin) -> Option<Option<String>> {
        match self.auth.sessions.check(cookie, &Arc::new(from)).await.unwrap() {
            Checked::Open(_, replacement) => Some(replacement),
            Checked::Closed => None,
        }
    }

    /// Returns the names of a user's audit events, oldest first.
    pub(crate) async fn events(&self, actor: &Actor) -> Vec<String> {
        let page = authtuna::model::page::PageRequest { after: None, limit: Some(200) };
        let mut events: Vec<_> =
            self.auth.audit.own(actor, &page).await.unwrap().items.into_iter().map(|a| a.event).collect();
        events.reverse();
        events
    }
}

/// Waits for a condition, for at most 30 seconds.
pub(crate) async fn until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    let pending_challenge = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), pending_challenge).await.unwrap();
}

/// Changes the database directly, without the core.
pub(crate) async fn tamper(world: &World, sql: &'static str) {
    use authtuna::foundation::config::DatabaseUri;
    use secrecy::ExposeSecret;
    use sqlx::Connection;
    match &world.settings.database.uri {
        DatabaseUri::Sqlite { path } => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut conn = sqlx::sqlite::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query(sql).execute(&mut conn).await.unwrap();
        }
        DatabaseUri::Postgres { url } => {
            let mut conn = sqlx::postgres::PgConnection::connect(url.expose_secret()).await.unwrap();
            sqlx::query(sql).execute(&mut conn).await.unwrap();
        }
    }
}

/// Returns the text in the first column of the first row.
pub(crate) async fn value(world: &World, sql: &'static str) -> String {
    use authtuna::foundation::config::DatabaseUri;
    use secrecy::ExposeSecret;
    use sqlx::Connection;
    match &world.settings.database.uri {
        DatabaseUri::Sqlite { path } => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut conn = sqlx::sqlite::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap()
        }
        DatabaseUri::Postgres { url } => {
            let mut conn = sqlx::postgres::PgConnection::connect(url.expose_secret()).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap()
        }
    }
}

/// A browser at 192.0.2.1.
pub(crate) fn origin() -> Origin {
    let firefox = authtuna_testing::FIREFOX;
    Origin { ip: Some(ip("192.0.2.1")), user_agent: Some(firefox.to_owned()), ..Origin::default() }
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}
