//! `/ui/profile`: how the user appears, and how they sign in.

use authtuna::auth::Auth;
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use authtuna::model::paths::{PROFILE, SECURITY};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::own;
use crate::api::account::UpdateProfile;
use crate::i18n::{HERE, Lang, lang};
use crate::islands::form::Form;
use crate::ui::account::{Account, Head};
use crate::ui::form::{Field, Left, Submit, Tried, form_words};
use crate::ui::load::load;
use crate::ui::time::around;

/// The username and the first and last name.
#[component]
pub(crate) fn Profile() -> impl IntoView {
    let t = lang();
    let left = Left::take(t);
    let tried = left.tried("update-profile");
    view! {
        <Account t item=PROFILE title=t.profile_title()>
            <Head heading=t.profile_title().to_owned() subtitle=t.profile_subtitle()/>
            {left.notice(Some("update-profile"))}
            {load(move |auth, context| content(t, auth, context, tried))}
        </Account>
    }
}

async fn content(t: Lang, auth: Auth, context: AuthContext, tried: Tried) -> Result<impl IntoView, Error> {
    let user = own(&auth, context.actor()).await?;
    let optional = t.field_optional();
    Ok(view! {
        <section class="card">
            <header>
                <h2>{t.profile_details()}</h2>
            </header>
            <div class="body narrow">
                <Form
                    action=UpdateProfile::PATH.to_owned()
                    words=form_words(t)
                    said=tried.about_form(&["username", "first_name", "last_name"])
                >
                    <Field
                        name="username"
                        label=t.field_username()
                        autocomplete="username"
                        note=t.field_username_note()
                        value=user.username
                        tried=tried.clone()
                    />
                    <div class="pair">
                        <Field
                            name="first_name"
                            label=t.field_first_name()
                            autocomplete="given-name"
                            aside=optional
                            value=user.first_name.unwrap_or_default()
                            tried=tried.clone()
                        />
                        <Field
                            name="last_name"
                            label=t.field_last_name()
                            autocomplete="family-name"
                            aside=optional
                            value=user.last_name.unwrap_or_default()
                            tried=tried.clone()
                        />
                    </div>
                    {user.email.map(|email| view! { <Fixed t value=email/> })}
                    <div class="acts">
                        <Submit label=t.profile_submit() busy=t.profile_busy()/>
                    </div>
                </Form>
            </div>
        </section>
    })
}

/// The email, which the user changes on another page.
#[component]
fn Fixed(t: Lang, value: String) -> impl IntoView {
    let place = view! { <a href=SECURITY>{t.security_title()}</a> };
    view! {
        <dl class="field settled">
            <dt>{t.field_email()}</dt>
            <dd class="wrap">{value}</dd>
            <dd class="field-note">{around(&t.profile_email_fixed(HERE), place)}</dd>
        </dl>
    }
}
