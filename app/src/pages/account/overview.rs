//! `/ui/dashboard`: the account at a glance.

use authtuna::accounts::users::User;
use authtuna::auth::Auth;
use authtuna::authn::mfa::Factors;
use authtuna::authn::overview::Overview as AtAGlance;
use authtuna::axum::Visit;
use authtuna::model::paths::{ACTIVITY, ADD_PASSKEY, DASHBOARD, MFA_SETUP, SECURITY, SESSIONS};
use authtuna::model::time::Timestamp;
use leptos::prelude::*;

use super::email::EmailLine;
use super::events::Events;
use super::mfa;
use super::protection::Offered;
use crate::say;
use crate::ui::account::{Account, Head};
use crate::ui::form::Left;
use crate::ui::load::load;
use crate::ui::part::{Badge, Tile, Tone};
use crate::ui::recovery;
use crate::ui::time::{Time, around};
use crate::viewer::Viewer;
use crate::words::{HERE, Lang, words};

/// The account at a glance.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let name = Viewer::here().map(|viewer| viewer.name).unwrap_or_default();
    view! {
        <Account w place=DASHBOARD title=w.overview_title() tells_of_recovery=true>
            {load(async move |auth: Auth, visit: Visit| {
                let at_a_glance = auth.overview(visit.actor()).await?;
                let now = auth.clock.now();
                Ok(
                    view! {
                        {at_a_glance.recovery.map(|open| recovery::notice(w, now, open))}
                        <Head heading=w.overview_hello(&name) subtitle=w.overview_subtitle()/>
                        {left.notice(None)}
                        {content(w, &auth, now, at_a_glance)}
                    },
                )
            })}
        </Account>
    }
}

fn content(w: Lang, auth: &Auth, now: Timestamp, at_a_glance: AtAGlance) -> impl IntoView + use<> {
    let AtAGlance { user, factors, recovery, sessions, device, recent } = at_a_glance;
    let recovered = recovery.is_some();
    let device = device.map(|device| say::device(w, &device));
    let offered = Offered::of(auth);
    let parts = Parts::of(&user, factors, offered);
    let last = user.last_login_at.unwrap_or(user.created_at);
    let count = sessions.unsigned_abs();
    let password_line = (user.has_password || factors.passkeys == 0)
        .then(|| view! { <PasswordLine w now user=user.clone() good=parts.password/> });
    view! {
        <section class="card" aria-label=w.overview_protections()>
            <Glance w parts recovered set_up=set_up(factors, offered)/>
            <ul class="list">
                {password_line}
                <SecondLine w factors offered/>
                {factors.wanted().then(|| view! { <CodesLine w factors offered/> })}
                <EmailLine w address=user.email.clone() verified=user.email_verified_at.is_some()/>
                <li>
                    <Tile icon="laptop" tone=Tone::Plain/>
                    <div class="grow">
                        <h3>{w.overview_sessions(count)}</h3>
                        <p class="meta">{w.overview_sessions_note(&device.unwrap_or_default())}</p>
                    </div>
                    <a class="button small" href=SESSIONS>{w.overview_sessions_review()}</a>
                </li>
                <li>
                    <Tile icon="clock" tone=Tone::Plain/>
                    <div class="grow">
                        <h3>{w.overview_last_sign_in()}</h3>
                        <p class="meta">
                            <Time w now at=last/> " · "
                            {around(&w.overview_member_since(HERE), view! { <Time w now at=user.created_at/> })}
                        </p>
                    </div>
                </li>
            </ul>
        </section>
        <section class="card">
            <header>
                <h2>{w.overview_recent()}</h2>
                <a href=ACTIVITY>{w.overview_all_activity()}</a>
            </header>
            <Events w now viewer=user.id events=recent/>
        </section>
    }
}

/// What protects the account, each part in place or not. What is None does not count here.
#[derive(Clone, Copy)]
struct Parts {
    password: bool,
    second: bool,
    /// Where there is nothing for which they could stand in, they are none of the parts.
    codes: Option<bool>,
    /// Where no mails are sent, an address protects nothing, and nobody can do anything about it.
    email: Option<bool>,
}

impl Parts {
    fn of(user: &User, factors: Factors, offered: Offered) -> Self {
        let by_passkey = factors.passkeys > 0 && !user.has_password;
        Self {
            password: by_passkey || user.has_password && !user.requires_password_reset,
            second: factors.wanted(),
            codes: factors.wanted().then(|| factors.has_enough_codes()),
            email: offered.mails.then_some(user.email.is_some() && user.email_verified_at.is_some()),
        }
    }

    fn each(self) -> impl Iterator<Item = bool> {
        [Some(self.password), Some(self.second), self.codes, self.email].into_iter().flatten()
    }

    /// What is missing, in words.
    fn missing(self, w: Lang) -> Vec<&'static str> {
        let all = [
            (Some(self.password), w.overview_missing_password()),
            (Some(self.second), w.overview_missing_second()),
            (self.codes, w.overview_missing_codes()),
            (self.email, w.overview_missing_email()),
        ];
        all.into_iter().filter(|(good, _)| *good == Some(false)).map(|(_, text)| text).collect()
    }
}

/// Where a second factor is set up, and what to call it; None for those who have one, or can not.
fn set_up(factors: Factors, offered: Offered) -> Option<&'static str> {
    match offered {
        _ if factors.wanted() => None,
        Offered { passkeys: true, .. } => Some(ADD_PASSKEY),
        Offered { apps: true, .. } => Some(MFA_SETUP),
        Offered { .. } => None,
    }
}

/// All of it in one picture and one sentence, with the first thing to do. A recovery that is open comes before everything.
#[component]
fn Glance(
    w: Lang,
    parts: Parts,
    recovered: bool,
    #[prop(optional_no_strip)] set_up: Option<&'static str>,
) -> impl IntoView {
    let (good, all) = (parts.each().filter(|good| *good).count(), parts.each().count());
    let missing = u64::try_from(all - good).unwrap_or(u64::MAX);
    let (title, body) = match (recovered, missing) {
        (true, _) => (w.overview_recovered_title().to_owned(), w.overview_recovered_body().to_owned()),
        (false, 0) => (w.overview_fine_title().to_owned(), w.overview_fine_body().to_owned()),
        (false, _) => (w.overview_missing_title(missing), parts.missing(w).join(" ")),
    };
    let act = set_up.filter(|_| !recovered).map(|to| {
        let word = if to == ADD_PASSKEY { w.passkeys_add() } else { w.enrol_set_up_app() };
        view! { <a class="button primary small" href=to>{word}</a> }
    });
    view! {
        <div class="body glance">
            <Ring w good all calm=good == all && !recovered/>
            <div>
                <h2>{title}</h2>
                <p class="meta">{body}</p>
                {act}
            </div>
        </div>
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
fn SecondLine(w: Lang, factors: Factors, offered: Offered) -> impl IntoView {
    let (tone, state) = if factors.wanted() {
        (Tone::Ok, w.overview_good())
    } else {
        (Tone::Warn, w.overview_password_none())
    };
    let (to, act) = match set_up(factors, offered) {
        Some(to) => (to, w.overview_second_set_up()),
        None => (SECURITY, w.overview_second_change()),
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
            <a class="button small" href=to>{act}</a>
        </li>
    }
}

/// What is left when all else is lost.
#[component]
fn CodesLine(w: Lang, factors: Factors, offered: Offered) -> impl IntoView {
    let good = factors.has_enough_codes();
    let left = factors.backup_codes_left.unsigned_abs();
    view! {
        <li>
            <Tile icon="key" tone=if good { Tone::Ok } else { Tone::Warn }/>
            <div class="grow">
                <h3>
                    {w.mfa_codes()} " " {good.then(|| view! { <Badge tone=Tone::Ok text=w.overview_good()/> })}
                    {mfa::few(w, factors)}
                </h3>
                <p class="meta">{if left == 0 { w.mfa_codes_none().to_owned() } else { w.overview_codes_left(&left.to_string()) }}</p>
            </div>
            {offered
                .apps
                .then(|| view! { <a class="button small" href=SECURITY aria-label=w.mfa_codes_name()>{w.overview_second_change()}</a> })}
        </li>
    }
}

/// How much of what could protect the account does.
#[component]
fn Ring(w: Lang, good: usize, all: usize, calm: bool) -> impl IntoView {
    let (said, short) = (good.to_string(), all.to_string());
    // pathLength makes the whole ring as long as there are protections.
    view! {
        <svg
            class=if calm { "gauge" } else { "gauge warn" }
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
