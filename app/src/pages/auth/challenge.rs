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
use crate::i18n::{Lang, lang};
use crate::islands::form::Form;
use crate::islands::passkey::{Asks, PasskeyForm};
use crate::links::{query_more, with_next};
use crate::ui::code::{CodeField, CodeKind};
use crate::ui::components::Icon;
use crate::ui::form::{Left, Submit, Tried, form_words, passkey_words};
use crate::ui::load::load;
use crate::ui::sign_in::Entry;

/// The form for one factor, and links to the others.
#[component]
pub(crate) fn Challenge() -> impl IntoView {
    if sent_on() {
        return Either::Left(());
    }
    let t = lang();
    let left = Left::take(t);
    let by = query("by").unwrap_or_default();
    let login = with_next(LOGIN, target().as_ref());
    let here = with_next(MFA_CHALLENGE, target().as_ref());
    let next = next();
    Either::Right(load(move |auth: Auth, context| async move {
        let token = context.actor().origin.mfa_challenge.clone().unwrap_or_default();
        let Some(factors) = auth.sign_in.pending_factors(&token).await? else {
            return Ok(Either::Left(gone(t, login)));
        };
        let days = auth.settings().mfa.remember_device_days;
        let chosen = factors.iter().copied().find(|factor| way(*factor) == by).or(factors.first().copied());
        let form = chosen.map(|factor| Asked { t, factor, next, days, tried: left.tried("second-factor") });
        let others = factors.into_iter().filter(|other| Some(*other) != chosen);
        let others: Vec<_> = others.map(|other| link(t, other, &here)).collect();
        let recovers = auth.recovery.is_offered();
        let below = move || {
            view! {
                {recovers.then(|| view! { <p class="below"><a href=RECOVERY>{t.challenge_lost()}</a></p> })}
                <p class="below"><a href=login.clone()>{t.recovery_back()}</a></p>
            }
        };
        Ok(Either::Right(view! {
            <Entry
                t
                title=t.challenge_title()
                heading=t.challenge_heading().to_owned()
                subtitle=chosen.map_or(t.challenge_none(), |factor| how(t, factor)).to_owned()
                icon="shield"
                below
            >
                {left.notice(Some("second-factor"))}
                {form.map(Asked::form)}
                {(!others.is_empty()).then(|| view! { <div class="or">{t.challenge_or()}</div> })}
                <div class="ways">{others}</div>
            </Entry>
        }))
    }))
}

/// Returns the value of `by` for a factor.
fn way(factor: Factor) -> &'static str {
    match factor {
        Factor::Passkey => "passkey",
        Factor::Totp => "app",
        Factor::BackupCode => "backup",
    }
}

/// Returns the instructions for a factor.
fn how(t: Lang, factor: Factor) -> &'static str {
    match factor {
        Factor::Passkey => t.challenge_passkey(),
        Factor::Totp => t.challenge_app(),
        Factor::BackupCode => t.challenge_backup(),
    }
}

fn link(t: Lang, factor: Factor, here: &str) -> impl IntoView + use<> {
    let (icon, word) = match factor {
        Factor::Passkey => ("passkey", t.challenge_use_passkey()),
        Factor::Totp => ("phone", t.challenge_use_app()),
        Factor::BackupCode => ("key", t.challenge_use_backup()),
    };
    let place = query_more(here, "by", way(factor));
    view! {
        <a class="button wide" href=place>
            <Icon name=icon/>
            {word}
        </a>
    }
}

fn gone(t: Lang, login: String) -> impl IntoView {
    view! {
        <Entry
            t
            title=t.challenge_title()
            heading=t.challenge_gone_heading().to_owned()
            subtitle=t.challenge_gone_body().to_owned()
            icon="clock"
        >
            <a class="button primary wide" href=login>{t.challenge_gone_act()}</a>
        </Entry>
    }
}

/// The factor that the page asks for.
struct Asked {
    t: Lang,
    factor: Factor,
    next: (&'static str, String),
    /// For how many days the browser can be remembered; 0 if it cannot.
    days: u32,
    tried: Tried,
}

impl Asked {
    fn form(self) -> impl IntoView {
        let Self { t, factor, next: (next, value), days, tried } = self;
        let kept = move || {
            let remember = (days > 0).then(|| {
                view! {
                    <label class="choice">
                        <input type="checkbox" name="remember" value="1"/>
                        <span>{t.field_remember_device(&days.to_string())}</span>
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
                        words=passkey_words(t)
                        needs_script=t.passkeys_needs_script().to_owned()
                        said=tried.about_form(&[])
                    >
                        {kept()}
                        <Submit label=t.passkeys_use() busy=t.passkeys_busy() wide=true icon="passkey" scripted=true/>
                    </PasskeyForm>
                });
            }
            Factor::Totp => (CodeKind::Digits, t.field_app_code(), t.field_app_code_note()),
            Factor::BackupCode => (CodeKind::Backup, t.field_backup_code(), t.field_backup_code_note()),
        };
        Either::Right(view! {
            <Form action=SecondFactor::PATH.to_owned() words=form_words(t) said=tried.about_form(&["code"])>
                <CodeField kind label note error=tried.error("code")/>
                {kept()}
                <Submit label=t.challenge_submit() busy=t.challenge_busy() wide=true/>
            </Form>
        })
    }
}
