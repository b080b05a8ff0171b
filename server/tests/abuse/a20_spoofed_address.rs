//! A20: X-Forwarded-For or CF-Connecting-IP from an untrusted peer changes the client's IP address.

use std::net::{IpAddr, Ipv4Addr};

use authtuna::foundation::config::SettingsBuilder;
use axum::http::Method;

use crate::support::{Browser, World, on_each_with, on_one_with, password, sign_in};

const SOURCES: [&str; 3] = ["x-forwarded-for", "x-real-ip", "cf-connecting-ip"];

fn behind(source: &'static str, trusted: &'static str) -> impl Fn(SettingsBuilder) -> SettingsBuilder {
    move |settings| settings.set("CLIENT_IP_SOURCE", source).set("TRUSTED_PROXIES", trusted)
}

/// Signs maria in with these headers and returns the IP address that the server recorded for the
/// session.
async fn seen(world: &World, headers: &[(&str, &str)]) -> String {
    let browser = world.browser();
    let body = serde_json::json!({ "username_or_email": "maria", "password": password("maria") }).to_string();
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    assert_eq!(browser.send(Method::POST, "/auth/login", &all, body).await.status, 200);
    all.push(("accept", "application/json"));
    let list = browser.send(Method::GET, "/ui/settings/sessions", &all, "").await.json();
    let own = list.as_array().unwrap().iter().find(|session| session["is_current"] == true).unwrap();
    own["last_ip"].as_str().unwrap().to_owned()
}

#[test]
fn a20_a_header_of_a_stranger_is_not_looked_at() {
    for source in SOURCES {
        on_each_with(behind(source, "192.0.2.0/24, ::1/128"), async |world| {
            world.person("maria").await;
            assert_eq!(seen(&world, &[(source, "198.51.100.7")]).await, "127.0.0.1", "{source}");
            assert_eq!(seen(&world, &[(source, "198.51.100.7, 192.0.2.1")]).await, "127.0.0.1", "{source}");
            assert_eq!(seen(&world, &[(source, "192.0.2.1")]).await, "127.0.0.1", "{source}");
        });
    }
}

#[test]
fn a20_only_the_configured_header_of_a_trusted_proxy_counts() {
    for source in SOURCES {
        on_one_with(behind(source, "127.0.0.1"), async |world| {
            world.person("maria").await;
            assert_eq!(seen(&world, &[(source, "198.51.100.7")]).await, "198.51.100.7", "{source}");
            let others: Vec<_> = SOURCES
                .iter()
                .filter(|other| **other != source)
                .map(|other| (*other, "203.0.113.9"))
                .collect();
            assert_eq!(seen(&world, &others).await, "127.0.0.1", "{source}");
        });
    }
}

#[test]
fn a20_what_the_client_wrote_before_the_proxy_does_not_count() {
    on_one_with(behind("x-forwarded-for", "127.0.0.1, 10.0.0.0/8"), async |world| {
        world.person("maria").await;
        let name = "x-forwarded-for";
        for (headers, ip) in [
            (&[(name, "203.0.113.9, 198.51.100.7")][..], "198.51.100.7"),
            (&[(name, "203.0.113.9, 198.51.100.7, 10.1.2.3")], "198.51.100.7"),
            (&[(name, "203.0.113.9"), (name, "198.51.100.7")], "198.51.100.7"),
            (&[(name, "::ffff:198.51.100.7")], "198.51.100.7"),
            (&[(name, "198.51.100.7, nonsense")], "127.0.0.1"),
            (&[(name, "")], "127.0.0.1"),
            (&[(name, "10.1.2.3")], "127.0.0.1"),
        ] {
            assert_eq!(seen(&world, headers).await, ip, "{headers:?}");
        }
    });
}

#[test]
fn a20_limits_count_the_real_address() {
    on_each_with(behind("x-forwarded-for", "192.0.2.0/24"), async |world| {
        let guess =
            async |browser: &Browser, n: u32| sign_in(browser, &format!("nobody{n}"), "wrong").await.status;
        for n in 0..10 {
            let browser = world.browser().with("x-forwarded-for", format!("198.51.100.{n}"));
            assert_eq!(guess(&browser, n).await, 401);
        }
        let browser = world.browser().with("x-forwarded-for", "198.51.100.99");
        assert_eq!(guess(&browser, 10).await, 429);
        let neighbour = world.browser().at(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)));
        assert_eq!(guess(&neighbour, 11).await, 401, "a client at another address is not locked out");
    });
}
