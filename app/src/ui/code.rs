//! The field for a code: from an email, from an authenticator app, or a backup code.

use leptos::prelude::*;

use super::components::Icon;

/// The kind of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeKind {
    /// Six digits, which phones and password managers fill in.
    Digits,
    /// A backup code.
    Backup,
}

/// The field, with the name `code`.
#[component]
pub(crate) fn CodeField(
    kind: CodeKind,
    label: &'static str,
    #[prop(into)] note: String,
    /// What is wrong with the code.
    error: Option<String>,
    /// Whether the page opens with the focus on this field. Not if the user must read something
    /// above it first, which would scroll out of view.
    #[prop(default = true)]
    focus: bool,
) -> impl IntoView {
    let (inputmode, autocomplete, longest, class) = match kind {
        // Six digits, and the spaces between them that some email programs copy along.
        CodeKind::Digits => ("numeric", "one-time-code", "16", "field code"),
        CodeKind::Backup => ("text", "off", "64", "field code backup"),
    };
    view! {
        <div class=class>
            <label for="code">{label}</label>
            <input
                id="code"
                name="code"
                type="text"
                inputmode=inputmode
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                maxlength=longest
                required=true
                autofocus=focus
                aria-invalid=error.is_some().to_string()
                aria-describedby="code-error code-note"
            />
            <p class="field-note" id="code-note">{note}</p>
            <p class="field-error">
                <Icon name="alert"/>
                <span id="code-error" role="alert">{error}</span>
            </p>
        </div>
    }
}
