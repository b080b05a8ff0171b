//! The theme of the pages.

use authtuna::model::paths::{DASHBOARD, LocalPath};
use cookie::{Cookie, SameSite};
use http::HeaderValue;
use http::header::SET_COOKIE;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use super::form::{Done, Form, here};
use crate::error::Refusal;
use crate::theme::{COOKIE, Choice};

/// Remembers light, dark, or the system's preference in this browser for a year. Any other value
/// changes nothing.
#[server(ChooseTheme, prefix = "/api", endpoint = "theme")]
pub async fn choose_theme(
    #[server(default)] theme: String,
    #[server(default)] back: String,
) -> Result<(), Refusal> {
    let outcome = async {
        let (auth, _) = here()?;
        if let (Some(choice), Some(response)) = (Choice::parse(&theme), use_context::<ResponseOptions>()) {
            let cookie = Cookie::build((COOKIE, choice.as_str()))
                .path("/")
                .http_only(true)
                .secure(auth.settings().sessions.secure)
                .same_site(SameSite::Lax)
                .max_age(time::Duration::days(365))
                .build();
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
                response.append_header(SET_COOKIE, value);
            }
        }
        let page = LocalPath::short(&back);
        Ok(Done::to(page.map_or_else(|| DASHBOARD.to_owned(), |page| page.as_str().to_owned())))
    };
    Form::new("theme", DASHBOARD).answer(outcome.await).await
}
