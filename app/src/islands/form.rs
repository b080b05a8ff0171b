//! A form that a script sends without leaving the page, and that the browser posts itself when no
//! script runs.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;

use super::sending::Sending;
use crate::client::send::{forget, submit};
use crate::form_messages::FormWords;

/// A form around any fields, which it does not need to know. Each field has an element for its
/// error, with the id `<id of the input>-error`. `said` holds the messages about the form as a
/// whole from an attempt before this page.
#[island]
pub fn Form(action: String, words: FormWords, said: Vec<String>, children: Children) -> impl IntoView {
    let sending = Sending::new(words, said);
    let on_submit = move |event: SubmitEvent| {
        let Some(form) = event.target().and_then(|target| target.dyn_into().ok()) else { return };
        event.prevent_default();
        if sending.begin() {
            spawn_local(async move { sending.end(&form, submit(&form).await) });
        }
    };
    view! {
        <form
            method="post"
            action=action
            novalidate=true
            class="form"
            aria-busy=move || sending.busy()
            on:submit=on_submit
            on:input=|event| forget(&event)
        >
            {sending.notice()}
            {children()}
        </form>
    }
}
