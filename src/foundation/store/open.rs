//! Opening a database, bringing its tables up to date, and lending connections.

use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(feature = "sqlite")]
use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::migrate::{MigrateError, Migrator};

use super::query::{Conn, Tx};
#[cfg(feature = "sqlite")]
use crate::foundation::config::SqliteSynchronous;
use crate::foundation::config::{Database, DatabaseUri};
use crate::foundation::error::Error;

#[cfg(feature = "sqlite")]
static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
#[cfg(feature = "postgres")]
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a connection waits for another process to let go of a SQLite file.
#[cfg(feature = "sqlite")]
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A database that cannot be used, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no file, and AUTO_CREATE_DATABASE is off.
    #[error(
        "there is no database at {0}. Set AUTO_CREATE_DATABASE=true, or run `authtuna migrate`, to make one"
    )]
    Missing(PathBuf),
    /// The folder of the file cannot be made or written.
    #[error(
        "cannot write in the folder {folder}: {source}. Make it writable for this user, or change DEFAULT_DATABASE_URI"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file can be read but not written.
    #[error("the database {0} is read-only. Make the file and its folder writable for this user")]
    ReadOnly(String),
    /// Another process holds the file.
    #[error("the database {0} is locked by another program. End that program, then start again")]
    Locked(String),
    /// No such server, wrong password, no such database, not a database.
    #[error(
        "cannot open the database {place}: {source}. Check DEFAULT_DATABASE_URI, and that the database is running"
    )]
    Unreachable {
        /// The place, without its password.
        place: String,
        /// What the driver said.
        source: sqlx::Error,
    },
    /// A later version of this program has changed the tables.
    #[error(
        "the database is newer (migration {0}) than this program. Start the newer version, or restore a backup"
    )]
    Newer(i64),
    /// The tables are older than this program, and AUTO_CREATE_DATABASE is off.
    #[error("the database lacks migration {0}. Run `authtuna migrate`, or set AUTO_CREATE_DATABASE=true")]
    Outdated(i64),
    /// A migration that was applied is not the one in this program.
    #[error(
        "migration {0} in the database differs from this program's. Restore a backup, or use the program that made it"
    )]
    Altered(i64),
    /// A migration failed. The transaction was rolled back.
    #[error("a migration failed and was rolled back: {0}")]
    Migration(MigrateError),
    /// This build lacks the driver.
    #[error("this build has no driver for {0}. Build it with that feature")]
    NoDriver(&'static str),
}

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Opened>);

struct Opened {
    pools: Pools,
    place: String,
}

enum Pools {
    #[cfg(feature = "sqlite")]
    Sqlite {
        /// SQLite has one writer at a time; one connection makes waiting for it fair and cheap.
        write: sqlx::SqlitePool,
        read: sqlx::SqlitePool,
    },
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

impl Store {
    fn over(pools: Pools, place: String) -> Self {
        Self(Arc::new(Opened { pools, place }))
    }

    /// Opens the database and looks whether it answers. Its tables are [`Store::migrate`]'s matter.
    pub async fn open(settings: &Database) -> Result<Self, OpenError> {
        match &settings.uri {
            DatabaseUri::Sqlite { path } => Self::open_sqlite(path, settings).await,
            DatabaseUri::Postgres { url } => Self::open_postgres(url.expose_secret(), settings).await,
        }
    }

    #[cfg(feature = "sqlite")]
    async fn open_sqlite(path: &Path, settings: &Database) -> Result<Self, OpenError> {
        use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

        let place = path.display().to_string();
        if !path.exists() {
            if !settings.auto_create {
                return Err(OpenError::Missing(path.to_owned()));
            }
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)
                .map_err(|source| OpenError::Folder { folder: folder.to_owned(), source })?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(settings.auto_create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match settings.sqlite_synchronous {
                SqliteSynchronous::Normal => sqlx::sqlite::SqliteSynchronous::Normal,
                SqliteSynchronous::Full => sqlx::sqlite::SqliteSynchronous::Full,
            })
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(settings.pool_timeout)
            .connect_with(options.clone())
            .await
            .map_err(|source| sqlite_trouble(&place, source))?;
        // A statement that only looks must not slip into the write path: it would wait behind every writer.
        let read = SqlitePoolOptions::new()
            .max_connections(settings.pool_size.clamp(1, 16))
            .acquire_timeout(settings.pool_timeout)
            .connect_lazy_with(options.create_if_missing(false).pragma("query_only", "on"));
        try_to_write(&write).await.map_err(|source| sqlite_trouble(&place, source))?;
        Ok(Self::over(Pools::Sqlite { write, read }, place))
    }

    #[cfg(not(feature = "sqlite"))]
    async fn open_sqlite(_: &Path, _: &Database) -> Result<Self, OpenError> {
        Err(OpenError::NoDriver("sqlite"))
    }

    #[cfg(feature = "postgres")]
    async fn open_postgres(url: &str, settings: &Database) -> Result<Self, OpenError> {
        use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

        let unreachable = |place: &str, source| OpenError::Unreachable { place: place.to_owned(), source };
        let options: PgConnectOptions = url.parse().map_err(|e| unreachable("postgres", e))?;
        let place = format!(
            "postgres://{}@{}:{}/{}",
            options.get_username(),
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or_default()
        );
        let pool = PgPoolOptions::new()
            // One is always listening for what other processes say.
            .max_connections(settings.pool_size.saturating_add(settings.max_overflow).max(2))
            .acquire_timeout(settings.pool_timeout)
            .max_lifetime(settings.pool_recycle)
            .test_before_acquire(settings.pool_pre_ping)
            .connect_with(options)
            .await
            .map_err(|e| unreachable(&place, e))?;
        Ok(Self::over(Pools::Postgres(pool), place))
    }

    #[cfg(not(feature = "postgres"))]
    async fn open_postgres(_: &str, _: &Database) -> Result<Self, OpenError> {
        Err(OpenError::NoDriver("postgres"))
    }

    /// Brings the tables up to date. Several processes may do so at once: one works, the others wait.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { write, .. } => SQLITE_MIGRATIONS.run(write).await,
            #[cfg(feature = "postgres")]
            Pools::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await,
        }
        .map_err(|trouble| match trouble {
            MigrateError::VersionMissing(version) => OpenError::Newer(version),
            MigrateError::VersionMismatch(version) => OpenError::Altered(version),
            other => OpenError::Migration(other),
        })
    }

    /// Looks whether the tables are those of this program, and changes nothing.
    pub async fn check_migrations(&self) -> Result<(), OpenError> {
        let newest = self.migrator().iter().map(|m| m.version).max().unwrap_or(0);
        let mut conn = self.read().await.map_err(|e| self.unreachable(e))?;
        let applied: Vec<(i64,)> = match APPLIED.query().all(&mut conn).await {
            Ok(rows) => rows,
            // No table of migrations: an empty database.
            Err(_) => return Err(OpenError::Outdated(newest)),
        };
        let last = applied.iter().map(|row| row.0).max().unwrap_or(0);
        match last.cmp(&newest) {
            std::cmp::Ordering::Less => Err(OpenError::Outdated(newest)),
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(OpenError::Newer(last)),
        }
    }

    /// Lends a connection for statements that only look.
    pub async fn read(&self) -> Result<Conn, Error> {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { read, .. } => read.acquire().await.map(Conn::sqlite),
            #[cfg(feature = "postgres")]
            Pools::Postgres(pool) => pool.acquire().await.map(Conn::postgres),
        }
        .map_err(|source| Error::database("acquire", source))
    }

    /// Begins a transaction for statements that change something.
    ///
    /// On SQLite it takes the write lock at once: a transaction that reads first and writes later could fail then.
    pub async fn write(&self) -> Result<Tx, Error> {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { write, .. } => write.begin_with("BEGIN IMMEDIATE").await.map(Tx::sqlite),
            #[cfg(feature = "postgres")]
            Pools::Postgres(pool) => pool.begin().await.map(Tx::postgres),
        }
        .map_err(|source| Error::database("BEGIN", source))
    }

    /// The pool, for what only Postgres has: notifications between processes.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(&self) -> Option<&sqlx::PgPool> {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { .. } => None,
            Pools::Postgres(pool) => Some(pool),
        }
    }

    /// Where the database is, without its password.
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { .. } => "sqlite",
            #[cfg(feature = "postgres")]
            Pools::Postgres(_) => "postgres",
        }
    }

    /// Waits for borrowed connections to come back, then closes. On SQLite the write-ahead log is folded in.
    pub async fn close(&self) {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            #[cfg(feature = "postgres")]
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    fn migrator(&self) -> &'static Migrator {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { .. } => &SQLITE_MIGRATIONS,
            #[cfg(feature = "postgres")]
            Pools::Postgres(_) => &POSTGRES_MIGRATIONS,
        }
    }

    fn unreachable(&self, error: Error) -> OpenError {
        OpenError::Unreachable {
            place: self.0.place.clone(),
            source: sqlx::Error::AnyDriverError(Box::new(error)),
        }
    }
}

crate::statements! {
    APPLIED = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";
}

/// A read-only file opens well, and even gives its write lock; only a write tells. This one is taken back.
#[cfg(feature = "sqlite")]
async fn try_to_write(pool: &sqlx::SqlitePool) -> Result<(), sqlx::Error> {
    let mut probe = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query("CREATE TABLE authtuna_probe (x)").execute(&mut *probe).await?;
    probe.rollback().await
}

/// Tells a locked, a read-only and a wrong file apart.
#[cfg(feature = "sqlite")]
fn sqlite_trouble(place: &str, source: sqlx::Error) -> OpenError {
    let code = match &source {
        sqlx::Error::Database(e) => e.code().and_then(|c| c.parse::<u32>().ok()).unwrap_or(0),
        _ => 0,
    };
    match code & 0xff {
        5 | 6 => OpenError::Locked(place.to_owned()),
        8 => OpenError::ReadOnly(place.to_owned()),
        _ => OpenError::Unreachable { place: place.to_owned(), source },
    }
}
