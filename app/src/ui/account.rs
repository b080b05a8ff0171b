//! The layout of the account pages: the top bar, the navigation at the side, and the page.

use authtuna::model::code::Code;
use authtuna::model::paths::{ACTIVITY, DASHBOARD, PROFILE, SECURITY, SESSIONS};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;

use super::components::{Icon, Mark};
use super::recovery::OpenRecovery;
use super::sign_in::{address, product};
use super::theme::Chooser;
use crate::api::sign_in::SignOut;
use crate::i18n::Lang;
use crate::pages::status::Status;
use crate::viewer::Viewer;

/// An entry of the navigation.
struct NavItem {
    path: &'static str,
    icon: &'static str,
    word: &'static str,
}

fn nav_items(t: Lang) -> [NavItem; 5] {
    [
        NavItem { path: DASHBOARD, icon: "home", word: t.overview_title() },
        NavItem { path: PROFILE, icon: "person", word: t.profile_title() },
        NavItem { path: SECURITY, icon: "shield", word: t.security_title() },
        NavItem { path: SESSIONS, icon: "laptop", word: t.sessions_title() },
        NavItem { path: ACTIVITY, icon: "clock", word: t.activity_title() },
    ]
}

/// The layout. Without a signed-in user, the page says so instead.
#[component]
pub(crate) fn Account(
    t: Lang,
    /// The path of the navigation entry that the page belongs to.
    item: &'static str,
    title: &'static str,
    /// Whether the page itself shows an open recovery, because it knows about it.
    #[prop(optional)]
    tells_of_recovery: bool,
    children: Children,
) -> impl IntoView {
    let Some(viewer) = Viewer::here() else {
        return view! { <Status code=Code::NotAuthenticated/> }.into_any();
    };
    let enrols = viewer.enrols;
    let link = move |to: NavItem| {
        let current = (to.path == item).then_some("page");
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
            {t.common_skip()}
        </a>
        <Top t viewer/>
        <div class="shell">
            {(!enrols)
                .then(|| {
                    view! {
                        <nav class="side" aria-label=t.common_account_places()>
                            {nav_items(t).map(link).into_iter().collect_view()}
                        </nav>
                    }
                })}
            <main class="page" id="main" tabindex="-1">
                {(!tells_of_recovery).then(|| view! { <OpenRecovery t/> })}
                {children()}
            </main>
        </div>
    }
    .into_any()
}

#[component]
fn Top(t: Lang, viewer: Viewer) -> impl IntoView {
    let Viewer { name, username, email, initials, .. } = viewer;
    view! {
        <header class="top">
            <a class="product" href=DASHBOARD>
                <Mark/>
                {product()}
                <span>{t.common_account()}</span>
            </a>
            <button type="button" class="person" popovertarget="account-menu">
                <span class="avatar" aria-hidden="true">
                    {initials}
                </span>
                <span class="sr-only">{t.common_account_menu()}</span>
            </button>
            <div popover id="account-menu" class="menu" role="group" aria-label=t.common_account_menu()>
                <div class="who">
                    <b>{name}</b>
                    <span>{email.unwrap_or(username)}</span>
                </div>
                <Chooser t here=address()/>
                <form method="post" action=SignOut::PATH>
                    <button class="button wide">
                        <Icon name="leave"/>
                        {t.common_sign_out()}
                    </button>
                </form>
            </div>
        </header>
    }
}

/// The header of a page: its heading, and the actions for all of it.
#[component]
pub(crate) fn Head(
    heading: String,
    #[prop(into)] subtitle: String,
    /// The label of the link back to the security page, for a page that is part of it.
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
