//! Sends forms without leaving the page.
//!
//! This does not use Leptos' own client for server functions. A form that posts itself, as the
//! browser would, needs 44 KB less of WebAssembly, and cannot diverge from what happens without
//! JavaScript.

use leptos::prelude::{document, window};
use leptos::wasm_bindgen::{JsCast, JsValue};
use serde::Deserialize;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, FormData, Headers, HtmlButtonElement, HtmlFormElement, HtmlInputElement, Request, RequestInit,
    Response, UrlSearchParams,
};

use crate::form_messages::FormMessage;

/// The outcome of a form.
pub(crate) enum FormOutcome {
    /// The server accepted it, and the browser is leaving for the next page.
    Leaving,
    /// The server refused it, with these messages.
    Refused(Vec<FormMessage>),
    /// The server did not answer.
    Lost,
    /// The session has ended.
    SignedOut,
    /// The server's response could not be understood.
    Failed,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    said: Vec<FormMessage>,
}

/// Posts a form where the browser would post it, and follows the response to the next page.
pub(crate) async fn submit(form: &HtmlFormElement) -> FormOutcome {
    let Some(fields) = fields(form) else { return FormOutcome::Failed };
    let Some(response) = post(&form.action(), &fields).await else { return FormOutcome::Lost };
    answer(&response).await
}

/// Posts the fields of a form to another path than its own, and returns what is needed to fill it
/// in.
///
/// # Errors
///
/// The outcome of the form, when the server does not return that.
pub(crate) async fn fetch(form: &HtmlFormElement, url: &str) -> Result<String, FormOutcome> {
    let fields = fields(form).ok_or(FormOutcome::Failed)?;
    let response = post(url, &fields).await.ok_or(FormOutcome::Lost)?;
    if response.ok() && response.headers().get("Location").ok().flatten().is_none() {
        return text(&response).await.ok_or(FormOutcome::Lost);
    }
    Err(answer(&response).await)
}

/// Sets the value of a form's field.
pub(crate) fn fill(form: &HtmlFormElement, name: &str, value: &str) {
    let field = form.elements().named_item(name).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    if let Some(field) = field {
        field.set_value(value);
    }
}

/// Enables the buttons of a form.
pub(crate) fn enable(form: &HtmlFormElement) {
    let elements = form.elements();
    let buttons =
        (0..elements.length()).filter_map(|n| elements.item(n)?.dyn_into::<HtmlButtonElement>().ok());
    buttons.for_each(|button| button.set_disabled(false));
}

async fn answer(response: &Response) -> FormOutcome {
    if response.ok() {
        let next = response.headers().get("Location").ok().flatten();
        return match next.map(|next| window().location().assign(&next)) {
            Some(Ok(())) => FormOutcome::Leaving,
            _ => FormOutcome::Failed,
        };
    }
    match text(response).await.and_then(|text| serde_json::from_str::<Refused>(&text).ok()) {
        Some(refused) if !refused.said.is_empty() => FormOutcome::Refused(refused.said),
        // From a guard, which sends no messages.
        _ if response.status() == 401 => FormOutcome::SignedOut,
        _ => FormOutcome::Failed,
    }
}

/// Returns the fields of a form as the browser would post them.
pub(crate) fn fields(form: &HtmlFormElement) -> Option<UrlSearchParams> {
    let data = FormData::new_with_form(form).ok()?;
    UrlSearchParams::new_with_str_sequence_sequence(&data).ok()
}

/// Posts fields; `None` if no response came.
pub(crate) async fn post(url: &str, fields: &UrlSearchParams) -> Option<Response> {
    // Without `text/html`, the server answers with JSON instead of a redirect.
    let headers = Headers::new().ok()?;
    headers.set("Accept", "application/json").ok()?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(fields);
    init.set_headers(&headers);
    let request = Request::new_with_str_and_init(url, &init).ok()?;
    let response: Result<JsValue, JsValue> = JsFuture::from(window().fetch_with_request(&request)).await;
    response.ok()?.dyn_into().ok()
}

/// Returns the body of a response.
pub(crate) async fn text(response: &Response) -> Option<String> {
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// Clears a field's error as soon as the user types into it again.
pub(crate) fn forget(event: &Event) {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
        return;
    };
    if let Some(place) = document().get_element_by_id(&format!("{}-error", input.id())) {
        place.set_text_content(None);
        // It fails only on an invalid attribute name.
        _ = input.set_attribute("aria-invalid", "false");
    }
}

/// Shows each message next to its field, clears those that no longer apply, and focuses the first
/// field that has one. Returns the messages that belong to no field of this form.
pub(crate) fn show(form: &HtmlFormElement, said: Vec<FormMessage>) -> Vec<String> {
    let elements = form.elements();
    let inputs =
        (0..elements.length()).filter_map(|index| elements.item(index)?.dyn_into::<HtmlInputElement>().ok());
    let mut rest = said;
    let mut first = None;
    for input in inputs {
        let Some(place) = document().get_element_by_id(&format!("{}-error", input.id())) else { continue };
        let name = input.name();
        let (here, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|one| one.field.as_ref() == Some(&name));
        rest = others;
        place.set_text_content(here.first().map(|one| one.text.as_str()));
        // It fails only on an invalid attribute name.
        _ = input.set_attribute("aria-invalid", if here.is_empty() { "false" } else { "true" });
        if !here.is_empty() && first.is_none() {
            first = Some(input);
        }
    }
    if let Some(input) = first {
        _ = input.focus();
    }
    rest.into_iter().map(|one| one.text).collect()
}
