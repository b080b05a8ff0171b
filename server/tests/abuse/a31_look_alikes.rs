//! A31: Unicode look-alikes or normalization make two accounts from one username or email.

use serde_json::json;

use crate::support::{TestResponse, World, on_each, password};

async fn sign_up(world: &World, username: &str, email: &str) -> TestResponse {
    let form = json!({ "username": username, "email": email, "password": password("any") });
    world.browser().post("/auth/signup", &form).await
}

#[test]
fn a31_names_that_look_alike_are_one() {
    on_each(async |world| {
        for (n, (first, others)) in [
            ("Maria", &["maria", "MARIA", " maria ", "ｍａｒｉａ", "𝓂𝒶𝓇𝒾𝒶"][..]),
            ("jürgen", &["ju\u{308}rgen", "JÜRGEN"]),
            ("coco", &["сосо"]),
            ("ﬁona", &["fiona"]),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(sign_up(&world, first, &format!("first{n}@example.org")).await.status, 201, "{first}");
            for (m, other) in others.iter().enumerate() {
                let answer = sign_up(&world, other, &format!("x{n}x{m}@example.org")).await;
                assert_eq!((answer.status, answer.code().as_str()), (409, "username_taken"), "{other}");
            }
        }
    });
}

#[test]
fn a31_names_that_hide_something_are_refused() {
    on_each(async |world| {
        world.person("maria").await;
        // Mixed scripts, invisible characters, text that changes direction, combining marks on
        // punctuation.
        for bad in [
            "mаria",
            "maria\u{200b}",
            "ma\u{200d}ria",
            "\u{202e}airam",
            "maria\u{fe0f}",
            "maria\u{00ad}",
            "mar\u{0131}а",
            "maria\u{0}",
        ] {
            let answer = sign_up(&world, bad, "x@example.org").await;
            assert!([409, 422].contains(&answer.status), "{bad:?}: {answer:?}");
        }
    });
}

#[test]
fn a31_addresses_that_arrive_at_one_mailbox_are_one() {
    on_each(async |world| {
        for (n, (first, others)) in [
            (
                "Maria@Example.org",
                &[
                    "maria@example.org",
                    "MARIA@EXAMPLE.ORG",
                    "ｍａｒｉａ@ｅｘａｍｐｌｅ.org",
                    " maria@example.org ",
                ][..],
            ),
            ("x@bücher.example", &["x@xn--bcher-kva.example", "X@BÜCHER.example", "x@bu\u{308}cher.example"]),
            ("jürgen@example.org", &["ju\u{308}rgen@example.org"]),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(sign_up(&world, &format!("first{n}"), first).await.status, 201, "{first}");
            for (m, other) in others.iter().enumerate() {
                let answer = sign_up(&world, &format!("other{n}x{m}"), other).await;
                assert_eq!((answer.status, answer.code().as_str()), (409, "email_taken"), "{other}");
            }
        }
    });
}

#[test]
fn a31_a_name_cannot_pass_for_an_address() {
    on_each(async |world| {
        world.person("maria").await;
        let answer = sign_up(&world, "maria@example.org", "thief@example.org").await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "bad_username"));
    });
}
