//! `/dev/mail`: the email messages that were written to files, and a sample of every kind.
//! Development only: the server decides that.

use std::sync::Arc;

use authtuna::model::code::Code;
use authtuna::model::paths::{DEV_MAIL, DEV_MAIL_SAMPLES};
use authtuna::model::time::Timestamp;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::i18n::{Lang, lang};
use crate::mails::{Mail, Mails};
use crate::pages::status::Status;
use crate::ui::components::{Empty, Icon, Mark, Tile, Tone};
use crate::ui::email_challenge::Unlisted;
use crate::ui::sign_in::{address, product};
use crate::ui::theme::Chooser;
use crate::ui::time::Time;
use crate::viewer::{auth, extension};

/// Renders what the server found, for any of these pages.
#[component]
pub(crate) fn DevMail() -> impl IntoView {
    let t = lang();
    let mails = extension::<Arc<Mails>>();
    let now = auth().map_or(Timestamp::EPOCH, |auth| auth.clock.now());
    match mails.as_deref().cloned() {
        None => view! { <Status code=Code::NotFound/> }.into_any(),
        Some(Mails::Sent(mails)) => sent(t, now, mails).into_any(),
        Some(Mails::One(mail)) => one(t, now, mail).into_any(),
        Some(Mails::Samples(mails)) => samples(t, mails).into_any(),
    }
}

fn sent(t: Lang, now: Timestamp, mails: Vec<Mail>) -> impl IntoView {
    let list = if mails.is_empty() {
        Either::Left(view! { <Empty icon="mail" title=t.dev_none_title() body=t.dev_none_body()/> })
    } else {
        let line = move |mail: Mail| {
            view! {
                <li>
                    <Tile icon="mail" tone=Tone::Plain/>
                    <div class="grow">
                        <h2>
                            <a href=format!("{DEV_MAIL}/{}", mail.id)>{mail.subject}</a>
                        </h2>
                        <p class="meta wrap">{mail.to}</p>
                    </div>
                    <Time t now at=mail.at/>
                </li>
            }
        };
        Either::Right(view! {
            <section class="card" aria-label=t.dev_title()>
                <ul class="list">{mails.into_iter().map(line).collect_view()}</ul>
            </section>
        })
    };
    view! {
        <Frame t heading=t.dev_title().to_owned() subtitle=t.dev_subtitle().to_owned() act=(DEV_MAIL_SAMPLES, t.dev_preview())>
            {list}
        </Frame>
    }
}

fn one(t: Lang, now: Timestamp, mail: Mail) -> impl IntoView {
    let Mail { id, to, subject, at, text } = mail;
    view! {
        <Frame t heading=subject.clone() subtitle=t.dev_to(&to) act=(DEV_MAIL, t.dev_all())>
            <p class="meta after">
                <Time t now at/>
            </p>
            <BothParts t source=format!("{DEV_MAIL}/{id}/html") title=subject text/>
        </Frame>
    }
}

fn samples(t: Lang, mails: Vec<Mail>) -> impl IntoView {
    let sample = move |mail: Mail| {
        view! {
            <section class="sample">
                <h2>{mail.subject.clone()}</h2>
                <p class="meta">
                    <code>{mail.id.clone()}</code>
                </p>
                <BothParts t source=format!("{DEV_MAIL_SAMPLES}/{}/html", mail.id) title=mail.subject text=mail.text/>
            </section>
        }
    };
    view! {
        <Frame t heading=t.dev_preview().to_owned() subtitle=t.dev_preview_subtitle().to_owned() act=(DEV_MAIL, t.dev_all())>
            {mails.into_iter().map(sample).collect_view()}
        </Frame>
    }
}

/// Both parts of an email message. The HTML part is a page of its own, in a frame that runs no
/// script.
#[component]
fn BothParts(t: Lang, source: String, title: String, text: String) -> impl IntoView {
    view! {
        <div class="letter">
            <iframe src=source title=title sandbox="allow-top-navigation-by-user-activation"></iframe>
            <details open=true>
                <summary>{t.dev_text()}</summary>
                <pre tabindex="0">{linked(&text)}</pre>
            </details>
        </div>
    }
}

/// Renders a text with its URLs as links.
fn linked(text: &str) -> impl IntoView + use<> {
    let part = |part: &str| {
        let address = part.trim_end();
        if address.starts_with("http://") || address.starts_with("https://") {
            let (address, rest) = (address.to_owned(), part[address.len()..].to_owned());
            let shown = address.clone();
            Either::Left(view! { <a href=address>{shown}</a> {rest} })
        } else {
            Either::Right(part.to_owned())
        }
    };
    text.split_inclusive(char::is_whitespace).map(part).collect_view()
}

#[component]
fn Frame(
    t: Lang,
    heading: String,
    subtitle: String,
    /// A link to another page: its path and label.
    act: (&'static str, &'static str),
    children: Children,
) -> impl IntoView {
    let (to, word) = act;
    view! {
        <Title text=format!("{} · {}", t.dev_title(), product())/>
        <Unlisted/>
        <a class="skip" href="#main">
            {t.common_skip()}
        </a>
        <header class="top">
            <a class="product" href="/">
                <Mark/>
                {product()}
                <span>{t.dev_title()}</span>
            </a>
        </header>
        <main class="page dev" id="main" tabindex="-1">
            <header>
                <div>
                    <h1>{heading}</h1>
                    <p class="wrap">{subtitle}</p>
                </div>
                <a class="button" href=to>
                    <Icon name="mail"/>
                    {word}
                </a>
            </header>
            {children()}
            <footer>
                <Chooser t here=address()/>
            </footer>
        </main>
    }
}
