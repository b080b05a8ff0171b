//! Forms: what the previous request left, fields with their errors, and the submit button.

use authtuna::model::code::Code;
use leptos::prelude::*;

use super::components::{Icon, Notice};
use crate::flash::{self, Content, Typed};
use crate::form_messages::{FormMessage, FormWords};
use crate::i18n::Lang;
use crate::islands::passkey::PasskeyWords;
use crate::islands::password::PasswordWords;
use crate::messages;
use crate::viewer::auth;

/// What the previous request left for this page. Read once per page.
pub(crate) struct Left {
    t: Lang,
    content: Option<Content>,
}

/// The last attempt at a form: what the user typed, and what is wrong with it. Empty if there was
/// none.
#[derive(Clone, Default)]
pub(crate) struct Tried {
    values: Vec<(String, String)>,
    said: Vec<FormMessage>,
}

impl Left {
    /// Takes what the previous request left, which is then gone.
    pub(crate) fn take(t: Lang) -> Self {
        Self { t, content: flash::take() }
    }

    /// Returns the last attempt at the form `name`.
    pub(crate) fn tried(&self, name: &str) -> Tried {
        match &self.content {
            Some(Content::Refused(typed)) if typed.form == name => {
                Tried { values: typed.values.clone(), said: self.said(typed) }
            }
            _ => Tried::default(),
        }
    }

    /// Renders the notice above a page whose own form is `form`, which shows its refusals itself.
    pub(crate) fn notice(&self, form: Option<&str>) -> impl IntoView + use<> {
        self.notice_of(form.as_slice())
    }

    /// Like [`Left::notice`], for a page with several forms.
    pub(crate) fn notice_of(&self, forms: &[&str]) -> impl IntoView + use<> {
        let notice = match &self.content {
            Some(Content::Done(notice)) => Some((true, messages::notice(self.t, *notice))),
            Some(Content::Refused(typed)) if !forms.contains(&typed.form.as_str()) => {
                let sentences: Vec<_> = self.said(typed).into_iter().map(|said| said.text).collect();
                Some((false, sentences.join(" ")))
            }
            _ => None,
        };
        notice.map(|(good, text)| view! { <Notice good text/> })
    }

    /// Returns whether this is what was done.
    pub(crate) fn says(&self, notice: flash::Notice) -> bool {
        matches!(&self.content, Some(Content::Done(done)) if *done == notice)
    }

    /// Renders the notice above a page that has no form, and that itself explains a refusal with
    /// `code`.
    pub(crate) fn notice_unless(self, code: Code) -> impl IntoView + use<> {
        let known = matches!(&self.content, Some(Content::Refused(typed)) if typed.refusal.code == code);
        (!known).then(|| self.notice(None))
    }

    fn said(&self, typed: &Typed) -> Vec<FormMessage> {
        auth().map_or_else(|_| Vec::new(), |auth| messages::said(self.t, auth.settings(), &typed.refusal))
    }
}

impl Tried {
    /// Returns what the user typed into the field, and what is wrong with it.
    pub(crate) fn field(self, field: &str) -> (Option<String>, Option<String>) {
        let error = self.error(field);
        (self.values.into_iter().find(|(name, _)| name == field).map(|(_, value)| value), error)
    }

    /// Returns what is wrong with the field.
    pub(crate) fn error(&self, field: &str) -> Option<String> {
        self.said.iter().find(|said| said.field.as_deref() == Some(field)).map(|said| said.text.clone())
    }

    /// Returns what is wrong with the form as a whole, which has these fields.
    pub(crate) fn about_form(&self, fields: &[&str]) -> Vec<String> {
        let beside = |said: &&FormMessage| said.field.as_deref().is_some_and(|field| fields.contains(&field));
        self.said.iter().filter(|said| !beside(said)).map(|said| said.text.clone()).collect()
    }

    /// Returns whether there was no attempt yet.
    pub(crate) fn is_new(&self) -> bool {
        self.said.is_empty()
    }
}

/// Returns the texts that the island of every form can show by itself.
pub(crate) fn form_words(t: Lang) -> FormWords {
    FormWords {
        lost: t.common_lost().to_owned(),
        signed_out: t.problem_not_authenticated().to_owned(),
        failed: t.common_failed().to_owned(),
    }
}

/// Returns the texts that a passkey form can show by itself, where users sign in with a passkey.
pub(crate) fn passkey_words(t: Lang) -> PasskeyWords {
    passkey_words_with(t, t.passkeys_cancelled().to_owned())
}

/// Like [`passkey_words`], where users create a passkey with a button of this name.
pub(crate) fn new_passkey_words(t: Lang, button: &str) -> PasskeyWords {
    passkey_words_with(t, t.passkeys_cancelled_new(button))
}

/// Like [`passkey_words`], with the text for a closed prompt.
pub(crate) fn passkey_words_with(t: Lang, cancelled: String) -> PasskeyWords {
    PasskeyWords {
        form: form_words(t),
        cancelled,
        exists: t.passkeys_exists().to_owned(),
        refused: t.passkeys_refused().to_owned(),
        unsupported: t.passkeys_unsupported().to_owned(),
    }
}

/// Returns the texts of a password field.
pub(crate) fn password_words(
    t: Lang,
    label: &'static str,
    note: Option<String>,
    error: Option<String>,
) -> PasswordWords {
    PasswordWords {
        label: label.to_owned(),
        note,
        show: t.field_show_password().to_owned(),
        error,
        way_out: None,
    }
}

/// A field for one line of text.
#[component]
pub(crate) fn Field(
    /// The field's name, and its id.
    name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    tried: Tried,
    /// The initial value, if there was no attempt.
    #[prop(optional)]
    value: Option<String>,
    #[prop(default = "text")] kind: &'static str,
    /// A note next to the label, such as "optional". A field without one is required.
    #[prop(optional)]
    aside: Option<&'static str>,
    #[prop(optional)] note: Option<&'static str>,
    #[prop(optional)] focus: bool,
) -> impl IntoView {
    let (tried_value, error) = tried.field(name);
    let value = tried_value.or(value);
    let capitals = if matches!(autocomplete, "given-name" | "family-name") { "words" } else { "none" };
    let error_id = format!("{name}-error");
    let note_id = format!("{name}-note");
    let described = if note.is_some() { format!("{error_id} {note_id}") } else { error_id.clone() };
    view! {
        <div class="field">
            <label for=name>{label} {aside.map(|aside| view! { <span class="aside">{aside}</span> })}</label>
            <input
                id=name
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                autocapitalize=capitals
                spellcheck="false"
                required=aside.is_none()
                autofocus=focus || error.is_some()
                aria-invalid=error.is_some().to_string()
                aria-describedby=described
            />
            {note.map(|note| view! { <p class="field-note" id=note_id>{note}</p> })}
            <p class="field-error">
                <Icon name="alert"/>
                <span id=error_id role="alert">{error}</span>
            </p>
        </div>
    }
}

/// The submit button of a form. It shows while the form is being sent.
#[component]
pub(crate) fn Submit(
    #[prop(into)] label: String,
    busy: &'static str,
    #[prop(optional)] wide: bool,
    /// Whether the button is one of several, and not the primary one.
    #[prop(optional)]
    plain: bool,
    /// Whether the action destroys something.
    #[prop(optional)]
    danger: bool,
    #[prop(optional)] icon: Option<&'static str>,
    /// Whether the button needs a script. It is disabled until the script runs.
    #[prop(optional)]
    scripted: bool,
) -> impl IntoView {
    let class = match (danger, plain) {
        (true, _) => "button danger solid",
        (false, true) => "button",
        (false, false) => "button primary",
    };
    let class = if wide { format!("{class} wide") } else { class.to_owned() };
    view! {
        <button class=class disabled=scripted>
            {icon.map(|name| view! { <Icon name/> })}
            <span class="idle">{label}</span>
            <span class="busy">{busy}</span>
        </button>
    }
}
