//! Background jobs.

use std::time::Duration;

use crate::auth::Auth;
use crate::authn::recovery;
use crate::authz::actor::Actor;
use crate::foundation::error::Error;

/// How often old rows are deleted.
const PURGE_EVERY: Duration = Duration::from_secs(3600);

/// How often the job checks whether a user in recovery is due an email. A check costs next to
/// nothing, because an index holds the few open recoveries.
const NOTICES_EVERY: Duration = Duration::from_secs(5);

/// How long expired assignments and ended recoveries are kept. Until then, the access explorer can
/// say that an assignment expired.
const KEEP_EXPIRED: Duration = Duration::from_secs(30 * 24 * 3600);

/// Deletes expired rows: sessions, tokens, assignments, recoveries, counts of attempts, emails.
/// Returns how many.
pub async fn purge(auth: &Auth) -> Result<u64, Error> {
    let mut purged = auth.sessions.purge(&Actor::system()).await?;
    let mut tx = auth.store().write().await?;
    purged += auth.deps().tokens.purge(&mut tx, Duration::from_secs(30 * 24 * 3600)).await?;
    purged += auth.deps().limits.purge(&mut tx).await?;
    purged += auth.roles.purge(&mut tx, auth.clock.now().minus(KEEP_EXPIRED)).await?;
    purged += recovery::purge(&mut tx, auth.clock.now().minus(KEEP_EXPIRED)).await?;
    tx.commit().await?;
    purged += auth.outbox.purge().await?;
    Ok(purged)
}

/// Sends users in recovery the emails that are due: halfway through the delay, and when it is over.
/// Returns how many recoveries were processed. Any number of processes may run it at once: each
/// email is queued by one.
pub async fn recoveries(auth: &Auth) -> Result<u64, Error> {
    auth.recovery.write_notices().await
}

/// Runs the jobs until the future is dropped: purging, recoveries, and sending emails. A failure is
/// logged, and the job tries again on its next turn.
///
/// A program that stops should give the emails that are under way some time: see
/// [`crate::mail::Outbox::finish`].
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
    let telling = async {
        let mut turns = tokio::time::interval(NOTICES_EVERY);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            if let Err(error) = recoveries(&auth).await {
                tracing::error!(error = %error, "telling of recoveries failed; it is tried again");
            }
        }
    };
    // On the heap: they are large, and would make every caller's future large.
    let working = futures::future::join3(Box::pin(purging), Box::pin(telling), auth.outbox.run());
    #[cfg(feature = "postgres")]
    futures::future::join(
        working,
        crate::authn::sessions::link::listen(auth.store().clone(), auth.deps().cache.clone()),
    )
    .await;
    #[cfg(not(feature = "postgres"))]
    working.await;
}
