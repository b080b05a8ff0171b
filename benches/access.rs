//! Measures the authorization figures in ARCHITECTURE.md: what a permission check adds to a request
//! with a warm session, with 10, 1,000 and 100,000 users (Criterion); and how long it takes to edit
//! a role that 100,000 signed-in users hold, until none of them still has the old permissions.
//! `scripts/bench access` runs it.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for developers: what goes wrong may end it, and its output is its purpose"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use authtuna::auth::Auth;
use authtuna::authn::sessions::Checked;
use authtuna::authz::actor::{Actor, Origin};
use authtuna::authz::roles::NewRole;
use authtuna::foundation::clock::Clock;
use authtuna::foundation::config::{DatabaseUri, Settings};
use authtuna::foundation::crypto::token::sha256;
use authtuna::model::scope::Scope;
use criterion::Criterion;
use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Connection};

const ROLE: &str = "Editor";
const PERMISSION: &str = "posts:create";
/// The secret of every session in this benchmark.
const SECRET: [u8; 16] = [7; 16];

/// An installation with `people` users who hold [`ROLE`] in `org:1`, each signed in once.
struct Installation {
    auth: Auth,
    people: u32,
    origin: Arc<Origin>,
    _folder: tempfile::TempDir,
}

impl Installation {
    async fn new(people: u32, postgres: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("sqlite:///{}", folder.path().join("bench.db").display());
        let settings = Settings::builder()
            .no_env()
            .set("DATA_DIR", folder.path().display().to_string())
            .set("DEFAULT_DATABASE_URI", postgres.map_or(file, str::to_owned))
            // A benchmark may take longer than a snapshot lasts.
            .set("SESSION_DB_VERIFICATION_INTERVAL", "3600")
            .build()
            .unwrap();
        let auth = Auth::start_at(settings, Clock::system()).await.unwrap();
        let program = Actor::system();
        for permission in [PERMISSION, "posts:publish"] {
            auth.permissions.create(&program, permission, "").await.unwrap();
        }
        let new = NewRole { permissions: vec![PERMISSION.to_owned()], ..NewRole::named(ROLE, "") };
        auth.roles.create(&program, &new).await.unwrap();
        let place = Self { auth, people, origin: Arc::new(Origin::default()), _folder: folder };
        place.fill().await;
        place
    }

    async fn fill(&self) {
        let n = self.people;
        let now = Clock::system().now().micros();
        let hash: String = sha256(&SECRET).iter().map(|byte| format!("{byte:02x}")).collect();
        match &self.auth.settings().database.uri {
            DatabaseUri::Sqlite { path } => {
                let numbers =
                    format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})");
                let id = "unhex(printf('%032x', i))";
                let sql = format!(
                    "BEGIN;
                    {numbers} INSERT INTO users (id, username, username_key, created_at, updated_at)
                        SELECT {id}, 'p' || i, 'p' || i, {now}, {now} FROM n;
                    {numbers} INSERT INTO grants (id, user_id, role_id, scope, given_at)
                        SELECT {id}, {id}, (SELECT id FROM roles WHERE name = '{ROLE}'), 'org:1', {now} FROM n;
                    {numbers} INSERT INTO sessions (id, user_id, created_at, last_seen_at, confirmed_at,
                        absolute_expires_at, secret_hash, rotated_at, fingerprint, device, method)
                        SELECT {id}, {id}, {now}, {now}, {now}, {now} + 100000000000, X'{hash}', {now}, zeroblob(32), '', ''
                        FROM n;
                    COMMIT;"
                );
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut conn = sqlx::sqlite::SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
            }
            DatabaseUri::Postgres { url } => {
                let (id, at) = ("lpad(to_hex(i), 32, '0')::uuid", format!("to_timestamp({now} / 1e6)"));
                let sql = format!(
                    "INSERT INTO users (id, username, username_key, created_at, updated_at)
                        SELECT {id}, 'p' || i, 'p' || i, {at}, {at} FROM generate_series(1, {n}) i;
                    INSERT INTO grants (id, user_id, role_id, scope, given_at)
                        SELECT {id}, {id}, (SELECT id FROM roles WHERE name = '{ROLE}'), 'org:1', {at}
                        FROM generate_series(1, {n}) i;
                    INSERT INTO sessions (id, user_id, created_at, last_seen_at, confirmed_at,
                        absolute_expires_at, secret_hash, rotated_at, fingerprint, device, method)
                        SELECT {id}, {id}, {at}, {at}, {at}, {at} + interval '1 day', '\\x{hash}', {at},
                        decode(repeat('00', 32), 'hex'), '', '' FROM generate_series(1, {n}) i;
                    ANALYZE;"
                );
                let mut conn = sqlx::PgConnection::connect(url.expose_secret()).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
            }
        }
    }

    /// Returns the session cookie of a user.
    fn cookie(&self, number: u32) -> String {
        let mut plain = vec![1];
        plain.extend_from_slice(&u128::from(number).to_be_bytes());
        plain.extend_from_slice(&SECRET);
        self.auth.keyring().encrypt(&plain)
    }

    async fn actor(&self, cookie: &str) -> Actor {
        match self.auth.sessions.check(cookie, &self.origin).await.unwrap() {
            Checked::Open(snapshot, _) => Actor::in_session(&snapshot, Arc::clone(&self.origin)),
            Checked::Closed => unreachable!("every session is open"),
        }
    }

    async fn warm(&self) -> Vec<String> {
        let cookies: Vec<String> = (1..=self.people).map(|number| self.cookie(number)).collect();
        for cookie in &cookies {
            black_box(self.actor(cookie).await);
        }
        cookies
    }
}

/// Measures the session alone and with a permission check: the difference is what the check adds.
fn checks(criterion: &mut Criterion, runtime: &tokio::runtime::Runtime) {
    let scope: Scope = "org:1/team:3".parse().unwrap();
    for people in [10, 1_000, 100_000] {
        let place = runtime.block_on(Installation::new(people, None));
        let cookies = runtime.block_on(place.warm());
        let cookie = &cookies[cookies.len() / 2];
        let mut group = criterion.benchmark_group(format!("{people} people signed in"));
        group.bench_function("warm session", |bench| {
            bench.iter(|| runtime.block_on(place.actor(black_box(cookie))));
        });
        group.bench_function("warm session and permission", |bench| {
            bench.iter(|| {
                let actor = runtime.block_on(place.actor(black_box(cookie)));
                actor.require(black_box(PERMISSION), black_box(&scope)).unwrap();
            });
        });
        let actor = runtime.block_on(place.actor(cookie));
        group.bench_function("permission alone", |bench| {
            bench.iter(|| black_box(&actor).require(black_box(PERMISSION), black_box(&scope)).is_ok());
        });
        group.finish();
        runtime.block_on(place.auth.store().close());
    }
}

/// Edits the role of 100,000 users, all of whom are signed in.
async fn edit(name: &str, postgres: Option<&str>) {
    let place = Installation::new(100_000, postgres).await;
    let jobs = tokio::spawn(authtuna::jobs::run(place.auth.clone()));
    while !place.auth.sessions.is_linked() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let cookies = place.warm().await;
    let before = place.actor(&cookies[0]).await;
    let program = Actor::system();
    let begun = Instant::now();
    place.auth.roles.add_permission(&program, ROLE, "posts:publish").await.unwrap();
    let took = begun.elapsed();
    assert!(before.require("posts:publish", &"org:1".parse().unwrap()).is_err());
    for cookie in cookies.iter().step_by(997) {
        let actor = place.actor(cookie).await;
        actor.require("posts:publish", &"org:1".parse().unwrap()).unwrap();
    }
    println!(
        "{name}: a role that 100,000 people hold was edited, and all evicted, in {:.1} ms",
        took.as_secs_f64() * 1e3
    );
    jobs.abort();
    place.auth.store().close().await;
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut criterion = Criterion::default().configure_from_args();
    checks(&mut criterion, &runtime);
    runtime.block_on(edit("SQLite", None));
    if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
        runtime.block_on(edit("PostgreSQL", Some(&url)));
    }
    criterion.final_summary();
}
