//! The core inside an Axum service: who asks, read from the request before any handler runs.

mod accept;
mod check;
mod client;
mod cookies;
mod entrance;
mod error;
mod extract;
mod layer;
mod rule;

#[doc(inline)]
pub use crate::check;

pub use accept::{wants_json, wants_page};
pub use check::{Allowed, Check, RuleService};
pub use client::{ClientIp, GeoIpError};
pub use cookies::cookie_value;
pub use error::ApiError;
pub use extract::{CurrentUser, OptionalUser};
pub use layer::{AuthLayer, AuthService};
pub use rule::{RequirePermission, RequireRole, Rule};

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
