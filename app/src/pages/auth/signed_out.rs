//! `/auth/signed-out`.

use authtuna::model::paths::LOGIN;
use leptos::prelude::*;

use crate::ui::entry::Entry;
use crate::words::words;

/// After sign-out.
#[component]
pub(crate) fn SignedOut() -> impl IntoView {
    let w = words();
    view! {
        <Entry
            w
            title=w.signed_out_title()
            heading=w.signed_out_heading().to_owned()
            subtitle=w.signed_out_body().to_owned()
        >
            <a class="button primary wide" href=LOGIN>{w.signed_out_again()}</a>
        </Entry>
    }
}
