//! An authenticator app.

use serde_json::json;
use totp_rs::{Builder, Secret};

use super::{Browser, World};

/// Somebody's app, and the backup codes that they got with it.
pub(crate) struct App {
    secret: String,
    pub(crate) codes: Vec<String>,
}

impl App {
    /// Sets an app up for whoever is signed in in `browser`. Its first code is past.
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

    /// The code that it shows at this world's moment.
    pub(crate) fn code(&self, world: &World) -> String {
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        let totp = Builder::new().with_secret(secret).build().unwrap();
        totp.generate(u64::try_from(world.clock.now().micros() / 1_000_000).unwrap()).to_string()
    }

    /// The base 32 that it was set up with.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }
}
