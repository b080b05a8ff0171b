//! `/ui/settings`: what keeps others out.

use authtuna::auth::Auth;
use authtuna::axum::Visit;
use authtuna::foundation::error::Error;
use authtuna::model::paths::{SECURITY, SESSIONS};
use leptos::prelude::*;

use super::email::EmailLine;
use super::password::{CHANGE, SET, Tries};
use super::protection::Offered;
use super::{mfa, own, passkeys, password, protection};
use crate::flash::Notice;
use crate::ui::account::{Account, Head};
use crate::ui::form::Left;
use crate::ui::load::load;
use crate::ui::part::{Tile, Tone};
use crate::words::{Lang, words};

/// The password, the address, and the way to the sessions.
#[component]
pub(crate) fn Security() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let tried = Tries { change: left.tried(CHANGE), set: left.tried(SET) };
    let removed = left.says(Notice::PasskeyRemoved);
    view! {
        <Account w place=SECURITY title=w.security_title()>
            <Head heading=w.security_title().to_owned() subtitle=w.security_subtitle()/>
            {left.notice_of(&[CHANGE, SET])}
            {load(move |auth, visit| content(w, auth, visit, tried, removed))}
        </Account>
    }
}

async fn content(
    w: Lang,
    auth: Auth,
    visit: Visit,
    tried: Tries,
    removed: bool,
) -> Result<impl IntoView, Error> {
    let user = own(&auth, visit.actor()).await?;
    let factors = auth.mfa.factors(visit.actor()).await?;
    let passkeys = auth.passkeys.list(visit.actor()).await?;
    let accepted = auth.passkeys.accepted(&user, &passkeys);
    let offered = Offered::of(&auth);
    let confirmed = auth.require_confirmed(visit.actor()).is_ok();
    let now = auth.clock.now();
    let minimum = auth.settings().passwords.min_length;
    Ok(view! {
        {protection::picture(w, &user, factors, offered)}
        {passkeys::section(w, now, &passkeys, factors, offered.passkeys)}
        {mfa::section(w, now, &user, factors, offered)}
        {password::section(w, now, &user, factors, minimum, confirmed, tried)}
        <section class="card" aria-label=w.security_more()>
            <ul class="list">
                <EmailLine w address=user.email verified=user.email_verified_at.is_some()/>
                <li>
                    <Tile icon="laptop" tone=Tone::Plain/>
                    <div class="grow">
                        <h3>{w.security_sessions()}</h3>
                        <p class="meta">{w.security_sessions_body()}</p>
                    </div>
                    <a class="button small" href=SESSIONS>{w.overview_sessions_review()}</a>
                </li>
            </ul>
        </section>
        // Last: it shows nothing, and would stand between two cards.
        {offered.passkeys.then(|| passkeys::told(accepted, removed))}
    })
}
