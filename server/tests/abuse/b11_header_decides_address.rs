//! B11: a client's header decided its IP address, so limits and the region lock could be spoofed.

use crate::support::{on_each, on_each_with, password, sign_in};

/// Headers in which common proxies report the client's address.
const HEADERS: [&str; 7] = [
    "x-forwarded-for",
    "x-real-ip",
    "cf-connecting-ip",
    "forwarded",
    "true-client-ip",
    "client-ip",
    "x-client-ip",
];

#[test]
fn b11_a_new_header_for_every_guess_does_not_slip_past_the_limit() {
    on_each(async |world| {
        // Ten failures from one IP address lock it, whatever accounts they tried.
        for guess in 0..12 {
            let header = HEADERS[guess % HEADERS.len()];
            let value = match header {
                "forwarded" => format!("for=198.51.100.{guess}"),
                _ => format!("198.51.100.{guess}"),
            };
            let browser = world.browser().with(header, value);
            let answer = sign_in(&browser, &format!("nobody{guess}"), "wrong").await;
            assert_eq!(answer.status, if guess < 10 { 401 } else { 429 }, "{header}: guess {guess}");
        }
    });
}

#[test]
fn b11_a_header_does_not_move_a_session_to_another_country() {
    let with_header = |settings: authtuna::foundation::config::SettingsBuilder| {
        settings.set("GEOIP_COUNTRY_HEADER", "CF-IPCountry").set("TRUSTED_PROXIES", "192.0.2.0/24")
    };
    on_each_with(with_header, async |world| {
        // A thief's country would end the session; claiming the owner's must not help the thief or
        // hurt the owner.
        let browser = world.person("maria").await;
        let list = browser.get("/ui/settings/sessions").await.json();
        assert!(list[0]["region"].is_null());
        let (method, path) = (axum::http::Method::GET, "/auth/user-info");
        for country in ["DE", "FR"] {
            let answer = browser.send(method.clone(), path, &[("cf-ipcountry", country)], "").await;
            assert_eq!(answer.status, 200, "{country}");
        }
        let new = world.browser().with("cf-ipcountry", "DE");
        assert_eq!(sign_in(&new, "maria", &password("maria")).await.status, 200);
        let list = new.get("/ui/settings/sessions").await.json();
        assert!(list.as_array().unwrap().iter().all(|session| session["region"].is_null()), "{list}");
    });
}

#[test]
fn b11_the_region_lock_ends_a_session_that_a_trusted_proxy_saw_elsewhere() {
    let trusted = |settings: authtuna::foundation::config::SettingsBuilder| {
        settings.set("GEOIP_COUNTRY_HEADER", "CF-IPCountry").set("TRUSTED_PROXIES", "127.0.0.1")
    };
    on_each_with(trusted, async |world| {
        world.person("maria").await;
        let browser = world.browser().with("cf-ipcountry", "DE");
        assert_eq!(sign_in(&browser, "maria", &password("maria")).await.status, 200);
        assert_eq!(browser.user_info().await, 200);
        let elsewhere = world.browser().with("cf-ipcountry", "FR");
        elsewhere.plant("__Host-session_token", browser.session().unwrap());
        assert_eq!(elsewhere.user_info().await, 401);
        assert_eq!(browser.user_info().await, 401, "the session was copied, so it ends for both");
    });
}
