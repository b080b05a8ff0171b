//! A form that is sent without leaving the page when JavaScript runs, and by the browser when it does not.

use leptos::ev::{SubmitEvent, pageshow};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use serde::{Deserialize, Serialize};

use crate::client::send::{Answer, forget, show, submit};

/// A sentence about a form, or about one of its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The `name` of the field; None for the whole form.
    pub field: Option<String>,
    /// The sentence.
    pub text: String,
}

/// What a form says when no answer of the server's says it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FormWords {
    /// The server could not be reached.
    pub lost: String,
    /// The session has ended.
    pub signed_out: String,
    /// The server answered nothing that can be understood.
    pub failed: String,
}

/// The form around any fields: it needs to know nothing of them. Each field has a place for its error with the id
/// `<id of the input>-error`. `said` is about the form as a whole, from a try before this page.
#[island]
pub fn Form(action: String, words: FormWords, said: Vec<String>, children: Children) -> impl IntoView {
    let said = RwSignal::new(said);
    let pending = RwSignal::new(false);
    let summary = NodeRef::<leptos::html::Div>::new();

    let on_submit = move |event: SubmitEvent| {
        let Some(form) = event.target().and_then(|target| target.dyn_into().ok()) else { return };
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let words = words.clone();
        spawn_local(async move {
            let sentences = match submit(&form).await {
                // Still pending: the page is leaving.
                Answer::Leaving => return,
                Answer::Refused(sentences) => show(&form, sentences),
                Answer::Lost => vec![words.lost],
                Answer::SignedOut => vec![words.signed_out],
                Answer::Failed => vec![words.failed],
            };
            pending.set(false);
            let about_form = !sentences.is_empty();
            said.set(sentences);
            if about_form {
                // Once it is there to be focused.
                request_animation_frame(move || {
                    if let Some(summary) = summary.get_untracked() {
                        _ = summary.focus();
                    }
                });
            }
        });
    };
    // A page that comes back by the back button comes back as it was left.
    Effect::new(move || {
        let handle = window_event_listener(pageshow, move |_| pending.set(false));
        on_cleanup(move || handle.remove());
    });

    let quiet = move || said.with(Vec::is_empty);
    view! {
        <form
            method="post"
            action=action
            novalidate=true
            class="form"
            aria-busy=move || pending.get().to_string()
            on:submit=on_submit
            on:input=|event| forget(&event)
        >
            <div class="notice bad" role="alert" tabindex="-1" hidden=quiet autofocus=!quiet() node_ref=summary>
                <svg class="icon" aria-hidden="true">
                    <use href=concat!(env!("ICONS"), "#alert")></use>
                </svg>
                <p>{move || said.with(|said| said.join(" "))}</p>
            </div>
            {children()}
        </form>
    }
}
