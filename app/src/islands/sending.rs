//! What a form that is sent without leaving the page keeps in mind: whether it is under way, and what was said of it.

use leptos::ev::pageshow;
use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlFormElement;

use crate::client::send::{FormOutcome, show};
use crate::form_messages::FormWords;

/// One form.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    pending: RwSignal<bool>,
    said: RwSignal<Vec<String>>,
    words: StoredValue<FormWords>,
    summary: NodeRef<html::Div>,
}

impl Sending {
    /// `said` is about the form as a whole, from a try before this page.
    pub(super) fn new(words: FormWords, said: Vec<String>) -> Self {
        let sending = Self {
            pending: RwSignal::new(false),
            said: RwSignal::new(said),
            words: StoredValue::new(words),
            summary: NodeRef::new(),
        };
        // A page that comes back by the back button comes back as it was left.
        Effect::new(move || {
            let handle = window_event_listener(pageshow, move |_| sending.pending.set(false));
            on_cleanup(move || handle.remove());
        });
        sending
    }

    /// False when it is under way already.
    pub(super) fn begin(self) -> bool {
        let idle = !self.pending.get_untracked();
        self.pending.set(true);
        idle
    }

    /// Whether it is under way, for `aria-busy`.
    pub(super) fn busy(self) -> String {
        self.pending.get().to_string()
    }

    /// Shows what became of it.
    pub(super) fn end(self, form: &HtmlFormElement, answer: FormOutcome) {
        let words =
            |choose: fn(&FormWords) -> &String| vec![self.words.with_value(|words| choose(words).clone())];
        self.say(match answer {
            // Still under way: the page is leaving.
            FormOutcome::Leaving => return,
            FormOutcome::Refused(sentences) => show(form, sentences),
            FormOutcome::Lost => words(|words| &words.lost),
            FormOutcome::SignedOut => words(|words| &words.signed_out),
            FormOutcome::Failed => words(|words| &words.failed),
        });
    }

    /// It is over, and this is to be said about the form as a whole.
    pub(super) fn say(self, sentences: Vec<String>) {
        self.pending.set(false);
        let about_form = !sentences.is_empty();
        self.said.set(sentences);
        if about_form {
            // Once it is there to be focused.
            request_animation_frame(move || {
                if let Some(summary) = self.summary.get_untracked() {
                    _ = summary.focus();
                }
            });
        }
    }

    /// What was said about the form as a whole.
    pub(super) fn notice(self) -> impl IntoView {
        let said = self.said;
        let quiet = move || said.with(Vec::is_empty);
        view! {
            <div
                class="notice bad"
                role="alert"
                tabindex="-1"
                hidden=quiet
                autofocus=!said.with_untracked(Vec::is_empty)
                node_ref=self.summary
            >
                <svg class="icon" aria-hidden="true">
                    <use href=concat!(env!("ICONS"), "#alert")></use>
                </svg>
                <p>{move || said.with(|said| said.join(" "))}</p>
            </div>
        }
    }
}
