//! A04: a user marks their own email as verified.

use authtuna::authz::actor::Actor;
use authtuna_server::route_rules::{Effect, Kind};
use authtuna_server::router;
use serde_json::json;

use crate::support::{World, on_each, password};

const NAMES: &[&str] = &["email_verified", "email_verified_at", "verified", "is_verified", "emailVerified"];

async fn is_unverified(world: &World, name: &str) -> bool {
    let user = world.auth.users.get(&Actor::system(), world.id(name).await).await.unwrap().unwrap();
    user.email_verified_at.is_none()
}

#[test]
fn a04_no_route_marks_ones_own_address() {
    on_each(async |world| {
        world.person("maria").await;
        let id = world.id("maria").await.to_string();
        let rules = router::rules(world.auth.settings());
        let mut tried = 0;
        for rule in rules.all().filter(|rule| rule.effect == Effect::Changes) {
            let maria = world.signed_in("maria").await;
            let path = rule.path.replace("{id}", &id).replace("{sid}", &id).replace("{name}", "User");
            let path = path.replace("{permission}", "users:read");
            let fields = [
                ("username", "maria"),
                ("first_name", "Maria"),
                ("last_name", "Rossi"),
                ("current_password", &password("maria")),
                ("new_password", &password("maria")),
                ("email", "maria@example.org"),
            ];
            if rule.kind == Kind::Api {
                let mut body = json!({});
                for (name, value) in fields {
                    body[name] = json!(value);
                }
                let headers = [("accept", "application/json"), ("content-type", "application/json")];
                maria.send(rule.method.clone(), &path, &headers, body.to_string()).await;
                for name in NAMES {
                    body[*name] = json!(true);
                }
                maria.send(rule.method.clone(), &path, &headers, body.to_string()).await;
            } else {
                let marks = NAMES.iter().map(|name| (*name, "true"));
                maria.form(&path, &fields.into_iter().chain(marks).collect::<Vec<_>>()).await;
            }
            assert!(is_unverified(&world, "maria").await, "{rule:?}");
            tried += 1;
        }
        assert!(tried > 30);
    });
}

#[test]
fn a04_accounts_that_others_make_are_unverified() {
    on_each(async |world| {
        let admin = world.admin("rosa", "SuperAdmin").await;
        let new = json!({ "username": "maria", "email": "maria@example.org" });
        assert_eq!(admin.post("/admin/users", &new).await.json()["email_verified"], false);
        assert!(is_unverified(&world, "maria").await);
    });
}
