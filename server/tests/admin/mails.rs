//! The email queue as administrators see it.

use authtuna::authz::actor::Actor;
use authtuna::mail::{EmailMessage, Message};
use serde_json::{Value, json};

use super::{no, refusal, texts};
use crate::support::{Browser, World, mailing, on_each};

async fn queue(world: &World, to: &str) {
    let message = Message::AccountSuspended {};
    let email_message = EmailMessage {
        to: to.to_owned(),
        name: String::new(),
        user: None,
        language: None,
        expires_at: None,
        message,
    };
    world.auth.outbox.send(&Actor::system(), &email_message).await.unwrap();
}

/// Returns the list once the job has tried the message this many times.
async fn tried(admin: &Browser, tries: i64) -> Value {
    loop {
        let list = admin.get("/admin/mails").await.json();
        let mail = &list["items"][0];
        if mail["tries"] == json!(tries) && mail["last_error"] != json!(null) {
            return list;
        }
        tokio::task::yield_now().await;
    }
}

/// Starts a server that sends email next to one that does not, so that the queue holds only the
/// test's messages. Returns it with an administrator's browser signed in.
async fn with_mail(before: &World) -> (World, Browser) {
    let admin = before.admin("ada", "Admin").await;
    let world = before.beside(mailing).await;
    let browser = world.browser();
    browser.plant("__Host-session_token", admin.session().unwrap());
    (world, browser)
}

#[test]
fn mails_are_listed_and_tried_again() {
    on_each(async |before| {
        let (world, admin) = with_mail(&before).await;
        queue(&world, "ana@example.org").await;
        let list = tried(&admin, 1).await;
        let mail = &list["items"][0];
        assert_eq!((&mail["to"], &mail["state"]), (&json!("ana@example.org"), &json!("queued")));
        assert_eq!((&mail["kind"], &mail["tries"]), (&json!("account_suspended"), &json!(1)));
        assert!(mail["last_error"].as_str().unwrap().starts_with("connection: "), "{mail}");
        assert_eq!(list["next"], json!(null));

        let id = mail["id"].as_str().unwrap();
        let answer = admin.post(&format!("/admin/mails/{id}/retry"), &json!({})).await;
        assert_eq!(answer.json(), json!({"message": "The mail is tried again."}));
        // The clock stands still, so the job would not try again without the retry.
        assert_eq!(tried(&admin, 2).await["items"][0]["state"], json!("queued"));
        assert_eq!(admin.get("/admin/mails?state=sent").await.json()["items"], json!([]));

        let nil = "/admin/mails/00000000-0000-0000-0000-000000000000/retry";
        assert_eq!(refusal(&admin.post(nil, &json!({})).await), no(404, "not_found"));
        assert_eq!(refusal(&admin.get("/admin/mails?state=lost").await), no(422, "unknown_value"));
        assert_eq!(refusal(&admin.get("/admin/mails?after=x").await), no(422, "bad_cursor"));
        assert_eq!(refusal(&admin.get("/admin/mails?stat=sent").await), no(422, "unknown_field"));

        let person = before.person("max").await;
        assert_eq!(refusal(&person.get("/admin/mails").await), no(403, "forbidden"));
        let log = admin.get("/admin/audit-log?event_type=MAIL_RETRIED").await.json();
        assert_eq!(log["items"][0]["details"]["mail"], json!(id));
    });
}

#[test]
fn a_test_says_how_each_step_went() {
    on_each(async |before| {
        let (_world, admin) = with_mail(&before).await;
        let answer = admin.post("/admin/mails/test", &json!({"email": "ana@example.org"})).await;
        assert_eq!(answer.status, 200);
        let steps = answer.json();
        assert_eq!(texts(&steps, "step"), ["connect", "send", "spf", "dkim", "dmarc"]);
        assert_eq!(texts(&steps, "verdict")[..2], ["failed", "unknown"]);
        assert_eq!(texts(&steps, "code")[..2], ["connection", "not_tried"]);
        let wrong = admin.post("/admin/mails/test", &json!({"email": "ana"})).await;
        assert_eq!(refusal(&wrong), no(422, "bad_email"));
    });
}

#[test]
fn where_mail_is_off_it_says_so() {
    on_each(async |world| {
        let admin = world.admin("ada", "Admin").await;
        let answer = admin.post("/admin/mails/test", &json!({"email": "ana@example.org"})).await;
        assert_eq!(refusal(&answer), no(501, "mail_off"));
        assert_eq!(admin.get("/admin/mails").await.json()["items"], json!([]));
    });
}
