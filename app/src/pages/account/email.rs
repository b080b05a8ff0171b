//! `/ui/settings/email`: requests a change of the email.

use authtuna::auth::Auth;
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use authtuna::model::paths::{CONFIRM, EMAIL, SECURITY};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::own;
use crate::api::email_addresses::{RequestEmailChange, SendAgain};
use crate::i18n::{Lang, lang};
use crate::islands::form::Form;
use crate::islands::password::PasswordField;
use crate::links::query;
use crate::ui::account::{Account, Head};
use crate::ui::components::{Badge, Empty, Tile, Tone};
use crate::ui::email_challenge::sends;
use crate::ui::form::{Field, Left, Submit, Tried, form_words, password_words};
use crate::ui::load::load;
use crate::ui::sign_in::product;

/// The form to change the email.
#[component]
pub(crate) fn EmailPage() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let tried = left.tried("change-email");
    view! {
        <Account t item=SECURITY title=t.email_title()>
            <Head heading=t.email_change_heading().to_owned() subtitle=t.email_note() back=Some(t.security_title())/>
            {left.notice(Some("change-email"))}
            {load(move |auth, context| content(t, auth, context, tried))}
        </Account>
    }
}

async fn content(t: Lang, auth: Auth, context: AuthContext, tried: Tried) -> Result<impl IntoView, Error> {
    if !auth.settings().email.enabled {
        return Ok(Either::Left(
            view! { <Empty icon="mail" title=t.inbox_off_heading() body=t.inbox_off_body(&product())/> },
        ));
    }
    let user = own(&auth, context.actor()).await?;
    // Re-authenticate before the user types a password, because a form with one is never kept.
    let confirms = user.has_password && auth.mfa.factors(context.actor()).await?.wanted();
    if confirms && auth.step_up.require(context.actor()).is_err() {
        leptos_axum::redirect(&query(CONFIRM, "next", EMAIL));
    }
    let now = user.email.as_deref().map_or_else(|| t.email_none().to_owned(), |email| t.email_now(email));
    let fields: &[&str] = if user.has_password { &["email", "current_password"] } else { &["email"] };
    Ok(Either::Right(view! {
        <section class="card" aria-label=t.email_change_heading()>
            <div class="body narrow">
                <p class="now wrap">
                    <b>{now}</b>
                </p>
                <p class="meta lead">{t.email_change_body()}</p>
                <Form action=RequestEmailChange::PATH.to_owned() words=form_words(t) said=tried.about_form(fields)>
                    <Field
                        name="email"
                        label=t.field_new_email()
                        kind="email"
                        autocomplete="email"
                        focus=tried.is_new()
                        tried=tried.clone()
                    />
                    {user
                        .has_password
                        .then(|| {
                            view! {
                                <PasswordField
                                    name="current_password".to_owned()
                                    autocomplete="current-password".to_owned()
                                    words=password_words(
                                        t,
                                        t.field_current_password(),
                                        None,
                                        tried.error("current_password"),
                                    )
                                    judge=None
                                    focus=false
                                />
                            }
                        })}
                    <div class="acts">
                        <Submit label=t.email_submit() busy=t.email_busy()/>
                        <a class="button" href=SECURITY>{t.common_cancel()}</a>
                    </div>
                </Form>
            </div>
        </section>
    }))
}

/// The email as a row of a list, with its actions if the server sends email.
#[component]
pub(crate) fn EmailLine(t: Lang, address: Option<String>, verified: bool) -> impl IntoView {
    let has_one = address.is_some();
    let good = has_one && verified;
    let (tone, badge, note) = match (good, sends()) {
        (true, _) => (Tone::Ok, Some(t.overview_verified()), t.email_note()),
        (false, true) => (Tone::Warn, Some(t.overview_not_verified()), t.email_note_unverified()),
        // If the server sends no email, the user cannot do anything about it.
        (false, false) => (Tone::Plain, None, t.field_email_note()),
    };
    view! {
        <li>
            <Tile icon="mail" tone/>
            <div class="grow">
                <h3>
                    <span class="wrap">{address.unwrap_or_else(|| t.email_none().to_owned())}</span>
                    {badge.filter(|_| has_one).map(|text| view! { <Badge tone text/> })}
                </h3>
                {has_one.then(|| view! { <p class="meta">{note}</p> })}
            </div>
            {sends().then(|| view! { <Acts t confirms=has_one && !verified/> })}
        </li>
    }
}

/// The actions for the email. `confirms` says that it is not verified yet.
#[component]
fn Acts(t: Lang, confirms: bool) -> impl IntoView {
    let confirm = confirms.then(|| {
        view! {
            <form method="post" action=SendAgain::PATH>
                <button class="button small" aria-label=t.email_confirm_name()>
                    {t.email_confirm()}
                </button>
            </form>
        }
    });
    view! {
        <div class="line-acts">
            {confirm} <a class="button small" href=EMAIL aria-label=t.email_change_name()>{t.email_change()}</a>
        </div>
    }
}
