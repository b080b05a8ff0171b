//! A11: two parallel email changes mix up address and proof.

use authtuna::authz::actor::Actor;
use serde_json::json;

use crate::support::{Browser, World, mailing, on_each_with, password};

async fn ask(browser: &Browser, email: &str) {
    let body = json!({ "email": email, "current_password": password("maria") });
    let answer = browser.post("/auth/change-email", &body).await;
    assert_eq!(answer.status, 202, "{answer:?}");
}

async fn address(world: &World) -> (String, bool) {
    let user = world.auth.users.get(&Actor::system(), world.id("maria").await).await.unwrap().unwrap();
    (user.email.unwrap(), user.email_verified_at.is_some())
}

#[test]
fn a11_a_proof_is_good_for_the_address_that_it_was_sent_to() {
    on_each_with(mailing, async |world| {
        let maria = world.member("maria").await;
        ask(&maria, "mine@example.org").await;
        let mine = world.token("mine@example.org").await;
        // The change to an address that is not hers starts after the email to her own address is
        // sent and before its link is used.
        ask(&maria, "victim@example.org").await;
        let answer = maria.post("/auth/change-email/confirm", &json!({ "token": mine })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(address(&world).await, ("mine@example.org".to_owned(), true));
    });
}

#[test]
fn a11_of_two_changes_in_parallel_one_counts_with_its_own_proof() {
    on_each_with(mailing, async |world| {
        let maria = world.member("maria").await;
        ask(&maria, "one@example.org").await;
        let one = json!({ "token": world.token("one@example.org").await });
        ask(&maria, "two@example.org").await;
        let two = json!({ "token": world.token("two@example.org").await });
        let confirm = |body| maria.post("/auth/change-email/confirm", body);
        let (a, b) = tokio::join!(confirm(&one), confirm(&two));
        let statuses = [a.status, b.status];
        assert!(statuses == [200, 400] || statuses == [400, 200], "{a:?} {b:?}");
        let expected = if a.status == 200 { "one@example.org" } else { "two@example.org" };
        assert_eq!(address(&world).await, (expected.to_owned(), true));
    });
}
