//! The OpenAPI document: complete, consistent, and identical to the file next to this one, so that
//! every API change is visible when it is made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use authtuna::authz::guard::Guard;
use authtuna_server::http::{self, openapi};
use authtuna_server::route_rules::Kind;
use authtuna_server::router;
use serde_json::Value;

use crate::support::{World, on_one, on_one_with};

fn document(world: &World) -> Value {
    openapi::json(world.auth.settings()).unwrap()
}

/// Returns every method and path of a document, with its operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    found
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever changes the API says so in the environment")]
fn the_document_is_the_file() {
    on_one(async |world| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi.json");
        let now = serde_json::to_string_pretty(&document(&world)).unwrap() + "\n";
        if std::env::var("UPDATE_OPENAPI").is_ok() {
            std::fs::write(&path, now).unwrap();
            return;
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        let hint = "UPDATE_OPENAPI=1 make test-core ARGS=the_document_is_the_file";
        assert!(kept == now, "the API has changed. If this is intended and in CHANGELOG.md, run {hint}");
    });
}

#[test]
fn what_is_served_is_the_document() {
    on_one(async |world| {
        let answer = world.browser().get("/openapi.json").await;
        assert_eq!((answer.status, answer.json()), (200, document(&world)));
        assert_eq!(answer.json()["openapi"], "3.1.0");
    });
}

#[test]
fn every_route_of_the_api_has_its_rule_and_its_document() {
    on_one(async |world| {
        let settings = world.auth.settings();
        let mut documented = BTreeSet::new();
        for (method, path, operation) in operations(&document(&world)) {
            let closed = operation["security"].as_array().is_some_and(|list| !list.is_empty());
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            assert_eq!(closed, operation["responses"].get("401").is_some() && closed, "{method} {path}");
            documented.insert((method, path, closed));
        }
        let rules = router::rules(settings);
        let ruled: BTreeSet<_> = rules
            .all()
            .filter(|rule| rule.kind == Kind::Api)
            .map(|rule| (rule.method.to_string(), rule.path.clone(), rule.guard != Guard::Public))
            .collect();
        // If the portal has a page at the same path, the page's rule applies, and it is the same.
        let beside: BTreeSet<_> = http::beside_pages()
            .into_iter()
            .map(|endpoint| (endpoint.rule.method.to_string(), endpoint.rule.path, true))
            .collect();
        assert_eq!(documented, ruled.union(&beside).cloned().collect());
        for (_, path, _) in &beside {
            assert!(rules.all().any(|rule| rule.path == *path && rule.guard != Guard::Public), "{path}");
        }
    });
}

#[test]
fn every_reference_leads_somewhere_and_every_id_is_one() {
    on_one(async |world| {
        let document = document(&world);
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
        let ids: Vec<_> =
            operations(&document).iter().map(|(_, _, one)| one["operationId"].clone()).collect();
        let different: BTreeSet<_> = ids.iter().map(Value::to_string).collect();
        assert_eq!(ids.len(), different.len());
        for (method, path, operation) in operations(&document) {
            let named: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let described: Vec<_> = parameters
                .iter()
                .filter(|one| one["in"] == "path")
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(named, described, "{method} {path}");
        }
    });
}

#[test]
fn what_is_switched_off_is_not_there() {
    let off = |settings: authtuna::foundation::config::SettingsBuilder| {
        settings.set("ADMIN_ROUTES_ENABLED", "false")
    };
    on_one_with(off, async |world| {
        let paths = document(&world)["paths"].to_string();
        assert!(paths.contains("/auth/login") && !paths.contains("/admin/"));
        let browser = world.admin("maria", "SuperAdmin").await;
        for path in ["/admin/roles", "/admin/users/search", "/admin/access/who-can?permission=x:y"] {
            let answer = browser.get(path).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
        }
    });
}

/// The document has one schema per name: a second type of that name would be described by the
/// first.
#[test]
fn no_two_types_share_the_name_of_a_schema() {
    on_one(async |world| {
        let mut known = BTreeMap::new();
        for endpoint in http::all(world.auth.settings()) {
            for (name, schema) in &endpoint.contract.schemas {
                let schema = serde_json::to_value(schema).unwrap();
                let before = known.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(*before, schema, "two types are named {name}");
            }
        }
        assert!(known.len() > 50, "only {} schemas were found", known.len());
    });
}
