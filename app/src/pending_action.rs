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

/// The forms that may wait for re-authentication. Nothing else is kept: whoever confirms is told what will be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingKind {
    SetUpApp,
    TurnOffApp,
    NewBackupCodes,
    AddPasskey,
    RemovePasskey,
    ChangeEmail,
}

impl PendingKind {
    const ALL: [Self; 6] = [
        Self::SetUpApp,
        Self::TurnOffApp,
        Self::NewBackupCodes,
        Self::AddPasskey,
        Self::RemovePasskey,
        Self::ChangeEmail,
    ];

    /// The name under which it is kept.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SetUpApp => "set_up_app",
            Self::TurnOffApp => "turn_off_app",
            Self::NewBackupCodes => "new_backup_codes",
            Self::AddPasskey => "add_passkey",
            Self::RemovePasskey => "remove_passkey",
            Self::ChangeEmail => "change_email",
        }
    }

    /// `None` for any other name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
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
