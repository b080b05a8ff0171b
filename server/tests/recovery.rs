//! Recovery for a user who lost all second factors, in JSON and on its pages. The core's own tests
//! cover the core.

use std::time::Duration;

use authtuna::jobs;
use authtuna::mail::Message;
use serde_json::{Value, json};

use crate::support::{App, Browser, World, mailing, on_each_with, on_one, on_one_with, password, sign_in};

const MARIA: &str = "maria@example.org";
const DELAY: Duration = Duration::from_secs(72 * 3600);

async fn protected(world: &World, name: &str) -> (Browser, App) {
    let browser = world.member(name).await;
    let app = App::set_up(world, &browser).await;
    (browser, app)
}

/// Returns the links in the newest recovery email: one to continue, if there is one, and one to
/// stop it.
async fn links(world: &World) -> (String, String) {
    let links = |email_message: authtuna::mail::EmailMessage| match email_message.message {
        Message::RecoveryStarted { cancel, .. } | Message::RecoveryReminder { cancel, .. } => {
            Some((String::new(), cancel))
        }
        Message::RecoveryReady { link, cancel, .. } => Some((link, cancel)),
        _ => None,
    };
    world.email_messages(MARIA).await.into_iter().rev().find_map(links).unwrap()
}

fn token(link: &str) -> Value {
    json!({ "token": link.split_once("?token=").unwrap().1 })
}

/// Returns the path of a link.
fn path(link: &str) -> String {
    link.replace("http://localhost:8000", "")
}

async fn begin(world: &World) -> Value {
    let browser = world.browser();
    assert_eq!(browser.post("/auth/recovery/request", &json!({ "email": MARIA })).await.status, 202);
    let token = world.token(MARIA).await;
    let begun = browser.post("/auth/recovery/start", &json!({ "token": token })).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    world.clock.advance(Duration::from_millis(1));
    begun.json()
}

async fn wait(world: &World) {
    for half in [DELAY / 2, DELAY / 2] {
        world.clock.advance(half);
        jobs::recoveries(&world.auth).await.unwrap();
    }
}

#[test]
fn lost_factors_are_taken_off_after_the_waiting() {
    on_each_with(mailing, async |world| {
        protected(&world, "maria").await;
        world.member("jun").await;
        let browser = world.browser();
        let ask =
            async |email: &str| browser.post("/auth/recovery/request", &json!({ "email": email })).await;
        let nobody = ask("nobody@example.org").await;
        let without = ask("jun@example.org").await;
        let asked = ask(MARIA).await;
        assert_eq!(asked.status, 202);
        for other in [nobody, without] {
            assert_eq!((other.status, other.json()), (asked.status, asked.json()));
        }
        let (_, code) = world.link_and_code(MARIA).await;
        let elsewhere = world.browser().post("/auth/recovery/start", &json!({ "code": code })).await;
        assert_eq!((elsewhere.status, elsewhere.code().as_str()), (400, "bad_code"));
        let begun = browser.post("/auth/recovery/start", &json!({ "code": code })).await;
        assert_eq!(begun.status, 200, "{begun:?}");
        let begun = begun.json();
        assert_eq!(begun["due_at"].as_i64().unwrap() - begun["started_at"].as_i64().unwrap(), 259_200);
        world.clock.advance(Duration::from_millis(1));

        wait(&world).await;
        let (finish, cancel) = links(&world).await;
        let swapped = browser.post("/auth/recovery/finish", &token(&cancel)).await;
        assert_eq!((swapped.status, swapped.code().as_str()), (400, "bad_token"));
        let finished = browser.post("/auth/recovery/finish", &token(&finish)).await;
        assert_eq!(finished.status, 200, "{finished:?}");
        let again = browser.post("/auth/recovery/finish", &token(&finish)).await;
        assert_eq!((again.status, again.code().as_str()), (400, "bad_token"));
        let chosen = json!({ "token": finished.json()["token"], "new_password": password("new") });
        assert_eq!(browser.post("/auth/reset-password", &chosen).await.status, 200);
        let signed_in = sign_in(&browser, "maria", &password("new")).await;
        assert_eq!((signed_in.status, &signed_in.json()["mfa_required"]), (200, &Value::Null));
    });
}

#[test]
fn who_did_not_add_the_first_factor_takes_it_off() {
    on_each_with(mailing, async |world| {
        let owner = world.member("maria").await;
        let thief = world.browser();
        sign_in(&thief, "maria", &password("maria")).await;
        App::set_up(&world, &thief).await;
        assert_eq!(owner.get("/auth/user-info").await.status, 401);
        let (undo, _) = world.link_and_code(MARIA).await;
        let undone = owner.post("/auth/recovery/undo", &token(&undo)).await;
        assert_eq!(undone.status, 200, "{undone:?}");
        assert_eq!(thief.get("/auth/user-info").await.status, 401);
        let again = owner.post("/auth/recovery/undo", &token(&undo)).await;
        assert_eq!((again.status, again.code().as_str()), (400, "bad_token"));
        assert_eq!(owner.page(&path(&undo)).await.status, 410);
        let chosen = json!({ "token": undone.json()["token"], "new_password": password("new") });
        assert_eq!(owner.post("/auth/reset-password", &chosen).await.status, 200);
        let signed_in = sign_in(&owner, "maria", &password("new")).await;
        assert_eq!((signed_in.status, &signed_in.json()["mfa_required"]), (200, &Value::Null));
    });
}

#[test]
fn its_person_sees_and_stops_it() {
    on_each_with(mailing, async |world| {
        let (maria, _) = protected(&world, "maria").await;
        assert_eq!(maria.get("/mfa/recovery").await.json(), json!({ "recovery": null }));
        let none = maria.delete("/mfa/recovery").await;
        assert_eq!((none.status, none.code().as_str()), (404, "not_found"));
        let begun = begin(&world).await;
        assert_eq!(maria.get("/mfa/recovery").await.json(), json!({ "recovery": begun }));
        // Opening the page stops nothing.
        let (_, cancel) = links(&world).await;
        let page = world.browser().page(&path(&cancel)).await;
        assert_eq!(page.status, 200);
        assert_eq!(maria.get("/mfa/recovery").await.json(), json!({ "recovery": begun }));
        assert_eq!(maria.delete("/mfa/recovery").await.status, 200);
        assert_eq!(maria.get("/mfa/recovery").await.json(), json!({ "recovery": null }));

        begin(&world).await;
        let (_, cancel) = links(&world).await;
        assert_eq!(world.browser().post("/auth/recovery/cancel", &token(&cancel)).await.status, 200);
        let again = world.browser().post("/auth/recovery/cancel", &token(&cancel)).await;
        assert_eq!((again.status, again.code().as_str()), (400, "bad_token"));
        assert_eq!(world.browser().page(&path(&cancel)).await.status, 410);
        assert_eq!(maria.get("/mfa/recovery").await.json(), json!({ "recovery": null }));
    });
}

#[test]
fn a_code_stops_it_without_a_session() {
    on_each_with(mailing, async |world| {
        let (maria, app) = protected(&world, "maria").await;
        let begun = begin(&world).await;
        let stop = async |identifier: &str, code: &str| {
            let body = json!({ "identifier": identifier, "code": code });
            world.browser().post("/auth/recovery/stop", &body).await
        };
        let empty = stop("", " ").await;
        assert_eq!(empty.status, 422);
        let fields: Vec<_> =
            empty.json()["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(fields, ["identifier", "code"], "{empty:?}");
        assert_eq!(stop(&"x".repeat(2000), "1").await.status, 422);
        let wrong = stop("maria", "000000").await;
        assert_eq!((wrong.status, wrong.code().as_str()), (400, "recovery_not_stopped"));
        // The page without JavaScript keeps the input, except for the code.
        let form = |code| [("identifier", "maria"), ("code", code)];
        let browser = world.browser();
        let answer = browser.form("/api/stop-recovery", &form("000000")).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/auth/recovery/cancel"));
        let page = browser.page("/auth/recovery/cancel").await.text();
        assert!(page.contains("Nothing was stopped") && page.contains("value=\"maria\""), "{page}");
        assert!(!page.contains("000000"));
        assert_eq!(maria.get("/mfa/recovery").await.json(), json!({ "recovery": begun }));

        world.clock.advance(Duration::from_secs(30));
        assert_eq!(stop("maria", &app.code(&world)).await.status, 200);
        assert_eq!(maria.get("/mfa/recovery").await.json(), json!({ "recovery": null }));
        let browser = world.browser();
        assert_eq!(browser.post("/auth/recovery/request", &json!({ "email": MARIA })).await.status, 202);
        let again = browser.post("/auth/recovery/start", &json!({ "token": world.token(MARIA).await })).await;
        assert_eq!((again.status, again.code().as_str()), (409, "recovery_too_soon"));
        assert!(again.header("retry-after").parse::<u64>().unwrap() > 6 * 24 * 3600, "{again:?}");

        let limit = world.auth.settings().limits.max_login_attempts_per_user;
        let answers = async || {
            let mut answers = Vec::new();
            for _ in 0..=limit {
                answers.push(stop("nobody", "000000").await.status);
            }
            answers
        };
        let answers = answers().await;
        assert_eq!(answers.last(), Some(&429), "{answers:?}");
    });
}

#[test]
fn administrators_see_hasten_and_stop_it_and_take_factors_off() {
    on_each_with(mailing, async |world| {
        let (maria, _) = protected(&world, "maria").await;
        let admin = world.member("ada").await;
        world.give("ada", "Admin", "global").await;
        let one = format!("/admin/users/{}", world.id("maria").await);
        let seen = admin.get(&format!("{one}/factors")).await.json();
        assert!(seen["totp_since"].is_i64(), "{seen}");
        assert_eq!((&seen["passkeys"], &seen["recovery_codes_left"]), (&json!(0), &json!(10)));
        assert_eq!(seen["recovery"], Value::Null);
        let none = admin.post(&format!("{one}/recovery/hasten"), &json!({})).await;
        assert_eq!((none.status, none.code().as_str()), (404, "not_found"));

        let begun = begin(&world).await;
        assert_eq!(admin.get(&format!("{one}/factors")).await.json()["recovery"], begun);
        for closed in [&maria, &world.browser()] {
            for answer in [
                closed.get(&format!("{one}/factors")).await,
                closed.delete(&format!("{one}/factors")).await,
                closed.delete(&format!("{one}/recovery")).await,
                closed.post(&format!("{one}/recovery/hasten"), &json!({})).await,
            ] {
                assert!(matches!(answer.status, 401 | 403), "{answer:?}");
            }
        }
        assert_eq!(admin.delete(&format!("{one}/recovery")).await.status, 200);
        assert_eq!(maria.get("/mfa/recovery").await.json(), json!({ "recovery": null }));

        begin(&world).await;
        assert_eq!(admin.post(&format!("{one}/recovery/hasten"), &json!({})).await.status, 200);
        let (finish, _) = links(&world).await;
        let finished = world.browser().post("/auth/recovery/finish", &token(&finish)).await;
        assert_eq!(finished.status, 200, "{finished:?}");
        let gone = admin.delete(&format!("{one}/factors")).await;
        assert_eq!((gone.status, gone.code().as_str()), (409, "no_second_factor"));
    });
}

#[test]
fn an_administrator_takes_factors_off_without_a_recovery() {
    on_each_with(mailing, async |world| {
        let (maria, _) = protected(&world, "maria").await;
        let admin = world.member("ada").await;
        world.give("ada", "Admin", "global").await;
        let one = format!("/admin/users/{}", world.id("maria").await);
        let found = async || admin.get("/admin/users/search?identity=a").await.json();
        let asked = |found: &Value| -> Vec<(String, bool)> {
            let line =
                |line: &Value| (line["username"].as_str().unwrap().to_owned(), line["mfa_enabled"] == true);
            let mut all: Vec<_> = found.as_array().unwrap().iter().map(line).collect();
            all.retain(|(name, _)| matches!(name.as_str(), "ada" | "maria"));
            all.sort();
            all
        };
        assert_eq!(asked(&found().await), [("ada".to_owned(), false), ("maria".to_owned(), true)]);
        assert_eq!(admin.delete(&format!("{one}/factors")).await.status, 200);
        assert_eq!(maria.user_info().await, 401);
        assert_eq!(asked(&found().await), [("ada".to_owned(), false), ("maria".to_owned(), false)]);
        let seen = admin.get(&format!("{one}/factors")).await.json();
        assert_eq!((&seen["totp_since"], &seen["recovery_codes_left"]), (&Value::Null, &json!(0)));
    });
}

#[test]
fn where_it_is_off_it_says_so() {
    on_one(async |world| {
        let asked = world.browser().post("/auth/recovery/request", &json!({ "email": MARIA })).await;
        assert_eq!((asked.status, asked.code().as_str()), (501, "mail_off"));
    });
    on_one_with(
        |builder| mailing(builder).set("MFA_RECOVERY_ENABLED", "false"),
        async |world| {
            let asked = world.browser().post("/auth/recovery/request", &json!({ "email": MARIA })).await;
            assert_eq!((asked.status, asked.code().as_str()), (501, "feature_off"));
            protected(&world, "maria").await;
            let browser = world.browser();
            sign_in(&browser, "maria", &password("maria")).await;
            let page = browser.page("/mfa/challenge").await.text();
            assert!(page.contains("one-time-code") && !page.contains("/auth/recovery"), "{page}");
        },
    );
}

#[test]
fn the_pages_work_without_javascript() {
    on_one_with(mailing, async |world| {
        let (maria, _) = protected(&world, "maria").await;
        let browser = world.browser();
        sign_in(&browser, "maria", &password("maria")).await;
        assert!(browser.page("/mfa/challenge").await.text().contains("href=\"/auth/recovery\""));
        assert_eq!(browser.page("/auth/recovery").await.status, 200);
        let asked = browser.form("/api/request-recovery", &[("email", MARIA)]).await;
        assert_eq!((asked.status, asked.header("location")), (303, "/auth/recovery/start"), "{asked:?}");
        let page = browser.page("/auth/recovery/start").await;
        assert!(page.text().contains(MARIA) && page.text().contains("one-time-code"), "{page:?}");
        let (link, _) = world.link_and_code(MARIA).await;
        let opened = browser.page(&path(&link)).await;
        assert_eq!(opened.status, 200);
        assert!(!maria.page("/ui/dashboard").await.text().contains("cancel-own-recovery"));
        let secret = token(&link)["token"].as_str().unwrap().to_owned();
        let begun = browser.form("/api/start-recovery", &[("token", &secret)]).await;
        assert_eq!((begun.status, begun.header("location")), (303, "/auth/login"), "{begun:?}");
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(browser.page(&path(&link)).await.status, 410, "the link was already used");

        // Every account page offers to stop the recovery.
        for place in ["/ui/dashboard", "/ui/profile", "/ui/settings", "/ui/settings/sessions", "/ui/activity"]
        {
            assert!(maria.page(place).await.text().contains("/api/cancel-own-recovery"), "{place}");
        }
        let stopped = maria.form("/api/cancel-own-recovery", &[]).await;
        assert_eq!((stopped.status, stopped.header("location")), (303, "/ui/settings"), "{stopped:?}");
        assert!(!maria.page("/ui/settings").await.text().contains("/api/cancel-own-recovery"));

        begin(&world).await;
        let (_, cancel) = links(&world).await;
        let secret = token(&cancel)["token"].as_str().unwrap().to_owned();
        let stopped = world.browser().form("/api/cancel-recovery", &[("token", &secret)]).await;
        assert_eq!((stopped.status, stopped.header("location")), (303, "/auth/login"), "{stopped:?}");
        assert!(!maria.page("/ui/settings").await.text().contains("/api/cancel-own-recovery"));

        begin(&world).await;
        wait(&world).await;
        let (finish, _) = links(&world).await;
        assert_eq!(browser.page(&path(&finish)).await.status, 200);
        let secret = token(&finish)["token"].as_str().unwrap().to_owned();
        let finished = browser.form("/api/finish-recovery", &[("token", &secret)]).await;
        assert_eq!(finished.status, 303, "{finished:?}");
        let on = finished.header("location").to_owned();
        assert!(on.starts_with("/auth/reset-password?token="), "{on}");
        assert_eq!(browser.page(&on).await.status, 200);
        assert_eq!(browser.page(&path(&finish)).await.status, 410);
    });
}
