//! One's passkeys: their section of the security page, `/ui/settings/passkeys/add`, and the page of each.

use authtuna::auth::Auth;
use authtuna::authn::mfa::Factors;
use authtuna::authn::passkeys::{Accepted, Kind, MAX_PASSKEYS, OwnPasskey};
use authtuna::authz::actor::Actor;
use authtuna::axum::Visit;
use authtuna::foundation::error::Error;
use authtuna::model::id::PasskeyId;
use authtuna::model::paths::{ADD_PASSKEY, CONFIRM, LocalPath, MFA_SETUP, PASSKEY, SECURITY, segment};
use authtuna::model::role::Requirement;
use authtuna::model::time::Timestamp;
use http::StatusCode;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;

use super::mfa::last_step;
use super::{back, own as own_account, way_out};
use crate::api::passkey::{AddPasskey, AddPrompt, RemovePasskey, RenamePasskey};
use crate::client::passkey::Told;
use crate::islands::form::Form;
use crate::islands::passkey::{Asks, PasskeyForm, PasskeyWords, TellPasskeys};
use crate::links::{leading_to, passkey_page, query};
use crate::pages::auth::target;
use crate::ui::account::{Account, Head};
use crate::ui::form::{Field, Left, Submit, Tried, form_words, new_passkey_words};
use crate::ui::load::load;
use crate::ui::part::{Badge, Confirm, Icon, Tile, Tone};
use crate::ui::time::{Time, around};
use crate::viewer::request;
use crate::words::{HERE, Lang, words};

/// What the security page says of passkeys. It urges on whoever has no second factor at all. Nothing where they are not offered and there are none.
pub(crate) fn section(
    w: Lang,
    now: Timestamp,
    own: &[OwnPasskey],
    factors: Factors,
    offered: bool,
) -> impl IntoView + use<> {
    if own.is_empty() && !offered {
        return None;
    }
    let room = offered && own.len() < MAX_PASSKEYS;
    let (tone, class) =
        if factors.wanted() { (Tone::Plain, "button small") } else { (Tone::Warn, "button primary small") };
    let add = room.then(|| view! { <a class=class href=ADD_PASSKEY>{w.passkeys_add()}</a> });
    let empty = own.is_empty().then(|| {
        view! {
            <li>
                <Tile icon="passkey" tone/>
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

/// What password managers are told of them; which are left when one was `removed`.
pub(crate) fn told(accepted: Accepted, removed: bool) -> impl IntoView {
    let Accepted { rp_id, user_id, name, display_name, credential_ids } = accepted;
    let all_accepted_credential_ids = removed.then_some(credential_ids);
    let told = Told { rp_id, user_id, name, display_name, all_accepted_credential_ids };
    view! { <TellPasskeys told/> }
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
    let target = target();
    view! {
        <Account w place=SECURITY title=w.passkeys_add()>
            {load(move |auth, visit| add(w, auth, visit, left, target))}
        </Account>
    }
}

async fn add(
    w: Lang,
    auth: Auth,
    visit: Visit,
    left: Left,
    target: Option<LocalPath>,
) -> Result<impl IntoView, Error> {
    // Before anything is typed: a prompt can not be kept until then.
    if auth.require_confirmed(visit.actor()).is_err() {
        leptos_axum::redirect(&query(CONFIRM, "next", &leading_to(ADD_PASSKEY, target.as_ref())));
    }
    let tried = left.tried("add-passkey");
    let factors = auth.mfa.factors(visit.actor()).await?;
    let instead = can_set_up_app(&auth, visit.actor(), factors);
    let out = way_out(visit.actor(), target.as_ref());
    let app = leading_to(MFA_SETUP, target.as_ref());
    let next = target.map(|target| target.as_str().to_owned()).unwrap_or_default();
    let (needs_script, unsupported) = if instead {
        (w.passkeys_needs_script_add(), w.passkeys_unsupported_add())
    } else {
        (w.passkeys_needs_script(), w.passkeys_unsupported())
    };
    let words =
        PasskeyWords { unsupported: unsupported.to_owned(), ..new_passkey_words(w, w.passkeys_add_act()) };
    Ok(view! {
        <Head
            heading=w.passkeys_add_heading().to_owned()
            subtitle=w.passkeys_add_subtitle()
            back=back(w, visit.actor())
        />
        {left.notice(Some("add-passkey"))}
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
                    words
                    needs_script=needs_script.to_owned()
                    said=tried.about_form(&["name"])
                >
                    <input type="hidden" name="next" value=next/>
                    <Field
                        name="name"
                        label=w.field_passkey_name()
                        autocomplete="off"
                        aside=w.field_optional()
                        note=w.field_passkey_name_note()
                        tried
                    />
                    <div class="acts">
                        <Submit label=w.passkeys_add_act() busy=w.passkeys_busy() scripted=true/>
                        {instead
                            .then(|| view! { <a class="button primary instead" href=app>{w.enrol_set_up_app()}</a> })}
                        <a class="button" href=out>{w.common_cancel()}</a>
                    </div>
                </PasskeyForm>
            </div>
        </section>
    })
}

/// Whether an authenticator app does as well, for whoever can not make a passkey.
fn can_set_up_app(auth: &Auth, actor: &Actor, factors: Factors) -> bool {
    let lacks = actor.holder().ok().and_then(|snapshot| snapshot.lacks);
    auth.settings().mfa.enabled && factors.totp_since.is_none() && lacks != Some(Requirement::Passkey)
}

/// The dialog that removes one.
const REMOVE: &str = "remove-passkey";

/// One of them: its name, and what is known of it.
#[component]
pub(crate) fn PasskeyPage() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let tried = left.tried("rename-passkey");
    let id = request(|parts| segment(PASSKEY, "id", parts.uri.path()).map(str::to_owned)).unwrap_or_default();
    let response = use_context::<ResponseOptions>();
    view! {
        <Account w place=SECURITY title=w.passkeys_one_title()>
            {load(move |auth: Auth, visit| async move {
                let own = match id.parse::<PasskeyId>() {
                    Ok(id) => auth.passkeys.get(visit.actor(), id).await?,
                    Err(_) => None,
                };
                Ok(match own {
                    Some(own) => {
                        let user = own_account(&auth, visit.actor()).await?;
                        let factors = auth.mfa.factors(visit.actor()).await?;
                        let loss = is_last(factors).then(|| last_step(w, &user));
                        Either::Left(one(w, auth.clock.now(), own, loss, &left, tried))
                    }
                    None => {
                        if let Some(response) = response {
                            response.set_status(StatusCode::NOT_FOUND);
                        }
                        Either::Right(gone(w, &left))
                    }
                })
            })}
        </Account>
    }
}

/// Whether a passkey is the only second factor.
fn is_last(factors: Factors) -> bool {
    factors.totp_since.is_none() && factors.passkeys + factors.blocked_passkeys == 1
}

/// Where there is no such passkey, or none anymore.
fn gone(w: Lang, left: &Left) -> impl IntoView + use<> {
    view! {
        <Head heading=w.passkeys_gone().to_owned() subtitle=w.passkeys_gone_body() back=Some(w.security_title())/>
        {left.notice(None)}
        <div class="acts">
            <a class="button primary" href=SECURITY>{w.mfa_to_security()}</a>
        </div>
    }
}

/// `loss` is what is lost with it besides.
fn one(
    w: Lang,
    now: Timestamp,
    own: OwnPasskey,
    loss: Option<&'static str>,
    left: &Left,
    tried: Tried,
) -> impl IntoView + use<> {
    let kept = own.authenticator.map(|authenticator| authenticator.name);
    let kept = kept.unwrap_or_else(|| w.passkeys_one_title());
    let synced = match (own.backed_up, own.backup_eligible) {
        (true, _) => w.passkeys_synced_body(),
        (false, true) => w.passkeys_could_sync_body(),
        (false, false) => w.passkeys_here_only_body(),
    };
    let named = w.passkeys_remove_named(&own.name);
    let body = [Some(w.passkeys_remove_dialog()), loss, Some(w.passkeys_remove_end())];
    let body = body.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let blocked = own.blocked_at.map(|at| {
        view! {
            <div class="notice bad">
                <Icon name="alert"/>
                <p>{around(&w.passkeys_blocked_body(HERE), view! { <Time w now at/> })}</p>
            </div>
        }
    });
    view! {
        <Head heading=own.name.clone() subtitle=kept back=Some(w.security_title())/>
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
                <button type="button" class="button danger" popovertarget=REMOVE>{w.passkeys_remove()}</button>
                <Confirm
                    id=REMOVE.to_owned()
                    title=named
                    body
                    action=RemovePasskey::PATH
                    submit=w.passkeys_remove()
                    cancel=w.common_cancel()
                    field=("id", own.id.to_string())
                />
            </div>
        </section>
    }
}
