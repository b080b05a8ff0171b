//! The portal's static files, and where the server looks for them.

use std::fs;
use std::path::Path;

use axum::http::Method;
use toml::Value;

use crate::support::{HASH, TestResponse, World, on_one};

async fn file(world: &World, path: &str, encodings: &str) -> TestResponse {
    world.browser().send(Method::GET, path, &[("accept-encoding", encodings)], "").await
}

#[test]
fn files_come_compressed_beforehand_and_are_good_for_ever() {
    on_one(async |world| {
        for (kind, mime) in [("css", "text/css"), ("js", "text/javascript"), ("wasm", "application/wasm")] {
            let path = format!("/pkg/authtuna.{HASH}.{kind}");
            for (accepted, sent, begins) in
                [("gzip, br", "br", "br "), ("gzip", "gzip", "gz "), ("identity", "", "")]
            {
                let answer = file(&world, &path, accepted).await;
                assert_eq!(
                    (answer.status, answer.header("content-encoding")),
                    (200, sent),
                    "{path} {accepted}"
                );
                assert!(answer.text().starts_with(begins), "{answer:?}");
                assert_eq!(answer.header("content-type").split(';').next(), Some(mime));
                assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
                assert!(answer.header("vary").to_ascii_lowercase().contains("accept-encoding"), "{answer:?}");
            }
        }
        let icon = file(&world, "/favicon.svg", "br").await;
        assert_eq!(icon.status, 200);
        assert_eq!(icon.header("cache-control"), "public, max-age=300, must-revalidate");
        assert!(icon.header("content-security-policy").contains("sandbox"), "an SVG must not run scripts");
    });
}

#[test]
fn a_file_that_is_not_there_is_404_in_json() {
    on_one(async |world| {
        let paths = [
            "/pkg/none.js",
            "/pkg/",
            "/pkg",
            "/pkg/../favicon.svg",
            "/pkg/%2e%2e/favicon.svg",
            "/pkg/..%2f..%2fhashes",
        ];
        for path in paths {
            let answer = file(&world, path, "br").await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
            assert_eq!(answer.header("cache-control"), "", "a 404 must not be cached");
        }
        for path in ["/../hashes", "/..%2fhashes", "/%2e%2e/hashes", "/..\\hashes", "//etc/passwd", "/hashes"]
        {
            let answer = file(&world, path, "br").await;
            assert!(
                [400, 404].contains(&answer.status) && !answer.text().contains(HASH),
                "{path}: {answer:?}"
            );
        }
    });
}

#[test]
fn files_are_only_read() {
    on_one(async |world| {
        for path in [format!("/pkg/authtuna.{HASH}.js"), "/favicon.svg".to_owned()] {
            for method in [Method::POST, Method::PUT, Method::DELETE] {
                let answer = world.browser().send(method.clone(), &path, &[], "x").await;
                assert!([404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
            }
            let head = world.browser().send(Method::HEAD, &path, &[], "").await;
            assert_eq!((head.status, head.body.len()), (200, 0));
        }
    });
}

/// A deployed server reads Leptos.toml, the build reads Cargo.toml: pages must link to the files
/// that the build produced.
#[test]
fn the_runtime_options_are_those_of_the_build() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap().parse::<toml::Table>().unwrap();
    let (runtime, build) = (read("Leptos.toml"), read("Cargo.toml"));
    let runtime = runtime["package"]["metadata"]["leptos"].as_table().unwrap().clone();
    let build = build["workspace"]["metadata"]["leptos"].as_array().unwrap();
    let build = build[0].as_table().unwrap();
    assert!(runtime.len() > 5, "{runtime:?}");
    for (name, value) in &runtime {
        match name.as_str() {
            // Used only at run time.
            "env" => assert_eq!(value, &Value::from("PROD")),
            _ => assert_eq!(Some(value), build.get(name), "{name}"),
        }
    }
    for needed in ["output-name", "site-root", "site-pkg-dir", "hash-files"] {
        assert!(
            runtime.contains_key(needed),
            "{needed} is missing: the default in leptos differs from the build's"
        );
    }
}
