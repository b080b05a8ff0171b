//! The development mailbox. Anyone who may read it can take over every account.

use authtuna::foundation::config::SettingsBuilder;
use authtuna::mail::Message;

use crate::support::{World, on_one_with, sign_up};

const PAGES: [&str; 4] = [
    "/dev/mail",
    "/dev/mail/preview",
    "/dev/mail/preview/welcome/html",
    "/dev/mail/01a20d20-307e-79fc-b38d-201798448d56",
];

fn files(settings: SettingsBuilder) -> SettingsBuilder {
    settings.set("EMAIL_ENABLED", "true")
}

async fn nothing_is_there(world: World) {
    for path in PAGES {
        let page = world.browser().page(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(!page.text().contains("iframe"), "{page:?}");
    }
}

#[test]
fn mails_that_became_files_are_shown() {
    on_one_with(files, async |world| {
        let browser = world.browser();
        assert!(browser.page("/dev/mail").await.text().contains("No mail yet"));
        assert_eq!(sign_up(&browser, "maria").await.status, 202);
        let list = loop {
            let list = browser.page("/dev/mail").await;
            assert_eq!((list.status, list.header("cache-control")), (200, "no-store"));
            if list.text().contains("maria@example.org") {
                break list.text();
            }
            tokio::task::yield_now().await;
        };
        let id = list
            .split("href=\"/dev/mail/")
            .filter_map(|rest| rest.split('"').next())
            .find(|id| id.len() == 36);
        let path = format!("/dev/mail/{}", id.unwrap());
        let page = browser.page(&path).await;
        assert!(page.text().contains("/auth/verify?token="), "{page:?}");
        assert!(page.header("content-security-policy").ends_with("; frame-src 'self'"), "{page:?}");
        let frame = browser.page(&format!("{path}/html")).await;
        let policy = frame.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"), "{policy}");
        assert!(policy.contains("sandbox") && !policy.contains("allow-scripts"), "{policy}");
        assert_eq!(frame.header("x-frame-options"), "SAMEORIGIN");
        assert!(frame.text().contains("<base target=\"_top\">"), "{frame:?}");
        // Other pages keep their usual policy.
        let policy = browser.page("/auth/login").await.header("content-security-policy").to_owned();
        assert!(!policy.contains("frame-src") && policy.contains("frame-ancestors 'none'"), "{policy}");
        for nothing in
            ["/dev/mail/x", "/dev/mail/..%2F..%2Fauthtuna.db", PAGES[3], "/dev/mail/preview/x/html"]
        {
            assert_eq!(browser.page(nothing).await.status, 404, "{nothing}");
        }
    });
}

#[test]
fn there_is_a_sample_of_every_kind() {
    on_one_with(files, async |world| {
        let page = world.browser().page("/dev/mail/preview").await.text();
        for kind in Message::KINDS {
            assert!(page.contains(&format!("/dev/mail/preview/{kind}/html")), "{kind}");
            let frame = world.browser().page(&format!("/dev/mail/preview/{kind}/html")).await;
            assert_eq!(frame.status, 200, "{kind}");
        }
    });
}

#[test]
fn in_production_there_are_none() {
    let production = |settings: SettingsBuilder| {
        files(settings)
            .set("PRODUCTION", "true")
            .set("SMTP_HOST", "127.0.0.1")
            .set("SMTP_PORT", "1")
            .set("API_BASE_URL", "https://localhost")
            .set("FERNET_KEYS", "[\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"]")
            .set("JWT_SECRET_KEY", "a key of this test, and of no other program")
            .set("ENCRYPTION_PRIMARY_KEY", "another key of this test, and of no other program")
    };
    on_one_with(production, nothing_is_there);
}

#[test]
fn where_mails_are_sent_there_are_none() {
    on_one_with(|settings| files(settings).set("SMTP_HOST", "127.0.0.1"), nothing_is_there);
}

#[test]
fn where_none_are_written_there_are_none() {
    on_one_with(|settings| settings, nothing_is_there);
}

#[test]
fn a_server_for_others_shows_nobody_any() {
    let others =
        |settings: SettingsBuilder| files(settings).set("API_BASE_URL", "https://accounts.example.org");
    on_one_with(others, nothing_is_there);
}
