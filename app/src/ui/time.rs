//! Moments: how long ago in words, exactly on hover and focus. Scripts put them into the reader's own zone.

use authtuna::model::time::Timestamp;
use leptos::prelude::*;

use crate::i18n::{HERE, Lang};
use crate::messages;

/// A moment.
#[component]
pub(crate) fn Time(t: Lang, now: Timestamp, at: Timestamp) -> impl IntoView {
    let (machine, exact) = messages::exactly(t, at);
    view! {
        <time datetime=machine tabindex="0">
            {messages::ago(t, now, at)}
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
