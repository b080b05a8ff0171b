//! The document around every page.

use http::request::Parts;
use leptos::config::LeptosOptions;
use leptos::hydration::{AutoReload, HydrationScripts};
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

use crate::app::App;
use crate::routes::{PAGES, Refused};
use crate::ui::theme::{Choice, Colors};
use crate::words::words;

/// The document. Everything that decides how it looks is known before its first byte.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let w = words();
    let live = has_islands();
    view! {
        <!DOCTYPE html>
        <html lang=w.tag() dir=w.direction() data-theme=Choice::here().as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <Colors/>
                <HashedStylesheet options=options.clone() id="leptos"/>
                <AutoReload options=options.clone()/>
                {live.then(|| view! { <HydrationScripts options islands=true/> })}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Whether the page at hand has islands: one without loads no script at all.
fn has_islands() -> bool {
    let Some(parts) = use_context::<Parts>() else { return false };
    let refused = parts.extensions.get::<Refused>().is_some();
    !refused && PAGES.iter().any(|page| page.islands && page.path == parts.uri.path())
}
