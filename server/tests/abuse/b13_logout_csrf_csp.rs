//! B13: sign-out by GET, no CSRF protection, no content security policy.

use std::collections::BTreeSet;

use authtuna_server::route_rules::Effect;
use authtuna_server::router;
use axum::http::Method;

use crate::support::{PAGES, on_each, on_one};

#[test]
fn b13_no_get_signs_anybody_out() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        for path in ["/auth/logout", "/api/sign-out"] {
            for method in [Method::GET, Method::HEAD] {
                let answer = browser.send(method, path, &[("accept", PAGES)], "").await;
                assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{path}");
            }
        }
        assert_eq!(browser.user_info().await, 200);
    });
}

#[test]
fn b13_no_other_site_changes_anything() {
    on_each(async |world| {
        let browser = world.person("maria").await;
        let rules = router::rules(world.auth.settings());
        let changing: Vec<_> = rules.all().filter(|rule| rule.effect == Effect::Changes).collect();
        assert!(changing.len() > 10);
        for rule in changing {
            let path = rule.path.replace("{id}", "01a20d20-307e-79fc-b38d-201798448d56");
            for (headers, body) in [
                (&[("sec-fetch-site", "cross-site")][..], "password=x"),
                // A sibling host may belong to someone else.
                (&[("sec-fetch-site", "same-site")], "password=x"),
                (
                    &[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8000.evil.example")],
                    "a=b",
                ),
                (&[("origin", "https://evil.example")], "password=x"),
                (&[("origin", "null")], "password=x"),
                (&[("origin", "https://localhost:8000")], "password=x"),
                (&[("origin", "https://evil.example"), ("content-type", "application/json")], "{}"),
                (&[("sec-fetch-site", "nonsense")], "password=x"),
            ] {
                let answer = browser.send(Method::POST, &path, headers, body).await;
                assert_eq!(
                    (answer.status, answer.code().as_str()),
                    (403, "cross_site_request"),
                    "{path} {headers:?}"
                );
                assert!(answer.cookies().is_empty(), "{path} {headers:?}");
            }
        }
        assert_eq!(browser.user_info().await, 200);
    });
}

#[test]
fn b13_this_site_and_programs_may() {
    on_one(async |world| {
        for headers in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
            &[("origin", "http://localhost:8000")],
            &[],
        ] {
            let answer = world.browser().send(Method::POST, "/auth/logout", headers, "").await;
            assert_eq!(answer.status, 200, "{headers:?}");
        }
    });
}

#[test]
fn b13_every_page_has_a_policy_that_runs_only_its_own_scripts() {
    on_one(async |world| {
        let browser = world.person("maria").await;
        let mut nonces = BTreeSet::new();
        let pages = ["/auth/login", "/auth/signup", "/ui/dashboard", "/ui/settings", "/nothing", "/setup"];
        for path in pages {
            let stranger = path.starts_with("/auth");
            let page = if stranger { world.browser().page(path).await } else { browser.page(path).await };
            let policy = page.header("content-security-policy").to_owned();
            let directive = |name: &str| {
                policy
                    .split(';')
                    .find_map(|one| one.trim().strip_prefix(name))
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            };
            assert_eq!(directive("default-src "), "'none'", "{path}");
            assert_eq!(directive("frame-ancestors "), "'none'");
            assert_eq!(directive("base-uri "), "'none'");
            assert_eq!(directive("form-action "), "'self'");
            for unsafe_word in ["unsafe-inline", "'unsafe-eval'", "strict-dynamic", "*", "http:", "https:"] {
                assert!(!policy.contains(unsafe_word), "{path}: {unsafe_word} in {policy}");
            }
            let scripts = directive("script-src ");
            let nonce =
                scripts.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
            assert!(nonce.len() >= 22, "{nonce}");
            let html = page.text();
            assert!(html.contains(&format!("nonce=\"{nonce}\"")), "{path}");
            let opened = html.matches("<script").count();
            let carried = html.matches(&format!("<script type=\"module\" nonce=\"{nonce}\"")).count()
                + html.matches(&format!("<script nonce=\"{nonce}\"")).count();
            assert_eq!(opened, carried, "{path}: a script without the nonce");
            for handler in [" onclick=", " onload=", " onsubmit=", " style=\"", "javascript:"] {
                assert!(!html.contains(handler), "{path}: {handler}");
            }
            assert!(nonces.insert(nonce), "{path}: a nonce that was used before");
        }
    });
}

#[test]
fn b13_every_answer_carries_the_headers_that_browsers_obey() {
    on_one(async |world| {
        let browser = world.person("maria").await;
        for path in
            ["/", "/healthz", "/auth/user-info", "/auth/login", "/nothing", "/favicon.svg", "/pkg/none.js"]
        {
            let answer = browser.get(path).await;
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
            assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        }
    });
}
