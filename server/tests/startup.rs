//! Startup: the server prints where to go. If it cannot start, it names the cause and the fix and
//! exits with code 1.

use std::net::TcpListener;

use crate::support::{
    Binary, Database, FakeSite, Kind, execute, hold_lock, kinds, lines, powerless, said_by, within_runtime,
};

/// Returns what `serve` logs to standard error when it cannot start.
async fn refusal(binary: &Binary) -> String {
    let (said, logged) = binary.refusal().await;
    assert!(said.lines().all(|line| line.starts_with("Note: ")), "{said}");
    logged.trim_end().to_owned()
}

#[test]
fn it_says_where_to_go_and_prints_the_set_up_link_until_it_is_used() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let binary = Binary::new(&database, &site);
            let mut server = binary.serve().await;
            assert_eq!(server.said("Portal:").await, "Portal:  http://localhost:8000");
            server.said("There is no administrator yet.").await;
            let link = server.said("/setup?token=").await;
            let path = link.trim().strip_prefix("http://localhost:8000").unwrap().to_owned();
            server.said("Note: FERNET_KEYS is not set: using the keys for development").await;

            let browser = crate::support::Browser::new(server.address);
            assert_eq!(browser.page(&path).await.status, 200);
            let token = path.split_once('=').unwrap().1;
            let password = crate::support::password("boss");
            let form = [
                ("token", token),
                ("username", "boss"),
                ("email", "boss@example.org"),
                ("password", &password),
            ];
            let done = browser.form("/api/set-up", &form).await;
            assert_eq!((done.status, done.header("location")), (303, "/ui/dashboard"), "{done:?}");
            assert_eq!(browser.user_info().await, 200);
            // The link is a secret: the log never contains it.
            server.terminate().await;
            while let Some(line) = server.log.recv().await {
                assert!(!line.contains(token), "{line}");
            }

            let mut again = binary.serve().await;
            again.said("Portal:").await;
            again.terminate().await;
            again.finish().await;
            assert!(!again.greeting.iter().any(|line| line.contains("/setup")), "{:?}", again.greeting);
        });
    }
}

#[test]
fn a_database_that_is_missing() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let said = refusal(&Binary::new(&database, &site).set("AUTO_CREATE_DATABASE", "false")).await;
        let path = database.folder().join("test.db");
        let expected = format!(
            "AuthTuna cannot start: there is no database at {}. Set AUTO_CREATE_DATABASE=true, or run `authtuna migrate`, \
             to make one.",
            path.display()
        );
        assert_eq!(said, expected);
        assert!(!path.exists());
    });
}

#[test]
fn a_database_whose_tables_are_older() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let binary = Binary::new(&database, &site);
            assert!(binary.run(&["migrate"]).await.status.success());
            execute(&database, "DELETE FROM _sqlx_migrations").await;
            let said = refusal(&binary.set("AUTO_CREATE_DATABASE", "false")).await;
            assert!(said.starts_with("AuthTuna cannot start: the database lacks migration "), "{said}");
            assert!(said.ends_with(". Run `authtuna migrate`, or set AUTO_CREATE_DATABASE=true."), "{said}");
        });
    }
}

#[test]
fn a_database_that_is_newer_than_the_program() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let binary = || Binary::new(&database, &site);
            assert!(binary().run(&["migrate"]).await.status.success());
            let row = "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
                       SELECT 9999, description, installed_on, success, checksum, execution_time \
                       FROM _sqlx_migrations LIMIT 1";
            execute(&database, row).await;
            let expected = "AuthTuna cannot start: the database is newer (migration 9999) than this program. Start the \
                            newer version, or restore a backup.";
            assert_eq!(refusal(&binary()).await, expected);
            assert_eq!(refusal(&binary().set("AUTO_CREATE_DATABASE", "false")).await, expected);
        });
    }
}

#[test]
fn a_database_that_is_locked() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = Binary::new(&database, &site);
        assert!(binary.run(&["migrate"]).await.status.success());
        let lock = hold_lock(&database).await;
        let expected = format!(
            "AuthTuna cannot start: the database {} is locked by another program. End that program, then start again.",
            database.folder().join("test.db").display()
        );
        assert_eq!(refusal(&binary).await, expected);
        // While it waits, the server says what it waits for; once the lock is released in time,
        // startup continues.
        let mut child = binary.command(&["serve"]).spawn().unwrap();
        let mut output = lines(child.stdout.take().unwrap());
        let pending_challenge = said_by(&mut output, "waiting").await;
        assert!(
            pending_challenge.starts_with("Note: waiting for the database sqlite:///"),
            "{pending_challenge}"
        );
        drop(lock);
        said_by(&mut output, " listens on ").await;
    });
}

#[test]
fn a_database_that_is_read_only() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = Binary::new(&database, &site);
        assert!(binary.run(&["migrate"]).await.status.success());
        let path = database.folder().join("test.db");
        let expected = format!(
            "AuthTuna cannot start: the database {} is read-only. Make the file and its folder writable for this user.",
            path.display()
        );
        // First the file only, then its folder as well.
        for place in [path.as_path(), database.folder()] {
            let mut mode = std::fs::metadata(place).unwrap().permissions();
            mode.set_readonly(true);
            std::fs::set_permissions(place, mode).unwrap();
            let output = powerless(&binary, &["serve"]).await;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert_eq!(said.lines().last(), Some(expected.as_str()), "{said}");
        }
    });
}

#[test]
fn a_database_that_is_not_there_or_none() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = || Binary::new(&database, &site);
        let said = refusal(
            &binary()
                .set("DEFAULT_DATABASE_URI", "postgresql://maria:hidden@127.0.0.1:1/auth")
                .set("DATABASE_POOL_TIMEOUT", "1"),
        )
        .await;
        assert!(
            said.starts_with(
                "AuthTuna cannot start: cannot open the database postgres://maria@127.0.0.1:1/auth"
            ),
            "{said}"
        );
        assert!(said.ends_with("Check DEFAULT_DATABASE_URI, and that the database is running."), "{said}");
        assert!(!said.contains("hidden"), "{said}");

        let text = database.folder().join("text.db");
        std::fs::write(&text, "this is no database, and long enough to be taken for one".repeat(20)).unwrap();
        let said =
            refusal(&binary().set("DEFAULT_DATABASE_URI", &format!("sqlite:///{}", text.display()))).await;
        assert!(said.contains("not a database") && said.contains("Check DEFAULT_DATABASE_URI"), "{said}");

        let file = database.folder().join("file");
        std::fs::write(&file, "").unwrap();
        let below = file.join("sub/test.db");
        let said =
            refusal(&binary().set("DEFAULT_DATABASE_URI", &format!("sqlite:///{}", below.display()))).await;
        assert!(
            said.contains("cannot write in the folder") && said.contains("change DEFAULT_DATABASE_URI"),
            "{said}"
        );
    });
}

#[test]
fn settings_that_are_wrong_are_told_all_at_once() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let binary = Binary::new(&database, &site)
            .set("SESSION_LIFETIME_SECONDS", "soon")
            .set("SERVER_ADDRESS", "8000")
            .set("JWT_SECRET_KEY", "never-shown");
        let expected = "2 of the settings cannot be used:\n  \
            SESSION_LIFETIME_SECONDS (from environment): it must be a whole number of seconds, at most 3155760000 (a \
            century); for example SESSION_LIFETIME_SECONDS=604800\n  \
            SERVER_ADDRESS (from environment): it must be an address with a port; for example \
            SERVER_ADDRESS=127.0.0.1:8000\n\
            `authtuna config` lists all settings; .env.example explains them.";
        assert_eq!(refusal(&binary).await, expected);
        let missing = Binary::new(&database, &site).set("ENV_FILE_NAME", "/nothing/here.env");
        assert!(
            refusal(&missing)
                .await
                .contains("ENV_FILE_NAME (from /nothing/here.env): the file cannot be read")
        );
        assert!(!database.folder().join("test.db").exists(), "the server created nothing");
    });
}

#[test]
fn an_address_that_is_taken() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        for setting in ["SERVER_ADDRESS", "METRICS_ADDRESS"] {
            let said = refusal(&Binary::new(&database, &site).set(setting, &address)).await;
            assert!(said.starts_with(&format!("cannot listen on {address} ({setting}): ")), "{said}");
            assert!(said.ends_with(&format!("End the program that holds it, or change {setting}")), "{said}");
        }
    });
}

#[test]
fn a_portal_that_is_not_built() {
    within_runtime(async {
        let (database, site) = (Database::new(Kind::Sqlite).await, FakeSite::new());
        let style = site.root().join(format!("pkg/authtuna.{}.css", crate::support::HASH));
        std::fs::remove_file(&style).unwrap();
        let expected = format!(
            "the portal is not built: {} is missing. Build it with `make serve`; LEPTOS_SITE_ROOT and LEPTOS_HASH_FILE \
             say where it is, if it is elsewhere",
            style.display()
        );
        assert_eq!(refusal(&Binary::new(&database, &site)).await, expected);
        std::fs::remove_file(site.hashes()).unwrap();
        let said = refusal(&Binary::new(&database, &site)).await;
        assert!(said.contains(&site.hashes().display().to_string()), "{said}");
        let said = refusal(&Binary::new(&database, &site).within(database.folder())).await;
        let expected = "Leptos.toml is not in the working directory. Start AuthTuna in the folder that holds it; it comes \
                        with the program";
        assert_eq!(said, expected);
        // Without pages, the server needs none of these files.
        Binary::new(&database, &site).within(database.folder()).set("ONLY_MIDDLEWARE", "true").serve().await;
    });
}
