//! The colors of the pages: the setting `THEME`, as JSON.

use serde::Deserialize;

use super::value::{ThemeMode, Value};

/// The colors, and when each set of them is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Which of the two sets is used.
    pub mode: ThemeMode,
    /// The light colors.
    pub light: ThemeColors,
    /// The dark colors.
    pub dark: ThemeColors,
}

macro_rules! colors {
    ($($name:ident $css:literal $light:literal $dark:literal;)+) => {
        /// Twenty colors, each any CSS color.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names say all there is")]
        pub struct ThemeColors { $(pub $name: String,)+ }

        #[derive(Deserialize, Default)]
        #[serde(deny_unknown_fields)]
        struct Partial { $($name: Option<String>,)+ }

        impl ThemeColors {
            fn light() -> Self {
                Self { $($name: $light.to_owned(),)+ }
            }

            fn dark() -> Self {
                Self { $($name: $dark.to_owned(),)+ }
            }

            /// Returns the custom properties of the style sheet, with their values.
            pub fn css_variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
                [$(($css, self.$name.as_str())),+].into_iter()
            }

            fn with(mut self, given: Partial, place: &str, wrong: &mut Vec<String>) -> Self {
                $(if let Some(color) = given.$name {
                    if is_color(&color) {
                        self.$name = color;
                    } else {
                        wrong.push(format!("{place}.{}", stringify!($name)));
                    }
                })+
                self
            }
        }
    };
}

colors! {
    background_start "--background-start" "#fafafb" "#0d0d12";
    background_end "--background-end" "#f4f4f7" "#121219";
    foreground "--foreground" "#16161d" "#f1f1f5";
    muted_foreground "--muted-foreground" "#565664" "#a8a8b7";
    card "--card" "#ffffff" "#15151d";
    card_foreground "--card-foreground" "#16161d" "#f1f1f5";
    popover "--popover" "#ffffff" "#1a1a23";
    popover_foreground "--popover-foreground" "#16161d" "#f1f1f5";
    primary "--primary" "#6d28d9" "#7c3aed";
    primary_foreground "--primary-foreground" "#ffffff" "#ffffff";
    secondary "--secondary" "#ffffff" "#15151d";
    secondary_foreground "--secondary-foreground" "#16161d" "#f1f1f5";
    muted "--muted" "#f4f4f7" "#22222c";
    accent "--accent" "#f3effd" "#211a36";
    accent_foreground "--accent-foreground" "#6d28d9" "#a37bfa";
    destructive "--destructive" "#c81e1e" "#f87171";
    destructive_foreground "--destructive-foreground" "#ffffff" "#16161d";
    border "--border" "#e6e6ec" "#262630";
    input "--input" "#d5d5de" "#343440";
    ring "--ring" "#6d28d9" "#8b5cf6";
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Given {
    mode: Option<String>,
    #[serde(default)]
    light: Partial,
    #[serde(default)]
    dark: Partial,
}

impl Value for Theme {
    const EXAMPLE: &'static str = r##"{"mode":"system","light":{"primary":"#6d28d9"}}"##;

    fn parse(text: &str) -> Result<Self, String> {
        let given: Given = serde_json::from_str(text)
            .map_err(|e| format!("be a JSON object with mode, light and dark ({e})"))?;
        let mode = given.mode.as_deref().map_or(Ok(ThemeMode::System), ThemeMode::parse);
        let mode = mode.map_err(|wrong| format!("have a valid mode, which must {wrong}"))?;
        let mut wrong = Vec::new();
        let light = ThemeColors::light().with(given.light, "light", &mut wrong);
        let dark = ThemeColors::dark().with(given.dark, "dark", &mut wrong);
        if wrong.is_empty() {
            return Ok(Self { mode, light, dark });
        }
        Err(format!("use CSS colors, which these are not: {}", wrong.join(", ")))
    }
}

/// Returns whether a text is one CSS color. This is strict, because the text is written into a
/// style sheet.
fn is_color(text: &str) -> bool {
    if let Some(hex) = text.strip_prefix('#') {
        return matches!(hex.len(), 3 | 4 | 6 | 8) && hex.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if let Some((function, rest)) = text.split_once('(') {
        let functions = ["rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch"];
        let Some(inner) = rest.strip_suffix(')') else { return false };
        let plain = |b: u8| b.is_ascii_digit() || b" .,%/+-".contains(&b);
        let units = inner.replace("deg", "").replace("turn", "").replace("none", "");
        return functions.contains(&function) && !inner.is_empty() && units.bytes().all(plain);
    }
    text.len() >= 3 && text.len() <= 24 && text.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_leaves_a_declaration_is_a_color() {
        for good in ["#fff", "#6D28D9", "#777e9145", "rgb(1 2 3 / 50%)", "hsl(120deg, 3%, 4%)", "transparent"]
        {
            assert!(is_color(good), "{good}");
        }
        for bad in
            ["", "#ggg", "red;}", "url(x)", "rgb(1}", "rgb(var(--x))", "expression(1)", "</style>", "#12345"]
        {
            assert!(!is_color(bad), "{bad}");
        }
    }
}
