//! `/setup`: creates the first administrator, with the one-time link that the server prints.

use authtuna::auth::Auth;
use authtuna::model::paths::LOGIN;
use http::StatusCode;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;

use super::query;
use super::signup::{FIELDS, NewAccount};
use crate::api::sign_in::SetUp;
use crate::i18n::{Lang, lang};
use crate::islands::form::Form;
use crate::ui::form::{Left, Submit, form_words};
use crate::ui::load::load;
use crate::ui::sign_in::{Entry, product};

/// Creates the first administrator.
#[component]
pub(crate) fn Setup() -> impl IntoView {
    let t = lang();
    let token = query("token").unwrap_or_default();
    let left = Left::take(t);
    let response = use_context::<ResponseOptions>();
    load(move |auth: Auth, _| async move {
        if !auth.sign_up.setup_link_works(&token).await? {
            if let Some(response) = response {
                response.set_status(StatusCode::GONE);
            }
            return Ok(Either::Left(view! { <Gone t/> }));
        }
        Ok(Either::Right(open(t, token, left)))
    })
}

fn open(t: Lang, token: String, left: Left) -> impl IntoView {
    let tried = left.tried("set-up");
    view! {
        <Entry t title=t.setup_title() heading=t.setup_heading(&product()) subtitle=t.setup_subtitle().to_owned()>
            {left.notice(Some("set-up"))}
            <Form action=SetUp::PATH.to_owned() words=form_words(t) said=tried.about_form(FIELDS)>
                <input type="hidden" name="token" value=token/>
                <NewAccount t tried/>
                <Submit label=t.setup_submit() busy=t.setup_busy() wide=true/>
            </Form>
        </Entry>
    }
}

#[component]
fn Gone(t: Lang) -> impl IntoView {
    view! {
        <Entry t title=t.setup_title() heading=t.setup_gone_title().to_owned() subtitle=t.setup_gone_body().to_owned()>
            <a class="button primary wide" href=LOGIN>{t.setup_sign_in()}</a>
        </Entry>
    }
}
