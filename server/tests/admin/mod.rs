//! The JSON API of the administration, on both databases.

mod access;
mod lists;
mod mails;
mod roles;
mod users;

use axum::http::Method;
use serde_json::Value;

use crate::support::{Browser, TestResponse};

/// PATCH of JSON as a program.
pub(crate) async fn patch(browser: &Browser, path: &str, body: &Value) -> TestResponse {
    let headers = [("accept", "application/json"), ("content-type", "application/json")];
    browser.send(Method::PATCH, path, &headers, body.to_string()).await
}

/// DELETE as a program.
pub(crate) async fn delete(browser: &Browser, path: &str) -> TestResponse {
    browser.send(Method::DELETE, path, &[("accept", "application/json")], "").await
}

/// Status and code of a refusal.
pub(crate) fn refusal(answer: &TestResponse) -> (u16, String) {
    (answer.status, answer.code())
}

/// The same, to compare with.
pub(crate) fn no(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The texts under `name` in a list.
pub(crate) fn texts(list: &Value, name: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[name].as_str().unwrap().to_owned()).collect()
}
