//! The two WebAuthn ceremonies: making a credential, and showing that one has it (W3C Web Authentication Level 3, section
//! 7). webauthn-rs judges the answers; here it is kept what was asked, once, and for the browser in which it was asked.
//!
//! A prompt is a one-time token whose secret is the challenge itself: it comes back in the answer. The browser keeps a
//! secret of its own in a cookie, so that an answer counts in no other.

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

/// For how long a prompt can be answered: a sign-in page may stay open for a while.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Where the AAGUID lies in the authenticator data (section 6.1): behind the hash of the RP ID, flags and counter.
const AAGUID: std::ops::Range<usize> = 37..53;

/// A prompt for the browser.
#[derive(Clone)]
pub struct Ceremony {
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    pub options: Value,
    /// What the browser is to keep: the answer counts only in it.
    pub secret: [u8; 32],
    /// Until when it can be answered.
    pub until: Timestamp,
}

/// Whose passkey is to be made, as authenticators show it.
pub(crate) struct Holder {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) display_name: String,
}

/// A passkey that was just made.
#[derive(Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) credential: Passkey,
    pub(crate) aaguid: Option<Uuid>,
}

/// What was asked for when a passkey was to be made, and what is done with it.
#[derive(Serialize, Deserialize)]
struct Creation<T> {
    state: PasskeyRegistration,
    then: T,
}

/// What a prompt led to.
pub(crate) enum Asserted {
    /// The passkey was shown; its counter and flags are up to date.
    Right,
    /// Its counter went back.
    Copied,
    /// Refused: why, for the audit log, and for the person.
    Wrong(&'static str, Code),
}

/// Asks for passkeys and judges the answers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ceremonies {
    deps: Deps,
    /// None where the pages are under no domain: browsers make no passkeys for an address of numbers.
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

    /// The site that passkeys are of.
    pub(crate) fn rp_id(&self) -> &str {
        &self.rp_id
    }

    fn webauthn(&self) -> Result<&Webauthn, Error> {
        self.webauthn.as_deref().ok_or_else(|| Code::FeatureOff.into())
    }

    /// Asks the browser to make a passkey. `then` comes back with the answer.
    pub(crate) async fn ask_to_make(
        &self,
        actor: &Actor,
        purpose: Purpose,
        holder: &Holder,
        known: Vec<CredentialID>,
        then: impl Serialize,
    ) -> Result<Ceremony, Error> {
        // Whoever is not there yet has no row that a token could be of.
        let user = (purpose == Purpose::PasskeyAdd).then_some(holder.id);
        let (id, name, display) = (holder.id.uuid(), holder.name.as_str(), holder.display_name.as_str());
        let asked = self.webauthn()?.start_passkey_registration(id, name, display, Some(known));
        let (asked, state) = asked.map_err(|source| Error::internal("webauthn", source))?;
        let challenge = asked.public_key.challenge.clone();
        let mut options = json(&asked.public_key)?;
        // The library asks for none that can be found without a name; sign-in without one needs it.
        if let Some(wanted) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            wanted.insert("residentKey".to_owned(), "required".into());
            wanted.insert("requireResidentKey".to_owned(), true.into());
        }
        self.keep(actor, purpose, user, &challenge, Creation { state, then }, options).await
    }

    /// Judges the answer to that. Whatever comes out, it can not be answered again.
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

    /// Asks the browser to show a passkey: any, or one of `only`.
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

    /// Reads the answer to that, and what was asked. It can not be answered again.
    pub(crate) async fn presented(&self, actor: &Actor, answer: &str) -> Result<PasskeyResponse, Error> {
        let credential: PublicKeyCredential = parse(answer)?;
        let (user, state) =
            self.take(actor, Purpose::PasskeyPrompt, &credential.response.client_data_json).await?;
        Ok(PasskeyResponse { credential, state, user })
    }

    /// Judges an answer against the passkey that it names.
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

    /// Counts a prompt: for whom it is, or for the address of somebody who is not known.
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
        // Several pages of one browser may ask at a time.
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

    /// What was asked, by the challenge that came back. Used up whatever becomes of the answer.
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

/// An answer to a prompt, with what was asked.
pub(crate) struct PasskeyResponse {
    credential: PublicKeyCredential,
    state: DiscoverableAuthentication,
    /// Who was asked, if that was known.
    pub(crate) user: Option<UserId>,
}

impl PasskeyResponse {
    /// The credential that it names.
    pub(crate) fn credential_id(&self) -> &[u8] {
        &self.credential.raw_id
    }

    /// Whether the account that it names, if it names one, is this.
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

/// A PublicKeyCredentialDescriptor (section 5.8.3).
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

/// Why an answer was refused: for the log, and for the person.
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

/// The AAGUID in an attestation object. None for what says nothing, and for zeros, which say the same.
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
