//! An authenticator app for tests.

use serde_json::json;
use totp_rs::{Builder, Secret};

use super::{Browser, World};

/// A user's app, and the backup codes that came with it.
pub(crate) struct App {
    secret: String,
    pub(crate) codes: Vec<String>,
}

impl App {
    /// Sets up an app for the user signed in in `browser`, and advances the clock past its first
    /// code.
    pub(crate) async fn set_up(world: &World, browser: &Browser) -> Self {
        let setup = browser.post("/mfa/setup", &json!({})).await;
        assert_eq!(setup.status, 200, "{}", setup.text());
        let secret = setup.json()["secret"].as_str().unwrap().to_owned();
        let mut app = Self { secret, codes: Vec::new() };
        let verified = browser.post("/mfa/verify", &json!({ "code": app.code(world) })).await;
        assert_eq!(verified.status, 200, "{}", verified.text());
        app.codes = serde_json::from_value(verified.json()["recovery_codes"].clone()).unwrap();
        world.clock.advance(std::time::Duration::from_secs(30));
        app
    }

    /// Returns the code that the app shows at this world's current time.
    pub(crate) fn code(&self, world: &World) -> String {
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        let totp = Builder::new().with_secret(secret).build().unwrap();
        totp.generate(u64::try_from(world.clock.now().micros() / 1_000_000).unwrap()).to_string()
    }

    /// Returns the base32 secret that the app was set up with.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}
