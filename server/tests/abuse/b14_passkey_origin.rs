//! B14: a passkey is accepted from any subdomain, scheme or port of the site.

use serde_json::json;

use crate::support::{ORIGIN, OverHttp, on_each};
use authtuna_testing::authenticator::Authenticator;

/// Values that resemble the origin but differ from it.
const OTHERS: &[&str] = &[
    "https://localhost:8000",
    "http://localhost",
    "http://localhost:8001",
    "http://a.localhost:8000",
    "http://localhost:8000.evil.example",
    "http://evil.example/localhost:8000",
    "ftp://localhost:8000",
    "null",
    "",
];

#[test]
fn b14_one_origin_and_no_other() {
    on_each(async |world| {
        let maria = world.person("maria").await;
        for origin in OTHERS {
            let mut key = Authenticator::new(origin);
            let refused = key.add_to(&maria).await;
            assert_eq!(refused.status, 400, "added at {origin}");
        }
        assert_eq!(maria.get("/passkeys").await.json(), json!([]));
        let mut key = Authenticator::new(ORIGIN);
        assert_eq!(key.add_to(&maria).await.status, 201);
        let browser = world.browser();
        for origin in OTHERS {
            let mut there = Authenticator { origin: (*origin).to_owned(), ..key.clone() };
            assert_eq!(there.sign_in(&browser).await.status, 400, "signed in at {origin}");
        }
        assert_eq!(browser.session(), None);
        assert_eq!(key.sign_in(&browser).await.status, 200);
    });
}
