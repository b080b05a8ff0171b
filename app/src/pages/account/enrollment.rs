//! `/mfa/enrollment`: the user sets up what a role requires, before anything else.

use authtuna::auth::Auth;
use authtuna::model::paths::{ADD_PASSKEY, DASHBOARD, LocalPath, MFA_SETUP};
use authtuna::model::role::Requirement;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::sign_in::SignOut;
use crate::i18n::lang;
use crate::links::leading_to;
use crate::pages::auth::target;
use crate::ui::components::Icon;
use crate::ui::form::Left;
use crate::ui::load::load;
use crate::ui::sign_in::Entry;

/// The reason, and the choice of factors.
#[component]
pub(crate) fn EnrollmentPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let target = target().unwrap_or_else(|| LocalPath::of(DASHBOARD));
    load(move |auth: Auth, context| async move {
        let Some(lacks) = context.actor().session_user()?.lacks else {
            leptos_axum::redirect(target.as_str());
            return Ok(Either::Left(()));
        };
        let passkeys = auth.settings().passkeys_offered();
        let apps = lacks == Requirement::Mfa && auth.settings().mfa.enabled;
        let way = move |to: &str, class, icon, word, note| {
            let to = leading_to(to, Some(&target));
            view! { <EnrollmentOption to class icon word note/> }
        };
        let below = move || {
            view! {
                <form method="post" action=SignOut::PATH class="below">
                    <button class="button small">{t.common_sign_out()}</button>
                </form>
            }
        };
        Ok(Either::Right(view! {
            <Entry
                t
                title=t.enrol_title()
                heading=t.enrol_heading().to_owned()
                subtitle=t.enrol_subtitle().to_owned()
                icon="shield"
                below
            >
                {left.notice(None)}
                <div class="ways">
                    {passkeys
                        .then(|| {
                            let (word, note) = (t.enrol_add_passkey(), t.enrol_passkey_note());
                            way(ADD_PASSKEY, "button primary wide", "passkey", word, note)
                        })}
                    {apps
                        .then(|| {
                            let class = if passkeys { "button wide" } else { "button primary wide" };
                            way(MFA_SETUP, class, "phone", t.enrol_set_up_app(), t.enrol_app_note())
                        })}
                </div>
            </Entry>
        }))
    })
}

/// One of the factors, with a note for users who do not know the term.
#[component]
fn EnrollmentOption(
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
