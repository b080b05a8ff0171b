//! Buttons that copy or print what people have to keep. Without a script they are not there: the browser does both by
//! itself.

use leptos::prelude::*;

use crate::client::copy::{copy, print};

/// What the buttons say.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct SaveWords {
    /// Copying.
    pub copy: String,
    /// It was copied.
    pub copied: String,
    /// Printing; None where there is nothing to print.
    pub print: Option<String>,
}

/// The buttons, for `text`. Where nothing is printed, the one that is left is a small one, beside what it copies.
#[island]
pub fn SaveButtons(text: String, words: SaveWords) -> impl IntoView {
    let live = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move || live.set(true));
    let class = if words.print.is_some() { "button" } else { "button small" };
    let print_button = words.print.map(|word| {
        view! {
            <button type="button" class=class hidden=move || !live.get() on:click=move |_| print()>
                {word}
            </button>
        }
    });
    let label = move || if copied.get() { words.copied.clone() } else { words.copy.clone() };
    view! {
        <button
            type="button"
            class=class
            hidden=move || !live.get()
            aria-live="polite"
            on:click=move |_| copy(&text, move || copied.set(true))
        >
            {label}
        </button>
        {print_button}
    }
}
