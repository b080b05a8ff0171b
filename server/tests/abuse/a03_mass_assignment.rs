//! A03: a request body sets fields that the form does not have: role, level, active, verified, id
//! or system.

use authtuna::authz::actor::Actor;
use axum::http::Method;
use serde_json::{Value, json};

use crate::admin::{no, patch, refusal, texts};
use crate::support::{on_each, password};

/// Fields that no request body may set.
fn extra() -> Vec<(&'static str, Value)> {
    vec![
        ("id", json!("01a20d20-307e-79fc-b38d-201798448d56")),
        ("role", json!("SuperAdmin")),
        ("roles", json!(["SuperAdmin"])),
        ("role_name", json!("SuperAdmin")),
        ("level", json!(999)),
        ("is_active", json!(true)),
        ("is_system", json!(true)),
        ("system", json!(true)),
        ("email_verified", json!(true)),
        ("email_verified_at", json!(1)),
        ("password_hash", json!("x")),
        ("requires_password_reset", json!(false)),
        ("all_permissions", json!(true)),
    ]
}

#[test]
fn a03_sign_up_takes_three_fields() {
    on_each(async |world| {
        let mut form =
            json!({ "username": "maria", "email": "maria@example.org", "password": password("maria") });
        for (name, value) in extra() {
            form[name] = value;
        }
        let maria = world.browser();
        assert_eq!(maria.post("/auth/signup", &form).await.status, 201);
        let user = world.auth.users.get(&Actor::system(), world.id("maria").await).await.unwrap().unwrap();
        assert_ne!(user.id.to_string(), "01a20d20-307e-79fc-b38d-201798448d56");
        assert!(user.email_verified_at.is_none() && !user.is_system);
        let held = maria.get(&format!("/admin/access/users/{}", user.id)).await.json();
        assert_eq!(texts(&held, "role_name"), ["User"]);

        let mut profile = json!({ "username": "rosa" });
        for (name, value) in extra() {
            profile[name] = value;
        }
        profile["email"] = json!("other@example.org");
        assert_eq!(patch(&maria, "/ui/profile", &profile).await.status, 200);
        let after = world.auth.users.get(&Actor::system(), user.id).await.unwrap().unwrap();
        assert_eq!((after.id, after.username.as_str(), after.email), (user.id, "rosa", user.email));
        assert!(after.email_verified_at.is_none() && !after.is_system);
        let held = maria.get(&format!("/admin/access/users/{}", user.id)).await.json();
        assert_eq!(texts(&held, "role_name"), ["User"]);
    });
}

#[test]
fn a03_administrators_bodies_hold_nothing_else() {
    on_each(async |world| {
        let admin = world.admin("rosa", "SuperAdmin").await;
        world.person("maria").await;
        world.role("Editor", Some(10), &["posts:write"]).await;
        let id = world.id("maria").await;
        let before = admin.get(&format!("/admin/users/{id}/details-data")).await.json();
        let own = ["level", "role_name"];
        for (name, value) in extra() {
            for (method, path, mut body) in [
                (Method::PATCH, format!("/admin/users/{id}"), json!({ "first_name": "M" })),
                (
                    Method::POST,
                    "/admin/users".to_owned(),
                    json!({ "username": "new", "email": "n@example.org" }),
                ),
                (Method::POST, format!("/admin/users/{id}/suspend"), json!({})),
                (Method::POST, "/admin/permissions".to_owned(), json!({ "name": "a:b" })),
                (Method::PATCH, "/admin/roles/Editor".to_owned(), json!({ "description": "x" })),
                (Method::POST, "/admin/roles".to_owned(), json!({ "name": "New" })),
                (
                    Method::POST,
                    "/admin/users/roles/assign".to_owned(),
                    json!({ "role_name": "Editor", "user_id": id }),
                ),
            ] {
                let named = path.contains("/roles") && own.contains(&name);
                if named || body.get(name).is_some() {
                    continue;
                }
                body[name] = value.clone();
                let headers = [("accept", "application/json"), ("content-type", "application/json")];
                let answer = admin.send(method.clone(), &path, &headers, body.to_string()).await;
                assert_eq!(refusal(&answer), no(422, "unknown_field"), "{method} {path} {name}");
            }
        }
        let mut after = admin.get(&format!("/admin/users/{id}/details-data")).await.json();
        after["last_login_at"] = before["last_login_at"].clone();
        assert_eq!(after, before);
        assert_eq!(admin.get("/admin/users/search?identity=n@example.org").await.json(), json!([]));
        assert_eq!(admin.get("/admin/roles/Editor/details-data").await.json()["system"], false);
    });
}
