//! Work that no request waits for.

use std::time::Duration;

use crate::auth::Auth;
use crate::authn::recovery;
use crate::authz::actor::Actor;
use crate::foundation::error::Error;

/// How often old rows are deleted.
const PURGE_EVERY: Duration = Duration::from_secs(3600);

/// How often it is looked whether somebody who recovers their account is to be told something. A look costs next to nothing:
/// an index holds the few that are open.
const NOTICES_EVERY: Duration = Duration::from_secs(5);

/// How long a grant that ran out can still be explained.
const KEEP_EXPIRED: Duration = Duration::from_secs(30 * 24 * 3600);

/// Deletes what has run out: sessions, tokens, grants, counts of failures, mails. The number of rows.
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

/// Tells people who recover their accounts what is due: halfway through the waiting, and when it is over. How many were
/// told something, at most. Any number of processes may do it at once: each mail is written by one.
pub async fn recoveries(auth: &Auth) -> Result<u64, Error> {
    auth.recovery.write_notices().await
}

/// Runs the jobs until the future is dropped: purging, recoveries, and sending mails. A failure is logged, and the next turn tries
/// again. Whoever ends gives the mails that are under way some time: [`crate::mail::Outbox::finish`].
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
    // On the heap: they are large, and would make a large future of everybody's.
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
