//! Moments: how long ago in words, exactly on hover and focus. Scripts put them into the reader's own zone.

use authtuna::model::time::Timestamp;
use leptos::prelude::*;

use crate::say;
use crate::words::{HERE, Lang};

/// A moment.
#[component]
pub(crate) fn Time(w: Lang, now: Timestamp, at: Timestamp) -> impl IntoView {
    let (machine, exact) = say::exactly(w, at);
    view! {
        <time datetime=machine tabindex="0">
            {say::ago(w, now, at)}
            <span class="tip" role="tooltip">
                {exact}
            </span>
        </time>
    }
}

/// A sentence around a view: `sentence` has [`HERE`] where it stands.
pub(crate) fn around<V: IntoView>(sentence: &str, inside: V) -> impl IntoView + use<V> {
    let (before, after) = sentence.split_once(HERE).unwrap_or((sentence, ""));
    (before.to_owned(), inside, after.to_owned())
}
