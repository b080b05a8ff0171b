//! `/setup`: the first administrator, by the one-time link that the server prints.

use authtuna::auth::Auth;
use authtuna::model::paths::LOGIN;
use http::StatusCode;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_axum::ResponseOptions;

use super::query;
use super::signup::{FIELDS, NewAccount};
use crate::api::entry::SetUp;
use crate::islands::form::Form;
use crate::ui::entry::{Entry, product};
use crate::ui::form::{Left, Submit, form_words};
use crate::ui::load::load;
use crate::words::{Lang, words};

/// Making the first administrator.
#[component]
pub(crate) fn Setup() -> impl IntoView {
    let w = words();
    let token = query("token").unwrap_or_default();
    let left = Left::take(w);
    let response = use_context::<ResponseOptions>();
    load(move |auth: Auth, _| async move {
        if !auth.set_up_open(&token).await? {
            if let Some(response) = response {
                response.set_status(StatusCode::GONE);
            }
            return Ok(Either::Left(view! { <Gone w/> }));
        }
        Ok(Either::Right(open(w, token, left)))
    })
}

fn open(w: Lang, token: String, left: Left) -> impl IntoView {
    let tried = left.tried("set-up");
    view! {
        <Entry w title=w.setup_title() heading=w.setup_heading(&product()) subtitle=w.setup_subtitle().to_owned()>
            {left.notice(Some("set-up"))}
            <Form action=SetUp::PATH.to_owned() words=form_words(w) said=tried.about_form(FIELDS)>
                <input type="hidden" name="token" value=token/>
                <NewAccount w tried/>
                <Submit label=w.setup_submit() busy=w.setup_busy() wide=true/>
            </Form>
        </Entry>
    }
}

#[component]
fn Gone(w: Lang) -> impl IntoView {
    view! {
        <Entry w title=w.setup_title() heading=w.setup_gone_title().to_owned() subtitle=w.setup_gone_body().to_owned()>
            <a class="button primary wide" href=LOGIN>{w.setup_sign_in()}</a>
        </Entry>
    }
}
