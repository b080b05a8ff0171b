//! `/ui/settings/sessions`: where the user is signed in.

use authtuna::auth::Auth;
use authtuna::authn::sessions::SessionView;
use authtuna::axum::AuthContext;
use authtuna::foundation::config::LifetimeFrom;
use authtuna::foundation::error::Error;
use authtuna::model::paths::SESSIONS;
use authtuna::model::time::Timestamp;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::account::{EndOtherSessions, EndSession};
use crate::i18n::{HERE, Lang, lang};
use crate::messages;
use crate::ui::account::{Account, Head};
use crate::ui::components::{Badge, Confirm, Empty, Tile, Tone};
use crate::ui::form::Left;
use crate::ui::load::load;
use crate::ui::time::{Time, around};

/// The id of the dialog that ends all other sessions.
const END_ALL: &str = "end-all";

/// The sessions of the user.
#[component]
pub(crate) fn Sessions() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    view! {
        <Account t item=SESSIONS title=t.sessions_title()>
            {load(move |auth, context| content(t, auth, context, left))}
        </Account>
    }
}

async fn content(t: Lang, auth: Auth, context: AuthContext, left: Left) -> Result<impl IntoView, Error> {
    let mut sessions = auth.sessions.list(context.actor()).await?;
    // The current session first, then the others by last use.
    sessions.sort_by_key(|session| !session.current);
    let now = auth.clock.now();
    let country = sessions.iter().find(|session| session.current).and_then(|session| session.country.clone());
    let others = sessions.iter().filter(|session| !session.current).count();
    let act = move || {
        (others > 0).then(|| {
            view! {
                <button type="button" class="button danger" popovertarget=END_ALL>
                    {t.sessions_end_all()}
                </button>
            }
        })
    };
    let settings = &auth.settings().sessions;
    let lifetime = messages::in_words(t, settings.lifetime);
    let ends = match settings.lifetime_from {
        LifetimeFrom::LastActivity => {
            t.sessions_idle_activity(&lifetime, &messages::in_words(t, settings.absolute_lifetime))
        }
        LifetimeFrom::Creation => t.sessions_idle_creation(&lifetime),
    };
    let lines = sessions.into_iter().map(move |session| {
        let elsewhere = country.is_some() && session.country.is_some() && session.country != country;
        view! { <Line t now session elsewhere/> }
    });
    let count = u64::try_from(others).unwrap_or(u64::MAX);
    Ok(view! {
        <Head heading=t.sessions_title().to_owned() subtitle=t.sessions_subtitle() act/>
        {left.notice(None)}
        <section class="card" aria-labelledby="list-title">
            <h2 class="sr-only" id="list-title">
                {t.sessions_list()}
            </h2>
            <ul class="list">{lines.collect_view()}</ul>
        </section>
        {(others == 0)
            .then(|| view! { <Empty icon="laptop" title=t.sessions_only_title() body=t.sessions_only_body()/> })}
        <p class="meta after">{ends}</p>
        {(others > 0)
            .then(|| {
                view! {
                    <Confirm
                        id=END_ALL.to_owned()
                        title=t.sessions_end_all_title()
                        body=t.sessions_end_all_body(count)
                        action=EndOtherSessions::PATH
                        submit=t.sessions_end_all()
                        cancel=t.common_cancel()
                    />
                }
            })}
    })
}

#[component]
fn Line(t: Lang, now: Timestamp, session: SessionView, elsewhere: bool) -> impl IntoView {
    let device = messages::device(t, &session.device);
    let mobile = ["iPhone", "Android", "iPad", "iOS"].iter().any(|name| session.device.contains(name));
    let tone = match (session.current, elsewhere) {
        (true, _) => Tone::Accent,
        (false, true) => Tone::Warn,
        (false, false) => Tone::Plain,
    };
    let badge = match (session.current, elsewhere) {
        (true, _) => Some((Tone::Accent, t.sessions_this_device())),
        (false, true) => Some((Tone::Warn, t.sessions_elsewhere())),
        (false, false) => None,
    };
    let from = [messages::place(t, session.city.as_deref(), session.country.as_deref()), session.ip];
    let from: Vec<String> = from.into_iter().flatten().collect();
    let used = if session.current {
        view! { {t.sessions_active_now()} }.into_any()
    } else {
        around(&t.sessions_last_used(HERE), view! { <Time t now at=session.last_seen_at/> }).into_any()
    };
    let dialog = format!("end-{}", session.id);
    view! {
        <li>
            <Tile icon=if mobile { "phone" } else { "laptop" } tone/>
            <div class="grow">
                <h3>{device.clone()} {badge.map(|(tone, text)| view! { <Badge tone text/> })}</h3>
                <p class="meta">{from.join(" · ")}</p>
                <p class="meta">
                    {used} " · " {around(&t.sessions_began(HERE), view! { <Time t now at=session.created_at/> })}
                </p>
            </div>
            {(!session.current)
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button small"
                            popovertarget=dialog.clone()
                            aria-label=t.sessions_end_name(&device)
                        >
                            {t.sessions_end()}
                        </button>
                        <Confirm
                            id=dialog.clone()
                            title=t.sessions_end_title()
                            body=t.sessions_end_body(&device)
                            action=EndSession::PATH
                            submit=t.sessions_end_submit()
                            cancel=t.common_cancel()
                            field=("id", session.id.to_string())
                        />
                    }
                })}
        </li>
    }
}
