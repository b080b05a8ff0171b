//! Opens the database, migrates it, and lends connections.

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

/// How long a connection waits for another process to release a SQLite file.
#[cfg(feature = "sqlite")]
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the database cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no file, and `AUTO_CREATE_DATABASE` is off.
    #[error(
        "there is no database at {0}. Set AUTO_CREATE_DATABASE=true, or run `authtuna migrate`, to make one"
    )]
    Missing(PathBuf),
    /// The file's directory cannot be created or written.
    #[error(
        "cannot write in the folder {folder}: {source}. Make it writable for this user, or change DEFAULT_DATABASE_URI"
    )]
    Folder {
        /// The directory.
        folder: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file can be read but not written.
    #[error("the database {0} is read-only. Make the file and its folder writable for this user")]
    ReadOnly(String),
    /// Another process has locked the file.
    #[error("the database {0} is locked by another program. End that program, then start again")]
    Locked(String),
    /// The server cannot be reached, the password is wrong, the database does not exist, or the
    /// file is not a database.
    #[error(
        "cannot open the database {place}: {source}. Check DEFAULT_DATABASE_URI, and that the database is running"
    )]
    Unreachable {
        /// Where the database is, without its password.
        place: String,
        /// The error of the driver.
        source: sqlx::Error,
    },
    /// A later version of this program has migrated the database.
    #[error(
        "the database is newer (migration {0}) than this program. Start the newer version, or restore a backup"
    )]
    Newer(i64),
    /// The database lacks migrations, and `AUTO_CREATE_DATABASE` is off.
    #[error("the database lacks migration {0}. Run `authtuna migrate`, or set AUTO_CREATE_DATABASE=true")]
    Outdated(i64),
    /// A migration that was applied differs from the one in this program.
    #[error(
        "migration {0} in the database differs from this program's. Restore a backup, or run the version that applied it"
    )]
    Altered(i64),
    /// A migration failed and was rolled back.
    #[error("a migration failed and was rolled back: {0}. Remove the cause, then run `authtuna migrate`")]
    Migration(MigrateError),
    /// This build lacks the driver.
    #[error("this build has no driver for {0}. Rebuild it with the feature `{0}`")]
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
        /// SQLite allows one writer at a time; one connection makes waiting for it fair and cheap.
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

    /// Opens the database and checks that it responds. [`Store::migrate`] creates its tables.
    ///
    /// # Errors
    ///
    /// - [`OpenError::Missing`] or [`OpenError::Folder`] when there is no SQLite file and it cannot
    ///   be created.
    /// - [`OpenError::ReadOnly`] or [`OpenError::Locked`] when the SQLite file cannot be written.
    /// - [`OpenError::Unreachable`] when the database cannot be opened for another reason.
    /// - [`OpenError::NoDriver`] when this build lacks the driver.
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
        // Reads have connections of their own: on the write connection they would wait behind every
        // writer. `query_only` keeps writes out of them.
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
            // One connection always listens for notifications from other processes.
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

    /// Migrates the database to this program's version. Several processes may do so at once: one
    /// works, and the others wait.
    ///
    /// # Errors
    ///
    /// - [`OpenError::Newer`] when a later version of this program has migrated the database.
    /// - [`OpenError::Altered`] when an applied migration differs from the one in this program.
    /// - [`OpenError::Migration`] when a migration fails.
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

    /// Checks that the database has exactly the migrations of this program. Changes nothing.
    ///
    /// # Errors
    ///
    /// - [`OpenError::Unreachable`] when there is no connection.
    /// - [`OpenError::Outdated`] when the database lacks migrations, or their table cannot be read.
    /// - [`OpenError::Newer`] when a later version of this program has migrated the database.
    pub async fn check_migrations(&self) -> Result<(), OpenError> {
        let newest = self.migrator().iter().map(|m| m.version).max().unwrap_or(0);
        let mut conn = self.read().await.map_err(|e| self.unreachable(e))?;
        let applied: Vec<(i64,)> = match APPLIED.query().all(&mut conn).await {
            Ok(rows) => rows,
            // There is no table of migrations: the database is empty.
            Err(_) => return Err(OpenError::Outdated(newest)),
        };
        let last = applied.iter().map(|row| row.0).max().unwrap_or(0);
        match last.cmp(&newest) {
            std::cmp::Ordering::Less => Err(OpenError::Outdated(newest)),
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(OpenError::Newer(last)),
        }
    }

    /// Lends a connection for statements that only read.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`](crate::model::code::Code::Unavailable) when no connection is free
    /// within `DATABASE_POOL_TIMEOUT`, or the database does not respond.
    pub async fn read(&self) -> Result<Conn, Error> {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { read, .. } => read.acquire().await.map(Conn::sqlite),
            #[cfg(feature = "postgres")]
            Pools::Postgres(pool) => pool.acquire().await.map(Conn::postgres),
        }
        .map_err(|source| Error::database("acquire", source))
    }

    /// Begins a transaction for statements that write.
    ///
    /// On SQLite it takes the write lock at once: a transaction that reads first and writes later
    /// could fail at the write.
    ///
    /// # Errors
    ///
    /// [`Code::Unavailable`](crate::model::code::Code::Unavailable) when no connection is free
    /// within `DATABASE_POOL_TIMEOUT`, or the database does not respond.
    pub async fn write(&self) -> Result<Tx, Error> {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { write, .. } => write.begin_with("BEGIN IMMEDIATE").await.map(Tx::sqlite),
            #[cfg(feature = "postgres")]
            Pools::Postgres(pool) => pool.begin().await.map(Tx::postgres),
        }
        .map_err(|source| Error::database("BEGIN", source))
    }

    /// Returns the pool for what only PostgreSQL has: notifications between processes.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(&self) -> Option<&sqlx::PgPool> {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { .. } => None,
            Pools::Postgres(pool) => Some(pool),
        }
    }

    /// Returns where the database is, without its password.
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// Returns `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match &self.0.pools {
            #[cfg(feature = "sqlite")]
            Pools::Sqlite { .. } => "sqlite",
            #[cfg(feature = "postgres")]
            Pools::Postgres(_) => "postgres",
        }
    }

    /// Waits until all connections are returned, then closes them. SQLite merges its write-ahead
    /// log into the file.
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

/// Checks that the file can be written. SQLite opens a read-only file without an error and even
/// grants its write lock; only a write fails. This one is rolled back.
#[cfg(feature = "sqlite")]
async fn try_to_write(pool: &sqlx::SqlitePool) -> Result<(), sqlx::Error> {
    let mut probe = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query("CREATE TABLE authtuna_probe (x)").execute(&mut *probe).await?;
    probe.rollback().await
}

/// Tells apart a file that is locked, read-only or not a database.
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
