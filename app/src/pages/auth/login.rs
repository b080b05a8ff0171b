//! `/auth/login`.

use authtuna::model::paths::{FORGOT_PASSWORD, MAGIC_LINK, SIGN_UP};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::{sent_on, target};
use crate::api::passkey::{PasskeySignIn, SignInPrompt};
use crate::api::sign_in::SignIn;
use crate::i18n::lang;
use crate::islands::form::Form;
use crate::islands::passkey::{Asks, PasskeyForm};
use crate::islands::password::{PasswordField, PasswordWords};
use crate::links::with_next;
use crate::ui::components::Icon;
use crate::ui::email_challenge::{magic_links, sends};
use crate::ui::form::{Field, Left, Submit, form_words, passkey_words, password_words};
use crate::ui::sign_in::{Entry, product};
use crate::viewer::auth;

/// Sign-in with a password or a passkey.
#[component]
pub(crate) fn Login() -> impl IntoView {
    if sent_on() {
        return None;
    }
    let t = lang();
    let target = target();
    let left = Left::take(t);
    let tried = left.tried("sign-in");
    let about_form = tried.about_form(&["identifier", "password"]);
    let open = auth().is_ok_and(|auth| auth.settings().app.signup_enabled);
    let sign_up = with_next(SIGN_UP, target.as_ref());
    let below = move || {
        open.then(|| {
            view! {
                <p class="below">
                    {t.login_new_here()} " " <a href=sign_up.clone()>{t.login_sign_up()}</a>
                </p>
            }
        })
    };
    let way_out = sends().then(|| (FORGOT_PASSWORD.to_owned(), t.login_forgot().to_owned()));
    let next = target.as_ref().map(|target| target.as_str().to_owned()).unwrap_or_default();
    let passkeys = auth().is_ok_and(|auth| auth.settings().passkeys_offered());
    let then = next.clone();
    let by_passkey = passkeys.then(|| {
        let said = left.tried("passkey-sign-in").about_form(&[]);
        view! {
            <PasskeyForm
                action=PasskeySignIn::PATH.to_owned()
                prompt=SignInPrompt::PATH.to_owned()
                asks=Asks::GetOrSuggest
                words=passkey_words(t)
                needs_script=t.passkeys_needs_script().to_owned()
                said
            >
                <input type="hidden" name="next" value=then/>
                <Submit label=t.login_passkey() busy=t.passkeys_busy() wide=true icon="passkey" plain=true scripted=true/>
            </PasskeyForm>
        }
    });
    let or = (passkeys || magic_links()).then(|| view! { <div class="or">{t.login_or()}</div> });
    let by_mail = magic_links().then(|| {
        view! {
            <a class="button wide" href=with_next(MAGIC_LINK, target.as_ref())>
                <Icon name="mail"/>
                {t.login_by_mail()}
            </a>
        }
    });
    Some(view! {
        <Entry t title=t.login_title() heading=t.login_heading(&product()) subtitle=t.login_subtitle().to_owned() below>
            {left.notice_of(&["sign-in", "passkey-sign-in"])}
            <Form action=SignIn::PATH.to_owned() words=form_words(t) said=about_form>
                <input type="hidden" name="next" value=next/>
                <Field
                    name="identifier"
                    label=t.field_identifier()
                    autocomplete=if passkeys { "username webauthn" } else { "username" }
                    focus=tried.is_new()
                    tried=tried.clone()
                />
                <PasswordField
                    name="password".to_owned()
                    autocomplete="current-password".to_owned()
                    words=PasswordWords { way_out, ..password_words(t, t.field_password(), None, tried.error("password")) }
                    judge=None
                    focus=false
                />
                <Submit label=t.login_submit() busy=t.login_busy() wide=true/>
            </Form>
            {or}
            <div class="ways">{by_passkey} {by_mail}</div>
        </Entry>
    })
}
