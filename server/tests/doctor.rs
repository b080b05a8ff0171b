//! `authtuna doctor`: what it finds, and that it changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{Binary, Database, FakeSite, Kind, execute, kinds, within_runtime};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns the rest of the line with this mark and subject.
fn line<'t>(text: &'t str, mark: &str, what: &str) -> &'t str {
    let wanted = format!("{mark:<4}  {what:<10}  ");
    let found = text.lines().find_map(|line| line.strip_prefix(&wanted));
    found.unwrap_or_else(|| panic!("no line {wanted:?} in\n{text}"))
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

#[test]
fn before_the_first_start_it_makes_nothing() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let output = Binary::new(&database, &site).run(&["doctor"]).await;
        let text = said(&output);
        assert!(output.status.success(), "{text}");
        line(&text, "ok", "settings");
        assert!(line(&text, "warn", "keys").contains("the first start makes keys"));
        assert!(line(&text, "warn", "database").contains("the first start makes it"));
        line(&text, "ok", "portal");
        line(&text, "ok", "clock");
        assert!(line(&text, "warn", "production").contains("Before it can be true:"));
        assert!(text.contains("JWT_SECRET_KEY: PRODUCTION needs a secret of your own"), "{text}");
        assert!(files(database.folder()).is_empty(), "{:?}", files(database.folder()).keys());
    });
}

#[test]
fn a_good_installation_is_found_good() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let binary = Binary::new(&database, &site);
            assert!(binary.run(&["migrate"]).await.status.success());
            let before = files(database.folder());
            let output = binary.run(&["doctor"]).await;
            let text = said(&output);
            assert!(output.status.success(), "{text}");
            assert!(line(&text, "ok", "database").ends_with("answers and is up to date"));
            line(&text, "ok", "audit log");
            line(&text, "ok", "keys");
            assert!(line(&text, "warn", "places").contains("LOCK_SESSION_REGION has no effect"));
            assert_eq!(before, files(database.folder()));
        });
    }
}

#[test]
fn what_must_be_mended_is_told_with_exit_code_1() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = || Binary::new(&database, &site);
        assert!(binary().run(&["migrate"]).await.status.success());
        for (name, value, what, text) in [
            ("LOGIN_LOCKOUT_DURATION_SECONDS", "0", "settings", "1 of the settings cannot be used:"),
            ("TRUSTED_PROXIES", "0.0.0.0/0", "proxies", "anybody could write their own address"),
            (
                "GEOIP_DATABASE_PATH",
                "/nothing/here.mmdb",
                "places",
                "GEOIP_DATABASE_PATH /nothing/here.mmdb cannot be read",
            ),
            ("LEPTOS_SITE_ROOT", "/nothing", "portal", "the portal is not built"),
            (
                "DEFAULT_DATABASE_URI",
                "postgresql://x:hidden@127.0.0.1:1/x",
                "database",
                "cannot open the database",
            ),
            ("SERVER_ADDRESS", "203.0.113.1:80", "address", "cannot be listened on"),
        ] {
            let output = binary().set(name, value).run(&["doctor"]).await;
            let all = said(&output);
            assert_eq!(output.status.code(), Some(1), "{name}: {all}");
            assert!(line(&all, "FAIL", what).contains(text), "{name}: {all}");
            assert!(!all.contains("hidden"), "{all}");
            assert!(
                String::from_utf8_lossy(&output.stderr).contains("1 of the checks failed"),
                "{name}: {all}"
            );
        }
    });
}

#[test]
fn an_audit_log_that_was_changed_is_found() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = Binary::new(&database, &site);
        assert!(binary.run(&["migrate"]).await.status.success());
        execute(&database, "UPDATE audit_events SET event = 'nothing' WHERE seq = 1").await;
        let output = binary.run(&["doctor"]).await;
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(line(&text, "FAIL", "audit log").contains("entry 1 was changed after it was written"));
    });
}

#[test]
fn a_clock_that_was_set_back_is_found() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = Binary::new(&database, &site);
        assert!(binary.run(&["migrate"]).await.status.success());
        // As if the last entry had been written a century from now.
        execute(&database, "UPDATE audit_events SET at_micros = 4923849600000000").await;
        let text = said(&binary.run(&["doctor"]).await);
        assert!(line(&text, "FAIL", "clock").contains("behind the last entry of the audit log"));
    });
}
