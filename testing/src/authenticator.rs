//! A software security key that can be made to misbehave.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

/// Makes an authenticator misbehave.
pub type Conduct = fn(&mut Authenticator);

/// One passkey, and the behavior of its authenticator.
#[derive(Clone)]
pub struct Authenticator {
    pub key: SigningKey,
    pub id: Vec<u8>,
    pub user: Vec<u8>,
    /// The page's origin, as the browser reports it.
    pub origin: String,
    /// The page's RP ID, as the authenticator was told.
    pub rp_id: String,
    /// Whether the authenticator verifies the user.
    pub verifies: bool,
    /// The signature counter; 0 for an authenticator that does not count.
    pub counter: u32,
    /// Whether the passkey is synced between devices.
    pub synced: bool,
    /// The authenticator's model.
    pub aaguid: [u8; 16],
}

impl Authenticator {
    /// Returns an authenticator without a passkey yet, for a browser at `origin`.
    pub fn new(origin: &str) -> Self {
        let bytes: [u8; 32] = authtuna::foundation::clock::Random.bytes();
        Self {
            key: SigningKey::from_slice(&bytes).unwrap(),
            id: Sha256::digest(bytes).to_vec(),
            user: Vec::new(),
            origin: origin.to_owned(),
            rp_id: String::new(),
            verifies: true,
            counter: 0,
            synced: false,
            aaguid: [0; 16],
        }
    }

    /// Creates the passkey that `options` (PublicKeyCredentialCreationOptionsJSON) ask for. Returns
    /// what `credential.toJSON()` returns.
    pub fn create(&mut self, options: &Value) -> Value {
        if self.rp_id.is_empty() {
            self.rp_id = options["rp"]["id"].as_str().unwrap().to_owned();
        }
        self.user = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let mut data = self.data(ATTESTED);
        data.extend(self.aaguid);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose_key());
        let text = |text: &str| Cbor::Text(text.to_owned());
        let object = Cbor::Map(BTreeMap::from([
            (text("fmt"), text("none")),
            (text("attStmt"), Cbor::Map(BTreeMap::new())),
            (text("authData"), Cbor::Bytes(data)),
        ]));
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&self.client_data("webauthn.create", options)),
                "attestationObject": encode(&serde_cbor_2::to_vec(&object).unwrap()),
                "transports": ["internal"],
            },
        })
    }

    /// Answers `options` (PublicKeyCredentialRequestOptionsJSON) with the passkey.
    pub fn get(&mut self, options: &Value) -> Value {
        let data = self.data(0);
        let client_data = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client_data),
                "authenticatorData": encode(&data),
                "signature": encode(signature.to_der().as_bytes()),
                "userHandle": encode(&self.user),
            },
        })
    }

    /// Returns authenticator data (Web Authentication section 6.1), the part that every operation
    /// has.
    fn data(&mut self, more: u8) -> Vec<u8> {
        if self.counter > 0 {
            self.counter += 1;
        }
        let mut flags = USER_PRESENT | more;
        if self.verifies {
            flags |= USER_VERIFIED;
        }
        if self.synced {
            flags |= BACKUP_ELIGIBLE | BACKED_UP;
        }
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["challenge"];
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let coordinate = |bytes: Option<&_>| {
            let bytes: &p256::FieldBytes = bytes.unwrap();
            Cbor::Bytes(bytes.to_vec())
        };
        let number = Cbor::Integer;
        // EC2, ES256, P-256 (RFC 9053).
        let key = Cbor::Map(BTreeMap::from([
            (number(1), number(2)),
            (number(3), number(-7)),
            (number(-1), number(1)),
            (number(-2), coordinate(point.x())),
            (number(-3), coordinate(point.y())),
        ]));
        serde_cbor_2::to_vec(&key).unwrap()
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
