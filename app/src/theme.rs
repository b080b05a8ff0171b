//! The choice between the light and the dark theme, which a cookie remembers.

use authtuna::axum::cookie_value;
use authtuna::foundation::config::ThemeMode;

use crate::i18n::Lang;
use crate::viewer::{auth, request};

/// The cookie that remembers the choice.
pub(crate) const COOKIE: &str = "theme";

/// Light, dark, or the system's preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Light,
    Dark,
    System,
}

impl Choice {
    /// Parses a choice; `None` for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Light, Self::Dark, Self::System].into_iter().find(|choice| choice.as_str() == text)
    }

    /// Returns the value in the cookie and in the page.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }

    /// Returns the choices that a mode offers.
    pub(crate) fn offered(mode: ThemeMode) -> &'static [Self] {
        match mode {
            ThemeMode::Single => &[],
            ThemeMode::Multi => &[Self::Light, Self::Dark],
            ThemeMode::System => &[Self::System, Self::Light, Self::Dark],
        }
    }

    /// Returns the choice for the current request: the remembered one if it is offered, else the
    /// first one offered.
    pub(crate) fn here() -> Self {
        let mode = auth().map_or(ThemeMode::System, |auth| auth.settings().theme.mode);
        let offered = Self::offered(mode);
        let remembered = request(|parts| Choice::parse(cookie_value(&parts.headers, COOKIE)?));
        remembered
            .filter(|choice| offered.contains(choice))
            .or(offered.first().copied())
            .unwrap_or(Self::Light)
    }

    pub(crate) fn word(self, t: Lang) -> &'static str {
        match self {
            Self::Light => t.theme_light(),
            Self::Dark => t.theme_dark(),
            Self::System => t.theme_system(),
        }
    }
}
