//! Pages that explain why there is no page.

use authtuna::model::code::Code;
use authtuna::model::paths::{LOGIN, LocalPath};
use http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::i18n::{Lang, lang};
use crate::links::with_next;
use crate::messages;
use crate::ui::sign_in::{Entry, address};
use crate::viewer::{auth, context};

/// The page for `code`, with the matching status.
#[component]
pub(crate) fn Status(code: Code) -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(
            StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        );
    }
    let t = lang();
    let (title, body) = texts(t, code);
    let (to, word) = match code {
        Code::NotAuthenticated => {
            (with_next(LOGIN, LocalPath::to_return_to(&address()).as_ref()), t.setup_sign_in())
        }
        _ => ("/".to_owned(), t.status_home()),
    };
    let request = context().ok().and_then(|context| context.actor().origin.request_id);
    let below = move || {
        request.map(|id| {
            view! {
                <p class="below">
                    {t.status_request_id()} <br/> <code>{id.to_string()}</code>
                </p>
            }
        })
    };
    view! {
        <Entry t title heading=title.to_owned() subtitle=body below>
            <a class="button primary wide" href=to>{word}</a>
        </Entry>
    }
}

fn texts(t: Lang, code: Code) -> (&'static str, String) {
    match code {
        Code::NotFound => (t.status_not_found_title(), t.status_not_found_body().to_owned()),
        Code::Forbidden => (t.status_forbidden_title(), t.status_forbidden_body().to_owned()),
        Code::Unavailable | Code::Busy => {
            (t.status_unavailable_title(), t.status_unavailable_body().to_owned())
        }
        Code::Internal => (t.status_error_title(), t.status_error_body().to_owned()),
        code => {
            let why = auth().map(|auth| messages::problem(t, auth.settings(), None, code, None));
            (t.status_refused_title(), why.unwrap_or_else(|_| t.status_error_body().to_owned()))
        }
    }
}
