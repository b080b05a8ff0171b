//! B08: one-time tokens were stored in plain text and copied into the audit log; an expired one
//! produced a new one.

use std::time::Duration;

use serde_json::json;

use crate::support::{mailing, on_each_with, password, sign_up};

#[test]
fn b08_no_token_is_in_the_audit_log_or_an_answer() {
    on_each_with(mailing, async |world| {
        let maria = world.member("maria").await;
        let auditor = world.member("auditor").await;
        world.give("auditor", "Admin", "global").await;
        let address = "maria@example.org";
        let mut secrets = Vec::new();
        let change = json!({ "email": "new@example.org", "current_password": password("maria") });
        for (path, body, to) in [
            ("/auth/passwordless/request", json!({ "email": address }), address),
            ("/auth/forgot-password", json!({ "email": address }), address),
            ("/auth/change-email", change, "new@example.org"),
        ] {
            let answer = maria.post(path, &body).await;
            assert_eq!(answer.status, 202, "{path}: {answer:?}");
            let (link, code) = world.link_and_code(to).await;
            let token = link.split_once("?token=").unwrap().1.to_owned();
            let said = format!("{:?} {}", answer.headers, answer.text());
            assert!(!said.contains(&token) && !answer.text().contains(&code), "{path}: {answer:?}");
            secrets.push(token);
        }
        // The token is used, then tried again.
        let used = json!({ "token": secrets[0] });
        assert_eq!(world.browser().post("/auth/passwordless/login", &used).await.status, 200);
        assert_eq!(world.browser().post("/auth/passwordless/login", &used).await.status, 400);
        let log = auditor.get("/admin/audit-log?limit=100").await;
        assert_eq!(log.status, 200, "{log:?}");
        assert!(log.text().contains("PASSWORD_RESET_REQUESTED"), "{log:?}");
        for secret in &secrets {
            assert!(!log.text().contains(secret.as_str()), "a token is in the audit log");
        }
    });
}

#[test]
fn b08_an_expired_token_makes_no_fresh_one() {
    on_each_with(mailing, async |world| {
        let browser = world.browser();
        assert_eq!(sign_up(&browser, "maria").await.status, 202);
        let token = world.token("maria@example.org").await;
        world.clock.advance(Duration::from_secs(3600));
        for body in [json!({ "token": token }), json!({ "code": "123456" })] {
            let late = browser.post("/auth/verify", &body).await;
            assert_eq!(late.status, 400, "{late:?}");
        }
        assert_eq!(browser.post("/auth/verify/resend", &json!({})).await.status, 400);
        // The old message may still be in the outbox, or may have been given up.
        for email_message in world.email_messages("maria@example.org").await {
            assert!(format!("{email_message:?}").contains(&token), "a new token: {email_message:?}");
        }
    });
}
