//! The caller and where the request came from. Every operation of the core takes an [`Actor`] and
//! authorizes it first.

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

/// Who makes a request.
#[derive(Clone, Debug)]
pub enum Principal {
    /// An unknown client.
    Anonymous,
    /// A signed-in user.
    User(Arc<Snapshot>),
    /// A signed-in user who lacks a factor that one of their roles requires. Until they set it up,
    /// they may only do that, re-authenticate, and sign out: see [`Actor::session_user`].
    EnrollmentRequired(Arc<Snapshot>),
    /// A user on whose behalf the program acts without a session (see `Auth::on_behalf_of`): in a
    /// job, or for another service.
    OnBehalfOf(Arc<Person>),
    /// The program itself: provisioning, jobs, the command line.
    System,
}

impl Principal {
    /// Creates the principal of a session.
    pub fn of(snapshot: Arc<Snapshot>) -> Self {
        if snapshot.lacks.is_some() { Self::EnrollmentRequired(snapshot) } else { Self::User(snapshot) }
    }
}

/// Where a request came from. Apart from the IP address, everything in it is what the client
/// claims.
#[derive(Clone, Default)]
pub struct Origin {
    /// The client's IP address, from the configured source only.
    pub ip: Option<IpAddr>,
    /// The User-Agent header, from which [`Origin::device`] makes a name. Empty when the header is
    /// missing or too long; `None` when there is no HTTP request.
    pub user_agent: Option<String>,
    /// SHA-256 of the FINGERPRINT_HEADERS.
    pub fingerprint: [u8; 32],
    /// The ISO 3166-1 country code, if known.
    pub country: Option<String>,
    /// The city, if known.
    pub city: Option<String>,
    /// The id of the request, for the server log and the audit log.
    pub request_id: Option<RequestId>,
    /// The language that the browser prefers, such as `de-AT`.
    pub language: Option<String>,
    /// The email challenge that is pending in this browser.
    pub pending_challenge: Option<PendingChallenge>,
    /// The token of a user who completed the first factor in this browser.
    pub mfa_challenge: Option<String>,
    /// The secret of the browser in which a passkey ceremony began, and in which alone it can be
    /// completed.
    pub ceremony: Option<[u8; 32]>,
    /// The secret of the device cookie, which marks a browser in which a user signed in before.
    pub device_secret: Option<[u8; 32]>,
}

impl fmt::Debug for Origin {
    /// Omits secrets and other values that only the browser may know.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("ip", &self.ip)
            .field("device", &self.device())
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl Origin {
    /// Returns the browser and operating system by name, such as "Firefox on Linux". Empty when
    /// there is no User-Agent.
    ///
    /// Parses the header on every call, because few requests need the name: only those that record
    /// something.
    pub fn device(&self) -> String {
        self.user_agent.as_deref().map(device_name).unwrap_or_default()
    }
}

/// An email challenge that is pending in the browser that requested it. The browser keeps it in an
/// encrypted cookie.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChallenge {
    /// The secret that makes the emailed code work in this browser and in no other.
    pub secret: [u8; 32],
    /// The address to which the email goes, as it was typed.
    pub address: String,
    /// When the challenge expires.
    pub until: Timestamp,
}

impl fmt::Debug for PendingChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}

/// The caller: who makes the request, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who makes the request.
    pub principal: Principal,
    /// Where it came from.
    pub origin: Arc<Origin>,
}

impl Actor {
    /// Creates the actor for the program itself.
    pub fn system() -> Self {
        Self { principal: Principal::System, origin: Arc::new(Origin::default()) }
    }

    /// Creates the actor for an unknown client at `origin`.
    pub fn anonymous(origin: Origin) -> Self {
        Self { principal: Principal::Anonymous, origin: Arc::new(origin) }
    }

    /// Returns the user of the session.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when there is no session.
    /// - [`Code::EnrollmentRequired`] when the user must first set up a factor that one of their
    ///   roles requires.
    pub fn user(&self) -> Result<&Arc<Snapshot>, Error> {
        match &self.principal {
            Principal::User(snapshot) => Ok(snapshot),
            Principal::EnrollmentRequired(_)
            | Principal::Anonymous
            | Principal::OnBehalfOf(_)
            | Principal::System => Err(self.stranger().into()),
        }
    }

    /// Returns the user of the session, even one who must first set up a factor.
    ///
    /// Only for setting up that factor, and for leaving.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when there is no session.
    pub fn session_user(&self) -> Result<&Arc<Snapshot>, Error> {
        match &self.principal {
            Principal::User(snapshot) | Principal::EnrollmentRequired(snapshot) => Ok(snapshot),
            Principal::Anonymous | Principal::OnBehalfOf(_) | Principal::System => {
                Err(Code::NotAuthenticated.into())
            }
        }
    }

    /// Returns the code that says why the actor may do nothing.
    pub(crate) fn stranger(&self) -> Code {
        match self.principal {
            Principal::EnrollmentRequired(_) => Code::EnrollmentRequired,
            Principal::Anonymous | Principal::User(_) | Principal::OnBehalfOf(_) | Principal::System => {
                Code::NotAuthenticated
            }
        }
    }

    /// Returns the id of the user who may act.
    pub fn user_id(&self) -> Option<UserId> {
        match &self.principal {
            Principal::User(snapshot) => Some(snapshot.user.id),
            Principal::OnBehalfOf(person) => Some(person.user.id),
            Principal::EnrollmentRequired(_) | Principal::Anonymous | Principal::System => None,
        }
    }

    /// Returns the id of the user to record in the audit log.
    pub(crate) fn recorded_id(&self) -> Option<UserId> {
        match &self.principal {
            Principal::EnrollmentRequired(snapshot) => Some(snapshot.user.id),
            Principal::User(_) | Principal::OnBehalfOf(_) | Principal::Anonymous | Principal::System => {
                self.user_id()
            }
        }
    }

    /// Returns what the user may do; `None` when the actor is not a user who may act.
    pub fn access(&self) -> Option<&Access> {
        match &self.principal {
            Principal::User(snapshot) => Some(&snapshot.access),
            Principal::OnBehalfOf(person) => Some(&person.access),
            Principal::EnrollmentRequired(_) | Principal::Anonymous | Principal::System => None,
        }
    }

    /// Returns the id of the session.
    pub fn session_id(&self) -> Option<SessionId> {
        match &self.principal {
            Principal::User(snapshot) | Principal::EnrollmentRequired(snapshot) => Some(snapshot.session.id),
            Principal::Anonymous | Principal::OnBehalfOf(_) | Principal::System => None,
        }
    }

    /// Checks that the actor holds `permission` in a scope that covers `scope`. The program itself
    /// holds every permission.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the actor is not signed in.
    /// - [`Code::EnrollmentRequired`] when the user must first set up a factor.
    /// - [`Code::Forbidden`] when the actor lacks the permission.
    pub fn require(&self, permission: &str, scope: &Scope) -> Result<(), Error> {
        self.require_any(&[permission], scope)
    }

    /// Checks that the actor holds at least one of `permissions` in a scope that covers `scope`.
    ///
    /// # Errors
    ///
    /// As for [`Actor::require`].
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

    /// Checks that the user has authenticated within `time`. The program always passes, also when
    /// it acts on behalf of a user.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the actor is not signed in.
    /// - [`Code::StepUpRequired`] when the user last authenticated longer ago than that.
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

    /// Checks that the actor is the program itself.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`] for every other actor.
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
