//! `/ui/dashboard`: the account at a glance.

use authtuna::accounts::users::User;
use authtuna::auth::Auth;
use authtuna::authn::mfa::Factors;
use authtuna::authn::overview::Overview as AtAGlance;
use authtuna::axum::AuthContext;
use authtuna::model::paths::{ACTIVITY, ADD_PASSKEY, DASHBOARD, MFA_SETUP, SECURITY, SESSIONS};
use authtuna::model::time::Timestamp;
use leptos::prelude::*;

use super::email::EmailLine;
use super::events::Events;
use super::mfa;
use super::protection::Offered;
use crate::i18n::{HERE, Lang, lang};
use crate::messages;
use crate::ui::account::{Account, Head};
use crate::ui::components::{Badge, Tile, Tone};
use crate::ui::form::Left;
use crate::ui::load::load;
use crate::ui::recovery;
use crate::ui::time::{Time, around};
use crate::viewer::Viewer;

/// The account at a glance.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let name = Viewer::here().map(|viewer| viewer.name).unwrap_or_default();
    view! {
        <Account t item=DASHBOARD title=t.overview_title() tells_of_recovery=true>
            {load(async move |auth: Auth, context: AuthContext| {
                let at_a_glance = auth.overview.own(context.actor()).await?;
                let now = auth.clock.now();
                Ok(
                    view! {
                        {at_a_glance.recovery.map(|open| recovery::notice(t, now, open))}
                        <Head heading=t.overview_hello(&name) subtitle=t.overview_subtitle()/>
                        {left.notice(None)}
                        {content(t, &auth, now, at_a_glance)}
                    },
                )
            })}
        </Account>
    }
}

fn content(t: Lang, auth: &Auth, now: Timestamp, at_a_glance: AtAGlance) -> impl IntoView + use<> {
    let AtAGlance { user, factors, recovery, sessions, device, recent } = at_a_glance;
    let recovered = recovery.is_some();
    let device = device.map(|device| messages::device(t, &device));
    let offered = Offered::of(auth);
    let parts = Parts::of(&user, factors, offered);
    let last = user.last_login_at.unwrap_or(user.created_at);
    let count = sessions.unsigned_abs();
    let password_line = (user.has_password || factors.passkeys == 0)
        .then(|| view! { <PasswordLine t now user=user.clone() good=parts.password/> });
    view! {
        <section class="card" aria-label=t.overview_protections()>
            <Glance t parts recovered set_up=set_up(factors, offered)/>
            <ul class="list">
                {password_line}
                <SecondLine t factors offered/>
                {factors.wanted().then(|| view! { <CodesLine t factors offered/> })}
                <EmailLine t address=user.email.clone() verified=user.email_verified_at.is_some()/>
                <li>
                    <Tile icon="laptop" tone=Tone::Plain/>
                    <div class="grow">
                        <h3>{t.overview_sessions(count)}</h3>
                        <p class="meta">{t.overview_sessions_note(&device.unwrap_or_default())}</p>
                    </div>
                    <a class="button small" href=SESSIONS>{t.overview_sessions_review()}</a>
                </li>
                <li>
                    <Tile icon="clock" tone=Tone::Plain/>
                    <div class="grow">
                        <h3>{t.overview_last_sign_in()}</h3>
                        <p class="meta">
                            <Time t now at=last/> " · "
                            {around(&t.overview_member_since(HERE), view! { <Time t now at=user.created_at/> })}
                        </p>
                    </div>
                </li>
            </ul>
        </section>
        <section class="card">
            <header>
                <h2>{t.overview_recent()}</h2>
                <a href=ACTIVITY>{t.overview_all_activity()}</a>
            </header>
            <Events t now viewer=user.id events=recent/>
        </section>
    }
}

/// What protects the account, and whether each part is in place. A part that is `None` does not
/// count here.
#[derive(Clone, Copy)]
struct Parts {
    password: bool,
    second: bool,
    /// `None` without a second factor, because backup codes stand in for one.
    codes: Option<bool>,
    /// `None` if the server sends no email: the address then protects nothing, and the user cannot
    /// do anything about it.
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

    /// Describes what is missing.
    fn missing(self, t: Lang) -> Vec<&'static str> {
        let all = [
            (Some(self.password), t.overview_missing_password()),
            (Some(self.second), t.overview_missing_second()),
            (self.codes, t.overview_missing_codes()),
            (self.email, t.overview_missing_email()),
        ];
        all.into_iter().filter(|(good, _)| *good == Some(false)).map(|(_, text)| text).collect()
    }
}

/// Returns the page to set up a second factor; `None` for a user who has one, or cannot set one up.
fn set_up(factors: Factors, offered: Offered) -> Option<&'static str> {
    match offered {
        _ if factors.wanted() => None,
        Offered { passkeys: true, .. } => Some(ADD_PASSKEY),
        Offered { apps: true, .. } => Some(MFA_SETUP),
        Offered { .. } => None,
    }
}

/// The whole state in one picture and one sentence, with the first thing to do. An open recovery
/// comes before everything else.
#[component]
fn Glance(
    t: Lang,
    parts: Parts,
    recovered: bool,
    #[prop(optional_no_strip)] set_up: Option<&'static str>,
) -> impl IntoView {
    let (good, all) = (parts.each().filter(|good| *good).count(), parts.each().count());
    let missing = u64::try_from(all - good).unwrap_or(u64::MAX);
    let (title, body) = match (recovered, missing) {
        (true, _) => (t.overview_recovered_title().to_owned(), t.overview_recovered_body().to_owned()),
        (false, 0) => (t.overview_fine_title().to_owned(), t.overview_fine_body().to_owned()),
        (false, _) => (t.overview_missing_title(missing), parts.missing(t).join(" ")),
    };
    let act = set_up.filter(|_| !recovered).map(|to| {
        let word = if to == ADD_PASSKEY { t.passkeys_add() } else { t.enrol_set_up_app() };
        view! { <a class="button primary small" href=to>{word}</a> }
    });
    view! {
        <div class="body glance">
            <Ring t good all calm=good == all && !recovered/>
            <div>
                <h2>{title}</h2>
                <p class="meta">{body}</p>
                {act}
            </div>
        </div>
    }
}

#[component]
fn PasswordLine(t: Lang, now: Timestamp, user: User, good: bool) -> impl IntoView {
    let changed = user.password_changed_at.filter(|_| user.has_password);
    let state = match (user.has_password, user.requires_password_reset) {
        (false, _) => Some((Tone::Warn, t.overview_password_none())),
        (true, true) => Some((Tone::Warn, t.overview_password_reset())),
        (true, false) => Some((Tone::Ok, t.overview_good())),
    };
    view! {
        <li>
            <Tile icon="key" tone=if good { Tone::Ok } else { Tone::Warn }/>
            <div class="grow">
                <h3>{t.overview_password()} {state.map(|(tone, text)| view! { <Badge tone text/> })}</h3>
                {changed
                    .map(|at| {
                        view! {
                            <p class="meta">
                                {around(&t.overview_password_changed(HERE), view! { <Time t now at/> })}
                            </p>
                        }
                    })}
            </div>
            <a class="button small" href=SECURITY>{t.overview_password_change()}</a>
        </li>
    }
}

/// The second factor: what sign-in requires besides a password, or instead of one.
#[component]
fn SecondLine(t: Lang, factors: Factors, offered: Offered) -> impl IntoView {
    let (tone, state) = if factors.wanted() {
        (Tone::Ok, t.overview_good())
    } else {
        (Tone::Warn, t.overview_password_none())
    };
    let (to, act) = match set_up(factors, offered) {
        Some(to) => (to, t.overview_second_set_up()),
        None => (SECURITY, t.overview_second_change()),
    };
    let body = match (factors.passkeys, factors.totp_since.is_some()) {
        (0, false) => t.overview_second_none().to_owned(),
        (0, true) => t.overview_second_app().to_owned(),
        (passkeys, false) => t.overview_second_passkeys(passkeys.unsigned_abs()),
        (passkeys, true) => t.overview_second_both(passkeys.unsigned_abs()),
    };
    view! {
        <li>
            <Tile icon="shield" tone/>
            <div class="grow">
                <h3>{t.overview_second()} " " <Badge tone text=state/></h3>
                <p class="meta">{body}</p>
            </div>
            <a class="button small" href=to>{act}</a>
        </li>
    }
}

/// The backup codes, for when everything else is lost.
#[component]
fn CodesLine(t: Lang, factors: Factors, offered: Offered) -> impl IntoView {
    let good = factors.has_enough_codes();
    let left = factors.backup_codes_left.unsigned_abs();
    view! {
        <li>
            <Tile icon="key" tone=if good { Tone::Ok } else { Tone::Warn }/>
            <div class="grow">
                <h3>
                    {t.mfa_codes()} " " {good.then(|| view! { <Badge tone=Tone::Ok text=t.overview_good()/> })}
                    {mfa::few(t, factors)}
                </h3>
                <p class="meta">{if left == 0 { t.mfa_codes_none().to_owned() } else { t.overview_codes_left(&left.to_string()) }}</p>
            </div>
            {offered
                .apps
                .then(|| view! { <a class="button small" href=SECURITY aria-label=t.mfa_codes_name()>{t.overview_second_change()}</a> })}
        </li>
    }
}

/// A gauge of how many of the possible protections are in place.
#[component]
fn Ring(t: Lang, good: usize, all: usize, calm: bool) -> impl IntoView {
    let (said, short) = (good.to_string(), all.to_string());
    // `pathLength` makes the whole ring as long as there are protections.
    view! {
        <svg
            class=if calm { "gauge" } else { "gauge warn" }
            viewBox="0 0 104 104"
            role="img"
            aria-label=t.overview_ring(&short, &said)
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
                {t.overview_ring_short(&short, &said)}
            </text>
        </svg>
    }
}
