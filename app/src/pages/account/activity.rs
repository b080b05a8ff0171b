//! `/ui/activity`: what happened to the account.

use authtuna::auth::Auth;
use authtuna::axum::Visit;
use authtuna::foundation::error::Error;
use authtuna::model::page::PageRequest;
use authtuna::model::paths::ACTIVITY;
use leptos::either::Either;
use leptos::prelude::*;

use super::events::Events;

use crate::links;
use crate::pages::auth::query;
use crate::ui::account::{Account, Head};
use crate::ui::form::Left;
use crate::ui::load::load;
use crate::ui::part::{Empty, Icon};
use crate::words::{Lang, words};

/// How many events a page shows.
const EVENTS: u32 = 25;

/// What happened, by pages.
#[component]
pub(crate) fn ActivityPage() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let after = query("after");
    view! {
        <Account w place=ACTIVITY title=w.activity_title()>
            <Head heading=w.activity_title().to_owned() subtitle=w.activity_subtitle()/>
            {left.notice(None)}
            {load(move |auth, visit| content(w, auth, visit, after))}
        </Account>
    }
}

async fn content(w: Lang, auth: Auth, visit: Visit, after: Option<String>) -> Result<impl IntoView, Error> {
    let first = after.is_none();
    let page = auth.activity(visit.actor(), &PageRequest { after, limit: Some(EVENTS) }).await?;
    let viewer = visit.actor().user()?.user.id;
    let now = auth.clock.now();
    let list = if page.items.is_empty() {
        Either::Left(
            view! { <Empty icon="clock" title=w.activity_none_title() body=w.activity_none_body()/> },
        )
    } else {
        Either::Right(view! {
            <section class="card" aria-labelledby="list-title">
                <h2 class="sr-only" id="list-title">
                    {w.activity_list()}
                </h2>
                <Events w now viewer events=page.items/>
            </section>
        })
    };
    let older = page.next.as_deref().map(|next| links::query(ACTIVITY, "after", next));
    Ok(view! {
        {list}
        <Pages w first older/>
    })
}

#[component]
fn Pages(w: Lang, first: bool, older: Option<String>) -> impl IntoView {
    view! {
        <nav class="pages" aria-label=w.activity_pages()>
            {(!first)
                .then(|| {
                    view! {
                        <a class="button small" href=ACTIVITY>
                            <Icon name="arrow-left"/>
                            {w.activity_newest()}
                        </a>
                    }
                })}
            {match older {
                Some(older) => {
                    Either::Left(view! {
                        <a class="button small" href=older rel="next">
                            {w.activity_older()}
                            <Icon name="arrow-right"/>
                        </a>
                    })
                }
                None => Either::Right(view! { <p class="meta">{w.activity_end()}</p> }),
            }}
        </nav>
    }
}
