//! A form that an authenticator fills in: the browser asks for a passkey, and posts what it answers.
//!
//! The form goes where it would go without a script; only its field `passkey` can be filled in by none else.

use leptos::ev::{SubmitEvent, pageshow};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use serde::{Deserialize, Serialize};
use web_sys::HtmlFormElement;

use super::form::FormWords;
use crate::client::passkey::{Trouble, Way, ask as ask_authenticator, can_suggest, supported};
use crate::client::send::{Answer, fetch, fill, forget, show, submit};

/// What the form says by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasskeyWords {
    /// What any form says.
    pub form: FormWords,
    /// The prompt was closed.
    pub cancelled: String,
    /// The authenticator has one already.
    pub exists: String,
    /// The browser would not ask.
    pub refused: String,
    /// The browser has no passkeys.
    pub unsupported: String,
}

/// What is asked of an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asks {
    /// To make a passkey.
    Create,
    /// To show one.
    Get,
    /// To show one, also from the suggestions of another form's field.
    GetOrSuggest,
}

/// The form around its own button. `prompt` is where the options are asked for, with the form's own fields. `said` is about the
/// form, from a try before this page; `needs_script` is said where there is none.
#[island]
pub fn PasskeyForm(
    action: String,
    prompt: String,
    asks: Asks,
    words: PasskeyWords,
    needs_script: String,
    said: Vec<String>,
    children: Children,
) -> impl IntoView {
    let said = RwSignal::new(said);
    let pending = RwSignal::new(false);
    let unsupported = RwSignal::new(false);
    let unsupported_words = words.unsupported.clone();
    let form = NodeRef::<leptos::html::Form>::new();
    let summary = NodeRef::<leptos::html::Div>::new();

    let end = {
        let words = words.clone();
        move |form: &HtmlFormElement, answer: Answer| {
            let sentences = match answer {
                // Still pending: the page is leaving.
                Answer::Leaving => return,
                Answer::Refused(sentences) => show(form, sentences),
                Answer::Lost => vec![words.form.lost.clone()],
                Answer::SignedOut => vec![words.form.signed_out.clone()],
                Answer::Failed => vec![words.form.failed.clone()],
            };
            pending.set(false);
            let about_form = !sentences.is_empty();
            said.set(sentences);
            if about_form {
                request_animation_frame(move || {
                    if let Some(summary) = summary.get_untracked() {
                        _ = summary.focus();
                    }
                });
            }
        }
    };

    let suggest = {
        let (prompt, end) = (prompt.clone(), end.clone());
        move || {
            let (prompt, end) = (prompt.clone(), end.clone());
            spawn_local(async move {
                let Some(form) = form.get_untracked().filter(|_| asks == Asks::GetOrSuggest) else { return };
                if !can_suggest().await {
                    return;
                }
                let Ok(options) = fetch(&form, &prompt).await else { return };
                // Whatever goes wrong: nobody asked for it, so that nothing is said of it.
                let Ok(answer) = ask_authenticator(Way::Suggest, &options).await else { return };
                pending.set(true);
                fill(&form, "passkey", &answer);
                end(&form, submit(&form).await);
            });
        }
    };

    let on_submit = {
        let suggest = suggest.clone();
        move |event: SubmitEvent| {
            let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok())
            else {
                return;
            };
            event.prevent_default();
            if pending.get_untracked() {
                return;
            }
            pending.set(true);
            // What was shown before is of no use to the next prompt.
            fill(&form, "passkey", "");
            let (prompt, words, end, suggest) = (prompt.clone(), words.clone(), end.clone(), suggest.clone());
            spawn_local(async move {
                let options = match fetch(&form, &prompt).await {
                    Ok(options) => options,
                    Err(answer) => return end(&form, answer),
                };
                let way = if asks == Asks::Create { Way::Create } else { Way::Get };
                match ask_authenticator(way, &options).await {
                    Ok(answer) => {
                        fill(&form, "passkey", &answer);
                        end(&form, submit(&form).await);
                    }
                    Err(trouble) => {
                        pending.set(false);
                        said.set(vec![match trouble {
                            Trouble::Cancelled | Trouble::Replaced => words.cancelled,
                            Trouble::Exists => words.exists,
                            Trouble::Refused => words.refused,
                        }]);
                        suggest();
                    }
                }
            });
        }
    };

    Effect::new(move || {
        if supported() {
            suggest();
        } else {
            unsupported.set(true);
        }
        // A page that comes back by the back button comes back as it was left.
        let handle = window_event_listener(pageshow, move |_| pending.set(false));
        on_cleanup(move || handle.remove());
    });

    let quiet = move || said.with(Vec::is_empty);
    view! {
        <form
            method="post"
            action=action
            novalidate=true
            class="form passkey"
            aria-busy=move || pending.get().to_string()
            on:submit=on_submit
            on:input=|event| forget(&event)
            node_ref=form
        >
            <div class="notice bad" role="alert" tabindex="-1" hidden=quiet autofocus=!quiet() node_ref=summary>
                <svg class="icon" aria-hidden="true">
                    <use href=concat!(env!("ICONS"), "#alert")></use>
                </svg>
                <p>{move || said.with(|said| said.join(" "))}</p>
            </div>
            <input type="hidden" name="passkey" value=""/>
            <p class="meta needs-script">{needs_script}</p>
            <p class="meta" hidden=move || !unsupported.get()>{unsupported_words}</p>
            <div class="needing-script" hidden=move || unsupported.get()>{children()}</div>
        </form>
    }
}
