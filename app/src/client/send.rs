//! Sending forms without leaving the page.
//!
//! Not by Leptos' own client for server functions: a form that posts itself, as the browser would, needs 44 KB less of
//! WebAssembly and can not drift from what happens without JavaScript.

use leptos::prelude::{document, window};
use leptos::wasm_bindgen::{JsCast, JsValue};
use serde::Deserialize;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, FormData, Headers, HtmlButtonElement, HtmlFormElement, HtmlInputElement, Request, RequestInit,
    Response, UrlSearchParams,
};

use crate::form_messages::FormMessage;

/// What became of a form.
pub(crate) enum FormOutcome {
    /// It was taken, and the browser is on its way to the next page.
    Leaving,
    /// It was refused, with these words.
    Refused(Vec<FormMessage>),
    /// The server did not answer.
    Lost,
    /// Nobody is signed in any more.
    SignedOut,
    /// The server answered something that is no answer to a form.
    Failed,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    said: Vec<FormMessage>,
}

/// Posts a form to where the browser would post it, and follows to the page that the answer names.
pub(crate) async fn submit(form: &HtmlFormElement) -> FormOutcome {
    let Some(fields) = fields(form) else { return FormOutcome::Failed };
    let Some(response) = post(&form.action(), &fields).await else { return FormOutcome::Lost };
    answer(&response).await
}

/// Posts the fields of a form to another place than its own, for what is needed to fill it in. Err with what became of
/// the form when it is not to be had.
pub(crate) async fn fetch(form: &HtmlFormElement, url: &str) -> Result<String, FormOutcome> {
    let fields = fields(form).ok_or(FormOutcome::Failed)?;
    let response = post(url, &fields).await.ok_or(FormOutcome::Lost)?;
    if response.ok() && response.headers().get("Location").ok().flatten().is_none() {
        return text(&response).await.ok_or(FormOutcome::Lost);
    }
    Err(answer(&response).await)
}

/// Puts a value into a field of a form.
pub(crate) fn fill(form: &HtmlFormElement, name: &str, value: &str) {
    let field = form.elements().named_item(name).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    if let Some(field) = field {
        field.set_value(value);
    }
}

/// Lets the buttons of a form be pressed.
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
        // By a guard, which has no words.
        _ if response.status() == 401 => FormOutcome::SignedOut,
        _ => FormOutcome::Failed,
    }
}

/// The fields of a form, as they would be posted.
pub(crate) fn fields(form: &HtmlFormElement) -> Option<UrlSearchParams> {
    let data = FormData::new_with_form(form).ok()?;
    UrlSearchParams::new_with_str_sequence_sequence(&data).ok()
}

/// Posts fields. None when no answer came.
pub(crate) async fn post(url: &str, fields: &UrlSearchParams) -> Option<Response> {
    // Without text/html in it the server answers by JSON, not by a redirect.
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

/// The body of an answer.
pub(crate) async fn text(response: &Response) -> Option<String> {
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// Takes away what was said of a field as soon as it is typed into again.
pub(crate) fn forget(event: &Event) {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
        return;
    };
    if let Some(place) = document().get_element_by_id(&format!("{}-error", input.id())) {
        place.set_text_content(None);
        // It can only fail on a name that is none.
        _ = input.set_attribute("aria-invalid", "false");
    }
}

/// Puts each sentence beside its field, takes away those that no longer hold, and moves the focus to the first field
/// that has one. The sentences that belong to no field of this form are handed back.
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
        // It can only fail on a name that is none.
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
