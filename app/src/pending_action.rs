//! A posted form, and the pending action that the server posts next. The server's layer `resume`
//! puts it into the request.

use std::sync::{Arc, Mutex, PoisonError};

use authtuna::authn::pending_action::PendingAction;

/// The posted form, in the request's extensions.
#[derive(Clone, Default)]
pub struct PostedForm {
    /// The fields, form-urlencoded; `None` when they are too long to keep.
    pub body: Option<String>,
    next: Arc<Mutex<Option<PendingAction>>>,
}

/// The forms that may wait for re-authentication. The server keeps no other form, because the
/// confirmation page must tell the user what it will do.
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

    /// Returns the name under which the action is kept.
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

    /// Parses a name; `None` if it is unknown.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl PostedForm {
    /// Creates a posted form with these fields.
    pub fn new(body: Option<String>) -> Self {
        Self { body, next: Arc::default() }
    }

    /// Has the server perform `act` once it has answered this request.
    pub(crate) fn then(&self, act: PendingAction) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(act);
    }

    /// Takes the action to perform, once this request is answered.
    pub fn next(&self) -> Option<PendingAction> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
