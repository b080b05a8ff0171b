//! `/ui/settings`: what keeps others out.

use authtuna::auth::Auth;
use authtuna::axum::Visit;
use authtuna::error::Error;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::email::EmailLine;
use super::protection::Offered;
use super::{mfa, own, passkeys, protection};
use crate::api::account::ChangePassword;
use crate::api::entry::PasswordStrength;
use crate::islands::form::Form;
use crate::islands::password::PasswordField;
use crate::routes::{SECURITY, SESSIONS};
use crate::ui::account::{Account, Head};
use crate::ui::form::{Left, Submit, Tried, form_words, password_words};
use crate::ui::load::load;
use crate::ui::part::{Tile, Tone};
use crate::ui::time::{Time, around};
use crate::words::{HERE, Lang, words};

/// The password, the address, and the way to the sessions.
#[component]
pub(crate) fn Security() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let tried = left.tried("change-password");
    view! {
        <Account w place=SECURITY title=w.security_title()>
            <Head heading=w.security_title().to_owned() subtitle=w.security_subtitle()/>
            {left.notice(Some("change-password"))}
            {load(move |auth, visit| content(w, auth, visit, tried))}
        </Account>
    }
}

async fn content(w: Lang, auth: Auth, visit: Visit, tried: Tried) -> Result<impl IntoView, Error> {
    let user = own(&auth, visit.actor()).await?;
    let factors = auth.mfa.factors(visit.actor()).await?;
    let passkeys = auth.passkeys.list(visit.actor()).await?;
    let offered = Offered::of(&auth);
    let now = auth.clock.now();
    let minimum = auth.settings().passwords.min_length.to_string();
    Ok(view! {
        {protection::picture(w, &user, factors, offered)}
        {passkeys::section(w, now, &passkeys, factors, offered.passkeys)}
        {mfa::section(w, now, &user, factors, offered)}
        {user.has_password.then(|| view! {
        <section class="card">
            <header>
                <h2>{w.security_password()}</h2>
            </header>
            <div class="body narrow">
                <p class="meta lead">
                    {user
                        .password_changed_at
                        .map(|at| around(&w.security_password_changed(HERE), view! { <Time w now at/> }))} " "
                    {w.security_ends_others()}
                </p>
                <Form
                    action=ChangePassword::PATH.to_owned()
                    words=form_words(w)
                    said=tried.about_form(&["current_password", "password"])
                >
                    // For password managers, to know whose password it is. Without a name it is not sent.
                    <input type="text" autocomplete="username" value=user.username.clone() hidden/>
                    <PasswordField
                        name="current_password".to_owned()
                        autocomplete="current-password".to_owned()
                        words=password_words(w, w.field_current_password(), None, tried.error("current_password"))
                        judge=None
                        focus=false
                    />
                    <PasswordField
                        name="password".to_owned()
                        autocomplete="new-password".to_owned()
                        words=password_words(
                            w,
                            w.field_new_password(),
                            Some(w.field_password_note(&minimum)),
                            tried.error("password"),
                        )
                        judge=Some(PasswordStrength::PATH.to_owned())
                        focus=false
                    />
                    <div class="acts">
                        <Submit label=w.security_submit() busy=w.security_busy() plain=true/>
                    </div>
                </Form>
            </div>
        </section>
        })}
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
    })
}
