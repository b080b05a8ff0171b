//! The choice between light and dark. It changes the page at once, and tells the server, so that
//! the next page is right too.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlFormElement};

use crate::client::send::{fields, post};

/// One button per choice, given as its value and label. `back` is the page to return to without
/// JavaScript.
#[island]
pub fn ThemeChoice(
    action: String,
    label: String,
    choices: Vec<(String, String)>,
    chosen: String,
    back: String,
) -> impl IntoView {
    let chosen = RwSignal::new(chosen);
    let on_submit = move |event: SubmitEvent| {
        let button = event.submitter().and_then(|button| button.dyn_into::<HtmlButtonElement>().ok());
        let form = event.target().and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
        let (Some(button), Some(form)) = (button, form) else { return };
        event.prevent_default();
        let theme = button.value();
        if let Some(html) = document().document_element() {
            // It fails only on an invalid attribute name.
            _ = html.set_attribute("data-theme", &theme);
        }
        chosen.set(theme.clone());
        spawn_local(async move {
            if let Some(fields) = fields(&form) {
                fields.set("theme", &theme);
                _ = post(&form.action(), &fields).await;
            }
        });
    };
    let button = move |(value, word): (String, String)| {
        let icon = match value.as_str() {
            "light" => concat!(env!("ICONS"), "#sun"),
            "dark" => concat!(env!("ICONS"), "#moon"),
            _ => concat!(env!("ICONS"), "#screen"),
        };
        let this = value.clone();
        view! {
            <button name="theme" value=value aria-pressed=move || chosen.with(|chosen| *chosen == this).to_string()>
                <svg class="icon" aria-hidden="true">
                    <use href=icon></use>
                </svg>
                {word}
            </button>
        }
    };
    view! {
        <form method="post" action=action on:submit=on_submit>
            <input type="hidden" name="back" value=back/>
            <div class="segments" role="group" aria-label=label>
                {choices.into_iter().map(button).collect_view()}
            </div>
        </form>
    }
}
