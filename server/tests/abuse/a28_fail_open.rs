//! A28: fail-open: a malformed cookie, header, body or setting signs a client in or disables a
//! check.

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use crate::support::{Binary, Database, FakeSite, Kind, on_each, on_one, password, sign_in, within_runtime};

#[test]
fn a28_a_cookie_that_is_not_ours_opens_nothing() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let good = maria.session().unwrap();
        let mut forged: Vec<String> =
            [0, 1, 10, 44, 100, good.len() - 1].map(|end| good[..end].to_owned()).into();
        // One character changed, at positions throughout the cookie.
        forged.extend((0..good.len()).step_by(13).map(|at| {
            let changed = if good.as_bytes()[at] == b'A' { "B" } else { "A" };
            format!("{}{changed}{}", &good[..at], &good[at + 1..])
        }));
        forged.extend([format!("{good}x"), good.to_lowercase(), good.repeat(20), "null".into(), "-1".into()]);
        // Encrypted with the right key, but not a session: other content, another version, other
        // lengths, an unknown ID.
        let keys = world.auth.keyring();
        let contents: [&[u8]; 6] = [b"", b"{\"at\":0}", &[0; 33], &[2; 33], &[1; 32], &[1; 34]];
        forged.extend(contents.map(|content| keys.encrypt(content)));
        // Encrypted with a key that is not ours.
        let other = authtuna::foundation::crypto::keyring::Keyring::generate_key();
        forged.push(
            authtuna::foundation::crypto::keyring::Keyring::new(&[other.into()]).unwrap().encrypt(&[1; 33]),
        );
        for cookie in forged {
            let line = format!("__Host-session_token={cookie}");
            let headers = [("cookie", line.as_str()), ("accept", "application/json")];
            let answer = world.browser().send(Method::GET, "/auth/user-info", &headers, "").await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "not_authenticated"), "{cookie}");
            let deleted = answer.cookies();
            assert!(deleted.iter().all(|cookie| cookie.value().is_empty()), "{deleted:?}");
        }
        // Two cookies of the same name: one was planted, and the server cannot tell which.
        let two = format!("__Host-session_token={good}; __Host-session_token={good}");
        let answer = world.browser().send(Method::GET, "/auth/user-info", &[("cookie", &two)], "").await;
        assert_eq!(answer.status, 401);
        // Another site of the domain can set a cookie without the prefix, so the server ignores it.
        let bare = format!("session_token={good}; __host-session_token={good}");
        let answer = world.browser().send(Method::GET, "/auth/user-info", &[("cookie", &bare)], "").await;
        assert_eq!(answer.status, 401);
        assert_eq!(maria.user_info().await, 200, "the real session is unaffected");
    });
}

#[test]
fn a28_a_key_that_was_taken_out_opens_nothing() {
    let [old, new] = [(); 2].map(|()| authtuna::foundation::crypto::keyring::Keyring::generate_key());
    let first = old.clone();
    crate::support::on_each_with(
        |settings| settings.set("FERNET_KEYS", &*first),
        async |world| {
            let maria = world.person("maria").await;
            let both = world.beside(|settings| settings.set("FERNET_KEYS", format!("{new},{old}"))).await;
            let only_new = world.beside(|settings| settings.set("FERNET_KEYS", &*new)).await;
            for (server, status) in [(&both, 200), (&only_new, 401)] {
                let browser = server.browser();
                browser.plant("__Host-session_token", maria.session().unwrap());
                assert_eq!(browser.user_info().await, status);
            }
        },
    );
}

#[test]
fn a28_a_database_that_does_not_answer_lets_nobody_in() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        let cookie = maria.session();
        world.auth.store().close().await;
        world.clock.advance(Duration::from_secs(3600));
        for path in ["/auth/user-info", "/ui/settings/sessions"] {
            let answer = maria.get(path).await;
            assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{path}");
            assert!(!answer.header("retry-after").is_empty());
        }
        let page = maria.page("/ui/dashboard").await;
        assert_eq!(page.status, 503);
        assert!(page.text().contains("Back in a moment"), "{page:?}");
        assert_eq!(maria.session(), cookie, "the response deletes no cookie");
        let answer = sign_in(&world.browser(), "maria", &password("maria")).await;
        assert_eq!((answer.status, answer.cookies().len()), (503, 0));
    });
}

#[test]
fn a28_headers_that_make_no_sense_prove_nothing() {
    on_one(async |world| {
        for headers in [
            &[("authorization", "Bearer ")][..],
            &[("authorization", "Bearer null")],
            &[("authorization", "Basic YWRtaW46YWRtaW4=")],
            &[("x-user", "admin"), ("x-remote-user", "admin"), ("remote-user", "admin")],
            &[("x-original-url", "/auth/login"), ("x-rewrite-url", "/auth/login")],
            &[("x-http-method-override", "POST")],
            &[("cookie", "; ; =; __Host-session_token")],
        ] {
            let answer = world.browser().send(Method::GET, "/auth/user-info", headers, "").await;
            assert_eq!(answer.status, 401, "{headers:?}");
        }
    });
}

#[test]
fn a28_an_empty_sign_in_is_none() {
    on_each(async |world| {
        world.person("maria").await;
        for form in [
            json!({}),
            json!({ "username_or_email": "maria" }),
            json!({ "username_or_email": "maria", "password": "" }),
            json!({ "username_or_email": "maria", "password": null }),
            json!({ "username_or_email": "", "password": "" }),
            // The system account has no password.
            json!({ "username_or_email": "system", "password": "" }),
        ] {
            let answer = world.browser().post("/auth/login", &form).await;
            assert_eq!((answer.status, answer.cookies().len()), (422, 0), "{form}");
        }
    });
}

#[test]
fn a28_a_setting_that_cannot_be_right_stops_the_start() {
    within_runtime(async {
        let database = Database::new(Kind::Sqlite).await;
        let site = FakeSite::new();
        for (name, value) in [
            ("SESSION_SECURE", "perhaps"),
            ("LOCK_SESSION_REGION", "2"),
            ("MAX_LOGIN_ATTEMPTS_PER_IP", "-1"),
            ("MAX_LOGIN_ATTEMPTS_PER_USER", "many"),
            ("LOGIN_LOCKOUT_DURATION_SECONDS", "0"),
            ("SESSION_LIFETIME_SECONDS", "1e9"),
            ("FERNET_KEYS", "short"),
            ("TRUSTED_PROXIES", "everything"),
            ("CLIENT_IP_SOURCE", "forwarded"),
            ("CLIENT_IP_SOURCE", "x-forwarded-for"),
            ("SESSION_SAME_SITE", "SOMETIMES"),
            ("PASSWORD_MIN_SCORE", "9"),
            ("ARGON2_MEMORY_KIB", "8"),
            ("ALLOWED_RETURN_ORIGINS", "*"),
            ("API_BASE_URL", "localhost"),
            ("LOG_LEVEL", "loud==x"),
            ("GEOIP_DATABASE_PATH", "/nothing/here.mmdb"),
            ("PRODUCTION", "true"),
        ] {
            let (_, said) = Binary::new(&database, &site).set(name, value).refusal().await;
            let expected = if value == "x-forwarded-for" { "TRUSTED_PROXIES" } else { name };
            let expected = if name == "PRODUCTION" { "JWT_SECRET_KEY" } else { expected };
            assert!(said.contains(expected), "{name}={value}: {said}");
            assert!(!said.contains("panicked"), "{said}");
        }
    });
}
