//! A35: a passkey is accepted from a sibling origin, with a wrong RP ID hash, with a reused or
//! foreign challenge, without user verification, or with a counter that went back (WebAuthn Level
//! 3, section 7.2).

use serde_json::{Value, json};

use crate::support::{ORIGIN, OverHttp, on_each, password, prompt, sign_in};
use authtuna_testing::authenticator::{Authenticator, Conduct};

#[test]
fn a35_what_is_signed_for_something_else_opens_nothing() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let mut key = Authenticator { counter: 5, ..Authenticator::new(ORIGIN) };
        assert_eq!(key.add_to(&maria).await.status, 201);
        let browser = world.browser();

        let conduct: [(Conduct, u16, &str); 3] = [
            (|key| key.origin = "http://sibling.localhost:8000".to_owned(), 400, "bad_passkey"),
            (|key| key.rp_id = "sibling.localhost".to_owned(), 400, "bad_passkey"),
            (|key| key.verifies = false, 403, "user_verification_required"),
        ];
        for (change, status, code) in conduct {
            let mut key = key.clone();
            change(&mut key);
            let answer = key.sign_in(&browser).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code));
        }
        // Challenges: one that the server never issued, one issued to another browser, and a used
        // one.
        let foreign = key.get(&json!({ "challenge": "A".repeat(43) }));
        let others = key.get(&prompt(&world.browser()).await);
        let options = prompt(&browser).await;
        let once = key.get(&options);
        assert_eq!(browser.post("/passkeys/login", &json!({ "response": once })).await.status, 200);
        assert!(browser.session().is_some());
        let again = key.get(&options);
        let fresh = world.browser();
        prompt(&fresh).await;
        for (browser, answer) in [(&fresh, foreign), (&fresh, others), (&browser, once), (&browser, again)] {
            let refused = browser.post("/passkeys/login", &json!({ "response": answer })).await;
            assert_eq!((refused.status, refused.code().as_str()), (400, "bad_token"));
        }
        assert_eq!(fresh.session(), None);

        // An earlier copy of the key: the counter goes back. After that, neither key opens
        // anything.
        let mut copy = Authenticator { counter: 5, ..key.clone() };
        for key in [&mut copy, &mut key] {
            let refused = key.sign_in(&fresh).await;
            assert_eq!((refused.status, refused.code().as_str()), (403, "passkey_blocked"));
        }
        assert_eq!(fresh.session(), None);
        // Nor does the password alone open anything.
        let mfa_challenge = sign_in(&fresh, "maria", &password("maria")).await;
        assert_eq!(mfa_challenge.json()["factors"], json!(["backup_code"]));
    });
}

#[test]
fn a35_a_prompt_is_answered_for_what_it_was_made_for() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let mut key = Authenticator::new(ORIGIN);
        let somebody = json!({ "username": "jun", "email": "jun@example.org" });
        let to_sign_in = prompt(&maria).await;
        let to_add = maria.post("/passkeys/register-options", &json!({})).await.json();
        let to_join = maria.post("/passkeys/signup-options", &somebody).await.json();
        let refused = async |path: &str, body: &Value| {
            let answer = maria.post(path, body).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "bad_token"), "{path}");
        };
        // A registration prompt creates no account and a sign-up prompt adds no passkey; a sign-in
        // prompt does neither.
        let made = key.create(&to_add);
        refused("/passkeys/signup", &json!({ "response": made })).await;
        let joined = Authenticator::new(ORIGIN).create(&to_join);
        refused("/passkeys/register", &json!({ "registration_response": joined })).await;
        let mut misled = to_add.clone();
        misled["challenge"] = to_sign_in["challenge"].clone();
        let misled = Authenticator::new(ORIGIN).create(&misled);
        refused("/passkeys/register", &json!({ "registration_response": misled })).await;
        refused("/passkeys/signup", &json!({ "response": misled })).await;

        // Each still works at its own endpoint: the attempts at the others did not use it up.
        let added = maria.post("/passkeys/register", &json!({ "registration_response": made })).await;
        assert_eq!(added.status, 201);
        // A registration prompt signs no one in.
        let shown = key.get(&maria.post("/passkeys/register-options", &json!({})).await.json());
        refused("/passkeys/login", &json!({ "response": shown })).await;
        assert_eq!(maria.get("/passkeys").await.json().as_array().unwrap().len(), 1);
        let shown = key.get(&to_sign_in);
        assert_eq!(maria.post("/passkeys/login", &json!({ "response": shown })).await.status, 200);
        let stranger = maria.post("/passkeys/signup", &json!({ "response": joined })).await;
        assert_eq!(stranger.status, 201);
    });
}
