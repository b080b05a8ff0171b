//! Hears of evictions by other processes, over Postgres' notifications.

use std::time::Duration;

use sqlx::postgres::PgListener;

use crate::authz::snapshot_cache::{CHANNEL, Evict, Snapshots};
use crate::foundation::store::Store;

/// How long to wait before trying again when the link is down.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens until the task is dropped. While the link is down nothing is served from memory.
pub(crate) async fn listen(store: Store, cache: Snapshots) {
    let Some(pool) = store.postgres() else { return };
    loop {
        if let Err(error) = hear(pool, &cache).await {
            tracing::warn!(error = %error, "the link for evictions is down; every request asks the database");
        }
        cache.set_linked(false);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn hear(pool: &sqlx::PgPool, cache: &Snapshots) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    // Only now: what was said while nobody listened is lost, so the cache begins empty.
    cache.set_linked(true);
    // `try_recv` answers None when the connection was lost and made anew: notifications in between are gone.
    while let Some(message) = listener.try_recv().await? {
        cache.forget(Evict::parse(message.payload()));
    }
    Ok(())
}
