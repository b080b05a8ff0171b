//! The layout of standalone pages, such as sign-in: one card in the middle of a quiet background.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use super::components::{Mark, Tile, Tone};
use super::theme::Chooser;
use crate::i18n::Lang;
use crate::viewer::{auth, request};

/// Returns the product's name.
pub(crate) fn product() -> String {
    auth().map_or_else(|_| String::new(), |auth| auth.settings().app.name.clone())
}

/// Returns the path and query of the current page.
pub(crate) fn address() -> String {
    request(|parts| Some(parts.uri.path_and_query()?.as_str().to_owned())).unwrap_or_default()
}

/// The layout.
#[component]
pub(crate) fn Entry(
    t: Lang,
    title: &'static str,
    heading: String,
    subtitle: String,
    /// An icon in place of the product's mark.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// The tone of that icon.
    #[prop(default = Tone::Accent)]
    tone: Tone,
    /// The email address that the page is about, below the subtitle.
    #[prop(optional)]
    about: Option<String>,
    /// The content below the card.
    #[prop(optional, into)]
    below: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=format!("{title} · {}", product())/>
        <div class="entry">
            <main id="main">
                <div class="brand">
                    {match icon {
                        Some(icon) => Either::Left(view! { <Tile icon tone/> }),
                        None => Either::Right(view! { <Mark/> }),
                    }}
                    <h1>{heading}</h1>
                    <p>{subtitle}</p>
                    {about.map(|address| view! { <p class="address wrap">{address}</p> })}
                </div>
                <div class="card lift">{children()}</div>
                {below.run()}
            </main>
            <footer>
                <Chooser t here=address()/>
            </footer>
        </div>
    }
    .into_any()
}
