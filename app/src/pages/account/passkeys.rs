//! One's passkeys: their section of the security page, `/ui/settings/passkeys/add`, and the page of each.

use authtuna::auth::Auth;
use authtuna::axum::Visit;
use authtuna::error::Error;
use authtuna::model::code::Code;
use authtuna::model::id::PasskeyId;
use authtuna::model::time::Timestamp;
use authtuna::passkeys::{Kind, MAX_PASSKEYS, OwnPasskey};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use crate::api::passkey::{AddPasskey, AddPrompt, RemovePasskey, RenamePasskey};
use crate::islands::form::Form;
use crate::islands::passkey::{Asks, PasskeyForm};
use crate::routes::{CONFIRM, PASSKEY_ADD, SECURITY, passkey_page, query};
use crate::ui::account::{Account, Head};
use crate::ui::form::{Field, Left, Submit, Tried, form_words, passkey_words};
use crate::ui::load::load;
use crate::ui::part::{Badge, Tile, Tone};
use crate::ui::time::{Time, around};
use crate::words::{HERE, Lang, words};

/// What the security page says of passkeys. Nothing where they are not offered and there are none.
pub(crate) fn section(w: Lang, now: Timestamp, own: &[OwnPasskey], offered: bool) -> impl IntoView + use<> {
    if own.is_empty() && !offered {
        return None;
    }
    let room = offered && own.len() < MAX_PASSKEYS;
    let add = room.then(|| view! { <a class="button small" href=PASSKEY_ADD>{w.passkeys_add()}</a> });
    let empty = own.is_empty().then(|| {
        view! {
            <li>
                <Tile icon="passkey" tone=Tone::Warn/>
                <div class="grow">
                    <h3>{w.passkeys_none()}</h3>
                    <p class="meta">{w.passkeys_none_body()}</p>
                </div>
            </li>
        }
    });
    let lines = own.iter().map(|own| line(w, now, own)).collect_view();
    Some(view! {
        <section class="card">
            <header class="centered">
                <h2>{w.passkeys_title()}</h2>
                {add}
            </header>
            <ul class="list">{empty} {lines}</ul>
        </section>
    })
}

fn line(w: Lang, now: Timestamp, own: &OwnPasskey) -> impl IntoView + use<> {
    let (icon, tone) = face(own);
    view! {
        <li>
            <Tile icon tone/>
            <div class="grow">
                <h3 class="wrap">{own.name.clone()} " " {badge(w, own)}</h3>
                <p class="meta">{when(w, now, own)}</p>
            </div>
            <a class="button small" href=passkey_page(own.id) aria-label=w.passkeys_change_name(&own.name)>
                {w.passkeys_change()}
            </a>
        </li>
    }
}

fn face(own: &OwnPasskey) -> (&'static str, Tone) {
    let icon = match own.authenticator.map(|authenticator| authenticator.kind) {
        Some(Kind::Manager) => "vault",
        Some(Kind::Device) => "laptop",
        Some(Kind::Key) => "usb",
        None => "passkey",
    };
    (icon, if own.blocked_at.is_some() { Tone::Warn } else { Tone::Ok })
}

fn badge(w: Lang, own: &OwnPasskey) -> impl IntoView + use<> {
    let (tone, text) = match own {
        own if own.blocked_at.is_some() => (Tone::Warn, w.passkeys_blocked()),
        own if own.backed_up => (Tone::Plain, w.passkeys_synced()),
        _ => (Tone::Plain, w.passkeys_here_only()),
    };
    view! { <Badge tone text/> }
}

/// When it was added, and used last.
fn when(w: Lang, now: Timestamp, own: &OwnPasskey) -> impl IntoView + use<> {
    let added = around(&w.passkeys_added(HERE), view! { <Time w now at=own.created_at/> });
    let used = match own.last_used_at {
        Some(at) => around(&w.sessions_last_used(HERE), view! { <Time w now at/> }).into_any(),
        None => w.passkeys_never_used().into_any(),
    };
    view! { {added} " · " {used} }
}

/// Making one.
#[component]
pub(crate) fn AddPasskeyPage() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let tried = left.tried("add-passkey");
    view! {
        <Account w place=SECURITY title=w.passkeys_add()>
            <Head heading=w.passkeys_add_heading().to_owned() subtitle=w.passkeys_add_subtitle()/>
            {left.notice(Some("add-passkey"))}
            {load(move |auth, visit| add(w, auth, visit, tried))}
        </Account>
    }
}

async fn add(w: Lang, auth: Auth, visit: Visit, tried: Tried) -> Result<impl IntoView, Error> {
    // Before anything is typed: a prompt can not be kept until then.
    if auth.require_confirmed(visit.actor()).is_err() {
        leptos_axum::redirect(&query(CONFIRM, "next", PASSKEY_ADD));
    }
    let factors = auth.mfa.factors(visit.actor()).await?;
    Ok(view! {
        <section class="card">
            <div class="body narrow">
                <ul class="points">
                    <li>{w.passkeys_point_one()}</li>
                    <li>{w.passkeys_point_two()}</li>
                    {(!factors.wanted()).then(|| view! { <li>{w.passkeys_point_three()}</li> })}
                </ul>
                <PasskeyForm
                    action=AddPasskey::PATH.to_owned()
                    prompt=AddPrompt::PATH.to_owned()
                    asks=Asks::Create
                    words=passkey_words(w)
                    needs_script=w.passkeys_needs_script_add().to_owned()
                    said=tried.about_form(&["name"])
                >
                    <Field
                        name="name"
                        label=w.field_passkey_name()
                        autocomplete="off"
                        aside=w.field_optional()
                        note=w.field_passkey_name_note()
                        tried
                    />
                    <div class="acts">
                        <Submit label=w.passkeys_add_act() busy=w.passkeys_busy()/>
                        <a class="button" href=SECURITY>{w.common_cancel()}</a>
                    </div>
                </PasskeyForm>
            </div>
        </section>
    })
}

/// One of them: its name, and what is known of it.
#[component]
pub(crate) fn PasskeyPage() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let tried = left.tried("rename-passkey");
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    // The frame of the account is part of it: where there is no such passkey, another page stands in its place.
    load(move |auth, visit| one(w, auth, visit, id, left, tried))
}

async fn one(
    w: Lang,
    auth: Auth,
    visit: Visit,
    id: String,
    left: Left,
    tried: Tried,
) -> Result<impl IntoView, Error> {
    let id: PasskeyId = id.parse().map_err(|_| Code::NotFound)?;
    let own = auth.passkeys.get(visit.actor(), id).await?.ok_or(Code::NotFound)?;
    let now = auth.clock.now();
    let kept = own.authenticator.map(|authenticator| authenticator.name);
    let kept = kept.unwrap_or_else(|| w.passkeys_one_title());
    let synced = match (own.backed_up, own.backup_eligible) {
        (true, _) => w.passkeys_synced_body(),
        (false, true) => w.passkeys_could_sync_body(),
        (false, false) => w.passkeys_here_only_body(),
    };
    let blocked = own.blocked_at.map(|at| {
        view! {
            <div class="notice bad">
                <crate::ui::part::Icon name="alert"/>
                <p>{around(&w.passkeys_blocked_body(HERE), view! { <Time w now at/> })}</p>
            </div>
        }
    });
    Ok(view! {
        <Account w place=SECURITY title=w.passkeys_one_title()>
        <Head heading=own.name.clone() subtitle=kept/>
        {left.notice(Some("rename-passkey"))}
        {blocked}
        <section class="card">
            <div class="body narrow">
                <p class="meta">{when(w, now, &own)}</p>
                <p class="meta lead">{synced}</p>
                <Form
                    action=RenamePasskey::PATH.to_owned()
                    words=form_words(w)
                    said=tried.about_form(&["name"])
                >
                    <input type="hidden" name="id" value=own.id.to_string()/>
                    <Field
                        name="name"
                        label=w.field_passkey_name()
                        autocomplete="off"
                        value=own.name.clone()
                        note=w.field_passkey_name_note()
                        tried
                    />
                    <div class="acts">
                        <Submit label=w.passkeys_rename() busy=w.passkeys_rename_busy()/>
                        <a class="button" href=SECURITY>{w.common_cancel()}</a>
                    </div>
                </Form>
            </div>
        </section>
        <section class="card">
            <div class="body narrow">
                <h2>{w.passkeys_remove_title()}</h2>
                <p class="meta lead">{w.passkeys_remove_body()}</p>
                <form method="post" action=RemovePasskey::PATH class="acts">
                    <input type="hidden" name="id" value=own.id.to_string()/>
                    <button class="button danger">{w.passkeys_remove()}</button>
                </form>
            </div>
        </section>
        </Account>
    })
}
