//! Passkeys: the part that only the browser can do (W3C Web Authentication Level 3, section 5).
//!
//! The options arrive and the answer leaves as JSON, with bytes in base64url. This does not use
//! `parseCreationOptionsFromJSON` and `toJSON`: they are newer than the browsers that we support,
//! and some password managers replace what these functions read.

use std::cell::RefCell;

use js_sys::{Array, Function, JSON, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use leptos::wasm_bindgen::{JsCast, JsValue};
use serde::{Deserialize, Serialize};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

thread_local! {
    /// Aborts the suggestion in progress. A page has one at a time.
    static SUGGESTING: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

/// Why the authenticator gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasskeyError {
    /// The prompt was closed, or the user did not respond.
    Cancelled,
    /// The authenticator already has a passkey for this account.
    Exists,
    /// Another prompt replaced this one.
    Replaced,
    /// The browser refuses: the passkeys belong to another site, or it cannot do what was asked.
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

/// How to ask an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PromptKind {
    /// To create a passkey.
    Create,
    /// To use a passkey, in a dialog of the browser.
    Get,
    /// To use a passkey when the user chooses it from the suggestions of a field. Any other prompt
    /// ends it.
    Suggest,
}

/// Returns whether passkeys work here: the browser must support them, and the page must be a secure
/// context.
pub(crate) fn supported() -> bool {
    get(&window(), "PublicKeyCredential").is_some_and(|found| !found.is_undefined())
        && credentials().is_some()
}

/// Returns whether the browser can suggest passkeys in fields.
pub(crate) async fn can_suggest() -> bool {
    let answer = async {
        let class = get(&window(), "PublicKeyCredential")?;
        let answer = call(&class, "isConditionalMediationAvailable", &JsValue::UNDEFINED)?;
        JsFuture::from(answer.dyn_into::<Promise>().ok()?).await.ok()?.as_bool()
    };
    answer.await.unwrap_or(false)
}

/// Asks an authenticator, with options in JSON, and returns its answer in JSON.
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

/// What the page tells password managers about the signed-in user's passkeys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The site that the passkeys belong to (the RP ID).
    pub rp_id: String,
    /// The user handle, in base64url.
    pub user_id: String,
    /// The name under which the passkeys are listed.
    pub name: String,
    /// The owner's display name.
    pub display_name: String,
    /// The ids of all passkeys, in base64url, when the user has just removed one. `None` at other
    /// times: a page that is older than a passkey would make password managers forget it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_accepted_credential_ids: Option<Vec<String>>,
}

/// Tells password managers about the passkeys, if the browser can: they forget passkeys that were
/// removed here, and show the current name (section 5.1.10).
///
/// It does not report passkeys as unknown: such a passkey may belong to another service with the
/// same RP ID, or to a sign-up whose email challenge is still pending.
pub(crate) async fn tell(told: &Told) {
    let Some(options) = serde_json::to_string(told).ok().and_then(|text| JSON::parse(&text).ok()) else {
        return;
    };
    // Each method reads only the members that it knows.
    if told.all_accepted_credential_ids.is_some() {
        signal("signalAllAcceptedCredentials", &options).await;
    }
    signal("signalCurrentUserDetails", &options).await;
}

async fn signal(method: &str, about: &JsValue) {
    let promise = get(&window(), "PublicKeyCredential").and_then(|class| call(&class, method, about));
    if let Some(promise) = promise.and_then(|promise| promise.dyn_into::<Promise>().ok()) {
        // The browser does not tell pages whether a password manager listened.
        _ = JsFuture::from(promise).await;
    }
}

/// Decodes the bytes in the options from base64url.
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

/// Encodes the bytes in an answer as base64url.
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
    // The server has no use for the outputs of extensions, which may be anything.
    set(&answer, "clientExtensionResults", &Object::new())?;
    set(&answer, "response", &response)?;
    Some(answer.into())
}

fn from_text(text: &str) -> Option<JsValue> {
    let text = text.replace('-', "+").replace('_', "/");
    // `atob` returns one character per byte.
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

/// Calls a method and returns its result; `None` if there is no such method, or it throws.
fn call(of: &JsValue, name: &str, argument: &JsValue) -> Option<JsValue> {
    get(of, name)?.dyn_into::<Function>().ok()?.call1(of, argument).ok()
}
