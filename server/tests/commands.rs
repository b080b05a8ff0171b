//! The subcommands of `authtuna`.

use std::process::Output;

use crate::support::{
    Binary, Browser, Database, FakeSite, Kind, kinds, password, sign_in, sign_up, within_runtime,
};

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn suspending_from_the_command_line_reaches_a_running_server() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            // On PostgreSQL a notification reaches the server, however long its verification
            // interval.
            let interval = if kind == Kind::Postgres { "86400" } else { "0" };
            let binary = Binary::new(&database, &site).set("SESSION_DB_VERIFICATION_INTERVAL", interval);
            let server = binary.serve().await;
            let browser = Browser::new(server.address);
            assert_eq!(sign_up(&browser, "maria").await.status, 201);
            assert_eq!(browser.user_info().await, 200);

            let text = said(&binary.run(&["user", "suspend", "Maria@example.org", "--reason", "test"]).await);
            assert!(text.starts_with("maria is suspended and has no sessions any more.\n"), "{text}");
            assert_eq!(text.contains("notices within 0 s"), kind == Kind::Sqlite, "{text}");
            while browser.user_info().await == 200 {
                tokio::task::yield_now().await;
            }
            assert_eq!(sign_in(&browser, "maria", &password("maria")).await.code(), "account_suspended");
            assert!(said(&binary.run(&["user", "show", "maria"]).await).contains("suspended       yes\n"));

            let text = said(&binary.run(&["user", "unsuspend", "maria"]).await);
            assert_eq!(text, "maria may sign in again.\n");
            assert_eq!(sign_in(&browser, "maria", &password("maria")).await.status, 200);
        });
    }
}

#[test]
fn nobody_is_found_by_a_wrong_name() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = Binary::new(&database, &site);
        for who in ["nobody", "nobody@example.org", "", "a b", "\u{202e}x"] {
            let text = refused(&binary.run(&["user", "show", who]).await);
            assert_eq!(text, format!("nobody has the username or address {who:?}\n"));
        }
    });
}

#[test]
fn a_new_set_up_link_makes_the_one_before_useless() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let binary = Binary::new(&database, &site);
            let mut server = binary.serve().await;
            let path = |link: &str| link.trim().trim_start_matches("http://localhost:8000").to_owned();
            let old = path(&server.said("/setup?token=").await);
            let new = path(&said(&binary.run(&["user", "set-up-link"]).await));
            let browser = Browser::new(server.address);
            assert_ne!(old, new);
            assert_ne!(browser.page(&old).await.status, 200);
            assert_eq!(browser.page(&new).await.status, 200);
        });
    }
}

#[test]
fn config_shows_where_values_come_from_and_no_secret() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = Binary::new(&database, &site)
            .set("DEFAULT_DATABASE_URI", "postgresql://maria:hidden@db.example/auth")
            .set("JWT_SECRET_KEY", "hidden-too")
            .set("APP_NAME", "Our Product");
        let text = said(&binary.run(&["config"]).await);
        assert!(!text.contains("hidden"), "{text}");
        let line = |name: &str| text.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
        assert!(line("APP_NAME").contains("Our Product") && line("APP_NAME").ends_with("environment"));
        assert!(
            line("DEFAULT_DATABASE_URI").contains("postgresql://maria:********@db.example/auth"),
            "{text}"
        );
        assert!(line("LOG_LEVEL").ends_with("default"));

        let json = said(&binary.run(&["config", "--json"]).await);
        assert!(!json.contains("hidden"), "{json}");
        let list: serde_json::Value = serde_json::from_str(&json).unwrap();
        let names = list.as_array().unwrap().iter().filter(|one| one["name"].is_string() && one["doc"] != "");
        assert_eq!(names.count(), authtuna::foundation::config::TABLE.len());
    });
}

#[test]
fn a_generated_key_is_one_that_the_server_takes() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = Binary::new(&database, &site);
        let keys =
            [said(&binary.run(&["keys", "generate"]).await), said(&binary.run(&["keys", "generate"]).await)];
        assert_ne!(keys[0], keys[1]);
        let binary = binary.set("FERNET_KEYS", keys[0].trim());
        let mut server = binary.serve().await;
        assert_eq!(sign_up(&Browser::new(server.address), "maria").await.status, 201);
        server.said("Portal:").await;
        assert!(!server.greeting.iter().any(|line| line.contains("FERNET_KEYS")), "{:?}", server.greeting);
    });
}

#[test]
fn migrating_makes_the_database_whatever_the_settings_say() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let binary = Binary::new(&database, &site).set("AUTO_CREATE_DATABASE", "false");
            for _ in 0..2 {
                let text = said(&binary.run(&["migrate"]).await);
                assert!(text.starts_with("The database ") && text.ends_with(" is up to date.\n"), "{text}");
            }
            assert_eq!(said(&binary.run(&["purge"]).await), "0 rows were deleted.\n");
            binary.serve().await;
        });
    }
}

#[test]
fn roles_are_given_and_taken_from_the_command_line() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let binary = Binary::new(&database, &site).set("SESSION_DB_VERIFICATION_INTERVAL", "0");
            let server = binary.serve().await;
            let browser = Browser::new(server.address);
            assert_eq!(sign_up(&browser, "maria").await.status, 201);
            assert_eq!(browser.get("/admin/users/search").await.status, 403);

            let text = said(&binary.run(&["role", "give", "moderator", "maria@example.org"]).await);
            assert_eq!(text, "maria holds Moderator in global.\n");
            while browser.get("/admin/users/search").await.status != 200 {
                tokio::task::yield_now().await;
            }
            let text = said(&binary.run(&["role", "show", "Moderator"]).await);
            assert!(text.contains("level        50\n") && text.contains("users:manage"), "{text}");
            assert!(text.contains("holders      1\n") && text.contains("  maria "), "{text}");
            let text = said(&binary.run(&["role", "list"]).await);
            assert!(text.starts_with("999  System "), "{text}");

            let give = ["role", "give", "OrgMember", "maria", "--scope", "org:1", "--until", "2h"];
            let text = said(&binary.run(&give).await);
            assert!(text.starts_with("maria holds OrgMember in org:1 until 2"), "{text}");
            let text = said(&binary.run(&["role", "take", "Moderator", "maria"]).await);
            assert_eq!(text, "maria does not hold Moderator in global any more.\n");
            while browser.get("/admin/users/search").await.status != 403 {
                tokio::task::yield_now().await;
            }

            for (wrong, why) in [
                (
                    &["role", "take", "Moderator", "maria"][..],
                    "maria does not hold the role Moderator in global",
                ),
                (&["role", "show", "Nothing"], "there is no role \"Nothing\""),
                (&["role", "give", "Nothing", "maria"], "there is no role \"Nothing\""),
                (&["role", "give", "User", "nobody"], "nobody has the username or address \"nobody\""),
                (&["role", "give", "User", "maria", "--scope", "here"], "\"here\" is no scope"),
                (&["role", "give", "User", "maria", "--until", "2020-01-01T00:00:00Z"], "is no moment"),
                (&["role", "give", "System", "maria"], "built_in"),
            ] {
                let text = refused(&binary.run(wrong).await);
                assert!(text.starts_with(why) || text.contains(why), "{wrong:?}: {text}");
            }
        });
    }
}
