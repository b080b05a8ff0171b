//! Times in the reader's own zone, and "3 minutes ago" that stays true.

use std::time::Duration;

use leptos::prelude::*;

use crate::client::times::localize;

/// How often "3 minutes ago" is looked at again.
const REFRESH: Duration = Duration::from_secs(60);

/// Takes care of every `<time>` of the page. Shows nothing itself.
#[island]
pub fn LocalTimes() -> impl IntoView {
    Effect::new(|| {
        localize();
        if let Ok(handle) = set_interval_with_handle(localize, REFRESH) {
            on_cleanup(move || handle.clear());
        }
    });
}
