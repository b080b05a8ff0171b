//! A33: a redirect after sign-in, sign-out or verification leads to another site.

use axum::http::Method;

use crate::support::{PAGES, TestResponse, on_one, on_one_with, password};

const ELSEWHERE: [&str; 20] = [
    "https://evil.example",
    "https://evil.example/ui/dashboard",
    "//evil.example",
    "///evil.example",
    "////evil.example/..",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%09/evil.example/%2f..\u{0}",
    "http:evil.example",
    "https:/\\evil.example",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "http://localhost:8000@evil.example/",
    "http://localhost:8000.evil.example/",
    "evil.example",
    " //evil.example",
    "/ui\r\nLocation: https://evil.example",
];

/// Asserts that a browser that follows the redirect stays on this site.
fn stays(answer: &TestResponse, what: &str) {
    assert_eq!(answer.status, 303, "{what}: {answer:?}");
    let place = answer.header("location");
    assert!(place.starts_with('/') && !place.starts_with("//") && !place.contains('\\'), "{what}: {place}");
    let whole = url::Url::parse("http://localhost:8000").unwrap().join(place).unwrap();
    assert_eq!(whole.origin().ascii_serialization(), "http://localhost:8000", "{what}: {place}");
}

#[test]
fn a33_signing_in_leads_to_a_page_of_this_site() {
    // The lockout would close the account after some of these intentionally wrong attempts.
    let unlocked = |settings: authtuna::foundation::config::SettingsBuilder| {
        settings.set("MAX_LOGIN_ATTEMPTS_PER_IP", "0").set("MAX_LOGIN_ATTEMPTS_PER_USER", "0")
    };
    on_one_with(unlocked, async |world| {
        world.person("maria").await;
        let right = password("maria");
        for next in ELSEWHERE {
            for typed in [right.as_str(), "wrong"] {
                let form = [("identifier", "maria"), ("password", typed), ("next", next)];
                let answer = world.browser().form("/api/sign-in", &form).await;
                stays(&answer, next);
                let expected = if typed == "wrong" { "/auth/login" } else { "/ui/dashboard" };
                if !next.starts_with("/%09") {
                    assert_eq!(answer.header("location"), expected, "{next:?}");
                }
            }
        }
        let form = [("identifier", "maria"), ("password", &*right), ("next", "/ui/activity?after=1")];
        assert_eq!(
            world.browser().form("/api/sign-in", &form).await.header("location"),
            "/ui/activity?after=1"
        );
    });
}

#[test]
fn a33_signing_up_and_out_and_choosing_colours_lead_nowhere_else() {
    on_one(async |world| {
        for (n, next) in ELSEWHERE.into_iter().enumerate() {
            let browser = world.browser();
            let (name, email, password) = (format!("u{n}x"), format!("u{n}@example.org"), password("any"));
            let form = [("username", &*name), ("email", &email), ("password", &password), ("next", next)];
            stays(&browser.form("/api/sign-up", &form).await, next);
            stays(&browser.form("/api/theme", &[("theme", "dark"), ("back", next)]).await, next);
            stays(&browser.form("/api/sign-out", &[("next", next), ("return_url", next)]).await, next);
        }
    });
}

#[test]
fn a33_a_referer_leads_nowhere_else() {
    on_one(async |world| {
        for path in [
            "/api/password-strength",
            "/api/sign-in",
            "/api/sign-out",
            "/api/update-profile",
            "/api/end-session",
        ] {
            for referer in
                ["https://evil.example/x", "//evil.example/x", "https://localhost:8000//evil.example", "x"]
            {
                let headers = [
                    ("accept", PAGES),
                    ("content-type", "application/x-www-form-urlencoded"),
                    ("sec-fetch-site", "same-origin"),
                    ("referer", referer),
                ];
                stays(&world.browser().send(Method::POST, path, &headers, "password=x").await, referer);
            }
        }
    });
}

#[test]
fn a33_no_address_leads_out_by_the_way_of_sign_in() {
    on_one(async |world| {
        let maria = world.person("maria").await;
        for next in ELSEWHERE {
            let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            for page in ["/auth/login", "/auth/signup"] {
                // The server redirects a signed-in user at once; other users get the target in the
                // form, if it is allowed.
                let led = maria.page(&format!("{page}?next={query}")).await;
                let place = led.header("location");
                assert!(place.starts_with('/') && !place.starts_with("//"), "{next:?}: {led:?}");
                let shown = world.browser().page(&format!("{page}?next={query}")).await;
                for place in places(&shown.text()) {
                    let whole = url::Url::parse("http://localhost:8000").unwrap().join(&place).unwrap();
                    let origin = whole.origin().ascii_serialization();
                    assert_eq!(origin, "http://localhost:8000", "{next:?}: {place}");
                }
            }
        }
    });
}

/// Returns everything on a page that a browser could navigate to or submit as a target.
fn places(html: &str) -> Vec<String> {
    let read = |name| {
        let values = html.split(name).skip(1).filter_map(|rest| rest.split('"').next());
        values.map(|value| value.replace("&amp;", "&").replace("&lt;", "<")).collect::<Vec<_>>()
    };
    let places: Vec<_> = ["href=\"", "action=\"", "value=\""].into_iter().flat_map(read).collect();
    assert!(places.len() > 3, "{places:?}");
    places
}
