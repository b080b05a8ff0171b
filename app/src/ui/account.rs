//! The frame of the account pages: the bar on top, the places at the side, the page.

use authtuna::model::code::Code;
use authtuna::model::paths::{ACTIVITY, DASHBOARD, PROFILE, SECURITY, SESSIONS};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;

use super::entry::{address, product};
use super::part::{Icon, Mark};
use super::recovery::OpenRecovery;
use super::theme::Chooser;
use crate::api::entry::SignOut;
use crate::pages::status::Status;
use crate::viewer::Viewer;
use crate::words::Lang;

/// One place of the account.
struct Place {
    path: &'static str,
    icon: &'static str,
    word: &'static str,
}

fn places(w: Lang) -> [Place; 5] {
    [
        Place { path: DASHBOARD, icon: "home", word: w.overview_title() },
        Place { path: PROFILE, icon: "person", word: w.profile_title() },
        Place { path: SECURITY, icon: "shield", word: w.security_title() },
        Place { path: SESSIONS, icon: "laptop", word: w.sessions_title() },
        Place { path: ACTIVITY, icon: "clock", word: w.activity_title() },
    ]
}

/// The frame. Without a person there is nothing to frame: then the page says so.
#[component]
pub(crate) fn Account(
    w: Lang,
    /// The path of the place that the page belongs to.
    place: &'static str,
    title: &'static str,
    /// Whether the page itself tells of an open recovery, because it knows of it.
    #[prop(optional)]
    tells_of_recovery: bool,
    children: Children,
) -> impl IntoView {
    let Some(viewer) = Viewer::here() else {
        return view! { <Status code=Code::NotAuthenticated/> }.into_any();
    };
    let enrols = viewer.enrols;
    let link = move |to: Place| {
        let current = (to.path == place).then_some("page");
        view! {
            <a href=to.path aria-current=current>
                <Icon name=to.icon/>
                {to.word}
            </a>
        }
    };
    view! {
        <Title text=format!("{title} · {}", product())/>
        <a class="skip" href="#main">
            {w.common_skip()}
        </a>
        <Top w viewer/>
        <div class="shell">
            {(!enrols)
                .then(|| {
                    view! {
                        <nav class="side" aria-label=w.common_account_places()>
                            {places(w).map(link).into_iter().collect_view()}
                        </nav>
                    }
                })}
            <main class="page" id="main" tabindex="-1">
                {(!tells_of_recovery).then(|| view! { <OpenRecovery w/> })}
                {children()}
            </main>
        </div>
    }
    .into_any()
}

#[component]
fn Top(w: Lang, viewer: Viewer) -> impl IntoView {
    let Viewer { name, username, email, initials, .. } = viewer;
    view! {
        <header class="top">
            <a class="product" href=DASHBOARD>
                <Mark/>
                {product()}
                <span>{w.common_account()}</span>
            </a>
            <button type="button" class="person" popovertarget="account-menu">
                <span class="avatar" aria-hidden="true">
                    {initials}
                </span>
                <span class="sr-only">{w.common_account_menu()}</span>
            </button>
            <div popover id="account-menu" class="menu" role="group" aria-label=w.common_account_menu()>
                <div class="who">
                    <b>{name}</b>
                    <span>{email.unwrap_or(username)}</span>
                </div>
                <Chooser w here=address()/>
                <form method="post" action=SignOut::PATH>
                    <button class="button wide">
                        <Icon name="leave"/>
                        {w.common_sign_out()}
                    </button>
                </form>
            </div>
        </header>
    }
}

/// The head of a page: what it is, and what can be done with all of it.
#[component]
pub(crate) fn Head(
    heading: String,
    #[prop(into)] subtitle: String,
    /// The words of the way back to the page of which this is a part: that of security.
    #[prop(optional_no_strip)]
    back: Option<&'static str>,
    #[prop(optional, into)] act: ViewFnOnce,
) -> impl IntoView {
    let back = back.map(|word| {
        view! {
            <a class="back" href=SECURITY>
                <Icon name="back"/>
                {word}
            </a>
        }
    });
    view! {
        <header>
            <div>
                {back}
                <h1>{heading}</h1>
                <p>{subtitle}</p>
            </div>
            {act.run()}
        </header>
    }
}
