//! `/mfa/enrol`: what a role asks for has to be set up before anything else.

use authtuna::auth::Auth;
use authtuna::model::paths::{ADD_PASSKEY, DASHBOARD, LocalPath, MFA_SETUP};
use authtuna::model::role::Requirement;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::entry::SignOut;
use crate::links::leading_to;
use crate::pages::auth::target;
use crate::ui::entry::Entry;
use crate::ui::form::Left;
use crate::ui::load::load;
use crate::ui::part::Icon;
use crate::words::words;

/// Why, and what there is to choose from.
#[component]
pub(crate) fn Enrol() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let target = target().unwrap_or_else(|| LocalPath::of(DASHBOARD));
    load(move |auth: Auth, visit| async move {
        let Some(lacks) = visit.actor().holder()?.lacks else {
            leptos_axum::redirect(target.as_str());
            return Ok(Either::Left(()));
        };
        let passkeys = auth.settings().passkeys_offered();
        let apps = lacks == Requirement::Mfa && auth.settings().mfa.enabled;
        let way = move |to: &str, class, icon, word, note| {
            let to = leading_to(to, Some(&target));
            view! { <Way to class icon word note/> }
        };
        let below = move || {
            view! {
                <form method="post" action=SignOut::PATH class="below">
                    <button class="button small">{w.common_sign_out()}</button>
                </form>
            }
        };
        Ok(Either::Right(view! {
            <Entry
                w
                title=w.enrol_title()
                heading=w.enrol_heading().to_owned()
                subtitle=w.enrol_subtitle().to_owned()
                icon="shield"
                below
            >
                {left.notice(None)}
                <div class="ways">
                    {passkeys
                        .then(|| {
                            let (word, note) = (w.enrol_add_passkey(), w.enrol_passkey_note());
                            way(ADD_PASSKEY, "button primary wide", "passkey", word, note)
                        })}
                    {apps
                        .then(|| {
                            let class = if passkeys { "button wide" } else { "button primary wide" };
                            way(MFA_SETUP, class, "phone", w.enrol_set_up_app(), w.enrol_app_note())
                        })}
                </div>
            </Entry>
        }))
    })
}

/// One of the ways, with what it is for whoever does not know the word.
#[component]
fn Way(
    to: String,
    class: &'static str,
    icon: &'static str,
    word: &'static str,
    note: &'static str,
) -> impl IntoView {
    let id = format!("{icon}-note");
    view! {
        <div class="way">
            <a class=class href=to aria-describedby=id.clone()>
                <Icon name=icon/>
                {word}
            </a>
            <p class="meta" id=id>{note}</p>
        </div>
    }
}
