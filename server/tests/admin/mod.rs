//! The administration's JSON API, on both databases.

mod access;
mod lists;
mod mails;
mod roles;
mod users;

use axum::http::Method;
use serde_json::Value;

use crate::support::{Browser, TestResponse};

/// Sends a PATCH with a JSON body, as a program does.
pub(crate) async fn patch(browser: &Browser, path: &str, body: &Value) -> TestResponse {
    let headers = [("accept", "application/json"), ("content-type", "application/json")];
    browser.send(Method::PATCH, path, &headers, body.to_string()).await
}

/// Sends a DELETE, as a program does.
pub(crate) async fn delete(browser: &Browser, path: &str) -> TestResponse {
    browser.send(Method::DELETE, path, &[("accept", "application/json")], "").await
}

/// Returns the status and code of a refusal.
pub(crate) fn refusal(answer: &TestResponse) -> (u16, String) {
    (answer.status, answer.code())
}

/// Builds the expected value to compare [`refusal`] with.
pub(crate) fn no(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Returns the strings under `name` in a list.
pub(crate) fn texts(list: &Value, name: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[name].as_str().unwrap().to_owned()).collect()
}
