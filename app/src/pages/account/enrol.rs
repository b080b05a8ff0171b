//! `/mfa/enrol`: what a role asks for has to be set up before anything else.

use authtuna::auth::Auth;
use authtuna::model::role::Requirement;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::entry::SignOut;
use crate::pages::auth::target;
use crate::routes::{MFA_SETUP, OVERVIEW, PASSKEY_ADD, Target};
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
    let on = target().as_ref().map_or(OVERVIEW, Target::as_str).to_owned();
    load(move |auth: Auth, visit| async move {
        let Some(lacks) = visit.actor().holder()?.lacks else {
            leptos_axum::redirect(&on);
            return Ok(Either::Left(()));
        };
        let passkeys = auth.settings().passkeys_offered();
        let apps = lacks == Requirement::Mfa && auth.settings().mfa.enabled;
        let why = if lacks == Requirement::Mfa { w.enrol_mfa() } else { w.enrol_passkey() };
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
                <p class="how">{why}</p>
                <div class="ways">
                    {passkeys
                        .then(|| {
                            view! {
                                <a class="button primary wide" href=PASSKEY_ADD>
                                    <Icon name="passkey"/>
                                    {w.enrol_add_passkey()}
                                </a>
                            }
                        })}
                    {apps
                        .then(|| {
                            view! {
                                <a class="button wide" href=MFA_SETUP>
                                    <Icon name="phone"/>
                                    {w.enrol_set_up_app()}
                                </a>
                            }
                        })}
                </div>
            </Entry>
        }))
    })
}
