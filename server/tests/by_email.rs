//! The JSON API of everything that goes by email. The abuse suite tests what must not be possible;
//! the core's own tests cover the core.

use authtuna::mail::Message;
use serde_json::json;

use crate::support::{mailing, on_each_with, on_one, on_one_with, password, sign_in, sign_up};

const MARIA: &str = "maria@example.org";

#[test]
fn a_sign_up_waits_for_its_mail() {
    on_each_with(mailing, async |world| {
        let browser = world.browser();
        let asked = sign_up(&browser, "maria").await;
        let said = json!({ "message": "User created. A verification email has been sent." });
        assert_eq!((asked.status, asked.json()), (202, said));
        assert_eq!(browser.session(), None);
        let pending_challenge = asked
            .cookies()
            .into_iter()
            .find(|cookie| cookie.name() == "__Host-session_token_waiting")
            .unwrap();
        assert_eq!((pending_challenge.http_only(), pending_challenge.secure()), (Some(true), Some(true)));

        let (_, code) = world.link_and_code(MARIA).await;
        let elsewhere = world.browser().post("/auth/verify", &json!({ "code": code })).await;
        assert_eq!((elsewhere.status, elsewhere.code().as_str()), (400, "bad_code"));
        let nothing = browser.post("/auth/verify", &json!({})).await;
        assert_eq!((nothing.status, nothing.code().as_str()), (422, "required"));
        let proved = browser.post("/auth/verify", &json!({ "code": code })).await;
        let said = json!({ "message": "Email verified. User created and logged in successfully." });
        assert_eq!((proved.status, proved.json()), (200, said));
        assert_eq!(browser.get("/auth/user-info").await.json()["email_verified"], true);
        let again = browser.post("/auth/verify", &json!({ "code": code })).await;
        assert_eq!(again.status, 400);
    });
}

#[test]
fn a_sign_up_is_finished_in_another_browser_without_signing_in_there() {
    on_each_with(mailing, async |world| {
        assert_eq!(sign_up(&world.browser(), "maria").await.status, 202);
        let token = world.token(MARIA).await;
        let other = world.browser();
        let proved = other.post("/auth/verify", &json!({ "token": token })).await;
        assert_eq!((proved.status, other.session()), (200, None));
        assert_eq!(proved.json()["message"], "Email verified. Choose a password.");
        // The password chosen at sign-up may be a stranger's.
        assert_eq!(sign_in(&other, "maria", &password("maria")).await.status, 401);
        let chosen = json!({ "token": proved.json()["token"], "new_password": password("chosen") });
        assert_eq!(other.post("/auth/reset-password", &chosen).await.status, 200);
        assert_eq!(sign_in(&other, "maria", &password("chosen")).await.status, 200);
    });
}

#[test]
fn a_name_that_was_taken_meanwhile_can_be_changed() {
    on_each_with(mailing, async |world| {
        let slow = world.browser();
        assert_eq!(sign_up(&slow, "maria").await.status, 202);
        let token = world.token(MARIA).await;
        let form = json!({ "username": "maria", "email": "other@example.org", "password": password("x") });
        assert_eq!(world.browser().post("/auth/signup", &form).await.status, 202);
        let fast = world.token("other@example.org").await;
        assert_eq!(world.browser().post("/auth/verify", &json!({ "token": fast })).await.status, 200);

        let taken = slow.post("/auth/verify", &json!({ "token": token })).await;
        assert_eq!((taken.status, taken.code().as_str()), (409, "username_taken"));
        assert_eq!(taken.json()["errors"][0]["field"], "username");
        let other = slow.post("/auth/verify", &json!({ "token": token, "username": "maria2" })).await;
        assert_eq!(other.status, 200, "{other:?}");
        assert_eq!(slow.get("/auth/user-info").await.json()["username"], "maria2");
    });
}

#[test]
fn a_mail_is_sent_again() {
    on_each_with(mailing, async |world| {
        let browser = world.browser();
        let nothing = browser.post("/auth/verify/resend", &json!({})).await;
        assert_eq!((nothing.status, nothing.code().as_str()), (400, "bad_token"));
        assert_eq!(sign_up(&browser, "maria").await.status, 202);
        let again = browser.post("/auth/verify/resend", &json!({})).await;
        let said = json!({ "message": "A verification email has been sent." });
        assert_eq!((again.status, again.json()), (202, said));
        assert_eq!(world.email_messages(MARIA).await.len(), 2);
        let token = world.token(MARIA).await;
        assert_eq!(browser.post("/auth/verify", &json!({ "token": token })).await.status, 200);
    });
}

#[test]
fn a_forgotten_password_is_set_anew() {
    on_each_with(mailing, async |world| {
        let maria = world.member("maria").await;
        let browser = world.browser();
        let asked = browser.post("/auth/forgot-password", &json!({ "email": MARIA })).await;
        let nobody =
            world.browser().post("/auth/forgot-password", &json!({ "email": "nobody@example.org" })).await;
        assert_eq!((asked.status, asked.json()), (202, nobody.json()));
        let (_, code) = world.link_and_code(MARIA).await;
        let token = browser.post("/auth/reset-password/code", &json!({ "code": code })).await;
        assert_eq!(token.status, 200, "{token:?}");
        let token = token.json()["token"].clone();

        let reset = |new: String| json!({ "token": token.clone(), "new_password": new });
        let weak = browser.post("/auth/reset-password", &reset("12345678".to_owned())).await;
        assert_eq!((weak.status, weak.code().as_str()), (422, "password_common"));
        let set = browser.post("/auth/reset-password", &reset(password("new"))).await;
        let said = json!({ "message": "Password has been reset successfully." });
        assert_eq!((set.status, set.json(), browser.session()), (200, said, None));
        assert_eq!(maria.user_info().await, 401);
        assert_eq!(sign_in(&browser, "maria", &password("new")).await.status, 200);
        let again = browser.post("/auth/reset-password", &reset(password("newer"))).await;
        assert_eq!((again.status, again.code().as_str()), (400, "bad_token"));
    });
}

#[test]
fn signing_in_by_a_mail() {
    on_each_with(mailing, async |world| {
        world.member("maria").await;
        let browser = world.browser();
        let ask = json!({ "email": MARIA });
        assert_eq!(browser.post("/auth/passwordless/request", &ask).await.status, 202);
        let token = world.token(MARIA).await;
        let signed_in = browser.post("/auth/passwordless/login", &json!({ "token": token })).await;
        assert_eq!((signed_in.status, signed_in.json()), (200, json!({ "message": "Login successful." })));
        assert_eq!(browser.user_info().await, 200);
        let again = world.browser().post("/auth/passwordless/login", &json!({ "token": token })).await;
        assert_eq!((again.status, again.code().as_str()), (400, "bad_token"));

        let second = world.browser();
        assert_eq!(second.post("/auth/passwordless/request", &ask).await.status, 202);
        let (_, code) = world.link_and_code(MARIA).await;
        assert_eq!(second.post("/auth/passwordless/login", &json!({ "code": code })).await.status, 200);
    });
}

#[test]
fn signing_in_by_a_mail_can_be_switched_off() {
    on_one_with(
        |settings| mailing(settings).set("PASSWORDLESS_LOGIN_ENABLED", "false"),
        async |world| {
            for (path, body) in [
                ("/auth/passwordless/request", json!({ "email": MARIA })),
                ("/auth/passwordless/login", json!({ "token": "x" })),
            ] {
                let answer = world.browser().post(path, &body).await;
                assert_eq!(answer.code(), "feature_off", "{path}");
            }
            let page = world.browser().page("/auth/login").await.text();
            assert!(!page.contains("/auth/passwordless") && page.contains("/auth/forgot-password"), "{page}");
        },
    );
}

#[test]
fn an_address_is_changed_and_taken_back() {
    on_each_with(mailing, async |world| {
        let maria = world.member("maria").await;
        let ask = |email: &str, word: &str| json!({ "email": email, "current_password": password(word) });
        let wrong = maria.post("/auth/change-email", &ask("new@example.org", "wrong")).await;
        assert_eq!((wrong.status, wrong.code().as_str()), (401, "wrong_password"));
        let same = maria.post("/auth/change-email", &ask(MARIA, "maria")).await;
        assert_eq!((same.status, same.code().as_str()), (422, "email_unchanged"));
        assert_eq!(maria.post("/auth/change-email", &ask("new@example.org", "maria")).await.status, 202);
        assert_eq!(maria.get("/auth/user-info").await.json()["email"], MARIA);
        let token = world.token("new@example.org").await;
        let stranger = world.browser().post("/auth/change-email/confirm", &json!({ "token": token })).await;
        assert_eq!(stranger.status, 401);
        let changed = maria.post("/auth/change-email/confirm", &json!({ "token": token })).await;
        assert_eq!((changed.status, changed.json()), (200, json!({ "message": "Email address changed." })));
        assert_eq!(maria.get("/auth/user-info").await.json()["email"], "new@example.org");

        let undo = json!({ "token": world.token(MARIA).await });
        let owner = world.browser();
        let undone = owner.post("/auth/change-email/undo", &undo).await;
        assert_eq!((undone.status, maria.user_info().await), (200, 401));
        let set = json!({ "token": undone.json()["token"], "new_password": password("new") });
        assert_eq!(owner.post("/auth/reset-password", &set).await.status, 200);
        assert_eq!(sign_in(&owner, MARIA, &password("new")).await.status, 200);
        assert_eq!(owner.post("/auth/change-email/undo", &undo).await.code(), "bad_token");
    });
}

#[test]
fn whoever_did_not_prove_their_address_is_sent_a_mail_at_sign_in() {
    on_each_with(
        |settings| settings,
        async |before| {
            before.person("maria").await;
            let world = before.beside(mailing).await;
            let browser = world.browser();
            let refused = sign_in(&browser, "maria", &password("maria")).await;
            assert_eq!((refused.status, refused.code().as_str()), (403, "email_not_verified"));
            let email_message = world.email_messages(MARIA).await.pop().unwrap();
            assert!(matches!(email_message.message, Message::Verification { .. }));
            let token = world.token(MARIA).await;
            // In a different browser from the one that asked.
            let proved = world.browser().post("/auth/verify", &json!({ "token": token })).await;
            assert_eq!(
                (proved.status, &proved.json()["message"]),
                (200, &json!("Email verified. Choose a password."))
            );
            let chosen = json!({ "token": proved.json()["token"], "new_password": password("chosen") });
            assert_eq!(browser.post("/auth/reset-password", &chosen).await.status, 200);
            assert_eq!(sign_in(&browser, "maria", &password("chosen")).await.status, 200);
        },
    );
}

#[test]
fn without_mails_what_needs_them_says_so() {
    on_one(async |world| {
        let maria = world.person("maria").await;
        let address = json!({ "email": MARIA });
        let change = json!({ "email": "new@example.org", "current_password": password("maria") });
        for (path, body) in [
            ("/auth/forgot-password", &address),
            ("/auth/passwordless/request", &address),
            ("/auth/verify/resend", &json!({})),
            ("/auth/change-email", &change),
        ] {
            let answer = maria.post(path, body).await;
            assert_eq!((answer.status, answer.code().as_str()), (501, "mail_off"), "{path}");
        }
        for path in
            ["/auth/forgot-password", "/auth/reset-password", "/auth/passwordless", "/ui/settings/email"]
        {
            // A signed-in user would be redirected away from the email sign-in page.
            let browser = if path.starts_with("/auth") { &world.browser() } else { &maria };
            let page = browser.page(path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.text().contains("This site sends no e-mail"), "{path}: {page:?}");
        }
        let page = world.browser().page("/auth/login").await.text();
        assert!(!page.contains("/auth/forgot-password") && !page.contains("/auth/passwordless"), "{page}");
    });
}
