//! Checks the database, its contents, and the clock.

use std::time::Duration;

use authtuna::audit;
use authtuna::foundation::clock::Clock;
use authtuna::foundation::config::Settings;
use authtuna::foundation::error::Error;
use authtuna::foundation::store::{OpenError, Store};
use authtuna::model::time::Timestamp;

use super::{Finding, fail, ok, warn};
use crate::cli_error::explain;

/// How much the clocks of two machines may differ without harm.
const SKEW: Duration = Duration::from_secs(60);
/// How long to wait for the database. An operator who is looking for a problem does not want to
/// wait as long as a request would.
const PATIENCE: Duration = Duration::from_secs(3);
/// 2026-01-01T00:00:00Z. A clock that shows an earlier time has stopped or was never set.
const OLDEST: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// Checks everything that concerns the database.
pub(super) async fn database(settings: &Settings) -> Vec<Finding> {
    let mut looking = settings.database.clone();
    looking.auto_create = false;
    looking.pool_timeout = looking.pool_timeout.min(PATIENCE);
    let store = match Store::open(&looking).await {
        Ok(store) => store,
        Err(OpenError::Missing(path)) if settings.database.auto_create => {
            let text = format!("there is no database at {} yet: the first start makes it", path.display());
            return vec![warn("database", text), clock(None)];
        }
        Err(problem) => return vec![fail("database", format!("{problem}.")), clock(None)],
    };
    let findings = match store.check_migrations().await {
        Ok(()) => within(&store).await,
        Err(OpenError::Outdated(migration)) if settings.database.auto_create => {
            let text =
                format!("{} lacks migration {migration}: the next start brings it up to date", store.place());
            vec![warn("database", text), clock(None)]
        }
        Err(problem) => vec![fail("database", format!("{problem}.")), clock(None)],
    };
    store.close().await;
    findings
}

/// Checks a database whose tables match this program.
async fn within(store: &Store) -> Vec<Finding> {
    let place = store.place();
    let chain = match audit::verify(store).await {
        Ok(None) => ok("audit log", "every entry is unchanged"),
        Ok(Some(broken)) => fail(
            "audit log",
            format!("{}. The database was changed from outside; compare it with a backup", explain(broken)),
        ),
        Err(problem) => unreadable("audit log", &problem),
    };
    let time = match audit::latest(store).await {
        Ok(last) => clock(last),
        Err(problem) => unreadable("clock", &problem),
    };
    vec![ok("database", format!("{place} answers and is up to date")), chain, time]
}

fn unreadable(what: &'static str, problem: &Error) -> Finding {
    fail(what, format!("the database cannot be read: {problem}"))
}

/// Checks whether this machine's clock can be right. `last` is the time of the last audit entry.
fn clock(last: Option<Timestamp>) -> Finding {
    let now = Clock::system().now();
    if now < OLDEST {
        return fail("clock", "it shows a time before this program was written. Set it, and run NTP");
    }
    match last {
        Some(last) if last > now.plus(SKEW) => {
            let seconds = last.since(now).as_secs();
            let text = format!(
                "it is {seconds} s behind the last entry of the audit log: it was set back, or the clock of \
                 another machine is fast. Synchronize all clocks by NTP"
            );
            fail("clock", text)
        }
        _ => ok("clock", "it shows a plausible time"),
    }
}
