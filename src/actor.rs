//! Who asks, and from where. Every operation of the core takes an [`Actor`] and authorises it first.

use std::net::IpAddr;
use std::sync::Arc;

use crate::error::Error;
use crate::model::code::Code;
use crate::model::id::{RequestId, SessionId, UserId};
use crate::model::scope::Scope;
use crate::snapshot::Snapshot;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Who {
    /// Nobody that we know.
    Anonymous,
    /// A signed-in person.
    User(Arc<Snapshot>),
    /// The program itself: provisioning, jobs, the command line.
    System,
}

/// Where a request came from. Everything in it is somebody's word, except the address.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The client's address, from the configured source only.
    pub ip: Option<IpAddr>,
    /// Browser and system by name, such as "Firefox on Linux".
    pub device: String,
    /// SHA-256 of the FINGERPRINT_HEADERS.
    pub fingerprint: [u8; 32],
    /// ISO 3166-1 country code, when it can be known.
    pub country: Option<String>,
    /// City, when it can be known.
    pub city: Option<String>,
    /// The request, for the log and the audit trail.
    pub request_id: Option<RequestId>,
    /// The secret of the device cookie: the mark of a browser in which somebody signed in before.
    pub device_secret: Option<[u8; 32]>,
}

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// From where.
    pub origin: Arc<Origin>,
}

impl Actor {
    /// The program itself.
    pub fn system() -> Self {
        Self { who: Who::System, origin: Arc::new(Origin::default()) }
    }

    /// Nobody that we know, at `origin`.
    pub fn anonymous(origin: Origin) -> Self {
        Self { who: Who::Anonymous, origin: Arc::new(origin) }
    }

    /// The signed-in person. Err([`Code::NotAuthenticated`]) when nobody is.
    pub fn user(&self) -> Result<&Arc<Snapshot>, Error> {
        match &self.who {
            Who::User(snapshot) => Ok(snapshot),
            Who::Anonymous | Who::System => Err(Code::NotAuthenticated.into()),
        }
    }

    /// The signed-in person's id.
    pub fn user_id(&self) -> Option<UserId> {
        match &self.who {
            Who::User(snapshot) => Some(snapshot.user.id),
            Who::Anonymous | Who::System => None,
        }
    }

    /// The session that asks.
    pub fn session_id(&self) -> Option<SessionId> {
        match &self.who {
            Who::User(snapshot) => Some(snapshot.session.id),
            Who::Anonymous | Who::System => None,
        }
    }

    /// Ok when the actor holds `permission` in a scope that covers `scope`; the program itself holds everything.
    pub fn require(&self, permission: &str, scope: &Scope) -> Result<(), Error> {
        match &self.who {
            Who::System => Ok(()),
            Who::Anonymous => Err(Code::NotAuthenticated.into()),
            Who::User(snapshot) if snapshot.access.allows(permission, scope) => Ok(()),
            Who::User(_) => Err(Code::Forbidden.into()),
        }
    }

    /// Ok for the program itself alone.
    pub fn require_system(&self) -> Result<(), Error> {
        match self.who {
            Who::System => Ok(()),
            Who::Anonymous | Who::User(_) => Err(Code::Forbidden.into()),
        }
    }
}
