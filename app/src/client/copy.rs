//! The clipboard and the printer.

use leptos::prelude::window;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

/// Puts text into the clipboard, and then does `done`. Where the browser does not allow it, nothing.
pub(crate) fn copy(text: &str, done: impl FnOnce() + 'static) {
    let copied = window().navigator().clipboard().write_text(text);
    spawn_local(async move {
        if JsFuture::from(copied).await.is_ok() {
            done();
        }
    });
}

/// Opens the browser's dialog for printing.
pub(crate) fn print() {
    // It can only fail where there is no printing at all.
    _ = window().print();
}
