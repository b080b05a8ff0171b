//! The user's passkeys: their section of the security page, `/ui/settings/passkeys/add`, and the
//! page of each.

use authtuna::auth::Auth;
use authtuna::authn::mfa::Factors;
use authtuna::authn::passkeys::{Accepted, Kind, MAX_PASSKEYS, OwnPasskey};
use authtuna::authz::actor::Actor;
use authtuna::axum::AuthContext;
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
use crate::i18n::{HERE, Lang, lang};
use crate::islands::form::Form;
use crate::islands::passkey::{Asks, PasskeyForm, PasskeyWords, TellPasskeys};
use crate::links::{leading_to, passkey_page, query};
use crate::pages::auth::target;
use crate::ui::account::{Account, Head};
use crate::ui::components::{Badge, Confirm, Icon, Tile, Tone};
use crate::ui::form::{Field, Left, Submit, Tried, form_words, new_passkey_words};
use crate::ui::load::load;
use crate::ui::time::{Time, around};
use crate::viewer::request;

/// The section of the security page about passkeys. It urges a user without any second factor to
/// add one. Renders nothing if passkeys are not offered and the account has none.
pub(crate) fn section(
    t: Lang,
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
    let add = room.then(|| view! { <a class=class href=ADD_PASSKEY>{t.passkeys_add()}</a> });
    let empty = own.is_empty().then(|| {
        view! {
            <li>
                <Tile icon="passkey" tone/>
                <div class="grow">
                    <h3>{t.passkeys_none()}</h3>
                    <p class="meta">{t.passkeys_none_body()}</p>
                </div>
            </li>
        }
    });
    let lines = own.iter().map(|own| line(t, now, own)).collect_view();
    Some(view! {
        <section class="card">
            <header class="centered">
                <h2>{t.passkeys_title()}</h2>
                {add}
            </header>
            <ul class="list">{empty} {lines}</ul>
        </section>
    })
}

/// Tells password managers about the passkeys, and, if one was `removed`, which are left.
pub(crate) fn told(accepted: Accepted, removed: bool) -> impl IntoView {
    let Accepted { rp_id, user_id, name, display_name, credential_ids } = accepted;
    let all_accepted_credential_ids = removed.then_some(credential_ids);
    let told = Told { rp_id, user_id, name, display_name, all_accepted_credential_ids };
    view! { <TellPasskeys told/> }
}

fn line(t: Lang, now: Timestamp, own: &OwnPasskey) -> impl IntoView + use<> {
    let (icon, tone) = face(own);
    view! {
        <li>
            <Tile icon tone/>
            <div class="grow">
                <h3 class="wrap">{own.name.clone()} " " {badge(t, own)}</h3>
                <p class="meta">{when(t, now, own)}</p>
            </div>
            <a class="button small" href=passkey_page(own.id) aria-label=t.passkeys_change_name(&own.name)>
                {t.passkeys_change()}
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

fn badge(t: Lang, own: &OwnPasskey) -> impl IntoView + use<> {
    let (tone, text) = match own {
        own if own.blocked_at.is_some() => (Tone::Warn, t.passkeys_blocked()),
        own if own.backed_up => (Tone::Plain, t.passkeys_synced()),
        _ => (Tone::Plain, t.passkeys_here_only()),
    };
    view! { <Badge tone text/> }
}

/// Renders when a passkey was added and last used.
fn when(t: Lang, now: Timestamp, own: &OwnPasskey) -> impl IntoView + use<> {
    let added = around(&t.passkeys_added(HERE), view! { <Time t now at=own.created_at/> });
    let used = match own.last_used_at {
        Some(at) => around(&t.sessions_last_used(HERE), view! { <Time t now at/> }).into_any(),
        None => t.passkeys_never_used().into_any(),
    };
    view! { {added} " · " {used} }
}

/// Creates a passkey.
#[component]
pub(crate) fn AddPasskeyPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let target = target();
    view! {
        <Account t item=SECURITY title=t.passkeys_add()>
            {load(move |auth, context| add(t, auth, context, left, target))}
        </Account>
    }
}

async fn add(
    t: Lang,
    auth: Auth,
    context: AuthContext,
    left: Left,
    target: Option<LocalPath>,
) -> Result<impl IntoView, Error> {
    // Re-authenticate before the user types anything, because a prompt cannot be kept until later.
    if auth.step_up.require(context.actor()).is_err() {
        leptos_axum::redirect(&query(CONFIRM, "next", &leading_to(ADD_PASSKEY, target.as_ref())));
    }
    let tried = left.tried("add-passkey");
    let factors = auth.mfa.factors(context.actor()).await?;
    let instead = can_set_up_app(&auth, context.actor(), factors);
    let out = way_out(context.actor(), target.as_ref());
    let app = leading_to(MFA_SETUP, target.as_ref());
    let next = target.map(|target| target.as_str().to_owned()).unwrap_or_default();
    let (needs_script, unsupported) = if instead {
        (t.passkeys_needs_script_add(), t.passkeys_unsupported_add())
    } else {
        (t.passkeys_needs_script(), t.passkeys_unsupported())
    };
    let words =
        PasskeyWords { unsupported: unsupported.to_owned(), ..new_passkey_words(t, t.passkeys_add_act()) };
    Ok(view! {
        <Head
            heading=t.passkeys_add_heading().to_owned()
            subtitle=t.passkeys_add_subtitle()
            back=back(t, context.actor())
        />
        {left.notice(Some("add-passkey"))}
        <section class="card">
            <div class="body narrow">
                <ul class="points">
                    <li>{t.passkeys_point_one()}</li>
                    <li>{t.passkeys_point_two()}</li>
                    {(!factors.wanted()).then(|| view! { <li>{t.passkeys_point_three()}</li> })}
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
                        label=t.field_passkey_name()
                        autocomplete="off"
                        aside=t.field_optional()
                        note=t.field_passkey_name_note()
                        tried
                    />
                    <div class="acts">
                        <Submit label=t.passkeys_add_act() busy=t.passkeys_busy() scripted=true/>
                        {instead
                            .then(|| view! { <a class="button primary instead" href=app>{t.enrol_set_up_app()}</a> })}
                        <a class="button" href=out>{t.common_cancel()}</a>
                    </div>
                </PasskeyForm>
            </div>
        </section>
    })
}

/// Returns whether an authenticator app will do, for a user who cannot create a passkey.
fn can_set_up_app(auth: &Auth, actor: &Actor, factors: Factors) -> bool {
    let lacks = actor.session_user().ok().and_then(|snapshot| snapshot.lacks);
    auth.settings().mfa.enabled && factors.totp_since.is_none() && lacks != Some(Requirement::Passkey)
}

/// The id of the dialog that removes a passkey.
const REMOVE: &str = "remove-passkey";

/// One passkey: its name, and what is known about it.
#[component]
pub(crate) fn PasskeyPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let tried = left.tried("rename-passkey");
    let id = request(|parts| segment(PASSKEY, "id", parts.uri.path()).map(str::to_owned)).unwrap_or_default();
    let response = use_context::<ResponseOptions>();
    view! {
        <Account t item=SECURITY title=t.passkeys_one_title()>
            {load(move |auth: Auth, context| async move {
                let own = match id.parse::<PasskeyId>() {
                    Ok(id) => auth.passkeys.get(context.actor(), id).await?,
                    Err(_) => None,
                };
                Ok(match own {
                    Some(own) => {
                        let user = own_account(&auth, context.actor()).await?;
                        let factors = auth.mfa.factors(context.actor()).await?;
                        let loss = is_last(factors).then(|| last_step(t, &user));
                        Either::Left(one(t, auth.clock.now(), own, loss, &left, tried))
                    }
                    None => {
                        if let Some(response) = response {
                            response.set_status(StatusCode::NOT_FOUND);
                        }
                        Either::Right(gone(t, &left))
                    }
                })
            })}
        </Account>
    }
}

/// Returns whether a passkey is the only second factor.
fn is_last(factors: Factors) -> bool {
    factors.totp_since.is_none() && factors.passkeys + factors.blocked_passkeys == 1
}

/// Shown when there is no such passkey, or no longer.
fn gone(t: Lang, left: &Left) -> impl IntoView + use<> {
    view! {
        <Head heading=t.passkeys_gone().to_owned() subtitle=t.passkeys_gone_body() back=Some(t.security_title())/>
        {left.notice(None)}
        <div class="acts">
            <a class="button primary" href=SECURITY>{t.mfa_to_security()}</a>
        </div>
    }
}

/// The page of a passkey. `loss` says what else the user loses with it.
fn one(
    t: Lang,
    now: Timestamp,
    own: OwnPasskey,
    loss: Option<&'static str>,
    left: &Left,
    tried: Tried,
) -> impl IntoView + use<> {
    let kept = own.authenticator.map(|authenticator| authenticator.name);
    let kept = kept.unwrap_or_else(|| t.passkeys_one_title());
    let synced = match (own.backed_up, own.backup_eligible) {
        (true, _) => t.passkeys_synced_body(),
        (false, true) => t.passkeys_could_sync_body(),
        (false, false) => t.passkeys_here_only_body(),
    };
    let named = t.passkeys_remove_named(&own.name);
    let body = [Some(t.passkeys_remove_dialog()), loss, Some(t.passkeys_remove_end())];
    let body = body.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let blocked = own.blocked_at.map(|at| {
        view! {
            <div class="notice bad">
                <Icon name="alert"/>
                <p>{around(&t.passkeys_blocked_body(HERE), view! { <Time t now at/> })}</p>
            </div>
        }
    });
    view! {
        <Head heading=own.name.clone() subtitle=kept back=Some(t.security_title())/>
        {left.notice(Some("rename-passkey"))}
        {blocked}
        <section class="card">
            <div class="body narrow">
                <p class="meta">{when(t, now, &own)}</p>
                <p class="meta lead">{synced}</p>
                <Form
                    action=RenamePasskey::PATH.to_owned()
                    words=form_words(t)
                    said=tried.about_form(&["name"])
                >
                    <input type="hidden" name="id" value=own.id.to_string()/>
                    <Field
                        name="name"
                        label=t.field_passkey_name()
                        autocomplete="off"
                        value=own.name.clone()
                        note=t.field_passkey_name_note()
                        tried
                    />
                    <div class="acts">
                        <Submit label=t.passkeys_rename() busy=t.passkeys_rename_busy()/>
                        <a class="button" href=SECURITY>{t.common_cancel()}</a>
                    </div>
                </Form>
            </div>
        </section>
        <section class="card">
            <div class="body narrow">
                <h2>{t.passkeys_remove_title()}</h2>
                <p class="meta lead">{t.passkeys_remove_body()}</p>
                <button type="button" class="button danger" popovertarget=REMOVE>{t.passkeys_remove()}</button>
                <Confirm
                    id=REMOVE.to_owned()
                    title=named
                    body
                    action=RemovePasskey::PATH
                    submit=t.passkeys_remove()
                    cancel=t.common_cancel()
                    field=("id", own.id.to_string())
                />
            </div>
        </section>
    }
}
