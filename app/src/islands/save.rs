//! Buttons that copy or print what is shown once. Without a script they are not there: the browser prints by itself.

use leptos::prelude::*;

use crate::client::copy::{copy, print};

/// What the buttons say.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct SaveWords {
    /// Copying.
    pub copy: String,
    /// It was copied.
    pub copied: String,
    /// Printing.
    pub print: String,
}

/// The buttons, for `text`.
#[island]
pub fn SaveButtons(text: String, words: SaveWords) -> impl IntoView {
    let live = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move || live.set(true));
    let label = move || if copied.get() { words.copied.clone() } else { words.copy.clone() };
    view! {
        <button
            type="button"
            class="button"
            hidden=move || !live.get()
            aria-live="polite"
            on:click=move |_| copy(&text, move || copied.set(true))
        >
            {label}
        </button>
        <button type="button" class="button" hidden=move || !live.get() on:click=move |_| print()>
            {words.print}
        </button>
    }
}
