//! Databases for single tests.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection, Executor, SqlSafeStr};

/// The kind of database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// Returns SQLite, and PostgreSQL if TEST_POSTGRES_URL names a server, as it does under `make
/// test`.
pub fn kinds() -> Vec<Kind> {
    let mut kinds = vec![Kind::Sqlite];
    if postgres_url().is_some() {
        kinds.push(Kind::Postgres);
    }
    kinds
}

#[expect(clippy::disallowed_methods, reason = "the test runner says where its database is")]
fn postgres_url() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL").ok()
}

/// An empty database, and a folder for all other files.
pub struct Database {
    folder: tempfile::TempDir,
    uri: String,
}

impl Database {
    pub async fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let uri = match kind {
            Kind::Sqlite => format!("sqlite:///{}", folder.path().join("test.db").display()),
            Kind::Postgres => new_on_server().await,
        };
        Self { folder, uri }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn uri(&self) -> &str {
        &self.uri
    }
}

/// Creates a database on the test server and returns its URI.
async fn new_on_server() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = postgres_url().unwrap();
    let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    let mut conn = sqlx::postgres::PgConnection::connect(&server).await.unwrap();
    conn.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")).into_sql_str()).await.unwrap();
    conn.close().await.unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    url.to_string()
}

/// Runs a statement directly on the database, without the server.
pub async fn execute(database: &Database, statement: &'static str) {
    if database.uri.starts_with("sqlite") {
        sqlite(database).await.execute(statement).await.unwrap();
    } else {
        let mut conn = sqlx::postgres::PgConnection::connect(&database.uri).await.unwrap();
        conn.execute(statement).await.unwrap();
    }
}

/// Takes the write lock of a SQLite file and holds it until the connection is dropped.
pub async fn hold_lock(database: &Database) -> sqlx::sqlite::SqliteConnection {
    let mut conn = sqlite(database).await;
    conn.execute("BEGIN IMMEDIATE").await.unwrap();
    conn
}

async fn sqlite(database: &Database) -> sqlx::sqlite::SqliteConnection {
    let path = database.folder.path().join("test.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    sqlx::sqlite::SqliteConnection::connect_with(&options).await.unwrap()
}

/// Returns every value in these tables, one per line.
pub async fn dump(database: &Database, tables: &[&str]) -> String {
    use sqlx::{Column, Row};
    macro_rules! values {
        ($conn:expr, $sql:expr, $text:expr) => {
            for row in sqlx::query($sql).fetch_all(&mut $conn).await.unwrap() {
                for column in row.columns() {
                    let bytes: Option<Vec<u8>> = row.try_get_unchecked(column.ordinal()).unwrap_or_default();
                    $text.push_str(&String::from_utf8_lossy(&bytes.unwrap_or_default()));
                    $text.push('\n');
                }
            }
        };
    }
    let mut text = String::new();
    for table in tables {
        let sql = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
        if database.uri.starts_with("sqlite") {
            let mut conn = sqlite(database).await;
            values!(conn, sql, text);
        } else {
            let mut conn = sqlx::postgres::PgConnection::connect(&database.uri).await.unwrap();
            values!(conn, sql, text);
        }
    }
    text
}
