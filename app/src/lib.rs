//! The AuthTuna portal: sign-in, sign-up, and the pages of the user's own account.
//!
//! The server renders every page completely, and all but the passkey prompts work without
//! JavaScript. Only [`islands`] and `client`, with the types in [`form_messages`], run as
//! WebAssembly. They make forms and times more convenient, and contain no texts and no logic of
//! their own.
//!
//! To add a page, add its path to `authtuna::model::paths`, a file to `pages`, a line to
//! `routes::PAGES`, and its texts to `locales/en.json`. To add an action, add a function to `api`
//! and a line to `routes::FUNCTIONS`. Tests catch whatever is missing.

// View types nest as deeply as the pages do.
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

/// Makes every island of the page interactive. The browser calls it once.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
