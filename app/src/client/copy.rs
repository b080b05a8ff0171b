//! The clipboard and the printer.

use leptos::prelude::window;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

/// Copies text to the clipboard, and then calls `done`. Does nothing if the browser does not allow
/// it.
pub(crate) fn copy(text: &str, done: impl FnOnce() + 'static) {
    let copied = window().navigator().clipboard().write_text(text);
    spawn_local(async move {
        if JsFuture::from(copied).await.is_ok() {
            done();
        }
    });
}

/// Opens the browser's print dialog.
pub(crate) fn print() {
    // It fails only where the browser cannot print at all.
    _ = window().print();
}
