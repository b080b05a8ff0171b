//! `/auth/passwordless` and `/auth/passwordless/login`: sign-in by email.

use authtuna::auth::Auth;
use authtuna::model::paths::{LOGIN, MAGIC_LINK};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{next, sent_on, target, token};
use crate::api::by_email::{RequestMagicLink, SignInByMail};
use crate::i18n::{Lang, lang};
use crate::islands::form::Form;
use crate::links::with_next;
use crate::ui::email_challenge::{
    ActionForm, Again, CheckInbox, Dead, NoMail, NotWaiting, awaited, magic_links, sends,
};
use crate::ui::form::{Field, Left, Submit, form_words};
use crate::ui::load::load;
use crate::ui::sign_in::{Entry, product};

/// The form of the second page.
const FORM: (&str, &str) = (SignInByMail::PATH, "sign-in-by-mail");

/// Asks for a sign-in email.
#[component]
pub(crate) fn Passwordless() -> impl IntoView {
    if sent_on() {
        return EitherOf3::A(());
    }
    let t = lang();
    if !magic_links() {
        return EitherOf3::B(off(t));
    }
    let left = Left::take(t);
    let tried = left.tried("magic-link");
    let login = with_next(LOGIN, target().as_ref());
    let below = move || view! { <p class="below"><a href=login>{t.magic_password()}</a></p> };
    let (name, value) = next();
    EitherOf3::C(view! {
        <Entry t title=t.magic_title() heading=t.magic_heading().to_owned() subtitle=t.magic_subtitle().to_owned() icon="mail" below>
            {left.notice(Some("magic-link"))}
            <Form action=RequestMagicLink::PATH.to_owned() words=form_words(t) said=tried.about_form(&["email"])>
                <input type="hidden" name=name value=value/>
                <Field name="email" label=t.field_email() kind="email" autocomplete="email" focus=tried.is_new() tried=tried.clone()/>
                <Submit label=t.magic_submit() busy=t.magic_busy() wide=true/>
            </Form>
        </Entry>
    })
}

/// Waits for the email; with a token, shows whose account it opens.
#[component]
pub(crate) fn PasswordlessLogin() -> impl IntoView {
    let t = lang();
    if !magic_links() {
        return EitherOf3::A(off(t));
    }
    let left = Left::take(t);
    let Some(token) = token() else { return EitherOf3::B(check_inbox(t, left)) };
    EitherOf3::C(load(move |auth: Auth, _| async move {
        Ok(match auth.sign_in.magic_link_username(&token).await? {
            Some(username) => Either::Left(enter(t, token, &username, left)),
            None => Either::Right(
                view! { <Dead t title=t.magic_title() to=MAGIC_LINK.to_owned() word=t.magic_again() left/> },
            ),
        })
    }))
}

fn check_inbox(t: Lang, left: Left) -> impl IntoView {
    let ask = with_next(MAGIC_LINK, target().as_ref());
    let Some(address) = awaited() else {
        return Either::Left(view! { <NotWaiting t title=t.magic_title() to=ask word=t.magic_again()/> });
    };
    let again_fields = vec![("email", address.clone()), next()];
    let again = move || view! { <Again t action=RequestMagicLink::PATH fields=again_fields/> };
    let (name, value) = next();
    let fields = move || view! { <input type="hidden" name=name value=value/> };
    Either::Right(view! {
        <CheckInbox
            t
            title=t.inbox_title()
            subtitle=t.inbox_sent_if()
            address
            form=FORM
            submit=t.magic_code_submit()
            left
            fields
            again
            other=ask
        />
    })
}

fn enter(t: Lang, token: String, username: &str, left: Left) -> impl IntoView + use<> {
    view! {
        <ActionForm
            t
            title=t.magic_title()
            heading=t.magic_enter_heading(&product())
            subtitle=t.magic_enter_body(username)
            form=FORM
            token
            left
            submit=t.magic_enter_submit(username)
            busy=t.magic_enter_busy()
        />
    }
}

/// Shown when users cannot sign in by email.
fn off(t: Lang) -> impl IntoView {
    if !sends() {
        return Either::Left(view! { <NoMail t title=t.magic_title()/> });
    }
    let body = t.inbox_closed_body(&product());
    Either::Right(view! {
        <Entry t title=t.magic_title() heading=t.inbox_closed_heading().to_owned() subtitle=body icon="mail">
            <a class="button primary wide" href=LOGIN>{t.inbox_to_sign_in()}</a>
        </Entry>
    })
}
