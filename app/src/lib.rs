//! The AuthTuna portal: sign-in, sign-up, and the pages of one's own account.
//!
//! Every page is made on the server, complete, and works without JavaScript. Of all this only [`islands`] and
//! `client` become WebAssembly: they make forms and times pleasant, and hold no words and no knowledge of their own.
//!
//! To add a page: its path in `authtuna::model::paths`, a file in `pages`, a line in `routes::PAGES`, its words in
//! `locales/en.json`.
//! To add something that a page does: a function in `api`, a line in `routes::FUNCTIONS`. Tests catch what is left out.

// The types of views nest as deep as the pages do.
#![recursion_limit = "256"]

pub mod form_messages;
pub mod islands;

mod client;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
mod flash;
#[cfg(feature = "ssr")]
pub mod i18n;
#[cfg(feature = "ssr")]
mod links;
#[cfg(feature = "ssr")]
pub mod mails;
#[cfg(feature = "ssr")]
mod messages;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
pub mod pending_action;
#[cfg(feature = "ssr")]
pub mod reference;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
mod theme;
#[cfg(feature = "ssr")]
mod ui;
#[cfg(feature = "ssr")]
pub mod viewer;

/// Called once by the browser: makes every island of the page live.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
