//! The error type of the core: a [`Code`] for clients, and a source for the log.

use std::fmt;
use std::time::Duration;

use crate::model::code::{Code, Field};
use crate::model::scope::ScopeError;

/// A field and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field.
    pub field: Field,
    /// What is wrong with it.
    pub code: Code,
}

/// An error of the core. Clients see the code, the fields and the time to retry after; the source
/// is only logged.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    problems: Vec<Problem>,
    retry_after: Option<Duration>,
    context: &'static str,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Creates an error that is not about a field.
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner { code, problems: Vec::new(), retry_after: None, context: "", source: None }))
    }

    /// Creates an error about one field.
    pub fn on(field: Field, code: Code) -> Self {
        let mut error = Self::new(code);
        error.0.problems.push(Problem { field, code });
        error
    }

    /// Returns `Ok` when `problems` is empty.
    ///
    /// # Errors
    ///
    /// Otherwise one error that lists all `problems`, with the code of the first.
    pub fn all(problems: Vec<Problem>) -> Result<(), Self> {
        let Some(first) = problems.first() else { return Ok(()) };
        let mut error = Self::new(first.code);
        error.0.problems = problems;
        Err(error)
    }

    /// Creates an error for a fault of this program: what it was doing, and what happened.
    pub fn internal(
        context: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let mut error = Self::new(Code::Internal);
        error.0.context = context;
        error.0.source = Some(source.into());
        error
    }

    /// Creates an error for a statement that failed: [`Code::Unavailable`] when the database does
    /// not respond, [`Code::Internal`] when the statement is wrong.
    pub(crate) fn database(statement: &'static str, source: sqlx::Error) -> Self {
        let code = match &source {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed => Code::Unavailable,
            sqlx::Error::Database(e) if is_passing(e.code().as_deref()) => Code::Unavailable,
            _ => Code::Internal,
        };
        let mut error = Self::internal(statement, source);
        error.0.code = code;
        if code == Code::Unavailable {
            error.0.retry_after = Some(Duration::from_secs(5));
        }
        error
    }

    /// Creates an error for a row that cannot be right. It names the table, the column and the row,
    /// so that an operator can repair it.
    pub fn corrupt(table: &'static str, column: &str, row: impl fmt::Display) -> Self {
        Self::internal(table, format!("column {column} of row {row} holds an impossible value"))
    }

    /// Tells the client how long to wait before it tries again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Returns the code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Returns the fields that the error is about, each with its code.
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// Returns how long to wait before trying again.
    pub fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns how long to wait before trying again, in whole seconds, at least one. Rounds up, so
    /// that a caller who waits exactly that long does not come too early.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        let seconds = self.wait()?.as_millis().div_ceil(1000).max(1);
        Some(u64::try_from(seconds).unwrap_or(u64::MAX))
    }

    /// Returns whether the statement failed because a row with this key already exists.
    pub(crate) fn is_unique_violation(&self) -> bool {
        let source = self.0.source.as_deref().and_then(|source| source.downcast_ref::<sqlx::Error>());
        matches!(source, Some(sqlx::Error::Database(e)) if e.is_unique_violation())
    }

    /// Returns whether the error belongs in the log: the fault is the server's, not the caller's.
    pub fn is_fault(&self) -> bool {
        self.0.source.is_some()
    }
}

/// Returns whether a database error is transient: SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL,
/// SQLITE_IOERR; PostgreSQL classes 08 (connection), 53 (resources), 57P0x (shutting down),
/// serialization failures and deadlocks.
fn is_passing(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    match code.parse::<u32>() {
        Ok(sqlite) if code.len() < 5 => matches!(sqlite & 0xff, 5 | 6 | 10 | 13),
        _ => {
            code.starts_with("08")
                || code.starts_with("53")
                || code.starts_with("57P")
                || code == "40001"
                || code == "40P01"
        }
    }
}

impl From<ScopeError> for Error {
    fn from(_: ScopeError) -> Self {
        Self::on(Field::Scope, Code::BadScope)
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.as_str())?;
        for problem in &self.0.problems {
            write!(f, " ({:?})", problem.field)?;
        }
        if let Some(source) = &self.0.source {
            write!(f, ": {}: {source}", self.0.context)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
