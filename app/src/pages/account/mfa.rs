//! `/mfa/setup` and `/mfa/codes`: the authenticator app and its backup codes; and the section about them of the security
//! page.

use authtuna::auth::Auth;
use authtuna::axum::Visit;
use authtuna::error::Error;
use authtuna::mfa::{Factors, TotpSetup};
use authtuna::model::code::Code;
use authtuna::model::time::Timestamp;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::mfa::{DisableTotp, EnableTotp, NewBackupCodes, SavedCodes, SetUpTotp};
use crate::islands::form::Form;
use crate::islands::save::{SaveButtons, SaveWords};
use crate::pages::auth::query;
use crate::routes::{MFA_SETUP, SECURITY};
use crate::ui::account::{Account, Head};
use crate::ui::code::{CodeField, CodeKind};
use crate::ui::entry::product;
use crate::ui::form::{Left, Submit, Tried, form_words};
use crate::ui::load::load;
use crate::ui::part::{Badge, Empty, Tile, Tone};
use crate::ui::time::{Time, around};
use crate::words::{HERE, Lang, words};

/// Three steps to an authenticator app.
#[component]
pub(crate) fn SetUpApp() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let tried = left.tried("enable-totp");
    view! {
        <Account w place=SECURITY title=w.mfa_title()>
            <Head heading=w.mfa_heading().to_owned() subtitle=w.mfa_subtitle()/>
            {left.notice(Some("enable-totp"))}
            {load(move |auth, visit| set_up(w, auth, visit, tried))}
        </Account>
    }
}

async fn set_up(w: Lang, auth: Auth, visit: Visit, tried: Tried) -> Result<impl IntoView, Error> {
    if auth.mfa.factors(visit.actor()).await?.totp_since.is_some() {
        return Ok(EitherOf3::A(view! {
            <section class="card">
                <div class="body narrow">
                    <p class="lead">{w.problem_totp_enabled()}</p>
                    <div class="acts">
                        <a class="button" href=SECURITY>{w.mfa_to_security()}</a>
                    </div>
                </div>
            </section>
        }));
    }
    // A session that was confirmed too long ago begins anew, and confirms.
    let pending = match auth.mfa.pending_totp(visit.actor()).await {
        Err(error) if error.code() == Code::StepUpRequired => None,
        pending => pending?,
    };
    let Some(setup) = pending else {
        return Ok(EitherOf3::B(view! {
            <section class="card">
                <div class="body narrow">
                    <h2>{w.mfa_one()}</h2>
                    <p class="meta lead">{w.mfa_one_body()}</p>
                    <Form action=SetUpTotp::PATH.to_owned() words=form_words(w) said=Vec::new()>
                        <div class="acts">
                            <Submit label=w.mfa_begin() busy=w.mfa_begin_busy()/>
                            <a class="button" href=SECURITY>{w.common_cancel()}</a>
                        </div>
                    </Form>
                </div>
            </section>
        }));
    };
    Ok(EitherOf3::C(scan(w, setup, tried)))
}

fn scan(w: Lang, setup: TotpSetup, tried: Tried) -> impl IntoView {
    let TotpSetup { secret, uri, qr } = setup;
    // In groups of four, as people read aloud; programs that it is pasted into leave the blanks out.
    let groups: Vec<&str> =
        secret.as_bytes().chunks(4).filter_map(|group| str::from_utf8(group).ok()).collect();
    let key = groups.join(" ");
    view! {
        <section class="card">
            <div class="body narrow steps">
                <h2>{w.mfa_one()}</h2>
                <p class="meta">{w.mfa_one_body()}</p>
                <h2>{w.mfa_two()}</h2>
                <svg class="qr" viewBox=format!("0 0 {0} {0}", qr.size) role="img" aria-label=w.mfa_picture()>
                    <rect class="paper" width=qr.size height=qr.size></rect>
                    <path class="ink" d=qr.path></path>
                </svg>
                <p class="meta">{w.mfa_two_here()}</p>
                <p class="key">
                    {w.mfa_key()} ": " <code>{key}</code>
                </p>
                <p>
                    <a class="button small" href=uri>{w.mfa_open()}</a>
                </p>
                <h2>{w.mfa_three()}</h2>
                <Form action=EnableTotp::PATH.to_owned() words=form_words(w) said=tried.about_form(&["code"])>
                    <CodeField
                        kind=CodeKind::Digits
                        label=w.field_app_code()
                        note=w.field_app_code_note()
                        error=tried.error("code")
                    />
                    <div class="acts">
                        <Submit label=w.mfa_submit() busy=w.mfa_busy()/>
                        <a class="button" href=SECURITY>{w.common_cancel()}</a>
                    </div>
                </Form>
            </div>
        </section>
    }
}

/// The codes, until their owner says that they are saved.
#[component]
pub(crate) fn BackupCodes() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let token = query("show").unwrap_or_default();
    let product = product();
    view! {
        <Account w place=SECURITY title=w.mfa_title()>
            <Head heading=w.mfa_codes_heading().to_owned() subtitle=w.mfa_codes_subtitle()/>
            {left.notice(None)}
            {load(move |auth: Auth, visit| async move {
                let codes: Option<Vec<String>> = auth.shown_once(visit.actor(), &token).await?;
                let user = visit.actor().holder()?.user.username.clone();
                Ok(match codes {
                    Some(codes) => Either::Left(list(w, &product, &user, codes)),
                    None => Either::Right(view! {
                        <Empty icon="key" title=w.mfa_codes_gone_heading() body=w.mfa_codes_gone_body()/>
                        <div class="acts">
                            <a class="button" href=SECURITY>{w.mfa_to_security()}</a>
                        </div>
                    }),
                })
            })}
        </Account>
    }
}

fn list(w: Lang, product: &str, user: &str, codes: Vec<String>) -> impl IntoView + use<> {
    let text = format!("{}\n\n{}\n", w.mfa_codes_file(user, product), codes.join("\n"));
    let words = SaveWords {
        copy: w.mfa_codes_copy().to_owned(),
        copied: w.mfa_codes_copied().to_owned(),
        print: w.mfa_codes_print().to_owned(),
    };
    let file: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let file = format!("data:text/plain;charset=utf-8,{}", file.replace('+', "%20"));
    view! {
        <section class="card">
            <div class="body">
                <ul class="codes">
                    {codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}
                </ul>
                <form method="post" action=SavedCodes::PATH class="acts">
                    <SaveButtons text words/>
                    <a class="button" href=file download="backup-codes.txt">{w.mfa_codes_download()}</a>
                    <button class="button primary">{w.mfa_codes_done()}</button>
                </form>
            </div>
        </section>
    }
}

/// What the security page says of second factors that are no passkeys. Nothing where they are not offered and there are none.
pub(crate) fn section(w: Lang, now: Timestamp, factors: Factors, offered: bool) -> impl IntoView {
    let app = match factors.totp_since {
        Some(since) => Some(Either::Left(app_on(w, now, since))),
        None => offered.then(|| Either::Right(app_off(w, !factors.wanted()))),
    };
    let codes = factors.wanted().then(|| codes_line(w, factors, offered));
    (app.is_some() || codes.is_some()).then(|| {
        view! {
            <section class="card" aria-label=w.mfa_section()>
                <ul class="list">{app} {codes}</ul>
            </section>
        }
    })
}

fn app_on(w: Lang, now: Timestamp, since: Timestamp) -> impl IntoView {
    view! {
        <li>
            <Tile icon="phone" tone=Tone::Ok/>
            <div class="grow">
                <h3>{w.mfa_app()} " " <Badge tone=Tone::Ok text=w.mfa_on()/></h3>
                <p class="meta">{around(&w.mfa_app_on(HERE), view! { <Time w now at=since/> })}</p>
                {sure(w.mfa_turn_off(), w.mfa_turn_off_body(), w.mfa_turn_off_act(), DisableTotp::PATH)}
            </div>
        </li>
    }
}

/// `missed` where nothing else is asked for after the password.
fn app_off(w: Lang, missed: bool) -> impl IntoView {
    let tone = if missed { Tone::Warn } else { Tone::Plain };
    view! {
        <li>
            <Tile icon="phone" tone/>
            <div class="grow">
                <h3>{w.mfa_app()} " " <Badge tone text=w.mfa_off()/></h3>
                <p class="meta">{w.mfa_app_off()}</p>
            </div>
            <a class="button small" href=MFA_SETUP>{w.mfa_set_up()}</a>
        </li>
    }
}

fn codes_line(w: Lang, factors: Factors, offered: bool) -> impl IntoView {
    let left = factors.backup_codes_left;
    let tone = if left > 3 { Tone::Ok } else { Tone::Warn };
    let anew =
        offered.then(|| sure(w.mfa_codes_new(), w.mfa_codes_body(), w.mfa_codes_act(), NewBackupCodes::PATH));
    view! {
        <li>
            <Tile icon="key" tone/>
            <div class="grow">
                <h3>{w.mfa_codes()}</h3>
                <p class="meta">{w.mfa_codes_left(left.unsigned_abs())}</p>
                {anew}
            </div>
        </li>
    }
}

/// A button that says first what it does.
fn sure(word: &'static str, body: &'static str, act: &'static str, action: &'static str) -> impl IntoView {
    view! {
        <details class="sure">
            <summary>{word}</summary>
            <form method="post" action=action>
                <p class="meta">{body}</p>
                <button class="button small">{act}</button>
            </form>
        </details>
    }
}
