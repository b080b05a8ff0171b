//! A user's passkey, used through the JSON API.

use serde_json::{Value, json};

use super::{Browser, TestResponse};
use authtuna_testing::authenticator::Authenticator;

/// The origin of a world's pages.
pub(crate) const ORIGIN: &str = "http://localhost:8000";

/// Passkey ceremonies over HTTP.
pub(crate) trait OverHttp {
    /// Creates a passkey for the user signed in in `browser` and adds it.
    async fn add_to(&mut self, browser: &Browser) -> TestResponse;

    /// Creates an account without a password, with this passkey.
    async fn sign_up(&mut self, browser: &Browser, name: &str) -> TestResponse;

    /// Signs in with this passkey.
    async fn sign_in(&mut self, browser: &Browser) -> TestResponse;
}

impl OverHttp for Authenticator {
    async fn add_to(&mut self, browser: &Browser) -> TestResponse {
        let options = browser.post("/passkeys/register-options", &json!({})).await;
        assert_eq!(options.status, 200, "{}", options.text());
        let made = self.create(&options.json());
        browser.post("/passkeys/register", &json!({ "name": "", "registration_response": made })).await
    }

    async fn sign_up(&mut self, browser: &Browser, name: &str) -> TestResponse {
        let typed = json!({ "username": name, "email": format!("{name}@example.org") });
        let asked = browser.post("/passkeys/signup-options", &typed).await.json();
        browser.post("/passkeys/signup", &json!({ "response": self.create(&asked) })).await
    }

    async fn sign_in(&mut self, browser: &Browser) -> TestResponse {
        let shown = self.get(&prompt(browser).await);
        browser.post("/passkeys/login", &json!({ "response": shown })).await
    }
}

/// Returns the options that the sign-in page passes to an authenticator.
pub(crate) async fn prompt(browser: &Browser) -> Value {
    let options = browser.post("/passkeys/login-options", &json!({})).await;
    assert_eq!(options.status, 200, "{}", options.text());
    options.json()
}
