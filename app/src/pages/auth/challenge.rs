//! `/mfa/challenge`: the second factor, after the first.

use authtuna::auth::Auth;
use authtuna::mfa::Factor;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{next, query, sent_on, target};
use crate::api::mfa::SecondFactor;
use crate::islands::form::Form;
use crate::routes::{CHALLENGE, LOGIN, with_next};
use crate::ui::code::{CodeField, CodeKind};
use crate::ui::entry::Entry;
use crate::ui::form::{Left, Submit, form_words};
use crate::ui::load::load;
use crate::words::{Lang, words};

/// The code of the app, or a backup code.
#[component]
pub(crate) fn Challenge() -> impl IntoView {
    if sent_on() {
        return Either::Left(());
    }
    let w = words();
    let left = Left::take(w);
    let backup = query("by").as_deref() == Some("backup");
    let login = with_next(LOGIN, target().as_ref());
    let app = with_next(CHALLENGE, target().as_ref());
    let next = next();
    Either::Right(load(move |auth: Auth, visit| async move {
        let token = visit.actor().origin.halfway.clone().unwrap_or_default();
        let Some(factors) = auth.halfway(&token).await? else {
            return Ok(EitherOf3::A(gone(w, login)));
        };
        let days = auth.settings().mfa.remember_device_days;
        let has_backup = factors.contains(&Factor::BackupCode);
        let way = Way { next, days, login, app };
        Ok(if backup && has_backup {
            EitherOf3::B(ask(w, left, CodeKind::Backup, way, true))
        } else {
            EitherOf3::C(ask(w, left, CodeKind::Digits, way, has_backup))
        })
    }))
}

/// Where the page leads.
struct Way {
    next: (&'static str, String),
    days: u32,
    login: String,
    app: String,
}

fn gone(w: Lang, login: String) -> impl IntoView {
    view! {
        <Entry
            w
            title=w.challenge_title()
            heading=w.challenge_gone_heading().to_owned()
            subtitle=w.challenge_gone_body().to_owned()
            icon="shield"
        >
            <a class="button primary wide" href=login>{w.challenge_gone_act()}</a>
        </Entry>
    }
}

fn ask(w: Lang, left: Left, kind: CodeKind, way: Way, has_other: bool) -> impl IntoView {
    let tried = left.tried("second-factor");
    let Way { next: (next, value), days, login, app } = way;
    let backup = format!("{app}{}by=backup", if app.contains('?') { '&' } else { '?' });
    let (how, label, note, by, or, other, word) = match kind {
        CodeKind::Digits => (
            w.challenge_app(),
            w.field_app_code(),
            w.field_app_code_note(),
            "",
            w.challenge_or(),
            backup,
            w.challenge_use_backup(),
        ),
        CodeKind::Backup => (
            w.challenge_backup(),
            w.field_backup_code(),
            w.field_backup_code_note(),
            "backup",
            w.challenge_or_app(),
            app,
            w.challenge_use_app(),
        ),
    };
    let below = move || view! { <p class="below"><a href=login>{w.confirm_cancel()}</a></p> };
    let remember = (days > 0).then(|| {
        view! {
            <label class="choice">
                <input type="checkbox" name="remember" value="1"/>
                <span>{w.field_remember_device(&days.to_string())}</span>
            </label>
        }
    });
    view! {
        <Entry
            w
            title=w.challenge_title()
            heading=w.challenge_heading().to_owned()
            subtitle=w.challenge_subtitle().to_owned()
            icon="shield"
            below
        >
            {left.notice(Some("second-factor"))}
            <p class="how">{how}</p>
            <Form action=SecondFactor::PATH.to_owned() words=form_words(w) said=tried.about_form(&["code"])>
                <input type="hidden" name=next value=value/>
                <input type="hidden" name="by" value=by/>
                <CodeField kind label note error=tried.error("code")/>
                {remember}
                <Submit label=w.challenge_submit() busy=w.challenge_busy() wide=true/>
            </Form>
            {has_other
                .then(|| {
                    view! {
                        <div class="or">{or}</div>
                        <a class="button wide" href=other>{word}</a>
                    }
                })}
        </Entry>
    }
}
