//! The core inside an Axum service: who asks, read from the request before any handler runs.
//!
//! [`SessionLayer`] puts a [`Visit`] into every request. Handlers take it as an extractor, or [`CurrentUser`] when
//! nobody else may come in.

mod client;
mod cookies;
mod extract;
mod layer;

pub use client::{ClientIp, GeoIpError};
pub use cookies::cookie_value;
pub use extract::{ApiError, CurrentUser};
pub use layer::{SessionLayer, SessionService};

use std::sync::{Arc, Mutex, PoisonError};

use crate::actor::Actor;
use crate::login::SignedIn;

/// One request's view of who asks, and what its answer is to do to the browser's cookies. Cheap to clone.
#[derive(Clone)]
pub struct Visit {
    actor: Actor,
    wish: Arc<Mutex<Wish>>,
}

/// What the answer does to the cookies.
#[derive(Default)]
enum Wish {
    /// Nothing more than the check of the session found.
    #[default]
    Keep,
    /// Somebody came in.
    Begin(SignedIn),
    /// Somebody went out.
    End,
}

impl Visit {
    /// Who asks, and from where.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Has the answer carry the cookies of a session that has just begun.
    pub fn begin(&self, signed_in: SignedIn) {
        *self.wish() = Wish::Begin(signed_in);
    }

    /// Has the answer delete the session's cookie.
    pub fn end(&self) {
        *self.wish() = Wish::End;
    }

    fn wish(&self) -> std::sync::MutexGuard<'_, Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
