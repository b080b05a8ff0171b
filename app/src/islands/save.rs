//! Buttons that copy or print what the user has to keep. They are hidden when no script runs,
//! because the browser itself can do both.

use leptos::prelude::*;

use crate::client::copy::{copy, print};

/// The texts of the buttons.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct SaveWords {
    /// The label for copying.
    pub copy: String,
    /// The label after copying.
    pub copied: String,
    /// The label for printing; `None` if there is nothing to print.
    pub print: Option<String>,
}

/// The buttons for `text`. Without a print button, the remaining one is small and goes next to what
/// it copies.
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
