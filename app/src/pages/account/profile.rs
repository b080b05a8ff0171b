//! `/ui/profile`: how a person appears, and how they sign in.

use authtuna::auth::Auth;
use authtuna::axum::Visit;
use authtuna::foundation::error::Error;
use authtuna::model::paths::{PROFILE, SECURITY};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::own;
use crate::api::account::UpdateProfile;
use crate::islands::form::Form;
use crate::ui::account::{Account, Head};
use crate::ui::form::{Field, Left, Submit, Tried, form_words};
use crate::ui::load::load;
use crate::ui::time::around;
use crate::words::{HERE, Lang, words};

/// Username and names.
#[component]
pub(crate) fn Profile() -> impl IntoView {
    let w = words();
    let left = Left::take(w);
    let tried = left.tried("update-profile");
    view! {
        <Account w place=PROFILE title=w.profile_title()>
            <Head heading=w.profile_title().to_owned() subtitle=w.profile_subtitle()/>
            {left.notice(Some("update-profile"))}
            {load(move |auth, visit| content(w, auth, visit, tried))}
        </Account>
    }
}

async fn content(w: Lang, auth: Auth, visit: Visit, tried: Tried) -> Result<impl IntoView, Error> {
    let user = own(&auth, visit.actor()).await?;
    let optional = w.field_optional();
    Ok(view! {
        <section class="card">
            <header>
                <h2>{w.profile_details()}</h2>
            </header>
            <div class="body narrow">
                <Form
                    action=UpdateProfile::PATH.to_owned()
                    words=form_words(w)
                    said=tried.about_form(&["username", "first_name", "last_name"])
                >
                    <Field
                        name="username"
                        label=w.field_username()
                        autocomplete="username"
                        note=w.field_username_note()
                        value=user.username
                        tried=tried.clone()
                    />
                    <div class="pair">
                        <Field
                            name="first_name"
                            label=w.field_first_name()
                            autocomplete="given-name"
                            aside=optional
                            value=user.first_name.unwrap_or_default()
                            tried=tried.clone()
                        />
                        <Field
                            name="last_name"
                            label=w.field_last_name()
                            autocomplete="family-name"
                            aside=optional
                            value=user.last_name.unwrap_or_default()
                            tried=tried.clone()
                        />
                    </div>
                    {user.email.map(|email| view! { <Fixed w value=email/> })}
                    <div class="acts">
                        <Submit label=w.profile_submit() busy=w.profile_busy()/>
                    </div>
                </Form>
            </div>
        </section>
    })
}

/// The address: it is changed elsewhere.
#[component]
fn Fixed(w: Lang, value: String) -> impl IntoView {
    let place = view! { <a href=SECURITY>{w.security_title()}</a> };
    view! {
        <dl class="field settled">
            <dt>{w.field_email()}</dt>
            <dd class="wrap">{value}</dd>
            <dd class="field-note">{around(&w.profile_email_fixed(HERE), place)}</dd>
        </dl>
    }
}
