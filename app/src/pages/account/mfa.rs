//! `/mfa/setup` and `/mfa/codes`: the authenticator app and its backup codes; and their section of
//! the security page.

use authtuna::accounts::users::User;
use authtuna::auth::Auth;
use authtuna::authn::mfa::{Factors, TotpSetup};
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use authtuna::model::paths::{LocalPath, MFA_SETUP, SECURITY};
use authtuna::model::time::Timestamp;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::protection::Offered;
use super::{back, way_out};
use crate::api::mfa::{DisableTotp, EnableTotp, NewBackupCodes, SavedCodes, SetUpTotp};
use crate::i18n::{HERE, Lang, lang};
use crate::islands::form::Form;
use crate::islands::save::{SaveButtons, SaveWords};
use crate::pages::auth::{query, target};
use crate::ui::account::{Account, Head};
use crate::ui::code::{CodeField, CodeKind};
use crate::ui::components::{Badge, Confirm, Empty, Icon, Tile, Tone};
use crate::ui::form::{Left, Submit, Tried, form_words};
use crate::ui::load::load;
use crate::ui::sign_in::product;
use crate::ui::time::{Time, around};

/// The form of this page.
const FORM: &str = "enable-totp";

/// Sets up an authenticator app, in three steps.
#[component]
pub(crate) fn SetUpApp() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let tried = left.tried(FORM);
    let target = target();
    view! {
        <Account t item=SECURITY title=t.mfa_title()>
            {load(move |auth, context| set_up(t, auth, context, left, tried, target))}
        </Account>
    }
}

async fn set_up(
    t: Lang,
    auth: Auth,
    context: AuthContext,
    left: Left,
    tried: Tried,
    target: Option<LocalPath>,
) -> Result<impl IntoView, Error> {
    let back = back(t, context.actor());
    let head = move |subtitle: &'static str| {
        view! {
            <Head heading=t.mfa_heading().to_owned() subtitle back/>
            {left.notice(Some(FORM))}
        }
    };
    let then = Then { out: way_out(context.actor(), target.as_ref()), target };
    if auth.mfa.factors(context.actor()).await?.totp_since.is_some() {
        return Ok(EitherOf3::A(view! {
            {head(t.mfa_subtitle())}
            <section class="card">
                <div class="body narrow">
                    <p class="lead">{t.problem_totp_enabled()}</p>
                    <div class="acts">
                        <a class="button" href=SECURITY>{t.mfa_to_security()}</a>
                    </div>
                </div>
            </section>
        }));
    }
    // If the session was confirmed too long ago, the setup starts over with a confirmation.
    let pending = match auth.mfa.pending_totp(context.actor()).await {
        Err(error) if error.code() == Code::StepUpRequired => None,
        pending => pending?,
    };
    Ok(match pending {
        None => EitherOf3::B(view! { {head(t.mfa_begin_subtitle())} {begin(t, then)} }),
        Some(setup) => EitherOf3::C(view! { {head(t.mfa_subtitle())} {scan(t, setup, &tried, then)} }),
    })
}

/// Where the setup leads.
struct Then {
    /// The page to continue to.
    target: Option<LocalPath>,
    /// The page to return to on cancel.
    out: String,
}

impl Then {
    fn field(&self) -> impl IntoView + use<> {
        let next = self.target.as_ref().map(|target| target.as_str().to_owned());
        view! { <input type="hidden" name="next" value=next.unwrap_or_default()/> }
    }
}

/// Shown before there is a secret.
fn begin(t: Lang, then: Then) -> impl IntoView {
    view! {
        <section class="card">
            <div class="body narrow steps">
                <h2>{t.mfa_one()}</h2>
                <p class="meta">{t.mfa_one_body()}</p>
                <Form action=SetUpTotp::PATH.to_owned() words=form_words(t) said=Vec::new()>
                    {then.field()}
                    <div class="acts">
                        <Submit label=t.mfa_begin() busy=t.mfa_begin_busy()/>
                        <a class="button" href=then.out>{t.common_cancel()}</a>
                    </div>
                </Form>
            </div>
        </section>
    }
}

/// Shows the secret, as a QR code and as a link. On a phone, the app is on the same device, which
/// cannot scan its own screen; elsewhere, the app is on another device. The page offers both ways,
/// and the style sheet decides which comes first.
fn scan(t: Lang, setup: TotpSetup, tried: &Tried, then: Then) -> impl IntoView + use<> {
    let TotpSetup { secret, uri, qr } = setup;
    // Groups of four are easier to read aloud.
    let groups: Vec<&str> =
        secret.as_bytes().chunks(4).filter_map(|group| str::from_utf8(group).ok()).collect();
    let key = groups.join(" ");
    let copying =
        SaveWords { copy: t.mfa_key_copy().to_owned(), copied: t.mfa_codes_copied().to_owned(), print: None };
    let error = tried.error("code");
    view! {
        <section class="card">
            <div class="body narrow steps">
                <h2>{t.mfa_one()}</h2>
                <p class="meta">{t.mfa_one_body()}</p>
                <h2>{t.mfa_two()}</h2>
                <div class="by-touch">
                    <a class="button primary wide" href=uri.clone()>
                        <Icon name="phone"/>
                        {t.mfa_open()}
                    </a>
                    <p class="meta">{t.mfa_or_scan()}</p>
                </div>
                <p class="meta by-pointer">{t.mfa_scan()}</p>
                <svg class="qr" viewBox=format!("0 0 {0} {0}", qr.size) role="img" aria-label=t.mfa_picture()>
                    <rect class="paper" width=qr.size height=qr.size></rect>
                    <path class="ink" d=qr.path></path>
                </svg>
                <p class="meta by-pointer">
                    {t.mfa_or_open()} " " <a class="button small" href=uri>{t.mfa_open()}</a>
                </p>
                <p class="meta">{t.mfa_key()}</p>
                <p class="key">
                    <code>{key}</code>
                    <SaveButtons text=secret words=copying/>
                </p>
                <h2>{t.mfa_three()}</h2>
                <Form action=EnableTotp::PATH.to_owned() words=form_words(t) said=tried.about_form(&["code"])>
                    {then.field()}
                    <CodeField
                        kind=CodeKind::Digits
                        label=t.field_app_code()
                        note=t.field_app_code_note()
                        // Otherwise the steps above would scroll out of view.
                        focus=error.is_some()
                        error
                    />
                    <div class="acts">
                        <Submit label=t.mfa_submit() busy=t.mfa_busy()/>
                        <a class="button" href=then.out>{t.common_cancel()}</a>
                    </div>
                </Form>
            </div>
        </section>
    }
}

/// Shows the codes, until their owner confirms that they are saved.
#[component]
pub(crate) fn BackupCodes() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let token = query("show").unwrap_or_default();
    let target = target();
    let product = product();
    view! {
        <Account t item=SECURITY title=t.mfa_title()>
            <Head heading=t.mfa_codes_heading().to_owned() subtitle=t.mfa_codes_subtitle()/>
            {left.notice(None)}
            {load(move |auth: Auth, context| async move {
                let codes: Option<Vec<String>> = auth.pending_actions.shown_once(context.actor(), &token).await?;
                let user = context.actor().session_user()?.user.username.clone();
                Ok(match codes {
                    Some(codes) => Either::Left(list(t, &product, &user, codes, target)),
                    None => Either::Right(view! {
                        <Empty icon="key" title=t.mfa_codes_gone_heading() body=t.mfa_codes_gone_body()/>
                        <div class="acts">
                            <a class="button" href=SECURITY>{t.mfa_to_security()}</a>
                        </div>
                    }),
                })
            })}
        </Account>
    }
}

fn list(
    t: Lang,
    product: &str,
    user: &str,
    codes: Vec<String>,
    target: Option<LocalPath>,
) -> impl IntoView + use<> {
    let text = format!("{}\n\n{}\n", t.mfa_codes_file(user, product), codes.join("\n"));
    let words = SaveWords {
        copy: t.mfa_codes_copy().to_owned(),
        copied: t.mfa_codes_copied().to_owned(),
        print: Some(t.mfa_codes_print().to_owned()),
    };
    let file: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let file = format!("data:text/plain;charset=utf-8,{}", file.replace('+', "%20"));
    let done = if target.is_some() { t.mfa_codes_done_next() } else { t.mfa_codes_done() };
    let next = target.map(|target| target.as_str().to_owned()).unwrap_or_default();
    view! {
        <section class="card">
            <div class="body">
                <ul class="codes">
                    {codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}
                </ul>
                <div class="acts">
                    <SaveButtons text words/>
                    <a class="button" href=file download="backup-codes.txt">{t.mfa_codes_download()}</a>
                </div>
                <form method="post" action=SavedCodes::PATH class="acts then">
                    <input type="hidden" name="next" value=next/>
                    <button class="button primary">{done}</button>
                </form>
            </div>
        </section>
    }
}

/// The id of the dialog that turns the app off.
const TURN_OFF: &str = "turn-off-app";
/// The id of the dialog that creates new backup codes.
const NEW_CODES: &str = "new-codes";

/// The section of the security page about second factors other than passkeys. Renders nothing if
/// they are not offered and the account has none.
pub(crate) fn section(
    t: Lang,
    now: Timestamp,
    user: &User,
    factors: Factors,
    offered: Offered,
) -> impl IntoView + use<> {
    let app = match factors.totp_since {
        Some(since) => {
            let last = factors.passkeys == 0 && factors.blocked_passkeys == 0;
            Some(Either::Left(app_on(t, now, since, last.then(|| last_step(t, user)))))
        }
        // Where passkeys are offered, they are what is missing, and their section says so.
        None => {
            let missed = !factors.wanted() && !offered.passkeys;
            offered.apps.then(|| Either::Right(app_off(t, missed)))
        }
    };
    let codes = factors.wanted().then(|| codes_line(t, factors, offered.apps));
    (app.is_some() || codes.is_some()).then(|| {
        view! {
            <section class="card">
                <header>
                    <h2>{t.mfa_section()}</h2>
                </header>
                <ul class="list">{app} {codes}</ul>
            </section>
        }
    })
}

/// Returns what it means to remove the last second factor.
pub(super) fn last_step(t: Lang, user: &User) -> &'static str {
    if user.has_password { t.mfa_last_step() } else { t.mfa_last_step_mail() }
}

/// The row of an app that is on. `loss` says what else the user loses with it.
fn app_on(t: Lang, now: Timestamp, since: Timestamp, loss: Option<&'static str>) -> impl IntoView {
    let body = [Some(t.mfa_turn_off_body()), loss].into_iter().flatten().collect::<Vec<_>>().join(" ");
    view! {
        <li>
            <Tile icon="phone" tone=Tone::Ok/>
            <div class="grow">
                <h3>{t.mfa_app()} " " <Badge tone=Tone::Ok text=t.mfa_on()/></h3>
                <p class="meta">{around(&t.mfa_app_on(HERE), view! { <Time t now at=since/> })}</p>
            </div>
            <button type="button" class="button small" popovertarget=TURN_OFF>{t.mfa_turn_off()}</button>
            <Confirm
                id=TURN_OFF.to_owned()
                title=t.mfa_turn_off_title()
                body
                action=DisableTotp::PATH
                submit=t.mfa_turn_off()
                cancel=t.common_cancel()
            />
        </li>
    }
}

/// The row of an app that is off. `missed` says that the account has no second factor, and that the
/// server does not offer passkeys instead.
fn app_off(t: Lang, missed: bool) -> impl IntoView {
    let tone = if missed { Tone::Warn } else { Tone::Plain };
    view! {
        <li>
            <Tile icon="phone" tone/>
            <div class="grow">
                <h3>{t.mfa_app()} " " <Badge tone text=t.mfa_off()/></h3>
                <p class="meta">{t.mfa_app_off()}</p>
            </div>
            <a class="button small" href=MFA_SETUP>{t.mfa_set_up()}</a>
        </li>
    }
}

fn codes_line(t: Lang, factors: Factors, offered: bool) -> impl IntoView {
    let left = factors.backup_codes_left.unsigned_abs();
    view! {
        <li>
            <Tile icon="key" tone=if factors.has_enough_codes() { Tone::Ok } else { Tone::Warn }/>
            <div class="grow">
                <h3>{t.mfa_codes()} " " {few(t, factors)}</h3>
                <p class="meta">{if left == 0 { t.mfa_codes_none().to_owned() } else { t.mfa_codes_left(left) }}</p>
            </div>
            {offered
                .then(|| {
                    view! {
                        <button type="button" class="button small" popovertarget=NEW_CODES>{t.mfa_codes_new()}</button>
                        <Confirm
                            id=NEW_CODES.to_owned()
                            title=t.mfa_codes_title()
                            body=t.mfa_codes_body().to_owned()
                            action=NewBackupCodes::PATH
                            submit=t.mfa_codes_act()
                            cancel=t.common_cancel()
                            calm=true
                        />
                    }
                })}
        </li>
    }
}

/// The badge for too few backup codes.
pub(super) fn few(t: Lang, factors: Factors) -> impl IntoView + use<> {
    let text = if factors.backup_codes_left == 0 { t.mfa_codes_gone() } else { t.mfa_codes_few() };
    (!factors.has_enough_codes()).then(|| view! { <Badge tone=Tone::Warn text/> })
}
