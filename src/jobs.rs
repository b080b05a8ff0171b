//! Work that no request waits for.

use std::time::Duration;

use crate::actor::Actor;
use crate::auth::Auth;
use crate::error::Error;

/// How often old rows are deleted.
const PURGE_EVERY: Duration = Duration::from_secs(3600);

/// How long a grant that ran out can still be explained.
const KEEP_EXPIRED: Duration = Duration::from_secs(30 * 24 * 3600);

/// Deletes what has run out: sessions, tokens, grants, counts of failures. The number of rows.
pub async fn purge(auth: &Auth) -> Result<u64, Error> {
    let mut purged = auth.sessions.purge(&Actor::system()).await?;
    let mut tx = auth.store().write().await?;
    purged += auth.tokens().purge(&mut tx, Duration::from_secs(30 * 24 * 3600)).await?;
    purged += auth.limits().purge(&mut tx).await?;
    purged += auth.roles.purge(&mut tx, auth.clock.now().minus(KEEP_EXPIRED)).await?;
    tx.commit().await?;
    Ok(purged)
}

/// Runs the jobs until the future is dropped. A failure is logged, and the next turn tries again.
pub async fn run(auth: Auth) {
    let purging = async {
        let mut turns = tokio::time::interval(PURGE_EVERY);
        loop {
            turns.tick().await;
            match purge(&auth).await {
                Ok(rows) => tracing::debug!(rows, "purged"),
                Err(error) => tracing::error!(error = %error, "purging failed; it is tried again in an hour"),
            }
        }
    };
    #[cfg(feature = "postgres")]
    futures::future::join(purging, crate::sessions::link::listen(auth.store().clone(), auth.cache().clone()))
        .await;
    #[cfg(not(feature = "postgres"))]
    purging.await;
}
