//! A30: a long password is truncated, or a 1 MB password keeps a core busy.

use authtuna::foundation::config::SettingsBuilder;
use serde_json::json;

use crate::support::{on_each, on_one_with, password, sign_in};

/// Returns an unguessable password of 512 bytes.
fn longest() -> String {
    password("long").chars().cycle().take(512).collect()
}

#[test]
fn a30_every_byte_of_a_password_counts() {
    on_each(async |world| {
        let long = longest();
        let form = json!({ "username": "maria", "email": "maria@example.org", "password": long });
        assert_eq!(world.browser().post("/auth/signup", &form).await.status, 201);
        // bcrypt truncates at 72 bytes; the other lengths are block sizes of common hashes.
        for kept in [511, 256, 128, 73, 72, 71, 64] {
            let answer =
                sign_in(&world.browser().with("x-try", kept.to_string()), "maria", &long[..kept]).await;
            assert!([401, 429].contains(&answer.status), "{kept} bytes are enough: {answer:?}");
            world.clock.advance(std::time::Duration::from_secs(3600));
        }
        let mut other = long.clone();
        other.replace_range(511.., "!");
        assert_eq!(sign_in(&world.browser(), "maria", &other).await.status, 401);
        world.clock.advance(std::time::Duration::from_secs(3600));
        assert_eq!(sign_in(&world.browser(), "maria", &long).await.status, 200);
    });
}

#[test]
fn a30_a_password_that_is_too_long_is_refused_before_any_work() {
    // Even if an operator allows bodies of that size.
    let roomy = |settings: SettingsBuilder| settings.set("REQUEST_BODY_LIMIT_BYTES", "4194304");
    on_one_with(roomy, async |world| {
        let maria = world.person("maria").await;
        let hashes = world.auth.password_hashes();
        for huge in
            [format!("{}x", longest()), "ü".repeat(257), "a".repeat(1_000_000), "\u{fdfa}".repeat(300_000)]
        {
            let answer = sign_in(&world.browser(), "maria", &huge).await;
            assert_eq!((answer.status, answer.code().as_str()), (422, "password_too_long"), "{}", huge.len());
            assert_eq!(answer.json()["errors"][0]["field"], "password");
            let form = json!({ "username": "other", "email": "other@example.org", "password": huge });
            let answer = world.browser().post("/auth/signup", &form).await;
            assert_eq!((answer.status, answer.code().as_str()), (422, "password_too_long"), "{}", huge.len());
            let form = json!({ "current_password": huge, "new_password": huge });
            let answer = maria.post("/auth/change-password", &form).await;
            assert_eq!((answer.status, answer.code().as_str()), (422, "password_too_long"), "{}", huge.len());
            let judged =
                world.browser().form("/api/sign-in", &[("identifier", "maria"), ("password", &huge)]).await;
            assert_eq!((judged.status, judged.header("location")), (303, "/auth/login"));
        }
        assert_eq!(world.auth.password_hashes(), hashes, "the server computed no hash");
    });
}

#[test]
fn a30_a_megabyte_is_refused_unread() {
    on_each(async |world| {
        let hashes = world.auth.password_hashes();
        let answer = sign_in(&world.browser(), "maria", &"a".repeat(1_000_000)).await;
        assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
        assert_eq!(world.auth.password_hashes(), hashes);
    });
}
