//! The body of every document.

use authtuna::model::code::Code;
use leptos::either::Either;
use leptos::prelude::*;

use crate::islands::times::LocalTimes;
use crate::pages::status::Status;
use crate::routes::Page;

/// A page to render, or the code that explains why there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PageContent {
    Page(&'static Page),
    Refused(Code),
}

/// Renders the content. All of it arrives at once: nothing is streamed later.
pub(crate) fn app(content: PageContent) -> impl IntoView {
    match content {
        PageContent::Refused(code) => Either::Left(view! { <Status code/> }),
        PageContent::Page(page) => Either::Right(view! {
            {(page.view)()}
            <LocalTimes/>
        }),
    }
}
