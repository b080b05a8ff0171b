//! Passkeys: what only the browser can do (W3C Web Authentication Level 3, section 5).
//!
//! The options come, and the answer goes, in JSON with bytes in base64url. Not by `parseCreationOptionsFromJSON` and
//! `toJSON`: they are younger than the browsers that we serve, and some password managers replace what these read.

use std::cell::RefCell;

use js_sys::{Array, Function, JSON, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use leptos::wasm_bindgen::{JsCast, JsValue};
use serde::{Deserialize, Serialize};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

thread_local! {
    /// What ends the suggestion that is under way. A page has one at a time.
    static SUGGESTING: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

/// Why there is no answer of an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasskeyError {
    /// The prompt was closed, or nobody touched it.
    Cancelled,
    /// The authenticator has a passkey for this account already.
    Exists,
    /// Another prompt took its place.
    Replaced,
    /// The browser refuses: this is not the site of the passkeys, or it can not do what was asked.
    Refused,
}

impl PasskeyError {
    fn of(error: &JsValue) -> Self {
        match get(error, "name").and_then(|name| name.as_string()).as_deref() {
            Some("NotAllowedError") => Self::Cancelled,
            Some("InvalidStateError") => Self::Exists,
            Some("AbortError") => Self::Replaced,
            _ => Self::Refused,
        }
    }
}

/// How an authenticator is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PromptKind {
    /// To make a passkey.
    Create,
    /// To show one, in a dialog of the browser's.
    Get,
    /// To show one when somebody chooses it from the suggestions of a field. Any other prompt ends it.
    Suggest,
}

/// Whether the browser has passkeys here: it must know them, and the page must be a secure one.
pub(crate) fn supported() -> bool {
    get(&window(), "PublicKeyCredential").is_some_and(|found| !found.is_undefined())
        && credentials().is_some()
}

/// Whether passkeys can be suggested in fields.
pub(crate) async fn can_suggest() -> bool {
    let answer = async {
        let class = get(&window(), "PublicKeyCredential")?;
        let answer = call(&class, "isConditionalMediationAvailable", &JsValue::UNDEFINED)?;
        JsFuture::from(answer.dyn_into::<Promise>().ok()?).await.ok()?.as_bool()
    };
    answer.await.unwrap_or(false)
}

/// Asks an authenticator, with options in JSON. Its answer, in JSON.
pub(crate) async fn ask(kind: PromptKind, options: &str) -> Result<String, PasskeyError> {
    if let Some(controller) = SUGGESTING.take() {
        controller.abort();
    }
    let asked = async {
        let options = decoded(JSON::parse(options).ok()?)?;
        let request = Object::new();
        set(&request, "publicKey", &options)?;
        let method = match kind {
            PromptKind::Create => "create",
            PromptKind::Get => "get",
            PromptKind::Suggest => {
                let controller = AbortController::new().ok()?;
                set(&request, "mediation", &"conditional".into())?;
                set(&request, "signal", &controller.signal())?;
                SUGGESTING.set(Some(controller));
                "get"
            }
        };
        call(&credentials()?, method, &request)?.dyn_into::<Promise>().ok()
    };
    let promise = asked.await.ok_or(PasskeyError::Refused)?;
    let credential = JsFuture::from(promise).await.map_err(|error| PasskeyError::of(&error))?;
    let answer =
        encoded(&credential).and_then(|answer| JSON::stringify(&answer).ok()).ok_or(PasskeyError::Refused)?;
    answer.as_string().ok_or(PasskeyError::Refused)
}

/// What password managers are told of the passkeys of whoever is signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The site that they are of.
    pub rp_id: String,
    /// The user handle, in base64url.
    pub user_id: String,
    /// What they are called after.
    pub name: String,
    /// What their owner is called.
    pub display_name: String,
    /// The ids of all of them, in base64url, when one was just removed. At other times it is not said: a page that is older
    /// than a passkey would have it forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_accepted_credential_ids: Option<Vec<String>>,
}

/// Tells password managers, where the browser can: they forget passkeys that were removed here, and show the name of now
/// (section 5.1.10). Not which passkeys nobody has here: one may be of another service of the same RP ID, or wait for the
/// mail that makes its account.
pub(crate) async fn tell(told: &Told) {
    let Some(options) = serde_json::to_string(told).ok().and_then(|text| JSON::parse(&text).ok()) else {
        return;
    };
    // Each takes what it knows of these.
    if told.all_accepted_credential_ids.is_some() {
        signal("signalAllAcceptedCredentials", &options).await;
    }
    signal("signalCurrentUserDetails", &options).await;
}

async fn signal(method: &str, about: &JsValue) {
    let promise = get(&window(), "PublicKeyCredential").and_then(|class| call(&class, method, about));
    if let Some(promise) = promise.and_then(|promise| promise.dyn_into::<Promise>().ok()) {
        // Whether anybody listened is not for pages to know.
        _ = JsFuture::from(promise).await;
    }
}

/// Options with their bytes as bytes.
fn decoded(options: JsValue) -> Option<JsValue> {
    let bytes = |of: &JsValue, name: &str| -> Option<()> {
        let text = get(of, name)?.as_string()?;
        set(of, name, &from_text(&text)?)
    };
    bytes(&options, "challenge")?;
    if let Some(user) = get(&options, "user").filter(JsValue::is_object) {
        bytes(&user, "id")?;
    }
    for list in ["allowCredentials", "excludeCredentials"] {
        let Some(list) = get(&options, list).filter(Array::is_array) else { continue };
        for one in Array::from(&list) {
            bytes(&one, "id")?;
        }
    }
    Some(options)
}

/// An answer with its bytes as text.
fn encoded(credential: &JsValue) -> Option<JsValue> {
    let from = get(credential, "response")?;
    let response = Object::new();
    for name in ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"] {
        if let Some(value) = get(&from, name).filter(JsValue::is_object) {
            set(&response, name, &to_text(&value)?)?;
        }
    }
    if let Some(transports) = call(&from, "getTransports", &JsValue::UNDEFINED) {
        set(&response, "transports", &transports)?;
    }
    let answer = Object::new();
    let id = to_text(&get(credential, "rawId")?)?;
    set(&answer, "id", &id)?;
    set(&answer, "rawId", &id)?;
    set(&answer, "type", &get(credential, "type")?)?;
    // What extensions say of themselves is of no use to us, and may be anything.
    set(&answer, "clientExtensionResults", &Object::new())?;
    set(&answer, "response", &response)?;
    Some(answer.into())
}

fn from_text(text: &str) -> Option<JsValue> {
    let text = text.replace('-', "+").replace('_', "/");
    // One character per byte.
    let bytes: Vec<u8> = window().atob(&text).ok()?.chars().filter_map(|c| u8::try_from(c).ok()).collect();
    Some(Uint8Array::from(bytes.as_slice()).into())
}

fn to_text(buffer: &JsValue) -> Option<JsValue> {
    let bytes: String = Uint8Array::new(buffer).to_vec().into_iter().map(char::from).collect();
    let text = window().btoa(&bytes).ok()?;
    Some(text.trim_end_matches('=').replace('+', "-").replace('/', "_").into())
}

fn credentials() -> Option<JsValue> {
    get(&window().navigator(), "credentials").filter(JsValue::is_object)
}

fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

fn set(of: &JsValue, name: &str, value: &JsValue) -> Option<()> {
    Reflect::set(of, &name.into(), value).ok().map(drop)
}

/// What a method answers. None when there is no such method, or it throws.
fn call(of: &JsValue, name: &str, argument: &JsValue) -> Option<JsValue> {
    get(of, name)?.dyn_into::<Function>().ok()?.call1(of, argument).ok()
}
