//! The state of a form that is sent without leaving the page: whether it is pending, and the
//! messages about it.

use leptos::ev::pageshow;
use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlFormElement;

use crate::client::send::{FormOutcome, show};
use crate::form_messages::FormWords;

/// The state of one form.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    pending: RwSignal<bool>,
    said: RwSignal<Vec<String>>,
    words: StoredValue<FormWords>,
    summary: NodeRef<html::Div>,
}

impl Sending {
    /// Creates the state. `said` holds the messages about the form as a whole from an attempt
    /// before this page.
    pub(super) fn new(words: FormWords, said: Vec<String>) -> Self {
        let sending = Self {
            pending: RwSignal::new(false),
            said: RwSignal::new(said),
            words: StoredValue::new(words),
            summary: NodeRef::new(),
        };
        // The back button can restore the page as the user left it, with the form still pending.
        Effect::new(move || {
            let handle = window_event_listener(pageshow, move |_| sending.pending.set(false));
            on_cleanup(move || handle.remove());
        });
        sending
    }

    /// Marks the form as pending. Returns false if it already was.
    pub(super) fn begin(self) -> bool {
        let idle = !self.pending.get_untracked();
        self.pending.set(true);
        idle
    }

    /// Returns whether the form is pending, for `aria-busy`.
    pub(super) fn busy(self) -> String {
        self.pending.get().to_string()
    }

    /// Shows the outcome.
    pub(super) fn end(self, form: &HtmlFormElement, answer: FormOutcome) {
        let words =
            |choose: fn(&FormWords) -> &String| vec![self.words.with_value(|words| choose(words).clone())];
        self.say(match answer {
            // Still pending: the browser is leaving the page.
            FormOutcome::Leaving => return,
            FormOutcome::Refused(sentences) => show(form, sentences),
            FormOutcome::Lost => words(|words| &words.lost),
            FormOutcome::SignedOut => words(|words| &words.signed_out),
            FormOutcome::Failed => words(|words| &words.failed),
        });
    }

    /// Ends the pending state, and shows these messages about the form as a whole.
    pub(super) fn say(self, sentences: Vec<String>) {
        self.pending.set(false);
        let about_form = !sentences.is_empty();
        self.said.set(sentences);
        if about_form {
            // Only a visible summary can take the focus.
            request_animation_frame(move || {
                if let Some(summary) = self.summary.get_untracked() {
                    _ = summary.focus();
                }
            });
        }
    }

    /// Renders the messages about the form as a whole.
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
