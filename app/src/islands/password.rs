//! A password field, which can show its content and rates a new password while the user types it.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use serde::{Deserialize, Serialize};
use web_sys::{Event, HtmlInputElement};

use crate::client::send::{fields, post, text};

/// How long typing must pause before the password is rated.
const REST: Duration = Duration::from_millis(250);

/// The texts of the field.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasswordWords {
    /// The label.
    pub label: String,
    /// A hint for choosing a password.
    pub note: Option<String>,
    /// The label of the button that shows what the user typed.
    pub show: String,
    /// What is wrong with the last attempt.
    pub error: Option<String>,
    /// A link for users who do not know the password: its target and its text.
    pub way_out: Option<(String, String)>,
}

/// The server's rating of a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// From 0 to 4.
    pub score: u8,
    /// The rating in words, with advice.
    pub text: String,
}

/// The field. `judge` is the path that rates a new password; `None` for an existing password.
/// `focus` says that the page opens with the focus here.
#[island]
pub fn PasswordField(
    name: String,
    autocomplete: String,
    words: PasswordWords,
    judge: Option<String>,
    focus: bool,
) -> impl IntoView {
    let PasswordWords { label, note, show, error, way_out } = words;
    let live = RwSignal::new(false);
    let shown = RwSignal::new(false);
    let judged = RwSignal::new(None::<Judged>);
    let field = NodeRef::<leptos::html::Input>::new();
    let judge = judge_when_rested(judge, judged);
    let judge_typed = judge.clone();
    Effect::new(move || {
        live.set(true);
        // The user may have typed something before the script was loaded.
        if let Some(input) = field.get_untracked() {
            judge_typed(input);
        }
    });
    let on_input = move |event: Event| {
        if let Some(input) = event.target().and_then(|target| target.dyn_into().ok()) {
            judge(input);
        }
    };

    let invalid = error.is_some();
    let error_id = format!("{name}-error");
    let note = note.map(|text| (format!("{name}-note"), text));
    let described = match &note {
        Some((note_id, _)) => format!("{error_id} {note_id}"),
        None => error_id.clone(),
    };
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <div class="with-action">
                <input
                    id=name.clone()
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    required=true
                    autofocus=focus || invalid
                    aria-invalid=invalid.to_string()
                    aria-describedby=described
                    on:input=on_input
                    node_ref=field
                />
                <button
                    type="button"
                    class="reveal"
                    aria-label=show
                    aria-pressed=move || shown.get().to_string()
                    hidden=move || !live.get()
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    <svg class="icon" aria-hidden="true">
                        <use href=move || if shown.get() {
                            concat!(env!("ICONS"), "#eye-off")
                        } else {
                            concat!(env!("ICONS"), "#eye")
                        }></use>
                    </svg>
                </button>
            </div>
            <div class="strength" hidden=move || judged.with(Option::is_none)>
                <div class="bars" data-score=move || judged.with(|j| j.as_ref().map(|j| j.score.to_string())) aria-hidden="true">
                    <span></span><span></span><span></span><span></span>
                </div>
                <p class="field-note" aria-live="polite">{move || judged.with(|j| j.as_ref().map(|j| j.text.clone()))}</p>
            </div>
            {note.map(|(id, text)| view! { <p class="field-note" id=id hidden=move || judged.with(Option::is_some)>{text}</p> })}
            <p class="field-error">
                <svg class="icon" aria-hidden="true">
                    <use href=concat!(env!("ICONS"), "#alert")></use>
                </svg>
                <span id=error_id role="alert">{error}</span>
            </p>
            {way_out.map(|(to, text)| view! { <a class="way-out" href=to>{text}</a> })}
        </div>
    }
}

/// Calls `judge` once typing pauses. If the user keeps typing, the answer about the earlier text is
/// discarded.
fn judge_when_rested(
    judge: Option<String>,
    judged: RwSignal<Option<Judged>>,
) -> impl Fn(HtmlInputElement) + Clone + 'static {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let turn = StoredValue::new(0_u32);
    move |input| {
        let Some(judge) = judge.clone() else { return };
        if let Some(timer) = timer.get_value() {
            timer.clear();
        }
        turn.update_value(|turn| *turn += 1);
        if input.value().is_empty() {
            judged.set(None);
            return;
        }
        let mine = turn.get_value();
        let ask = move || {
            spawn_local(async move {
                let answer = ask(&judge, &input).await;
                if turn.try_get_value() == Some(mine) && answer.is_some() {
                    judged.set(answer);
                }
            });
        };
        timer.set_value(set_timeout_with_handle(ask, REST).ok());
    }
}

/// Asks the server to rate the password. Sends the other fields along, because a password must not
/// be made of the name next to it.
async fn ask(judge: &str, input: &HtmlInputElement) -> Option<Judged> {
    let fields = fields(&input.form()?)?;
    fields.set("password", &input.value());
    let response = post(judge, &fields).await.filter(web_sys::Response::ok)?;
    serde_json::from_str(&text(&response).await?).ok()
}
