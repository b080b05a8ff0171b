//! Connections, transactions, and statements that run on either database.

#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnection, PgRow, Postgres};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};

use super::Value;
use crate::foundation::error::Error;

/// A named SQL text. Only [`statements!`](macro@crate::statements) creates one, so that none
/// escapes the prepare test.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// The constant's name, for errors and traces.
    pub name: &'static str,
    /// The SQL, with `$1`, `$2`, … for values.
    pub text: &'static str,
}

/// Declares the SQL statements of a module, and `ALL` of them for the test that prepares each on
/// both databases.
#[macro_export]
macro_rules! statements {
    ($($(#[$doc:meta])* $vis:vis $name:ident = $text:expr;)+) => {
        $(
            $(#[$doc])*
            $vis const $name: $crate::foundation::store::Statement =
                $crate::foundation::store::Statement { name: stringify!($name), text: $text };
        )+
        /// Every statement of this module.
        pub(crate) const ALL: &[$crate::foundation::store::Statement] = &[$($name),+];
    };
}

/// A row type that can be read from either database. `#[derive(sqlx::FromRow)]` implements it.
pub trait Record: row::FromSqlite + row::FromPostgres + Send + Unpin {}
impl<T: row::FromSqlite + row::FromPostgres + Send + Unpin> Record for T {}

mod row {
    #[cfg(feature = "sqlite")]
    pub trait FromSqlite: for<'r> sqlx::FromRow<'r, super::SqliteRow> {}
    #[cfg(feature = "sqlite")]
    impl<T: for<'r> sqlx::FromRow<'r, super::SqliteRow>> FromSqlite for T {}
    #[cfg(not(feature = "sqlite"))]
    pub trait FromSqlite {}
    #[cfg(not(feature = "sqlite"))]
    impl<T> FromSqlite for T {}

    #[cfg(feature = "postgres")]
    pub trait FromPostgres: for<'r> sqlx::FromRow<'r, super::PgRow> {}
    #[cfg(feature = "postgres")]
    impl<T: for<'r> sqlx::FromRow<'r, super::PgRow>> FromPostgres for T {}
    #[cfg(not(feature = "postgres"))]
    pub trait FromPostgres {}
    #[cfg(not(feature = "postgres"))]
    impl<T> FromPostgres for T {}
}

/// A connection lent by the store. Outside a [`Tx`], every statement commits on its own.
pub struct Conn(Inner);

enum Inner {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::pool::PoolConnection<Sqlite>),
    #[cfg(feature = "sqlite")]
    SqliteTx(sqlx::Transaction<'static, Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::pool::PoolConnection<Postgres>),
    #[cfg(feature = "postgres")]
    PostgresTx(sqlx::Transaction<'static, Postgres>),
}

/// The underlying connection, of either kind.
enum Driver<'c> {
    #[cfg(feature = "sqlite")]
    Sqlite(&'c mut SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
}

impl Conn {
    #[cfg(feature = "sqlite")]
    pub(super) fn sqlite(conn: sqlx::pool::PoolConnection<Sqlite>) -> Self {
        Self(Inner::Sqlite(conn))
    }

    #[cfg(feature = "postgres")]
    pub(super) fn postgres(conn: sqlx::pool::PoolConnection<Postgres>) -> Self {
        Self(Inner::Postgres(conn))
    }

    fn driver(&mut self) -> Driver<'_> {
        match &mut self.0 {
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(conn) => Driver::Sqlite(conn),
            #[cfg(feature = "sqlite")]
            Inner::SqliteTx(tx) => Driver::Sqlite(tx),
            #[cfg(feature = "postgres")]
            Inner::Postgres(conn) => Driver::Postgres(conn),
            #[cfg(feature = "postgres")]
            Inner::PostgresTx(tx) => Driver::Postgres(tx),
        }
    }

    /// Has the database parse and plan `statement` without running it.
    ///
    /// # Errors
    ///
    /// - [`Code::Unavailable`](crate::model::code::Code::Unavailable) when the database does not
    ///   respond.
    /// - [`Code::Internal`](crate::model::code::Code::Internal) when it rejects the statement.
    pub async fn prepare(&mut self, statement: Statement) -> Result<(), Error> {
        use sqlx::Executor;
        use sqlx::SqlSafeStr;
        let text = statement.text.into_sql_str();
        match self.driver() {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(conn) => conn.prepare(text).await.map(drop),
            #[cfg(feature = "postgres")]
            Driver::Postgres(conn) => conn.prepare(text).await.map(drop),
        }
        .map_err(|source| Error::database(statement.name, source))
    }
}

/// A transaction. Dropping it without [`Tx::commit`] rolls it back.
pub struct Tx(Conn);

impl Tx {
    #[cfg(feature = "sqlite")]
    pub(super) fn sqlite(tx: sqlx::Transaction<'static, Sqlite>) -> Self {
        Self(Conn(Inner::SqliteTx(tx)))
    }

    #[cfg(feature = "postgres")]
    pub(super) fn postgres(tx: sqlx::Transaction<'static, Postgres>) -> Self {
        Self(Conn(Inner::PostgresTx(tx)))
    }

    /// Commits the changes.
    ///
    /// # Errors
    ///
    /// - [`Code::Unavailable`](crate::model::code::Code::Unavailable) when the database does not
    ///   respond.
    /// - [`Code::Internal`](crate::model::code::Code::Internal) when the commit fails for another
    ///   reason.
    pub async fn commit(self) -> Result<(), Error> {
        match self.0.0 {
            #[cfg(feature = "sqlite")]
            Inner::SqliteTx(tx) => tx.commit().await,
            #[cfg(feature = "postgres")]
            Inner::PostgresTx(tx) => tx.commit().await,
            #[cfg(feature = "sqlite")]
            Inner::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Inner::Postgres(_) => Ok(()),
        }
        .map_err(|source| Error::database("COMMIT", source))
    }
}

impl std::ops::Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

impl Statement {
    /// Binds `$1`; the next `bind` binds `$2`.
    pub fn bind(self, value: impl Into<Value>) -> Query {
        self.query().bind(value)
    }

    /// Creates a query from this statement, without values so far.
    pub fn query(self) -> Query {
        Query { statement: self, values: Vec::new() }
    }
}

/// A statement with its values.
#[must_use = "a query does nothing until it is run"]
pub struct Query {
    statement: Statement,
    values: Vec<Value>,
}

/// Binds `$values` to a sqlx query for either database.
macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Value::Int(v) => query.bind(v),
                Value::Bool(v) => query.bind(v),
                Value::Text(v) => query.bind(v),
                Value::Blob(v) => query.bind(v),
                Value::Uuid(v) => query.bind(v),
                Value::Time(v) => query.bind(v),
            };
        }
        query
    }};
}

/// Runs `$method` of a typed query on the database that `$conn` is connected to.
macro_rules! run_as {
    ($self:ident, $conn:ident, $method:ident) => {
        match $conn.driver() {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(conn) => {
                bound!(sqlx::query_as::<Sqlite, T>($self.statement.text), $self.values).$method(conn).await
            }
            #[cfg(feature = "postgres")]
            Driver::Postgres(conn) => {
                bound!(sqlx::query_as::<Postgres, T>($self.statement.text), $self.values).$method(conn).await
            }
        }
        .map_err(|source| Error::database($self.statement.name, source))
    };
}

impl Query {
    /// Binds the next `$n`.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs the query. Returns the number of rows that it changed.
    ///
    /// # Errors
    ///
    /// - [`Code::Unavailable`](crate::model::code::Code::Unavailable) when the database does not
    ///   respond.
    /// - [`Code::Internal`](crate::model::code::Code::Internal) when the statement fails.
    pub async fn execute(self, conn: &mut Conn) -> Result<u64, Error> {
        match conn.driver() {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(conn) => bound!(sqlx::query::<Sqlite>(self.statement.text), self.values)
                .execute(conn)
                .await
                .map(|done| done.rows_affected()),
            #[cfg(feature = "postgres")]
            Driver::Postgres(conn) => bound!(sqlx::query::<Postgres>(self.statement.text), self.values)
                .execute(conn)
                .await
                .map(|done| done.rows_affected()),
        }
        .map_err(|source| Error::database(self.statement.name, source))
    }

    /// Returns the one row that must exist.
    ///
    /// # Errors
    ///
    /// - [`Code::Unavailable`](crate::model::code::Code::Unavailable) when the database does not
    ///   respond.
    /// - [`Code::Internal`](crate::model::code::Code::Internal) when the statement fails, or there
    ///   is no row.
    pub async fn one<T: Record>(self, conn: &mut Conn) -> Result<T, Error> {
        run_as!(self, conn, fetch_one)
    }

    /// Returns the row, if there is one.
    ///
    /// # Errors
    ///
    /// - [`Code::Unavailable`](crate::model::code::Code::Unavailable) when the database does not
    ///   respond.
    /// - [`Code::Internal`](crate::model::code::Code::Internal) when the statement fails.
    pub async fn optional<T: Record>(self, conn: &mut Conn) -> Result<Option<T>, Error> {
        run_as!(self, conn, fetch_optional)
    }

    /// Returns every row.
    ///
    /// # Errors
    ///
    /// - [`Code::Unavailable`](crate::model::code::Code::Unavailable) when the database does not
    ///   respond.
    /// - [`Code::Internal`](crate::model::code::Code::Internal) when the statement fails.
    pub async fn all<T: Record>(self, conn: &mut Conn) -> Result<Vec<T>, Error> {
        run_as!(self, conn, fetch_all)
    }
}
