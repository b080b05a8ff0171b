//! A form that an authenticator fills in: the browser asks for a passkey, and posts the answer.
//!
//! The form goes where it would go without a script, but only a script can fill in its field
//! `passkey`.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use serde::{Deserialize, Serialize};
use web_sys::HtmlFormElement;

use super::sending::Sending;
use crate::client::passkey::{
    PasskeyError, PromptKind, Told, ask as ask_authenticator, can_suggest, supported, tell,
};
use crate::client::send::{enable, fetch, fill, forget, submit};
use crate::form_messages::FormWords;

/// The texts that the form shows by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasskeyWords {
    /// The texts of every form.
    pub form: FormWords,
    /// The prompt was closed.
    pub cancelled: String,
    /// The authenticator already has a passkey for the account.
    pub exists: String,
    /// The browser refused to ask.
    pub refused: String,
    /// The browser does not support passkeys.
    pub unsupported: String,
}

/// What the form asks of an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asks {
    /// To create a passkey.
    Create,
    /// To use a passkey.
    Get,
    /// To use a passkey, also from the suggestions of another form's field.
    GetOrSuggest,
}

/// A form around its own button, which appears only where passkeys work and stays disabled until
/// this script runs. Links next to it always appear, except those of the class `instead`, which
/// appear only where passkeys do not work.
///
/// `prompt` is the path that returns the options for the form's own fields. `said` holds the
/// messages about the form from an attempt before this page. `needs_script` shows when no script
/// runs.
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
    let PasskeyWords { form: form_words, cancelled, exists, refused, unsupported: unsupported_words } = words;
    let sending = Sending::new(form_words, said);
    let unsupported = RwSignal::new(false);
    let closed = RwSignal::new(false);
    let form = NodeRef::<leptos::html::Form>::new();
    let trouble_words = StoredValue::new((exists, refused));
    let prompt = StoredValue::new(prompt);

    let suggest = move || {
        spawn_local(async move {
            let Some(form) = form.get_untracked().filter(|_| asks == Asks::GetOrSuggest) else { return };
            if !can_suggest().await {
                return;
            }
            let Ok(options) = fetch(&form, &prompt.get_value()).await else { return };
            // The user did not ask for this prompt, so the form does not report its errors.
            let Ok(answer) = ask_authenticator(PromptKind::Suggest, &options).await else { return };
            if sending.begin() {
                fill(&form, "passkey", &answer);
                sending.end(&form, submit(&form).await);
            }
        });
    };

    let on_submit = move |event: SubmitEvent| {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else {
            return;
        };
        event.prevent_default();
        if !sending.begin() {
            return;
        }
        closed.set(false);
        // An earlier answer is of no use to the next prompt.
        fill(&form, "passkey", "");
        spawn_local(async move {
            let options = match fetch(&form, &prompt.get_value()).await {
                Ok(options) => options,
                Err(answer) => return sending.end(&form, answer),
            };
            let kind = if asks == Asks::Create { PromptKind::Create } else { PromptKind::Get };
            match ask_authenticator(kind, &options).await {
                Ok(answer) => {
                    fill(&form, "passkey", &answer);
                    sending.end(&form, submit(&form).await);
                }
                Err(error) => {
                    let said = trouble_words.with_value(|(exists, refused)| match error {
                        PasskeyError::Cancelled | PasskeyError::Replaced => None,
                        PasskeyError::Exists => Some(exists.clone()),
                        PasskeyError::Refused => Some(refused.clone()),
                    });
                    // The user knows that they closed the prompt, so this is not an alert and the
                    // focus stays on the button.
                    closed.set(said.is_none());
                    sending.say(said.into_iter().collect());
                    suggest();
                }
            }
        });
    };

    Effect::new(move || {
        if supported() {
            if let Some(form) = form.get_untracked() {
                enable(&form);
            }
            suggest();
        } else {
            unsupported.set(true);
        }
    });

    view! {
        <form
            method="post"
            action=action
            novalidate=true
            class="form passkey"
            class:unsupported=move || unsupported.get()
            aria-busy=move || sending.busy()
            on:submit=on_submit
            on:input=|event| forget(&event)
            node_ref=form
        >
            {sending.notice()}
            <input type="hidden" name="passkey" value=""/>
            <p class="meta needs-script">{needs_script}</p>
            <p class="meta" hidden=move || !unsupported.get()>{unsupported_words}</p>
            <div>
                <div class="needing-script">{children()}</div>
                <p class="field-note" aria-live="polite">{move || closed.get().then(|| cancelled.clone())}</p>
            </div>
        </form>
    }
}

/// Tells password managers the current state of the signed-in user's passkeys. Renders nothing.
#[island]
pub fn TellPasskeys(told: Told) -> impl IntoView {
    Effect::new(move || {
        let told = told.clone();
        spawn_local(async move { tell(&told).await });
    });
}
