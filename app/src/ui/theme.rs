//! The colors of the setting `THEME`, and the choice between light and dark. The server knows the
//! choice before it writes the first byte, so that no page ever flashes in the wrong colors.

use std::fmt::Write as _;

use authtuna::foundation::config::{Theme, ThemeColors, ThemeMode};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::theme::ChooseTheme;
use crate::i18n::Lang;
use crate::islands::theme::ThemeChoice;
use crate::theme::Choice;
use crate::viewer::auth;

/// The colors as CSS custom properties. Every value was validated as a color when the settings were
/// read.
#[component]
pub(crate) fn Colors() -> impl IntoView {
    let css = auth().map(|auth| css(&auth.settings().theme)).unwrap_or_default();
    view! { <style nonce=use_nonce()>{css}</style> }
}

fn css(theme: &Theme) -> String {
    let variables = |colors: &ThemeColors| {
        colors.css_variables().fold(String::new(), |mut text, (name, value)| {
            // Writing to a `String` does not fail.
            let _ = write!(text, "{name}:{value};");
            text
        })
    };
    let light = variables(&theme.light);
    if theme.mode == ThemeMode::Single {
        return format!(":root{{{light}}}");
    }
    let dark = variables(&theme.dark);
    format!(
        ":root{{{light}}}[data-theme=dark]{{{dark}}}\
         @media(prefers-color-scheme:dark){{[data-theme=system]{{{dark}}}}}"
    )
}

/// The theme chooser, if there is a choice. `here` is the path of the current page, to return to.
#[component]
pub(crate) fn Chooser(t: Lang, here: String) -> impl IntoView {
    let mode = auth().map_or(ThemeMode::System, |auth| auth.settings().theme.mode);
    let choices: Vec<_> = Choice::offered(mode)
        .iter()
        .map(|choice| (choice.as_str().to_owned(), choice.word(t).to_owned()))
        .collect();
    // Type-erased like all layouts: it is on every page, and each page's type would repeat its
    // type.
    (!choices.is_empty()).then(|| {
        view! {
            <ThemeChoice
                action=ChooseTheme::PATH.to_owned()
                label=t.theme_label().to_owned()
                choices
                chosen=Choice::here().as_str().to_owned()
                back=here
            />
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use authtuna::foundation::config::Settings;

    use super::*;

    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    fn settings(theme: &str) -> Settings {
        // With a key, so that none is written to a file.
        Settings::builder().no_env().set("FERNET_KEYS", KEY).set("THEME", theme).build().unwrap()
    }

    #[test]
    fn the_settings_colors_reach_the_page() {
        let given = settings(r##"{"light":{"primary":"#123456"},"dark":{"primary":"#abcdef"}}"##);
        let text = css(&given.theme);
        assert!(text.starts_with(":root{--background-start:"), "{text}");
        assert_eq!(text.matches("--primary:#123456;").count(), 1);
        assert_eq!(text.matches("--primary:#abcdef;").count(), 2);
        let single = css(&settings(r##"{"mode":"single"}"##).theme);
        assert!(!single.contains("prefers-color-scheme"), "{single}");
    }

    #[test]
    fn only_what_is_offered_can_be_chosen() {
        assert_eq!(Choice::parse("dark"), Some(Choice::Dark));
        assert_eq!(Choice::parse("\"><script>"), None);
        assert!(Choice::offered(ThemeMode::Single).is_empty());
        assert!(!Choice::offered(ThemeMode::Multi).contains(&Choice::System));
    }
}
