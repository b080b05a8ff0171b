//! The field for a code: of a mail, of an authenticator app, or a backup code.

use leptos::prelude::*;

use super::components::Icon;

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeKind {
    /// Six digits, as phones and password managers fill them in.
    Digits,
    /// A backup code.
    Backup,
}

/// The field. Its name is `code`.
#[component]
pub(crate) fn CodeField(
    kind: CodeKind,
    label: &'static str,
    #[prop(into)] note: String,
    /// What is wrong with it.
    error: Option<String>,
    /// Whether it is what the page begins with. Where something is to be read before, it must not be scrolled away.
    #[prop(default = true)]
    focus: bool,
) -> impl IntoView {
    let (inputmode, autocomplete, longest, class) = match kind {
        // Six, and the blanks between them that some mail programs copy along.
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
