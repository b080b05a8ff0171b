//! Times: relative in the text, exact on hover and focus. Scripts convert them to the reader's time
//! zone.

use authtuna::model::time::Timestamp;
use leptos::prelude::*;

use crate::i18n::{HERE, Lang};
use crate::messages;

/// A point in time.
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

/// Puts a view into a sentence, in place of [`HERE`].
pub(crate) fn around<V: IntoView>(sentence: &str, inside: V) -> impl IntoView + use<V> {
    let (before, after) = sentence.split_once(HERE).unwrap_or((sentence, ""));
    (before.to_owned(), inside, after.to_owned())
}
