//! A form as it was posted, and what is to be posted in its place. The server puts it into the request; see its layer
//! `resume`.

use std::sync::{Arc, Mutex, PoisonError};

use authtuna::authn::pending_action::PendingAction;

/// In the extensions of a request that posts a form.
#[derive(Clone, Default)]
pub struct PostedForm {
    /// Its fields, form-urlencoded. None for one that is too long to be kept.
    pub body: Option<String>,
    next: Arc<Mutex<Option<PendingAction>>>,
}

impl PostedForm {
    /// A form with these fields.
    pub fn new(body: Option<String>) -> Self {
        Self { body, next: Arc::default() }
    }

    /// Has `act` done once this request is answered.
    pub(crate) fn then(&self, act: PendingAction) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(act);
    }

    /// What is to be done, once this request is answered.
    pub fn next(&self) -> Option<PendingAction> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
