//! Pages about an email challenge, all of one kind: waiting for the email, the action of its link,
//! and a link that no longer works.

use authtuna::model::code::Code;
use authtuna::model::paths::LOGIN;
use http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Meta;

use super::code::{CodeField, CodeKind};
use super::components::Tone;
use super::form::{Left, Submit, form_words};
use super::sign_in::{Entry, product};
use crate::i18n::Lang;
use crate::islands::form::Form;
use crate::messages;
use crate::viewer::{auth, context};

/// Returns the address to which this browser had an email sent, as far as it knows.
pub(crate) fn awaited() -> Option<String> {
    context()
        .ok()?
        .actor()
        .origin
        .pending_challenge
        .as_ref()
        .map(|pending_challenge| pending_challenge.address.clone())
}

/// Returns whether the server sends email.
pub(crate) fn sends() -> bool {
    auth().is_ok_and(|auth| auth.settings().email.enabled)
}

/// Returns whether users can sign in by email.
pub(crate) fn magic_links() -> bool {
    sends() && auth().is_ok_and(|auth| auth.settings().mfa.passwordless_login)
}

/// Returns how long links and codes work, in words.
fn lifetime(t: Lang) -> String {
    auth().map_or_else(|_| String::new(), |auth| messages::in_words(t, auth.settings().tokens.expiry))
}

/// The page that waits for an email: where it was sent, the form for its code, and what to do if it
/// does not arrive.
#[component]
pub(crate) fn CheckInbox(
    t: Lang,
    /// The title of the browser's tab.
    title: &'static str,
    /// What was done, up to the address.
    subtitle: &'static str,
    address: String,
    /// The form that takes the code: the path that it posts to, and its name.
    form: (&'static str, &'static str),
    submit: &'static str,
    left: Left,
    /// The other fields of the form.
    #[prop(optional, into)]
    fields: ViewFnOnce,
    /// The form or link that requests the email again.
    #[prop(into)]
    again: ViewFnOnce,
    /// The page where the user can enter another address.
    other: String,
) -> impl IntoView {
    let (action, name) = form;
    let tried = left.tried(name);
    let below = move || view! { <p class="below"><a href=other>{t.inbox_other_address()}</a></p> };
    view! {
        <Entry t title heading=t.inbox_heading().to_owned() subtitle=subtitle.to_owned() icon="mail" about=address below>
            {left.notice(Some(name))}
            <p class="how">{t.inbox_how()}</p>
            <Form action=action.to_owned() words=form_words(t) said=tried.about_form(&["code", "username"])>
                {fields.run()}
                <CodeField kind=CodeKind::Digits label=t.field_code() note=t.inbox_code_note(&lifetime(t)) error=tried.error("code")/>
                <Submit label=submit busy=t.reset_code_busy() wide=true/>
            </Form>
            <div class="or">{t.inbox_late()}</div>
            {again.run()}
        </Entry>
    }
}

/// The button that has an email sent again. Its form posts to `action`, with these hidden fields.
#[component]
pub(crate) fn Again(
    t: Lang,
    action: &'static str,
    /// Names and values.
    fields: Vec<(&'static str, String)>,
) -> impl IntoView {
    let hidden = |(name, value)| view! { <input type="hidden" name=name value=value/> };
    view! {
        <Form action=action.to_owned() words=form_words(t) said=Vec::new()>
            {fields.into_iter().map(hidden).collect_view()}
            <input type="hidden" name="again" value="1"/>
            <button class="button wide">
                <span class="idle">{t.inbox_again()}</span>
                <span class="busy">{t.inbox_again_busy()}</span>
            </button>
        </Form>
    }
}

/// Shown when no email challenge is pending in this browser: how to continue, and a link to request
/// one.
#[component]
pub(crate) fn NotWaiting(t: Lang, title: &'static str, to: String, word: &'static str) -> impl IntoView {
    view! {
        <Entry
            t
            title
            heading=t.inbox_nothing_heading().to_owned()
            subtitle=t.inbox_nothing_body().to_owned()
            icon="mail"
        >
            <a class="button primary wide" href=to>{word}</a>
        </Entry>
    }
}

/// The action of an email's link, which its button performs. Opening the page changes nothing.
#[component]
pub(crate) fn ActionForm(
    t: Lang,
    title: &'static str,
    heading: String,
    subtitle: String,
    #[prop(default = "mail")] icon: &'static str,
    /// What the action is about, such as the address: labels and values.
    #[prop(optional)]
    facts: Vec<(&'static str, String)>,
    /// The form: the path that it posts to, and its name.
    form: (&'static str, &'static str),
    token: String,
    left: Left,
    /// The fields of the form that show their own errors.
    #[prop(optional)]
    own: &'static [&'static str],
    /// The other fields of the form.
    #[prop(optional, into)]
    fields: ViewFnOnce,
    submit: String,
    busy: &'static str,
    /// Whether the action destroys something.
    #[prop(optional)]
    danger: bool,
    /// The content below the card, such as a way out.
    #[prop(optional, into)]
    below: ViewFnOnce,
) -> impl IntoView {
    let (action, name) = form;
    let tried = left.tried(name);
    let fact = |(word, value)| {
        view! {
            <div>
                <dt>{word}</dt>
                <dd class="wrap">{value}</dd>
            </div>
        }
    };
    let facts = (!facts.is_empty())
        .then(|| view! { <dl class="facts">{facts.into_iter().map(fact).collect_view()}</dl> });
    view! {
        <Unlisted/>
        <Entry t title heading subtitle icon tone=if danger { Tone::Warn } else { Tone::Accent } below>
            {left.notice(Some(name))}
            {facts}
            <Form action=action.to_owned() words=form_words(t) said=tried.about_form(own)>
                <input type="hidden" name="token" value=token/>
                {fields.run()}
                <Submit label=submit busy wide=true danger/>
            </Form>
        </Entry>
    }
}

/// A link that no longer works, with status 410, and a way to get another.
#[component]
pub(crate) fn Dead(
    t: Lang,
    title: &'static str,
    #[prop(optional)] body: Option<&'static str>,
    to: String,
    word: &'static str,
    left: Left,
) -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::GONE);
    }
    let body = body.map_or_else(|| t.inbox_dead_body(&lifetime(t)), str::to_owned);
    // The page itself already says that the link no longer works.
    let more = left.notice_unless(Code::BadToken);
    view! {
        <Unlisted/>
        <Entry t title heading=t.inbox_dead_heading().to_owned() subtitle=body icon="clock">
            {more}
            <a class="button primary wide" href=to>{word}</a>
        </Entry>
    }
}

/// Shown when the server sends no email, so the action is unavailable.
#[component]
pub(crate) fn NoMail(t: Lang, title: &'static str) -> impl IntoView {
    let body = t.inbox_off_body(&product());
    view! {
        <Entry t title heading=t.inbox_off_heading().to_owned() subtitle=body icon="mail">
            <a class="button primary wide" href=LOGIN>{t.inbox_to_sign_in()}</a>
        </Entry>
    }
}

/// Keeps a page whose URL is a secret out of search engines.
#[component]
pub(crate) fn Unlisted() -> impl IntoView {
    view! { <Meta name="robots" content="noindex"/> }
}
