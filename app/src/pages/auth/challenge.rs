//! `/mfa/challenge`: the second factor, after the first.

use authtuna::auth::Auth;
use authtuna::authn::mfa::Factor;
use authtuna::model::paths::{LOGIN, MFA_CHALLENGE, RECOVERY};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{next, query, sent_on, target};
use crate::api::mfa::SecondFactor;
use crate::api::passkey::SecondFactorPrompt;
use crate::islands::form::Form;
use crate::islands::passkey::{Asks, PasskeyForm};
use crate::links::{query_more, with_next};
use crate::ui::code::{CodeField, CodeKind};
use crate::ui::entry::Entry;
use crate::ui::form::{Left, Submit, Tried, form_words, passkey_words};
use crate::ui::load::load;
use crate::ui::part::Icon;
use crate::words::{Lang, words};

/// One of the factors, and links to the others.
#[component]
pub(crate) fn Challenge() -> impl IntoView {
    if sent_on() {
        return Either::Left(());
    }
    let w = words();
    let left = Left::take(w);
    let by = query("by").unwrap_or_default();
    let login = with_next(LOGIN, target().as_ref());
    let here = with_next(MFA_CHALLENGE, target().as_ref());
    let next = next();
    Either::Right(load(move |auth: Auth, visit| async move {
        let token = visit.actor().origin.halfway.clone().unwrap_or_default();
        let Some(factors) = auth.halfway(&token).await? else {
            return Ok(Either::Left(gone(w, login)));
        };
        let days = auth.settings().mfa.remember_device_days;
        let chosen = factors.iter().copied().find(|factor| way(*factor) == by).or(factors.first().copied());
        let form = chosen.map(|factor| Asked { w, factor, next, days, tried: left.tried("second-factor") });
        let others = factors.into_iter().filter(|other| Some(*other) != chosen);
        let others: Vec<_> = others.map(|other| link(w, other, &here)).collect();
        let recovers = auth.recovers();
        let below = move || {
            view! {
                {recovers.then(|| view! { <p class="below"><a href=RECOVERY>{w.challenge_lost()}</a></p> })}
                <p class="below"><a href=login.clone()>{w.recovery_back()}</a></p>
            }
        };
        Ok(Either::Right(view! {
            <Entry
                w
                title=w.challenge_title()
                heading=w.challenge_heading().to_owned()
                subtitle=chosen.map_or(w.challenge_none(), |factor| how(w, factor)).to_owned()
                icon="shield"
                below
            >
                {left.notice(Some("second-factor"))}
                {form.map(Asked::form)}
                {(!others.is_empty()).then(|| view! { <div class="or">{w.challenge_or()}</div> })}
                <div class="ways">{others}</div>
            </Entry>
        }))
    }))
}

/// What stands for a factor in `by`.
fn way(factor: Factor) -> &'static str {
    match factor {
        Factor::Passkey => "passkey",
        Factor::Totp => "app",
        Factor::BackupCode => "backup",
    }
}

/// What to do about a factor that is asked for.
fn how(w: Lang, factor: Factor) -> &'static str {
    match factor {
        Factor::Passkey => w.challenge_passkey(),
        Factor::Totp => w.challenge_app(),
        Factor::BackupCode => w.challenge_backup(),
    }
}

fn link(w: Lang, factor: Factor, here: &str) -> impl IntoView + use<> {
    let (icon, word) = match factor {
        Factor::Passkey => ("passkey", w.challenge_use_passkey()),
        Factor::Totp => ("phone", w.challenge_use_app()),
        Factor::BackupCode => ("key", w.challenge_use_backup()),
    };
    let place = query_more(here, "by", way(factor));
    view! {
        <a class="button wide" href=place>
            <Icon name=icon/>
            {word}
        </a>
    }
}

fn gone(w: Lang, login: String) -> impl IntoView {
    view! {
        <Entry
            w
            title=w.challenge_title()
            heading=w.challenge_gone_heading().to_owned()
            subtitle=w.challenge_gone_body().to_owned()
            icon="clock"
        >
            <a class="button primary wide" href=login>{w.challenge_gone_act()}</a>
        </Entry>
    }
}

/// The factor that is asked for.
struct Asked {
    w: Lang,
    factor: Factor,
    next: (&'static str, String),
    /// For how long the browser can be remembered; 0 for not at all.
    days: u32,
    tried: Tried,
}

impl Asked {
    fn form(self) -> impl IntoView {
        let Self { w, factor, next: (next, value), days, tried } = self;
        let kept = move || {
            let remember = (days > 0).then(|| {
                view! {
                    <label class="choice">
                        <input type="checkbox" name="remember" value="1"/>
                        <span>{w.field_remember_device(&days.to_string())}</span>
                    </label>
                }
            });
            view! {
                <input type="hidden" name=next value=value.clone()/>
                <input type="hidden" name="by" value=way(factor)/>
                {remember}
            }
        };
        let (kind, label, note) = match factor {
            Factor::Passkey => {
                return Either::Left(view! {
                    <PasskeyForm
                        action=SecondFactor::PATH.to_owned()
                        prompt=SecondFactorPrompt::PATH.to_owned()
                        asks=Asks::Get
                        words=passkey_words(w)
                        needs_script=w.passkeys_needs_script().to_owned()
                        said=tried.about_form(&[])
                    >
                        {kept()}
                        <Submit label=w.passkeys_use() busy=w.passkeys_busy() wide=true icon="passkey" scripted=true/>
                    </PasskeyForm>
                });
            }
            Factor::Totp => (CodeKind::Digits, w.field_app_code(), w.field_app_code_note()),
            Factor::BackupCode => (CodeKind::Backup, w.field_backup_code(), w.field_backup_code_note()),
        };
        Either::Right(view! {
            <Form action=SecondFactor::PATH.to_owned() words=form_words(w) said=tried.about_form(&["code"])>
                <CodeField kind label note error=tried.error("code")/>
                {kept()}
                <Submit label=w.challenge_submit() busy=w.challenge_busy() wide=true/>
            </Form>
        })
    }
}
