//! `/docs`: the API reference. It loads nothing from elsewhere, and needs no script.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::i18n::{Lang, lang};
use crate::reference::{Area, Part, Reference, ResponseDoc, Route, Shape};
use crate::ui::components::Mark;
use crate::ui::sign_in::{address, product};
use crate::ui::theme::Chooser;

/// The OpenAPI document.
const DOCUMENT: &str = "/openapi.json";

/// The API reference.
#[component]
pub(crate) fn Docs() -> impl IntoView {
    let t = lang();
    let Reference { about, areas, shapes } =
        use_context::<Arc<Reference>>().map(|reference| (*reference).clone()).unwrap_or_default();
    let area = move |area| view! { <AreaOfRoutes t area/> };
    let shape = move |shape| view! { <OneShape t shape/> };
    view! {
        <Title text=format!("{} · {}", t.docs_title(), product())/>
        <a class="skip" href="#main">
            {t.common_skip()}
        </a>
        <header class="top">
            <a class="product" href="/">
                <Mark/>
                {product()}
                <span>{t.docs_title()}</span>
            </a>
        </header>
        <main class="page docs" id="main" tabindex="-1">
            <header>
                <div>
                    <h1>{t.docs_heading(&product())}</h1>
                    <p>{marked(&about)}</p>
                </div>
                <a class="button" href=DOCUMENT>
                    {t.docs_document()}
                </a>
            </header>
            {areas.into_iter().map(area).collect_view()}
            <section class="card">
                <header>
                    <h2>{t.docs_shapes()}</h2>
                </header>
                {shapes.into_iter().map(shape).collect_view()}
            </section>
            <footer>
                <Chooser t here=address()/>
            </footer>
        </main>
    }
}

#[component]
fn AreaOfRoutes(t: Lang, area: Area) -> impl IntoView {
    let route = move |route| view! { <OneRoute t route/> };
    view! {
        <section class="card">
            <header>
                <h2>{area.name}</h2>
                <p class="meta">{area.about}</p>
            </header>
            {area.routes.into_iter().map(route).collect_view()}
        </section>
    }
}

#[component]
fn OneRoute(t: Lang, route: Route) -> impl IntoView {
    let answer = |answer: ResponseDoc| {
        view! {
            <dt>
                <code>{answer.status}</code>
            </dt>
            <dd>{marked(&answer.about)} " " {kind(&answer.kind)}</dd>
        }
    };
    let sent = (!route.body.is_empty()).then(|| {
        view! {
            <h3>{t.docs_body()}</h3>
            <p>{kind(&route.body)}</p>
        }
    });
    let parameters = (!route.parameters.is_empty()).then(|| {
        view! {
            <h3>{t.docs_parameters()}</h3>
            <Parts t parts=route.parameters/>
        }
    });
    view! {
        <details id=route.id>
            <summary>
                <code class="method">{route.method}</code>
                <code>{route.path}</code>
                <span>{route.summary}</span>
            </summary>
            <p>{marked(&route.about)}</p>
            {parameters}
            {sent}
            <h3>{t.docs_answers()}</h3>
            <dl>{route.answers.into_iter().map(answer).collect_view()}</dl>
        </details>
    }
}

#[component]
fn OneShape(t: Lang, shape: Shape) -> impl IntoView {
    let id = shape.name.clone();
    view! {
        <details id=id>
            <summary>
                <code>{shape.name}</code>
                <span>{shape.about}</span>
            </summary>
            <Parts t parts=shape.parts/>
        </details>
    }
}

#[component]
fn Parts(t: Lang, parts: Vec<Part>) -> impl IntoView {
    let part = move |part: Part| {
        let required = part.required.then(|| format!(" · {}", t.docs_required()));
        view! {
            <dt>
                <code>{part.name}</code>
            </dt>
            <dd>
                {marked(&part.about)} " "
                <span class="meta">{kind(&part.kind)} {required}</span>
            </dd>
        }
    };
    // Screen readers do not recognize a list without entries.
    (!parts.is_empty()).then(|| view! { <dl>{parts.into_iter().map(part).collect_view()}</dl> })
}

/// Renders a type, with the shapes in it as links.
fn kind(text: &str) -> impl IntoView + use<> {
    let word = |word: &str| {
        let name = word.trim_end_matches(',').to_owned();
        let rest = word.get(name.len()..).unwrap_or_default().to_owned();
        let shown = view! { <code>{name.clone()}</code> };
        if name.starts_with(|c: char| c.is_ascii_uppercase()) {
            view! { <a href=format!("#{name}")>{shown}</a> {rest} " " }.into_any()
        } else {
            view! { {shown} {rest} " " }.into_any()
        }
    };
    text.split_whitespace().map(word).collect_view()
}

/// Renders a text, with the names between backticks as code.
fn marked(text: &str) -> impl IntoView + use<> {
    let pieces = text.split('`').map(str::to_owned).enumerate();
    pieces
        .map(
            |(at, piece)| {
                if at % 2 == 1 { view! { <code>{piece}</code> }.into_any() } else { piece.into_any() }
            },
        )
        .collect_view()
}
