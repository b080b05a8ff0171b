//! Who asks, and from where. Every operation of the core takes an [`Actor`] and authorises it first.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::authz::access::Access;
use crate::authz::session_snapshot::{Person, Snapshot};
use crate::foundation::error::Error;
use crate::foundation::user_agent::device_name;
use crate::model::code::Code;
use crate::model::id::{RequestId, SessionId, UserId};
use crate::model::scope::Scope;
use crate::model::time::Timestamp;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Principal {
    /// Nobody that we know.
    Anonymous,
    /// A signed-in person.
    User(Arc<Snapshot>),
    /// A signed-in person who lacks what a role of theirs asks for. Until they have set it up they may do that, confirm who
    /// they are, and sign out: see [`Actor::session_user`].
    EnrollmentRequired(Arc<Snapshot>),
    /// A person for whom the program acts without a session of theirs (see `Auth::on_behalf_of`): a job, or a call from
    /// another service.
    OnBehalfOf(Arc<Person>),
    /// The program itself: provisioning, jobs, the command line.
    System,
}

impl Principal {
    /// The person of a session.
    pub fn of(snapshot: Arc<Snapshot>) -> Self {
        if snapshot.lacks.is_some() { Self::EnrollmentRequired(snapshot) } else { Self::User(snapshot) }
    }
}

/// Where a request came from. Everything in it is somebody's word, except the address.
#[derive(Clone, Default)]
pub struct Origin {
    /// The client's address, from the configured source only.
    pub ip: Option<IpAddr>,
    /// The browser's word about itself (User-Agent), as long as it is not too long to be one; [`Origin::device`] makes a
    /// name of it. None where no browser asks.
    pub user_agent: Option<String>,
    /// SHA-256 of the FINGERPRINT_HEADERS.
    pub fingerprint: [u8; 32],
    /// ISO 3166-1 country code, when it can be known.
    pub country: Option<String>,
    /// City, when it can be known.
    pub city: Option<String>,
    /// The request, for the log and the audit trail.
    pub request_id: Option<RequestId>,
    /// The language that the browser asks for first, such as `de-AT`.
    pub language: Option<String>,
    /// The mail that the browser waits for.
    pub pending_challenge: Option<PendingChallenge>,
    /// The token of somebody who proved their first factor in this browser.
    pub mfa_challenge: Option<String>,
    /// The secret of a browser in which a passkey was asked for: only there it is answered.
    pub ceremony: Option<[u8; 32]>,
    /// The secret of the device cookie: the mark of a browser in which somebody signed in before.
    pub device_secret: Option<[u8; 32]>,
}

impl fmt::Debug for Origin {
    /// Without what only the browser may know.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("ip", &self.ip)
            .field("device", &self.device())
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl Origin {
    /// Browser and system by name, such as "Firefox on Linux"; empty where no browser asks. Parses the name anew at every
    /// call: it is wanted when something is recorded, not at every request.
    pub fn device(&self) -> String {
        self.user_agent.as_deref().map(device_name).unwrap_or_default()
    }
}

/// A browser that waits for a mail which somebody asked for in it. The browser keeps it, encrypted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChallenge {
    /// What makes the mail's code work in this browser, and in no other.
    pub secret: [u8; 32],
    /// The address that the mail goes to, as it was typed.
    pub address: String,
    /// When there is nothing to wait for any more.
    pub until: Timestamp,
}

impl fmt::Debug for PendingChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub principal: Principal,
    /// From where.
    pub origin: Arc<Origin>,
}

impl Actor {
    /// The program itself.
    pub fn system() -> Self {
        Self { principal: Principal::System, origin: Arc::new(Origin::default()) }
    }

    /// Nobody that we know, at `origin`.
    pub fn anonymous(origin: Origin) -> Self {
        Self { principal: Principal::Anonymous, origin: Arc::new(origin) }
    }

    /// The person of the session that asks. Err([`Code::NotAuthenticated`]) when there is none,
    /// Err([`Code::EnrollmentRequired`]) when they have to set up first what a role of theirs asks for.
    pub fn user(&self) -> Result<&Arc<Snapshot>, Error> {
        match &self.principal {
            Principal::User(snapshot) => Ok(snapshot),
            Principal::EnrollmentRequired(_)
            | Principal::Anonymous
            | Principal::OnBehalfOf(_)
            | Principal::System => Err(self.stranger().into()),
        }
    }

    /// The person of the session that asks, also while they have to set up first what a role of theirs asks for: only for
    /// setting that up, and for leaving. Err([`Code::NotAuthenticated`]) when there is none.
    pub fn session_user(&self) -> Result<&Arc<Snapshot>, Error> {
        match &self.principal {
            Principal::User(snapshot) | Principal::EnrollmentRequired(snapshot) => Ok(snapshot),
            Principal::Anonymous | Principal::OnBehalfOf(_) | Principal::System => {
                Err(Code::NotAuthenticated.into())
            }
        }
    }

    /// Why the actor is nobody who may do something.
    pub(crate) fn stranger(&self) -> Code {
        match self.principal {
            Principal::EnrollmentRequired(_) => Code::EnrollmentRequired,
            Principal::Anonymous | Principal::User(_) | Principal::OnBehalfOf(_) | Principal::System => {
                Code::NotAuthenticated
            }
        }
    }

    /// The id of the person who asks, and may do something.
    pub fn user_id(&self) -> Option<UserId> {
        match &self.principal {
            Principal::User(snapshot) => Some(snapshot.user.id),
            Principal::OnBehalfOf(person) => Some(person.user.id),
            Principal::EnrollmentRequired(_) | Principal::Anonymous | Principal::System => None,
        }
    }

    /// The id of the person who asks, for the audit log.
    pub(crate) fn recorded_id(&self) -> Option<UserId> {
        match &self.principal {
            Principal::EnrollmentRequired(snapshot) => Some(snapshot.user.id),
            Principal::User(_) | Principal::OnBehalfOf(_) | Principal::Anonymous | Principal::System => {
                self.user_id()
            }
        }
    }

    /// What the person who asks may do; None when no person does.
    pub fn access(&self) -> Option<&Access> {
        match &self.principal {
            Principal::User(snapshot) => Some(&snapshot.access),
            Principal::OnBehalfOf(person) => Some(&person.access),
            Principal::EnrollmentRequired(_) | Principal::Anonymous | Principal::System => None,
        }
    }

    /// The session that asks.
    pub fn session_id(&self) -> Option<SessionId> {
        match &self.principal {
            Principal::User(snapshot) | Principal::EnrollmentRequired(snapshot) => Some(snapshot.session.id),
            Principal::Anonymous | Principal::OnBehalfOf(_) | Principal::System => None,
        }
    }

    /// Ok when the actor holds `permission` in a scope that covers `scope`; the program itself holds everything.
    ///
    /// Err([`Code::NotAuthenticated`]) when nobody asks whom we know, Err([`Code::Forbidden`]) when they do not hold it.
    pub fn require(&self, permission: &str, scope: &Scope) -> Result<(), Error> {
        self.require_any(&[permission], scope)
    }

    /// The same with several permissions of which one is enough.
    pub fn require_any(&self, permissions: &[&str], scope: &Scope) -> Result<(), Error> {
        if matches!(self.principal, Principal::System) {
            return Ok(());
        }
        let access = self.access().ok_or_else(|| self.stranger())?;
        if permissions.iter().any(|permission| access.allows(permission, scope)) {
            return Ok(());
        }
        Err(Code::Forbidden.into())
    }

    /// Ok when the person who asks has proved within this time who they are; the program itself always has.
    ///
    /// Err([`Code::NotAuthenticated`]) when nobody asks whom we know, Err([`Code::StepUpRequired`]) otherwise.
    pub fn confirmed_within(&self, time: Duration, now: Timestamp) -> Result<(), Error> {
        match &self.principal {
            Principal::System | Principal::OnBehalfOf(_) => Ok(()),
            Principal::Anonymous => Err(Code::NotAuthenticated.into()),
            Principal::User(snapshot) | Principal::EnrollmentRequired(snapshot)
                if now.since(snapshot.session.confirmed_at) <= time =>
            {
                Ok(())
            }
            Principal::User(_) | Principal::EnrollmentRequired(_) => Err(Code::StepUpRequired.into()),
        }
    }

    /// Ok for the program itself alone.
    pub fn require_system(&self) -> Result<(), Error> {
        match self.principal {
            Principal::System => Ok(()),
            Principal::Anonymous
            | Principal::User(_)
            | Principal::EnrollmentRequired(_)
            | Principal::OnBehalfOf(_) => Err(Code::Forbidden.into()),
        }
    }
}
