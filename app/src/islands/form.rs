//! A form that is sent without leaving the page when JavaScript runs, and by the browser when it does not.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;

use super::sending::Sending;
use crate::client::send::{forget, submit};
use crate::form_messages::FormWords;

/// The form around any fields: it needs to know nothing of them. Each field has a place for its error with the id
/// `<id of the input>-error`. `said` is about the form as a whole, from a try before this page.
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
