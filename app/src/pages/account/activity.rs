//! `/ui/activity`: the account's activity.

use authtuna::auth::Auth;
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use authtuna::model::page::PageRequest;
use authtuna::model::paths::ACTIVITY;
use leptos::either::Either;
use leptos::prelude::*;

use super::events::Events;

use crate::i18n::{Lang, lang};
use crate::links;
use crate::pages::auth::query;
use crate::ui::account::{Account, Head};
use crate::ui::components::{Empty, Icon};
use crate::ui::form::Left;
use crate::ui::load::load;

/// The number of events per page.
const EVENTS: u32 = 25;

/// The activity, page by page.
#[component]
pub(crate) fn ActivityPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let after = query("after");
    view! {
        <Account t item=ACTIVITY title=t.activity_title()>
            <Head heading=t.activity_title().to_owned() subtitle=t.activity_subtitle()/>
            {left.notice(None)}
            {load(move |auth, context| content(t, auth, context, after))}
        </Account>
    }
}

async fn content(
    t: Lang,
    auth: Auth,
    context: AuthContext,
    after: Option<String>,
) -> Result<impl IntoView, Error> {
    let first = after.is_none();
    let page = auth.audit.own(context.actor(), &PageRequest { after, limit: Some(EVENTS) }).await?;
    let viewer = context.actor().user()?.user.id;
    let now = auth.clock.now();
    let list = if page.items.is_empty() {
        Either::Left(
            view! { <Empty icon="clock" title=t.activity_none_title() body=t.activity_none_body()/> },
        )
    } else {
        Either::Right(view! {
            <section class="card" aria-labelledby="list-title">
                <h2 class="sr-only" id="list-title">
                    {t.activity_list()}
                </h2>
                <Events t now viewer events=page.items/>
            </section>
        })
    };
    let older = page.next.as_deref().map(|next| links::query(ACTIVITY, "after", next));
    Ok(view! {
        {list}
        <Pages t first older/>
    })
}

#[component]
fn Pages(t: Lang, first: bool, older: Option<String>) -> impl IntoView {
    view! {
        <nav class="pages" aria-label=t.activity_pages()>
            {(!first)
                .then(|| {
                    view! {
                        <a class="button small" href=ACTIVITY>
                            <Icon name="arrow-left"/>
                            {t.activity_newest()}
                        </a>
                    }
                })}
            {match older {
                Some(older) => {
                    Either::Left(view! {
                        <a class="button small" href=older rel="next">
                            {t.activity_older()}
                            <Icon name="arrow-right"/>
                        </a>
                    })
                }
                None => Either::Right(view! { <p class="meta">{t.activity_end()}</p> }),
            }}
        </nav>
    }
}
