//! The HTML document around every page.

use std::sync::Arc;

use authtuna::model::code::Code;
use leptos::config::LeptosOptions;
use leptos::hydration::{AutoReload, HydrationScripts};
use leptos::nonce::{Nonce, use_nonce};
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use leptos_meta::{HashedStylesheet, MetaTags, provide_meta_context};

use crate::app::{PageContent, app};
use crate::i18n::lang;
use crate::routes::Page;
use crate::theme::Choice;
use crate::ui::theme::Colors;
use crate::viewer::extension;

/// Renders the document of a page, or of a refusal when a guard put one into the request.
/// Everything that decides how it looks is known before its first byte.
pub fn shell(files: &BuiltFiles, page: &'static Page) -> impl IntoView + use<> {
    document(files, extension().map_or(PageContent::Page(page), |Refused(code)| PageContent::Refused(code)))
}

/// Renders the document for a path without a page.
pub fn not_found(files: &BuiltFiles) -> impl IntoView + use<> {
    document(files, PageContent::Refused(Code::NotFound))
}

fn document(files: &BuiltFiles, content: PageContent) -> impl IntoView + use<> {
    provide_meta_context();
    let t = lang();
    // A page without islands loads no script.
    let islands = matches!(content, PageContent::Page(page) if page.islands);
    view! {
        <!DOCTYPE html>
        <html lang=t.tag() dir=t.direction() data-theme=Choice::here().as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <Colors/>
                {files.links(islands)}
                <MetaTags/>
            </head>
            <body>
                {app(content)}
            </body>
        </html>
    }
}

/// A refusal, which a guard puts into the request's extensions. Whatever the path, the page then
/// shows the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub Code);

/// The part of the head that names the built files. Leptos' components would read the names from
/// disk for every page, so this keeps what they write.
#[derive(Clone)]
pub struct BuiltFiles(Arc<Written>);

struct Written {
    /// The style sheet, and what a watched development build adds.
    always: Pieces,
    /// The scripts that make islands interactive.
    scripts: Pieces,
}

/// HTML, split where the request's nonce belongs.
struct Pieces(Vec<String>);

/// Stands for the nonce while Leptos renders.
const NONCE: &str = "the-nonce-of-the-request";

impl BuiltFiles {
    /// Renders the links with Leptos for these options.
    pub fn of(options: &LeptosOptions) -> Self {
        let owner = Owner::new_root(None);
        let written = owner.with(|| {
            provide_context(Nonce::from_value(NONCE));
            let style = view! { <HashedStylesheet options=options.clone() id="leptos"/> }.to_html();
            let reload = view! { <AutoReload options=options.clone()/> }.to_html();
            let scripts = view! { <HydrationScripts options=options.clone() islands=true/> }.to_html();
            Written { always: Pieces::cut(&(style + &reload)), scripts: Pieces::cut(&scripts) }
        });
        owner.unset_with_forced_cleanup();
        Self(Arc::new(written))
    }

    fn links(&self, islands: bool) -> InertElement {
        let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
        let mut html = self.0.always.with(&nonce);
        if islands {
            // `HydrationScripts` sets this on every page: nothing but islands is hydrated.
            if let Some(context) = Owner::current_shared_context() {
                context.set_is_hydrating(false);
            }
            html.push_str(&self.0.scripts.with(&nonce));
        }
        InertElement::new(html)
    }
}

impl Pieces {
    fn cut(html: &str) -> Self {
        Self(html.split(NONCE).map(str::to_owned).collect())
    }

    fn with(&self, nonce: &str) -> String {
        self.0.join(nonce)
    }
}
