//! Servers to test, and browsers to test them with.

mod app;
mod client;
mod mail;
mod passkey;
mod process;
mod site;

pub(crate) use app::App;
pub(crate) use authtuna_testing::database::{Database, Kind, execute, hold_lock, kinds};
pub(crate) use authtuna_testing::smtp_server::Peer;
pub(crate) use authtuna_testing::{FIREFOX, PAGES, START, password};
pub(crate) use client::{Browser, TestResponse, raw};
pub(crate) use mail::{mailing, successes};
pub(crate) use passkey::{ORIGIN, OverHttp, prompt};
pub(crate) use process::{Binary, Running, lines, powerless, said_by};
pub(crate) use site::{FakeSite, HASH};

use std::net::SocketAddr;
use std::sync::Arc;

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole};
use authtuna::foundation::clock::Clock;
use authtuna::foundation::config::SettingsBuilder;
use authtuna::foundation::names::Username;
use authtuna::model::id::UserId;
use authtuna_server::http::openapi;
use authtuna_server::layers::headers::Policy;
use authtuna_server::metrics::Metrics;
use authtuna_server::route_rules::Rules;
use authtuna_server::router;
use authtuna_server::server::Server;
use authtuna_server::state::{AppState, Shared};
use axum::http::Method;
use serde_json::json;
use tokio::sync::oneshot;

/// A running server with its own database, both gone when this is dropped.
pub(crate) struct World {
    pub(crate) auth: Auth,
    pub(crate) clock: Clock,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: SocketAddr,
    /// The server runs until this is dropped.
    _running: oneshot::Sender<()>,
    database: Arc<Database>,
    _site: FakeSite,
}

/// Runs a test on every available database.
pub(crate) fn on_each(test: impl AsyncFn(World)) {
    on_each_with(|builder| builder, test);
}

/// The same, with different settings.
pub(crate) fn on_each_with(change: impl Fn(SettingsBuilder) -> SettingsBuilder, test: impl AsyncFn(World)) {
    for kind in kinds() {
        tell(kind);
        within_runtime(async {
            let world = World::new(kind, &change).await;
            test(world).await;
        });
    }
}

/// Runs a test on SQLite only, for behavior that does not depend on the database.
pub(crate) fn on_one(test: impl AsyncFn(World)) {
    on_one_with(|builder| builder, test);
}

/// The same, with different settings.
pub(crate) fn on_one_with(change: impl Fn(SettingsBuilder) -> SettingsBuilder, test: impl AsyncFn(World)) {
    within_runtime(async { test(World::new(Kind::Sqlite, &change).await).await });
}

/// Prints the database kind. A failing test shows its output, so its last such line names the
/// database.
#[expect(clippy::print_stdout, reason = "for whoever reads why a test failed")]
fn tell(kind: Kind) {
    println!("on {kind:?}");
}

pub(crate) fn within_runtime(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

impl World {
    async fn new(kind: Kind, change: impl Fn(SettingsBuilder) -> SettingsBuilder) -> Self {
        Self::over(Database::new(kind).await.into(), Clock::manual(START), change).await
    }

    /// Starts another server on the same database, with its own settings.
    pub(crate) async fn beside(&self, change: impl Fn(SettingsBuilder) -> SettingsBuilder) -> Self {
        Self::over(Arc::clone(&self.database), self.clock.clone(), change).await
    }

    async fn over(
        database: Arc<Database>,
        clock: Clock,
        change: impl Fn(SettingsBuilder) -> SettingsBuilder,
    ) -> Self {
        let builder = authtuna_testing::settings(&database)
            .set("SERVER_ADDRESS", "127.0.0.1:0")
            .set("METRICS_ADDRESS", "127.0.0.1:0");
        let auth = Auth::start_at(change(builder).build().unwrap(), clock.clone()).await.unwrap();
        let site = FakeSite::new();
        let portal = (!auth.settings().app.only_middleware).then(|| site.load());
        let server = Server::bind(auth.clone(), portal).await.unwrap();
        let (address, metrics) = (server.address().unwrap(), server.metrics_address().unwrap());
        let (running, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.run(async move { drop(stopped.await) }));
        Self { auth, clock, address, metrics, _running: running, database, _site: site }
    }

    /// Returns the server's shared state, for a test that assembles the parts itself.
    pub(crate) fn state(&self, site: &FakeSite) -> AppState {
        self.state_with(site, router::rules(self.auth.settings()))
    }

    /// The same, with the test's own rules.
    pub(crate) fn state_with(&self, site: &FakeSite, rules: Rules) -> AppState {
        AppState::from(Shared {
            auth: self.auth.clone(),
            metrics: Metrics::new(&self.auth),
            rules,
            document: openapi::json(self.auth.settings()).unwrap(),
            policy: Policy::new(self.auth.settings(), None),
            site: Some(site.load()),
        })
    }

    /// Returns what the database stores about users and their secrets, one value per line.
    pub(crate) async fn dump(&self) -> String {
        let tables = ["users", "totp", "backup_codes", "one_time_tokens", "outbox", "audit_events"];
        authtuna_testing::database::dump(&self.database, &tables).await
    }

    /// Returns a fresh browser.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// Signs up a new user and returns their browser. The username is the local part of their
    /// email.
    pub(crate) async fn person(&self, name: &str) -> Browser {
        let browser = self.browser();
        let answer = sign_up(&browser, name).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        browser
    }

    /// Like [`World::person`], for a user whom the program itself gave `role` globally.
    pub(crate) async fn admin(&self, name: &str, role: &str) -> Browser {
        let browser = self.person(name).await;
        self.give(name, role, "global").await;
        browser
    }

    /// Returns the ID of a user created by [`World::person`].
    pub(crate) async fn id(&self, name: &str) -> UserId {
        let username = Username::parse(name).unwrap();
        self.auth.users.get_by_username(&Actor::system(), &username).await.unwrap().unwrap().id
    }

    /// Assigns a role, as the program itself.
    pub(crate) async fn give(&self, name: &str, role: &str, scope: &str) {
        let wish = Assignment::new(self.id(name).await, role).within(scope.parse().unwrap());
        self.auth.roles.assign(&Actor::system(), &wish).await.unwrap();
    }

    /// Creates a role with these permissions, as the program itself. Creates missing permissions.
    pub(crate) async fn role(&self, name: &str, level: Option<i64>, permissions: &[&str]) {
        let system = Actor::system();
        for permission in permissions.iter().filter(|name| !name.starts_with("roles:assign:")) {
            self.auth.permissions.get_or_create(&system, permission, "").await.unwrap();
        }
        let permissions = permissions.iter().map(|&name| name.to_owned()).collect();
        let role = NewRole { name: name.to_owned(), description: String::new(), level, permissions };
        self.auth.roles.create(&system, &role).await.unwrap();
    }

    /// Opens another browser in which a user created by [`World::person`] signs in.
    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let browser = self.browser();
        let answer = sign_in(&browser, name, &password(name)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        browser
    }
}

/// Signs up through the JSON API.
pub(crate) async fn sign_up(browser: &Browser, name: &str) -> TestResponse {
    try_sign_up(browser, name).await.unwrap()
}

/// Like [`sign_up`], for a server that may die before it responds.
pub(crate) async fn try_sign_up(browser: &Browser, name: &str) -> Option<TestResponse> {
    let form =
        json!({ "username": name, "email": format!("{name}@example.org"), "password": password(name) });
    let headers = [("accept", "application/json"), ("content-type", "application/json")];
    browser.try_send(Method::POST, "/auth/signup", &headers, form.to_string()).await
}

/// Signs in through the JSON API.
pub(crate) async fn sign_in(browser: &Browser, who: &str, password: &str) -> TestResponse {
    browser.post("/auth/login", &json!({ "username_or_email": who, "password": password })).await
}
