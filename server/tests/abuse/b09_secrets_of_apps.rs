//! B09: authenticator app secrets or backup codes are stored in plain text or shown again.

use serde_json::json;

use crate::support::{App, on_each, password, sign_in};

#[test]
fn b09_secrets_are_told_once_and_kept_in_no_clear() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let app = App::set_up(&world, &maria).await;
        let browser = world.browser();
        let mfa_challenge = sign_in(&browser, "maria", &password("maria")).await;
        let typed = json!({ "mfa_token": mfa_challenge.json()["mfa_token"], "code": app.codes[0] });
        assert_eq!(browser.post("/mfa/validate-login", &typed).await.status, 200);
        let dump = world.dump().await;
        assert!(dump.contains("maria@example.org"), "the dump contains the rows");
        let codes = app.codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]);
        let secrets: Vec<String> = codes.chain([app.secret().to_owned()]).collect();
        for secret in &secrets {
            assert!(!dump.contains(secret.as_str()), "{secret} is in the database");
        }
        for path in ["/mfa/factors", "/ui/settings", "/mfa/setup", "/mfa/codes", "/ui/activity"] {
            let page = maria.page(path).await.text();
            assert!(!secrets.iter().any(|secret| page.contains(secret.as_str())), "{path}");
        }
        // Starting setup again does not show them either.
        let again = maria.post("/mfa/setup", &json!({})).await;
        assert_eq!((again.status, again.code().as_str()), (409, "totp_enabled"));
    });
}
