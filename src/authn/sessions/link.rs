//! Receives evictions by other processes through PostgreSQL notifications.

use std::time::Duration;

use sqlx::postgres::PgListener;

use crate::authz::snapshot_cache::{CHANNEL, Evict, Snapshots};
use crate::foundation::store::Store;

/// How long to wait before reconnecting when the link is down.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens until the task is dropped. While the link is down, the cache serves nothing.
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
    // Only now: notifications that were sent before the listener was ready are lost, so the cache
    // starts empty.
    cache.set_linked(true);
    // `try_recv` returns `None` when the connection was lost and restored: notifications in between
    // are lost.
    while let Some(message) = listener.try_recv().await? {
        cache.forget(Evict::parse(message.payload()));
    }
    Ok(())
}
