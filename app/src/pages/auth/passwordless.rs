//! `/auth/passwordless` and `/auth/passwordless/login`: sign-in by a mail.

use authtuna::auth::Auth;
use authtuna::model::paths::{LOGIN, MAGIC_LINK};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{next, sent_on, target, token};
use crate::api::by_mail::{RequestMagicLink, SignInByMail};
use crate::islands::form::Form;
use crate::links::with_next;
use crate::ui::entry::{Entry, product};
use crate::ui::form::{Field, Left, Submit, form_words};
use crate::ui::inbox::{Act, Again, CheckInbox, Dead, NoMail, NotWaiting, awaited, magic_links, sends};
use crate::ui::load::load;
use crate::words::{Lang, words};

/// The form of the second page.
const FORM: (&str, &str) = (SignInByMail::PATH, "sign-in-by-mail");

/// Asking for the mail.
#[component]
pub(crate) fn Passwordless() -> impl IntoView {
    if sent_on() {
        return EitherOf3::A(());
    }
    let w = words();
    if !magic_links() {
        return EitherOf3::B(off(w));
    }
    let left = Left::take(w);
    let tried = left.tried("magic-link");
    let login = with_next(LOGIN, target().as_ref());
    let below = move || view! { <p class="below"><a href=login>{w.magic_password()}</a></p> };
    let (name, value) = next();
    EitherOf3::C(view! {
        <Entry w title=w.magic_title() heading=w.magic_heading().to_owned() subtitle=w.magic_subtitle().to_owned() icon="mail" below>
            {left.notice(Some("magic-link"))}
            <Form action=RequestMagicLink::PATH.to_owned() words=form_words(w) said=tried.about_form(&["email"])>
                <input type="hidden" name=name value=value/>
                <Field name="email" label=w.field_email() kind="email" autocomplete="email" focus=tried.is_new() tried=tried.clone()/>
                <Submit label=w.magic_submit() busy=w.magic_busy() wide=true/>
            </Form>
        </Entry>
    })
}

/// Without a token: waiting for the mail. With one: whose account it opens.
#[component]
pub(crate) fn PasswordlessLogin() -> impl IntoView {
    let w = words();
    if !magic_links() {
        return EitherOf3::A(off(w));
    }
    let left = Left::take(w);
    let Some(token) = token() else { return EitherOf3::B(waiting(w, left)) };
    EitherOf3::C(load(move |auth: Auth, _| async move {
        Ok(match auth.magic_link(&token).await? {
            Some(username) => Either::Left(enter(w, token, &username, left)),
            None => Either::Right(
                view! { <Dead w title=w.magic_title() to=MAGIC_LINK.to_owned() word=w.magic_again() left/> },
            ),
        })
    }))
}

fn waiting(w: Lang, left: Left) -> impl IntoView {
    let ask = with_next(MAGIC_LINK, target().as_ref());
    let Some(address) = awaited() else {
        return Either::Left(view! { <NotWaiting w title=w.magic_title() to=ask word=w.magic_again()/> });
    };
    let again_fields = vec![("email", address.clone()), next()];
    let again = move || view! { <Again w action=RequestMagicLink::PATH fields=again_fields/> };
    let (name, value) = next();
    let fields = move || view! { <input type="hidden" name=name value=value/> };
    Either::Right(view! {
        <CheckInbox
            w
            title=w.inbox_title()
            subtitle=w.inbox_sent_if()
            address
            form=FORM
            submit=w.magic_code_submit()
            left
            fields
            again
            other=ask
        />
    })
}

fn enter(w: Lang, token: String, username: &str, left: Left) -> impl IntoView + use<> {
    view! {
        <Act
            w
            title=w.magic_title()
            heading=w.magic_enter_heading(&product())
            subtitle=w.magic_enter_body(username)
            form=FORM
            token
            left
            submit=w.magic_enter_submit(username)
            busy=w.magic_enter_busy()
        />
    }
}

/// Where nobody signs in by a mail.
fn off(w: Lang) -> impl IntoView {
    if !sends() {
        return Either::Left(view! { <NoMail w title=w.magic_title()/> });
    }
    let body = w.inbox_closed_body(&product());
    Either::Right(view! {
        <Entry w title=w.magic_title() heading=w.inbox_closed_heading().to_owned() subtitle=body icon="mail">
            <a class="button primary wide" href=LOGIN>{w.inbox_to_sign_in()}</a>
        </Entry>
    })
}
