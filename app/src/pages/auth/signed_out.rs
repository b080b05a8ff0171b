//! `/auth/signed-out`.

use authtuna::model::paths::LOGIN;
use leptos::prelude::*;

use crate::i18n::lang;
use crate::ui::sign_in::Entry;

/// Shown after sign-out.
#[component]
pub(crate) fn SignedOut() -> impl IntoView {
    let t = lang();
    view! {
        <Entry
            t
            title=t.signed_out_title()
            heading=t.signed_out_heading().to_owned()
            subtitle=t.signed_out_body().to_owned()
        >
            <a class="button primary wide" href=LOGIN>{t.signed_out_again()}</a>
        </Entry>
    }
}
