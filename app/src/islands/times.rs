//! Times in the reader's time zone, and relative times such as "3 minutes ago" that stay correct.

use std::time::Duration;

use leptos::prelude::*;

use crate::client::times::localize;

/// How often relative times are updated.
const REFRESH: Duration = Duration::from_secs(60);

/// Keeps every `<time>` of the page up to date. Renders nothing.
#[island]
pub fn LocalTimes() -> impl IntoView {
    Effect::new(|| {
        localize();
        if let Ok(handle) = set_interval_with_handle(localize, REFRESH) {
            on_cleanup(move || handle.clear());
        }
    });
}
