//! B06: open redirect through return_url. The Python version followed it after sign-in and ran a
//! `javascript:` URL in it.

use crate::support::{PAGES, mailing, on_one_with, password};

#[test]
fn b06_nobody_follows_a_return_url() {
    on_one_with(mailing, async |world| {
        world.member("maria").await;
        let right = password("maria");
        for evil in ["https://evil.example/", "//evil.example", "javascript:alert(1)"] {
            for name in ["return_url", "next", "redirect", "redirect_uri", "return_to"] {
                let query =
                    url::form_urlencoded::Serializer::new(String::new()).append_pair(name, evil).finish();
                for page in ["/auth/login", "/auth/passwordless", "/auth/signup"] {
                    let browser = world.browser();
                    let address = format!("{page}?{query}");
                    let shown =
                        browser.send(axum::http::Method::GET, &address, &[("accept", PAGES)], "").await;
                    assert_eq!(shown.status, 200, "{address}: {shown:?}");
                    // The theme form leads back to this same address, which is on this site.
                    for elsewhere in
                        ["\"https://evil", "\"//evil", "\"javascript:", "=https://evil", "=//evil"]
                    {
                        assert!(!shown.text().contains(elsewhere), "{address}: {}", shown.text());
                    }
                    assert!(
                        shown.cookies().iter().all(|cookie| !cookie.value().contains("evil")),
                        "{address}"
                    );
                }
                let browser = world.browser();
                let form = [("identifier", "maria"), ("password", &*right), (name, evil)];
                let answer = browser.form("/api/sign-in", &form).await;
                assert_eq!(
                    (answer.status, answer.header("location")),
                    (303, "/ui/dashboard"),
                    "{name}={evil}"
                );
            }
        }
    });
}
