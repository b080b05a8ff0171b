//! The two WebAuthn ceremonies: registration, which creates a credential, and authentication, which
//! proves that the user has one (W3C Web Authentication Level 3, section 7).
//!
//! webauthn-rs checks the responses. This module stores what each prompt asked, and makes sure that
//! a prompt works once and only in the browser that asked for it.
//!
//! A prompt is a one-time token whose secret is the challenge itself, which comes back in the
//! response. The browser also keeps a secret in a cookie, so the response counts in no other
//! browser.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::authn::deps::Deps;
use crate::authn::tokens::{NewToken, PresentedToken, Purpose};
use crate::authz::actor::Actor;
use crate::foundation::crypto::token::Secret;
use crate::foundation::error::Error;
use crate::foundation::rate_limit::RateLimitKey;
use crate::model::code::{Code, Field};
use crate::model::id::UserId;
use crate::model::time::Timestamp;

/// How long a prompt can be used: a sign-in page may stay open for a while.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Where the AAGUID is in the authenticator data (section 6.1): after the hash of the RP ID, the
/// flags and the counter.
const AAGUID: std::ops::Range<usize> = 37..53;

/// A prompt for the browser.
#[derive(Clone)]
pub struct Ceremony {
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    pub options: Value,
    /// The secret that the browser keeps. The response counts only in the browser that has it.
    pub secret: [u8; 32],
    /// When the prompt expires.
    pub until: Timestamp,
}

/// The user for whom a passkey is created, as authenticators show them.
pub(crate) struct Holder {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) display_name: String,
}

/// A passkey that was just created.
#[derive(Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) credential: Passkey,
    pub(crate) aaguid: Option<Uuid>,
}

/// What a registration prompt asked for, and what to do with the new passkey.
#[derive(Serialize, Deserialize)]
struct Creation<T> {
    state: PasskeyRegistration,
    then: T,
}

/// The result of an authentication prompt.
pub(crate) enum Asserted {
    /// The response is valid. The passkey's counter and flags are updated.
    Right,
    /// The passkey's counter went back.
    Copied,
    /// The response was refused. Holds the reason for the audit log, and the code for the client.
    Wrong(&'static str, Code),
}

/// Creates prompts and checks the responses. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ceremonies {
    deps: Deps,
    /// `None` when the site has no domain, because browsers create no passkeys for IP addresses.
    webauthn: Option<Arc<Webauthn>>,
    rp_id: Arc<str>,
}

impl Ceremonies {
    pub(crate) fn new(deps: Deps) -> Result<Self, Error> {
        let settings = &deps.settings;
        let (origin, rp_id) = (settings.webauthn_origin(), settings.webauthn_rp_id());
        if origin.domain().is_none() {
            return Ok(Self { deps, webauthn: None, rp_id: rp_id.into() });
        }
        let name = settings.passkeys.rp_name.as_deref().unwrap_or(&settings.app.name);
        let webauthn =
            WebauthnBuilder::new(&rp_id, &origin).and_then(|builder| builder.rp_name(name).build());
        let webauthn = webauthn.map_err(|source| Error::internal("webauthn", source))?;
        Ok(Self { deps, webauthn: Some(Arc::new(webauthn)), rp_id: rp_id.into() })
    }

    /// Returns the site of the passkeys.
    pub(crate) fn rp_id(&self) -> &str {
        &self.rp_id
    }

    fn webauthn(&self) -> Result<&Webauthn, Error> {
        self.webauthn.as_deref().ok_or_else(|| Code::FeatureOff.into())
    }

    /// Asks the browser to create a passkey. `then` comes back with the response.
    pub(crate) async fn ask_to_make(
        &self,
        actor: &Actor,
        purpose: Purpose,
        holder: &Holder,
        known: Vec<CredentialID>,
        then: impl Serialize,
    ) -> Result<Ceremony, Error> {
        // A user who is only signing up has no row yet to which a token could refer.
        let user = (purpose == Purpose::PasskeyAdd).then_some(holder.id);
        let (id, name, display) = (holder.id.uuid(), holder.name.as_str(), holder.display_name.as_str());
        let asked = self.webauthn()?.start_passkey_registration(id, name, display, Some(known));
        let (asked, state) = asked.map_err(|source| Error::internal("webauthn", source))?;
        let challenge = asked.public_key.challenge.clone();
        let mut options = json(&asked.public_key)?;
        // The library does not require a discoverable credential, but sign-in without a username
        // needs one.
        if let Some(wanted) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            wanted.insert("residentKey".to_owned(), "required".into());
            wanted.insert("requireResidentKey".to_owned(), true.into());
        }
        self.keep(actor, purpose, user, &challenge, Creation { state, then }, options).await
    }

    /// Checks the response to [`Ceremonies::ask_to_make`]. Whatever the result, the prompt cannot
    /// be used again.
    pub(crate) async fn made<T: DeserializeOwned>(
        &self,
        actor: &Actor,
        purpose: Purpose,
        answer: &str,
    ) -> Result<(Made, T), Error> {
        let answer: RegisterPublicKeyCredential = parse(answer)?;
        let asked = self.take::<Creation<T>>(actor, purpose, &answer.response.client_data_json).await?;
        let (_, Creation { state, then }) = asked;
        let credential = self.webauthn()?.finish_passkey_registration(&answer, &state).map_err(|error| {
            let (reason, code) = refusal(&error);
            tracing::debug!(reason, "a passkey was not made");
            Error::on(Field::Passkey, code)
        })?;
        Ok((Made { credential, aaguid: aaguid(&answer.response.attestation_object) }, then))
    }

    /// Asks the browser for a passkey: any, or one of `only`.
    pub(crate) async fn ask_to_show(
        &self,
        actor: &Actor,
        user: Option<UserId>,
        only: &[Passkey],
    ) -> Result<Ceremony, Error> {
        self.count(actor, user).await?;
        let asked = self.webauthn()?.start_discoverable_authentication();
        let (asked, state) = asked.map_err(|source| Error::internal("webauthn", source))?;
        let challenge = asked.public_key.challenge.clone();
        let mut options = json(&asked.public_key)?;
        if let (Some(options), false) = (options.as_object_mut(), only.is_empty()) {
            let only: Vec<Value> = only.iter().map(descriptor).collect();
            options.insert("allowCredentials".to_owned(), only.into());
        }
        self.keep(actor, Purpose::PasskeyPrompt, user, &challenge, state, options).await
    }

    /// Reads the response to [`Ceremonies::ask_to_show`], and what the prompt asked. The prompt
    /// cannot be used again.
    pub(crate) async fn presented(&self, actor: &Actor, answer: &str) -> Result<PasskeyResponse, Error> {
        let credential: PublicKeyCredential = parse(answer)?;
        let (user, state) =
            self.take(actor, Purpose::PasskeyPrompt, &credential.response.client_data_json).await?;
        Ok(PasskeyResponse { credential, state, user })
    }

    /// Checks a response against the passkey that it names.
    pub(crate) fn judge(&self, answer: PasskeyResponse, passkey: &mut Passkey) -> Result<Asserted, Error> {
        let PasskeyResponse { credential, state, .. } = answer;
        let judged = self.webauthn()?.finish_discoverable_authentication_v2(&credential, state, &*passkey);
        Ok(match judged {
            Ok(result) => {
                passkey.update_credential(&result);
                Asserted::Right
            }
            Err(WebauthnError::CredentialPossibleCompromise) => Asserted::Copied,
            Err(error) => {
                let (reason, code) = refusal(&error);
                Asserted::Wrong(reason, code)
            }
        })
    }

    /// Counts a prompt, for the user in their network if the user is known, otherwise for the
    /// network alone.
    pub(crate) async fn count(&self, actor: &Actor, user: Option<UserId>) -> Result<(), Error> {
        let Some(ip) = actor.origin.ip else { return Ok(()) };
        let key = match user {
            Some(user) => RateLimitKey::prompts_to(user, ip),
            None => RateLimitKey::prompts(ip),
        };
        let mut tx = self.deps.store.write().await?;
        self.deps.limits.count(&mut tx, key).await?;
        tx.commit().await
    }

    async fn keep(
        &self,
        actor: &Actor,
        purpose: Purpose,
        user: Option<UserId>,
        challenge: &[u8],
        asked: impl Serialize,
        options: Value,
    ) -> Result<Ceremony, Error> {
        let deps = &self.deps;
        // Several pages of one browser may ask at the same time.
        let secret = actor.origin.ceremony.unwrap_or_else(|| deps.random.bytes());
        let token = NewToken {
            purpose,
            user,
            subject: "",
            payload: Some(deps.tokens.seal(&asked)?),
            lifetime: PATIENCE,
            browser: Some(&secret),
            told: false,
        };
        let challenge: [u8; 32] =
            challenge.try_into().map_err(|source| Error::internal("challenge", source))?;
        let mut tx = deps.store.write().await?;
        let until = deps.tokens.issue_as(&mut tx, &token, &Secret::from_bytes(challenge)).await?;
        tx.commit().await?;
        Ok(Ceremony { options, secret, until })
    }

    /// Returns what a prompt asked, found by the challenge in the response. Redeems it whatever
    /// becomes of the response.
    async fn take<T: DeserializeOwned>(
        &self,
        actor: &Actor,
        purpose: Purpose,
        client_data: &[u8],
    ) -> Result<(Option<UserId>, T), Error> {
        #[derive(Deserialize)]
        struct ClientData {
            challenge: String,
        }
        let gone = || Error::on(Field::Passkey, Code::BadToken);
        let bad = |_| Error::on(Field::Passkey, Code::BadPasskey);
        let data: ClientData = serde_json::from_slice(client_data).map_err(bad)?;
        let deps = &self.deps;
        let mut tx = deps.store.write().await?;
        let presented = PresentedToken::Secret(&data.challenge);
        let found =
            deps.tokens.redeem(&mut tx, purpose, presented).await.map_err(|error| match error.code() {
                Code::BadToken => gone(),
                _ => error,
            })?;
        tx.commit().await?;
        if !found.is_of(actor.origin.ceremony.as_ref()) {
            return Err(gone());
        }
        Ok((found.user_id, deps.tokens.open(&found).map_err(|_| gone())?))
    }
}

/// A response to an authentication prompt, with what the prompt asked.
pub(crate) struct PasskeyResponse {
    credential: PublicKeyCredential,
    state: DiscoverableAuthentication,
    /// The user for whom the prompt was made, if known.
    pub(crate) user: Option<UserId>,
}

impl PasskeyResponse {
    /// Returns the id of the credential that the response names.
    pub(crate) fn credential_id(&self) -> &[u8] {
        &self.credential.raw_id
    }

    /// Returns whether the response can be this user's: it names this account or none, and the
    /// prompt was made for this user or for none.
    pub(crate) fn may_be_of(&self, user: UserId) -> bool {
        let handle = self.credential.response.user_handle.as_deref().filter(|handle| !handle.is_empty());
        handle.is_none_or(|handle| handle == user.uuid().as_bytes())
            && self.user.is_none_or(|asked| asked == user)
    }
}

fn json(options: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(options).map_err(|source| Error::internal("webauthn options", source))
}

fn parse<T: DeserializeOwned>(answer: &str) -> Result<T, Error> {
    if answer.trim().is_empty() {
        return Err(Error::on(Field::Passkey, Code::Required));
    }
    serde_json::from_str(answer).map_err(|_| Error::on(Field::Passkey, Code::BadPasskey))
}

/// Returns the PublicKeyCredentialDescriptor of a passkey (section 5.8.3).
fn descriptor(passkey: &Passkey) -> Value {
    let credential = webauthn_rs::prelude::Credential::from(passkey.clone());
    let mut descriptor = serde_json::json!({
        "type": "public-key",
        "id": super::record::credential_text(&credential.cred_id),
    });
    if let Some(transports) = credential.transports.and_then(|all| serde_json::to_value(all).ok()) {
        descriptor["transports"] = transports;
    }
    descriptor
}

/// Returns why a response was refused: the reason for the log, and the code for the client.
fn refusal(error: &WebauthnError) -> (&'static str, Code) {
    match error {
        WebauthnError::UserNotVerified => ("user_not_verified", Code::UserVerificationRequired),
        WebauthnError::InvalidRPOrigin => ("wrong_origin", Code::BadPasskey),
        WebauthnError::InvalidRPIDHash => ("wrong_rp_id", Code::BadPasskey),
        WebauthnError::MismatchedChallenge => ("wrong_challenge", Code::BadPasskey),
        WebauthnError::AuthenticationFailure => ("wrong_signature", Code::BadPasskey),
        _ => ("refused", Code::BadPasskey),
    }
}

/// Returns the AAGUID in an attestation object. `None` when there is none, or it is all zeros,
/// which means the same.
fn aaguid(attestation_object: &[u8]) -> Option<Uuid> {
    #[derive(Deserialize)]
    struct Attestation {
        #[serde(rename = "authData")]
        data: serde_cbor_2::Value,
    }
    let Attestation { data: serde_cbor_2::Value::Bytes(data) } =
        serde_cbor_2::from_slice(attestation_object).ok()?
    else {
        return None;
    };
    let aaguid = Uuid::from_slice(data.get(AAGUID)?).ok()?;
    Some(aaguid).filter(|aaguid| !aaguid.is_nil())
}
