//! `/ui/confirm`: "confirm it's you", before an action that a stolen session alone must not allow.

use authtuna::auth::Auth;
use authtuna::authn::sign_in::Confirms;
use authtuna::model::paths::{CONFIRM, LocalPath, SECURITY};
use leptos::either::{Either, EitherOf5};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::mfa::{Confirm, ConfirmByMail, SendConfirmation};
use crate::api::passkey::ConfirmPrompt;
use crate::i18n::{Lang, lang};
use crate::islands::form::Form;
use crate::islands::passkey::{Asks, PasskeyForm};
use crate::islands::password::PasswordField;
use crate::links::query as with;
use crate::links::query_more;
use crate::messages;
use crate::pages::auth::query;
use crate::ui::code::{CodeField, CodeKind};
use crate::ui::components::Icon;
use crate::ui::email_challenge::{ActionForm, Again, awaited};
use crate::ui::form::{Left, Submit, Tried, form_words, passkey_words_with, password_words};
use crate::ui::load::load;
use crate::ui::sign_in::Entry;

/// The form for one way to confirm, and links to the others.
#[component]
pub(crate) fn ConfirmPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    if let Some(token) = query("token").filter(|token| !token.is_empty()) {
        return Either::Left(by_link(t, token, left));
    }
    let next = query("next").as_deref().and_then(LocalPath::to_return_to);
    let next = next.map_or_else(|| SECURITY.to_owned(), |next| next.as_str().to_owned());
    let by = query("by").unwrap_or_default();
    // The action to perform after that. If it is gone, the user returns to the page they left.
    let act = query("act").unwrap_or_default();
    let address = awaited();
    Either::Right(load(move |auth: Auth, context| async move {
        let ways = auth.step_up.methods(context.actor()).await?;
        let email = context.actor().session_user()?.user.email.clone().unwrap_or_default();
        let way = chosen(&ways, &by);
        let waits =
            if act.is_empty() { None } else { auth.pending_actions.peek(context.actor(), &act).await? };
        let waits = waits.and_then(|act| messages::pending_action(t, &act));
        let subtitle = waits.map_or_else(|| t.confirm_subtitle().to_owned(), |act| t.confirm_then(&act));
        let cancel = next.clone();
        let then = Then { next, act };
        let below = move || view! { <p class="below"><a href=cancel>{t.confirm_cancel()}</a></p> };
        let form = match way {
            None => EitherOf5::A(view! { <p class="how">{t.confirm_none()}</p> }),
            Some(Confirms::Passkey) => EitherOf5::E(passkey(t, &left.tried("confirm"), &then)),
            Some(Confirms::Password) => EitherOf5::B(password(t, left.tried("confirm"), &then)),
            Some(Confirms::Totp | Confirms::BackupCode) => {
                let backup = way == Some(Confirms::BackupCode);
                EitherOf5::C(code(t, left.tried("confirm"), &then, backup))
            }
            Some(Confirms::Mail) => {
                let waits = address.is_some_and(|address| address == email);
                EitherOf5::D(mail(t, left.tried("confirm-by-mail"), &then, email, waits))
            }
        };
        let others = ways.into_iter().filter(|other| Some(*other) != way);
        let others: Vec<_> = others.map(|other| link(t, other, &then)).collect();
        let own = if way == Some(Confirms::Mail) { "confirm-by-mail" } else { "confirm" };
        Ok(view! {
            <Entry
                t
                title=t.confirm_title()
                heading=t.confirm_heading().to_owned()
                subtitle
                icon="lock"
                below
            >
                {left.notice(Some(own))}
                {form}
                {(!others.is_empty()).then(|| view! { <div class="or">{t.confirm_or()}</div> })}
                <div class="ways">{others}</div>
            </Entry>
        })
    }))
}

/// What follows the confirmation.
struct Then {
    /// The page to continue to.
    next: String,
    /// The token of the pending action to perform first; empty if there is none.
    act: String,
}

impl Then {
    fn fields(&self) -> impl IntoView + use<> {
        view! {
            <input type="hidden" name="next" value=self.next.clone()/>
            <input type="hidden" name="act" value=self.act.clone()/>
        }
    }
}

/// Returns the requested method if the user has it, or else the user's best one.
fn chosen(ways: &[Confirms], by: &str) -> Option<Confirms> {
    let wanted = match by {
        "passkey" => Some(Confirms::Passkey),
        "app" => Some(Confirms::Totp),
        "backup" => Some(Confirms::BackupCode),
        _ => None,
    };
    wanted.filter(|wanted| ways.contains(wanted)).or_else(|| ways.first().copied())
}

fn link(t: Lang, way: Confirms, then: &Then) -> impl IntoView + use<> {
    let (by, icon, word) = match way {
        Confirms::Passkey => ("passkey", "passkey", t.confirm_by_passkey()),
        Confirms::Totp => ("app", "phone", t.confirm_by_app()),
        Confirms::BackupCode => ("backup", "key", t.confirm_by_backup()),
        Confirms::Password | Confirms::Mail => ("", "lock", t.confirm_by_password()),
    };
    let place = query_more(&with(CONFIRM, "next", &then.next), "by", by);
    let place = if then.act.is_empty() { place } else { query_more(&place, "act", &then.act) };
    view! {
        <a class="button wide" href=place>
            <Icon name=icon/>
            {word}
        </a>
    }
}

fn passkey(t: Lang, tried: &Tried, then: &Then) -> impl IntoView + use<> {
    let fields = then.fields();
    view! {
        <PasskeyForm
            action=Confirm::PATH.to_owned()
            prompt=ConfirmPrompt::PATH.to_owned()
            asks=Asks::Get
            words=passkey_words_with(t, t.passkeys_cancelled_confirm().to_owned())
            needs_script=t.passkeys_needs_script().to_owned()
            said=tried.about_form(&[])
        >
            {fields}
            <input type="hidden" name="by" value="passkey"/>
            <Submit label=t.passkeys_use() busy=t.passkeys_busy() wide=true icon="passkey" scripted=true/>
        </PasskeyForm>
    }
}

fn password(t: Lang, tried: Tried, then: &Then) -> impl IntoView + use<> {
    let fields = then.fields();
    view! {
        <Form action=Confirm::PATH.to_owned() words=form_words(t) said=tried.about_form(&["password"])>
            {fields}
            <PasswordField
                name="password".to_owned()
                autocomplete="current-password".to_owned()
                words=password_words(t, t.field_password(), None, tried.error("password"))
                judge=None
                focus=true
            />
            <Submit label=t.confirm_password_act() busy=t.confirm_busy() wide=true/>
        </Form>
    }
}

fn code(t: Lang, tried: Tried, then: &Then, backup: bool) -> impl IntoView + use<> {
    let fields = then.fields();
    let (kind, label, note, by) = if backup {
        (CodeKind::Backup, t.field_backup_code(), t.field_backup_code_note(), "backup")
    } else {
        (CodeKind::Digits, t.field_app_code(), t.field_app_code_note(), "app")
    };
    view! {
        <Form action=Confirm::PATH.to_owned() words=form_words(t) said=tried.about_form(&["code"])>
            {fields}
            <input type="hidden" name="by" value=by/>
            <CodeField kind label note error=tried.error("code")/>
            <Submit label=t.confirm_password_act() busy=t.confirm_busy() wide=true/>
        </Form>
    }
}

fn mail(t: Lang, tried: Tried, then: &Then, email: String, waits: bool) -> impl IntoView + use<> {
    let fields = then.fields();
    if !waits {
        return Either::Left(view! {
            <p class="how">{t.confirm_mail_body(&email)}</p>
            <Form action=SendConfirmation::PATH.to_owned() words=form_words(t) said=Vec::new()>
                {fields}
                <Submit label=t.confirm_mail_act() busy=t.confirm_busy() wide=true/>
            </Form>
        });
    }
    let again = vec![("next", then.next.clone()), ("act", then.act.clone())];
    Either::Right(view! {
        <Form action=ConfirmByMail::PATH.to_owned() words=form_words(t) said=tried.about_form(&["code"])>
            {fields}
            <CodeField kind=CodeKind::Digits label=t.field_code() note=t.confirm_mail_sent(&email) error=tried.error("code")/>
            <Submit label=t.confirm_password_act() busy=t.confirm_busy() wide=true/>
        </Form>
        <div class="or">{t.inbox_late()}</div>
        <Again t action=SendConfirmation::PATH fields=again/>
    })
}

/// Confirms with the email's link. Its button acts on the session in this browser.
fn by_link(t: Lang, token: String, left: Left) -> impl IntoView {
    view! {
        <ActionForm
            t
            title=t.confirm_title()
            heading=t.confirm_heading().to_owned()
            subtitle=t.confirm_subtitle().to_owned()
            icon="lock"
            form=(ConfirmByMail::PATH, "confirm-by-mail")
            token
            left
            submit=t.confirm_password_act().to_owned()
            busy=t.confirm_busy()
        />
    }
}
