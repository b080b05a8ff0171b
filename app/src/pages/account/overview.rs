//! `/ui/dashboard`: the account at a glance.

use authtuna::auth::Auth;
use authtuna::axum::Visit;
use authtuna::error::Error;
use authtuna::mfa::Factors;
use authtuna::model::page::PageRequest;
use authtuna::model::time::Timestamp;
use authtuna::users::User;
use leptos::prelude::*;

use super::email::EmailLine;
use super::events::Events;
use super::own;
use crate::routes::{ACTIVITY, OVERVIEW, SECURITY, SESSIONS};
use crate::say;
use crate::ui::account::{Account, Head};
use crate::ui::form::Left;
use crate::ui::load::load;
use crate::ui::part::{Badge, Tile, Tone};
use crate::ui::time::{Time, around};
use crate::viewer::{Viewer, auth};
use crate::words::{HERE, Lang, words};

/// How many events it shows.
const EVENTS: u32 = 5;

/// The account at a glance.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let name = Viewer::here().map(|viewer| viewer.name).unwrap_or_default();
    view! {
        <Account w place=OVERVIEW title=w.overview_title()>
            <Head heading=w.overview_hello(&name) subtitle=w.overview_subtitle()/>
            {left.notice(None)}
            {load(move |auth, visit| content(w, auth, visit))}
        </Account>
    }
}

async fn content(w: Lang, auth: Auth, visit: Visit) -> Result<impl IntoView, Error> {
    let actor = visit.actor();
    let user = own(&auth, actor).await?;
    let sessions = auth.sessions.list(actor).await?;
    let factors = auth.mfa.factors(actor).await?;
    let recent = auth.activity(actor, &PageRequest { after: None, limit: Some(EVENTS) }).await?;
    let now = auth.clock.now();
    let device =
        sessions.iter().find(|session| session.current).map(|session| say::device(w, &session.device));
    Ok(view! {
        <Protections w now user=user.clone() factors devices=sessions.len() device=device.unwrap_or_default()/>
        <section class="card">
            <header>
                <h2>{w.overview_recent()}</h2>
                <a href=ACTIVITY>{w.overview_all_activity()}</a>
            </header>
            <Events w now viewer=user.id events=recent.items/>
        </section>
    })
}

/// What protects the account, as a picture and as a list.
#[component]
fn Protections(
    w: Lang,
    now: Timestamp,
    user: User,
    factors: Factors,
    devices: usize,
    device: String,
) -> impl IntoView {
    let passkeys = factors.passkeys > 0;
    let password = passkeys && !user.has_password || user.has_password && !user.requires_password_reset;
    let email = user.email.is_some() && user.email_verified_at.is_some();
    // Where no mails are sent, an address protects nothing, and nobody can do anything about it.
    let mails = auth().is_ok_and(|auth| auth.settings().email.enabled);
    let lacks_email = mails && !email;
    let second = factors.wanted();
    let all = if mails { 3 } else { 2 };
    let good = all - usize::from(!password) - usize::from(!second) - usize::from(lacks_email);
    let missing = [
        (!password).then_some(w.overview_missing_password()),
        (!second).then_some(w.overview_missing_second()),
        lacks_email.then_some(w.overview_missing_email()),
    ];
    let (title, body) = if good == all {
        (w.overview_fine_title().to_owned(), w.overview_fine_body().to_owned())
    } else {
        let count = u64::try_from(all - good).unwrap_or(u64::MAX);
        (w.overview_missing_title(count), missing.into_iter().flatten().collect::<Vec<_>>().join(" "))
    };
    let count = u64::try_from(devices).unwrap_or(u64::MAX);
    let last = user.last_login_at.unwrap_or(user.created_at);
    view! {
        <section class="card" aria-label=w.overview_protections()>
            <div class="body glance">
                <Ring w good all/>
                <div>
                    <h2>{title}</h2>
                    <p class="meta">{body}</p>
                </div>
            </div>
            <ul class="list">
                {(user.has_password || !passkeys)
                    .then(|| view! { <PasswordLine w now user=user.clone() good=password/> })}
                <SecondLine w factors/>
                <EmailLine w address=user.email.clone() verified=user.email_verified_at.is_some()/>
                <li>
                    <Tile icon="laptop" tone=Tone::Plain/>
                    <div class="grow">
                        <h3>{w.overview_sessions(count)}</h3>
                        <p class="meta">{w.overview_sessions_note(&device)}</p>
                    </div>
                    <a class="button small" href=SESSIONS>{w.overview_sessions_review()}</a>
                </li>
                <li>
                    <Tile icon="clock" tone=Tone::Plain/>
                    <div class="grow">
                        <h3>{w.overview_last_sign_in()}</h3>
                        <p class="meta">
                            {around(&w.overview_member_since(HERE), view! { <Time w now at=user.created_at/> })}
                        </p>
                    </div>
                    <Time w now at=last/>
                </li>
            </ul>
        </section>
    }
}

#[component]
fn PasswordLine(w: Lang, now: Timestamp, user: User, good: bool) -> impl IntoView {
    let changed = user.password_changed_at.filter(|_| user.has_password);
    let state = match (user.has_password, user.requires_password_reset) {
        (false, _) => Some((Tone::Warn, w.overview_password_none())),
        (true, true) => Some((Tone::Warn, w.overview_password_reset())),
        (true, false) => Some((Tone::Ok, w.overview_good())),
    };
    view! {
        <li>
            <Tile icon="key" tone=if good { Tone::Ok } else { Tone::Warn }/>
            <div class="grow">
                <h3>{w.overview_password()} {state.map(|(tone, text)| view! { <Badge tone text/> })}</h3>
                {changed
                    .map(|at| {
                        view! {
                            <p class="meta">
                                {around(&w.overview_password_changed(HERE), view! { <Time w now at/> })}
                            </p>
                        }
                    })}
            </div>
            <a class="button small" href=SECURITY>{w.overview_password_change()}</a>
        </li>
    }
}

/// What is asked for besides a password, or instead of one.
#[component]
fn SecondLine(w: Lang, factors: Factors) -> impl IntoView {
    let (tone, state, act) = if factors.wanted() {
        (Tone::Ok, w.overview_good(), w.overview_second_change())
    } else {
        (Tone::Warn, w.overview_password_none(), w.overview_second_set_up())
    };
    let body = match (factors.passkeys, factors.totp_since.is_some()) {
        (0, false) => w.overview_second_none().to_owned(),
        (0, true) => w.overview_second_app().to_owned(),
        (passkeys, false) => w.overview_second_passkeys(passkeys.unsigned_abs()),
        (passkeys, true) => w.overview_second_both(passkeys.unsigned_abs()),
    };
    view! {
        <li>
            <Tile icon="shield" tone/>
            <div class="grow">
                <h3>{w.overview_second()} " " <Badge tone text=state/></h3>
                <p class="meta">{body}</p>
            </div>
            <a class="button small" href=SECURITY>{act}</a>
        </li>
    }
}

/// How much of what could protect the account does.
#[component]
fn Ring(w: Lang, good: usize, all: usize) -> impl IntoView {
    let (said, short) = (good.to_string(), all.to_string());
    // pathLength makes the whole ring as long as there are protections.
    view! {
        <svg
            class=if good == all { "gauge" } else { "gauge warn" }
            viewBox="0 0 104 104"
            role="img"
            aria-label=w.overview_ring(&short, &said)
        >
            <circle class="track" cx="52" cy="52" r="44"></circle>
            {(good > 0)
                .then(|| {
                    view! {
                        <circle
                            class="value"
                            cx="52"
                            cy="52"
                            r="44"
                            pathLength=all.to_string()
                            stroke-dasharray=format!("{good} {all}")
                            transform="rotate(-90 52 52)"
                        ></circle>
                    }
                })}
            <text x="52" y="59" text-anchor="middle">
                {w.overview_ring_short(&short, &said)}
            </text>
        </svg>
    }
}
