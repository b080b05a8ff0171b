//! The caller and where the request came from. Every operation of the core takes an [`Actor`] and
//! authorizes it first.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::authz::access::Access;
use crate::authz::identity::Identity;
use crate::authz::session_snapshot::{SessionState, Snapshot};
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
    /// A user.
    User(Arc<Identity>),
    /// A user who lacks a factor that one of their roles requires. Until they set it up, they may
    /// only do that, re-authenticate, and sign out: see [`Actor::session_user`].
    EnrollmentRequired(Arc<Identity>),
    /// The program itself: provisioning, jobs, the command line.
    System,
}

/// What proves the principal.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Nothing: anonymous clients, and the program itself.
    None,
    /// A session.
    Session(Arc<SessionState>),
    /// The program vouches for the user: a job, or a call from another service (see
    /// `Auth::on_behalf_of`).
    OnBehalfOf,
}

/// Where a request came from. Apart from the IP address, everything in it is what the client
/// claims.
#[derive(Clone, Default)]
pub struct Origin {
    /// The client's IP address, from the configured source only.
    pub ip: Option<IpAddr>,
    /// The User-Agent header, from which [`Origin::device`] makes a name. Empty when the header is
    /// missing, unreadable or too long; `None` when there is no HTTP request.
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
        f.write_str("PendingChallenge")
    }
}

/// The caller: who makes the request, by what proof, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who makes the request.
    pub principal: Principal,
    /// What proves it.
    pub credential: Credential,
    /// Where it came from.
    pub origin: Arc<Origin>,
}

impl Actor {
    /// Creates the actor for the user of a session.
    pub fn in_session(snapshot: &Snapshot, origin: Arc<Origin>) -> Self {
        let identity = Arc::clone(&snapshot.identity);
        // The factors that roles require are asked of sessions alone.
        let principal = if identity.lacks.is_some() {
            Principal::EnrollmentRequired(identity)
        } else {
            Principal::User(identity)
        };
        Self { principal, credential: Credential::Session(Arc::clone(&snapshot.session)), origin }
    }

    /// Creates the actor for a user for whom the program vouches.
    pub(crate) fn on_behalf_of(identity: Identity, origin: Arc<Origin>) -> Self {
        let principal = Principal::User(Arc::new(identity));
        Self { principal, credential: Credential::OnBehalfOf, origin }
    }

    /// Creates the actor for an unknown client, from an origin that others share.
    pub fn anonymous_at(origin: Arc<Origin>) -> Self {
        Self { principal: Principal::Anonymous, credential: Credential::None, origin }
    }

    /// Creates the actor for the program itself.
    pub fn system() -> Self {
        Self {
            principal: Principal::System,
            credential: Credential::None,
            origin: Arc::new(Origin::default()),
        }
    }

    /// Creates the actor for an unknown client at `origin`.
    pub fn anonymous(origin: Origin) -> Self {
        Self::anonymous_at(Arc::new(origin))
    }

    /// Returns the user of the session.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when there is no session.
    /// - [`Code::EnrollmentRequired`] when the user must first set up a factor that one of their
    ///   roles requires.
    pub fn user(&self) -> Result<&Arc<Identity>, Error> {
        match (&self.principal, &self.credential) {
            (Principal::User(identity), Credential::Session(_)) => Ok(identity),
            _ => Err(self.stranger().into()),
        }
    }

    /// Returns the user of the session, even one who must first set up a factor.
    ///
    /// Only for setting up that factor, and for leaving.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when there is no session.
    pub fn session_user(&self) -> Result<&Arc<Identity>, Error> {
        match (&self.principal, &self.credential) {
            (Principal::User(identity) | Principal::EnrollmentRequired(identity), Credential::Session(_)) => {
                Ok(identity)
            }
            _ => Err(Code::NotAuthenticated.into()),
        }
    }

    /// Returns the code that says why the actor may do nothing.
    pub(crate) fn stranger(&self) -> Code {
        match self.principal {
            Principal::EnrollmentRequired(_) => Code::EnrollmentRequired,
            Principal::Anonymous | Principal::User(_) | Principal::System => Code::NotAuthenticated,
        }
    }

    /// Returns the id of the user who may act.
    pub fn user_id(&self) -> Option<UserId> {
        match &self.principal {
            Principal::User(identity) => Some(identity.user.id),
            Principal::EnrollmentRequired(_) | Principal::Anonymous | Principal::System => None,
        }
    }

    /// Returns the id of the user to record in the audit log.
    pub(crate) fn recorded_id(&self) -> Option<UserId> {
        match &self.principal {
            Principal::User(identity) | Principal::EnrollmentRequired(identity) => Some(identity.user.id),
            Principal::Anonymous | Principal::System => None,
        }
    }

    /// Returns what the user may do; `None` when the actor is not a user who may act.
    pub fn access(&self) -> Option<&Access> {
        match &self.principal {
            Principal::User(identity) => Some(&identity.access),
            Principal::EnrollmentRequired(_) | Principal::Anonymous | Principal::System => None,
        }
    }

    /// Returns the session.
    ///
    /// # Errors
    ///
    /// [`Code::NotAuthenticated`] when the request was proved by something else, or by nothing.
    pub fn session(&self) -> Result<&Arc<SessionState>, Error> {
        match &self.credential {
            Credential::Session(session) => Ok(session),
            Credential::None | Credential::OnBehalfOf => Err(Code::NotAuthenticated.into()),
        }
    }

    /// Returns the id of the session.
    pub fn session_id(&self) -> Option<SessionId> {
        self.session().ok().map(|session| session.id)
    }

    /// Checks that the actor holds `permission` in a scope that covers `scope`. The program itself
    /// holds every permission.
    ///
    /// # Errors
    ///
    /// - [`Code::NotAuthenticated`] when the actor is anonymous.
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
    /// - [`Code::NotAuthenticated`] when the actor is anonymous.
    /// - [`Code::StepUpRequired`] when the user last authenticated longer ago than that.
    pub fn confirmed_within(&self, time: Duration, now: Timestamp) -> Result<(), Error> {
        match (&self.principal, &self.credential) {
            (Principal::System, _) | (_, Credential::OnBehalfOf) => Ok(()),
            (_, Credential::None) => Err(Code::NotAuthenticated.into()),
            (_, Credential::Session(session)) if now.since(session.confirmed_at) <= time => Ok(()),
            (_, Credential::Session(_)) => Err(Code::StepUpRequired.into()),
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
            Principal::Anonymous | Principal::User(_) | Principal::EnrollmentRequired(_) => {
                Err(Code::Forbidden.into())
            }
        }
    }
}
