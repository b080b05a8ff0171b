//! `/ui/settings`: what keeps others out of the account.

use authtuna::auth::Auth;
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use authtuna::model::paths::{SECURITY, SESSIONS};
use leptos::prelude::*;

use super::email::EmailLine;
use super::password::{CHANGE, SET, Tries};
use super::protection::Offered;
use super::{mfa, own, passkeys, password, protection};
use crate::flash::Notice;
use crate::i18n::{Lang, lang};
use crate::ui::account::{Account, Head};
use crate::ui::components::{Tile, Tone};
use crate::ui::form::Left;
use crate::ui::load::load;

/// The protection, passkeys, authenticator app, password and email, and a link to the sessions.
#[component]
pub(crate) fn Security() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let tried = Tries { change: left.tried(CHANGE), set: left.tried(SET) };
    let removed = left.says(Notice::PasskeyRemoved);
    view! {
        <Account t item=SECURITY title=t.security_title()>
            <Head heading=t.security_title().to_owned() subtitle=t.security_subtitle()/>
            {left.notice_of(&[CHANGE, SET])}
            {load(move |auth, context| content(t, auth, context, tried, removed))}
        </Account>
    }
}

async fn content(
    t: Lang,
    auth: Auth,
    context: AuthContext,
    tried: Tries,
    removed: bool,
) -> Result<impl IntoView, Error> {
    let user = own(&auth, context.actor()).await?;
    let factors = auth.mfa.factors(context.actor()).await?;
    let passkeys = auth.passkeys.list(context.actor()).await?;
    let accepted = auth.passkeys.accepted(&user, &passkeys);
    let offered = Offered::of(&auth);
    let confirmed = auth.step_up.require(context.actor()).is_ok();
    let now = auth.clock.now();
    let minimum = auth.settings().passwords.min_length;
    Ok(view! {
        {protection::picture(t, &user, factors, offered)}
        {passkeys::section(t, now, &passkeys, factors, offered.passkeys)}
        {mfa::section(t, now, &user, factors, offered)}
        {password::section(t, now, &user, factors, minimum, confirmed, tried)}
        <section class="card" aria-label=t.security_more()>
            <ul class="list">
                <EmailLine t address=user.email verified=user.email_verified_at.is_some()/>
                <li>
                    <Tile icon="laptop" tone=Tone::Plain/>
                    <div class="grow">
                        <h3>{t.security_sessions()}</h3>
                        <p class="meta">{t.security_sessions_body()}</p>
                    </div>
                    <a class="button small" href=SESSIONS>{t.overview_sessions_review()}</a>
                </li>
            </ul>
        </section>
        // Last, because it renders nothing, and would otherwise come between two cards.
        {offered.passkeys.then(|| passkeys::told(accepted, removed))}
    })
}
