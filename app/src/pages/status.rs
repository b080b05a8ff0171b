//! Pages that say why there is no page.

use authtuna::model::code::Code;
use authtuna::model::paths::{LOGIN, LocalPath};
use http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::links::with_next;
use crate::say;
use crate::ui::entry::{Entry, address};
use crate::viewer::{auth, visit};
use crate::words::{Lang, words};

/// The page for `code`, under the status that belongs to it.
#[component]
pub(crate) fn Status(code: Code) -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(
            StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        );
    }
    let w = words();
    let (title, body) = texts(w, code);
    let (to, word) = match code {
        Code::NotAuthenticated => {
            (with_next(LOGIN, LocalPath::to_return_to(&address()).as_ref()), w.setup_sign_in())
        }
        _ => ("/".to_owned(), w.status_home()),
    };
    let request = visit().ok().and_then(|visit| visit.actor().origin.request_id);
    let below = move || {
        request.map(|id| {
            view! {
                <p class="below">
                    {w.status_request_id()} <br/> <code>{id.to_string()}</code>
                </p>
            }
        })
    };
    view! {
        <Entry w title heading=title.to_owned() subtitle=body below>
            <a class="button primary wide" href=to>{word}</a>
        </Entry>
    }
}

fn texts(w: Lang, code: Code) -> (&'static str, String) {
    match code {
        Code::NotFound => (w.status_not_found_title(), w.status_not_found_body().to_owned()),
        Code::Forbidden => (w.status_forbidden_title(), w.status_forbidden_body().to_owned()),
        Code::Unavailable | Code::Busy => {
            (w.status_unavailable_title(), w.status_unavailable_body().to_owned())
        }
        Code::Internal => (w.status_error_title(), w.status_error_body().to_owned()),
        code => {
            let why = auth().map(|auth| say::problem(w, auth.settings(), None, code, None));
            (w.status_refused_title(), why.unwrap_or_else(|_| w.status_error_body().to_owned()))
        }
    }
}
