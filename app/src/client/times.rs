//! Times in the reader's time zone.

use js_sys::{Array, Date, Intl, Object, Reflect};
use leptos::prelude::document;
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// The units, each with the number of seconds from which it applies, as on the server.
const UNITS: [(f64, &str); 5] =
    [(31_536_000.0, "year"), (2_592_000.0, "month"), (86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute")];

/// Rewrites every `<time>`, which the server wrote in UTC.
pub(crate) fn localize() {
    let Ok(found) = document().query_selector_all("time[datetime]") else { return };
    let language =
        document().document_element().and_then(|html| html.get_attribute("lang")).unwrap_or_default();
    for index in 0..found.length() {
        if let Some(time) = found.item(index).and_then(|node| node.dyn_into::<Element>().ok()) {
            rewrite(&time, &language);
        }
    }
}

/// Rewrites one element: its first text is the relative time, the element inside it the exact time.
fn rewrite(time: &Element, language: &str) {
    let at = Date::new(&time.get_attribute("datetime").unwrap_or_default().into());
    if at.get_time().is_nan() {
        return;
    }
    if let Ok(Some(exact)) = time.query_selector(".tip") {
        let options = options(&[("dateStyle", "medium"), ("timeStyle", "short")]);
        exact.set_text_content(Some(&String::from(at.to_locale_string(language, &options))));
    }
    let seconds = (Date::now() - at.get_time()) / 1000.0;
    let unit = UNITS.iter().find(|(from, _)| seconds >= *from);
    if let (Some((size, unit)), Some(text)) = (unit, time.first_child()) {
        let format =
            Intl::RelativeTimeFormat::new(&Array::of1(&language.into()), &options(&[("numeric", "always")]));
        text.set_node_value(Some(&String::from(format.format(-(seconds / size).floor(), unit))));
    }
}

fn options(values: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in values {
        // A plain object accepts every property.
        _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    object
}
