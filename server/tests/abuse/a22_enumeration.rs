//! A22: a response to sign-in, sign-up, a password reset or a magic link reveals whether an account
//! exists, by its text, its status or its timing.
//!
//! The tests do not measure time, because a clock on a busy machine proves nothing. They compare
//! the work instead: the same hashes and the same statements in the same order take the same time.
//! Without email, sign-up has no private way to report that an address is taken, so the response
//! says so; the server still does the same work to find out.

use serde_json::{Value, json};

use crate::support::{
    App, Binary, Browser, Database, FakeSite, Running, execute, kinds, mailing, on_each, on_each_with,
    sign_in, sign_up, within_runtime,
};

/// Usernames and emails that exist, and ones that do not.
const KNOWN: [&str; 2] = ["maria", "maria@example.org"];
const UNKNOWN: [&str; 3] = ["marta", "marta@example.org", "marta@nowhere.example"];

/// Gives the user with this email a second factor.
const PROTECT: &str = "INSERT INTO totp (user_id, secret, created_at, confirmed_at) \
    SELECT id, 'x', created_at, created_at FROM users WHERE email_key = 'maria@example.org'";

#[test]
fn a22_a_refused_sign_in_reads_the_same() {
    on_each_with(
        |settings| settings.set("MAX_LOGIN_ATTEMPTS_PER_USER", "0"),
        async |world| {
            world.person("maria").await;
            let mut answers = Vec::new();
            for who in KNOWN.into_iter().chain(UNKNOWN) {
                let mut answer = sign_in(&world.browser(), who, "wrong").await;
                for name in ["x-request-id", "date"] {
                    answer.headers.remove(name);
                }
                let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
                names.sort();
                answers.push((answer.status, names, answer.text()));

                let form = [("identifier", who), ("password", "wrong")];
                let answer = world.browser().form("/api/sign-in", &form).await;
                assert_eq!((answer.status, answer.header("location")), (303, "/auth/login"), "{who}");
                let names: Vec<_> = answer.cookies().iter().map(|cookie| cookie.name().to_owned()).collect();
                assert_eq!(names, ["__Host-flash"], "{who}");
            }
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        },
    );
}

#[test]
fn a22_an_unknown_account_is_locked_like_a_known_one() {
    on_each(async |world| {
        world.person("maria").await;
        let mut locked = Vec::new();
        for who in ["maria", "marta"] {
            let mut statuses = Vec::new();
            for _ in 0..6 {
                let answer = sign_in(&world.browser(), who, "wrong").await;
                statuses.push((answer.status, answer.header("retry-after").to_owned(), answer.text()));
            }
            locked.push(statuses);
            // Without this, the limit for the IP address would apply by now.
            world.clock.advance(std::time::Duration::from_secs(1800));
        }
        assert_eq!(locked[0].iter().map(|said| said.0).collect::<Vec<_>>(), [401, 401, 401, 401, 401, 429]);
        assert_eq!(locked[0], locked[1]);
    });
}

#[test]
fn a22_sign_up_hashes_whether_the_name_is_taken_or_not() {
    on_each(async |world| {
        world.person("maria").await;
        for (name, status) in [("maria", 409), ("marta", 201)] {
            let before = world.auth.password_hashes();
            assert_eq!(sign_up(&world.browser(), name).await.status, status);
            assert_eq!(world.auth.password_hashes() - before, 1, "{name}");
        }
    });
}

#[test]
fn a22_a_refused_sign_in_does_the_same_work() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let mut server = overheard(&database, &site)
                .set("METRICS_ADDRESS", "127.0.0.1:0")
                .set("MAX_LOGIN_ATTEMPTS_PER_USER", "0")
                .set("MAX_LOGIN_ATTEMPTS_PER_IP", "0")
                .serve()
                .await;
            let browser = Browser::new(server.address);
            assert_eq!(sign_up(&browser, "maria").await.status, 201);
            let mut works = Vec::new();
            for who in KNOWN.into_iter().chain(UNKNOWN) {
                work(&mut server).await;
                let answer = sign_in(&Browser::new(server.address), who, "wrong").await;
                assert_eq!(answer.status, 401);
                works.push((work(&mut server).await, hashes(&mut server).await));
            }
            let (first, hashed) = &works[0];
            assert!(first.iter().any(|statement| statement.contains("INSERT INTO audit")), "{first:?}");
            for (n, (statements, hashed_then)) in works.iter().enumerate() {
                assert_eq!(statements, first, "{kind:?} {n}");
                assert_eq!(hashed_then - hashed, n as u64, "one hash each");
            }
        });
    }
}

/// Requests that make the server send email, for the email address of `who`.
fn asked_for(who: &str) -> [(&'static str, Value); 4] {
    let email = format!("{who}@example.org");
    [
        ("/auth/forgot-password", json!({ "email": email })),
        ("/auth/passwordless/request", json!({ "email": email })),
        // An attacker who probes an email uses a username of their own.
        (
            "/auth/signup",
            json!({ "email": email, "username": "stranger", "password": crate::support::password("x") }),
        ),
        // Only some users with an account have second factors to recover.
        ("/auth/recovery/request", json!({ "email": email })),
    ]
}

#[test]
fn a22_asking_for_a_mail_reads_the_same() {
    on_each_with(mailing, async |world| {
        App::set_up(&world, &world.member("maria").await).await;
        world.member("rosa").await;
        let suspended = world.member("suse").await;
        world
            .auth
            .admin
            .suspend(&authtuna::authz::actor::Actor::system(), world.id("suse").await, "")
            .await
            .unwrap();
        drop(suspended);
        for route in 0..4 {
            let mut answers = Vec::new();
            // More requests than the server sends emails for in a day.
            for (who, times) in [("maria", 7), ("marta", 7), ("rosa", 7), ("suse", 7)] {
                for _ in 0..times {
                    let (path, body) = &asked_for(who)[route];
                    let browser = world.browser();
                    let mut answer = browser.post(path, body).await;
                    assert_eq!(answer.status, 202, "{who} {path}: {answer:?}");
                    let cookies: Vec<_> =
                        answer.cookies().iter().map(|c| (c.name().to_owned(), c.max_age())).collect();
                    for name in ["x-request-id", "date", "set-cookie"] {
                        answer.headers.remove(name);
                    }
                    let headers = format!("{:?}", answer.headers);
                    let code = browser.post("/auth/verify", &json!({ "code": "12 34 56" })).await;
                    assert_eq!((code.status, code.code().as_str()), (400, "bad_code"), "{who} {path}");
                    answers.push((answer.status, headers, cookies, answer.text()));
                    world.clock.advance(std::time::Duration::from_secs(1000));
                }
            }
            let first = answers[0].clone();
            assert!(answers.iter().all(|answer| *answer == first), "{answers:?}");
        }
    });
}

#[test]
fn a22_asking_for_a_mail_does_the_same_work() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let mut server = overheard(&database, &site)
                .set("DEFAULT_SUPERADMIN_PASSWORD", &crate::support::password("superadmin"))
                .set("DEFAULT_SUPERADMIN_EMAIL", "maria@example.org")
                .set("EMAIL_ENABLED", "true")
                .set("SMTP_HOST", "127.0.0.1")
                .set("SMTP_PORT", "1")
                .serve()
                .await;
            for route in 0..4 {
                if route == 3 {
                    execute(&database, PROTECT).await;
                }
                let mut works = Vec::new();
                for who in ["maria", "marta", "nobody", "maria"] {
                    work(&mut server).await;
                    let (path, body) = &asked_for(who)[route];
                    let answer = Browser::new(server.address).post(path, body).await;
                    assert_eq!(answer.status, 202, "{who} {path}: {answer:?}");
                    works.push(work(&mut server).await);
                }
                assert!(works[0].iter().any(|statement| statement.contains("INTO outbox")), "{:?}", works[0]);
                for other in &works[1..] {
                    assert_eq!(*other, works[0], "{kind:?} {route}");
                }
            }
        });
    }
}

/// The same for the user jun.
const PROTECT_JUN: &str = "INSERT INTO totp (user_id, secret, created_at, confirmed_at) \
    SELECT id, 'x', created_at, created_at FROM users WHERE email_key = 'jun@example.org'";

/// Starts maria's recovery.
const RECOVER: &str = "INSERT INTO recoveries (id, user_id, started_at, remind_at, due_at) \
    SELECT id, id, created_at, created_at, created_at FROM users WHERE email_key = 'maria@example.org'";

#[test]
fn a22_stopping_a_recovery_that_is_not_there_reads_the_same_and_does_the_same_work() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let mut server = overheard(&database, &site)
                .set("MAX_LOGIN_ATTEMPTS_PER_USER", "0")
                .set("MAX_LOGIN_ATTEMPTS_PER_IP", "0")
                .serve()
                .await;
            for name in ["maria", "rosa", "jun"] {
                assert_eq!(sign_up(&Browser::new(server.address), name).await.status, 201);
            }
            execute(&database, PROTECT).await;
            execute(&database, RECOVER).await;
            execute(&database, PROTECT_JUN).await;
            for code in ["000000", "AAAA-BBBB-CCCC-DDDD-EEEE-2345", "?"] {
                let mut seen = Vec::new();
                for who in ["maria", "jun", "rosa", "marta", "maria@example.org", "marta@example.org"] {
                    work(&mut server).await;
                    let body = json!({ "identifier": who, "code": code });
                    let mut answer = Browser::new(server.address).post("/auth/recovery/stop", &body).await;
                    assert_eq!(
                        (answer.status, answer.code().as_str()),
                        (400, "recovery_not_stopped"),
                        "{who}"
                    );
                    for name in ["x-request-id", "date"] {
                        answer.headers.remove(name);
                    }
                    let said = format!("{:?} {}", answer.headers, answer.text());
                    seen.push((said, work(&mut server).await));
                }
                let looked = |statement: &String| {
                    statement.contains("SELECT secret") || statement.contains("UPDATE backup_codes")
                };
                assert!(code == "?" || seen[0].1.iter().any(looked), "{:?}", seen[0].1);
                for other in &seen[1..] {
                    assert_eq!(*other, seen[0], "{kind:?} {code}");
                }
            }
        });
    }
}

/// Configures a server that logs every statement.
fn overheard(database: &Database, site: &FakeSite) -> Binary {
    let server = Binary::new(database, site).set("LOG_FORMAT", "json");
    server.set("LOG_LEVEL", "warn,sqlx=debug,authtuna_server=debug")
}

/// Returns the statements that the server has run since the last call.
async fn work(server: &mut Running) -> Vec<String> {
    // The server logs this response after everything before it.
    assert_eq!(Browser::new(server.address).get("/healthz").await.status, 200);
    let mut statements = Vec::new();
    loop {
        let line = server.log.recv().await.unwrap();
        let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
        if line["http.route"] == "/healthz" {
            return statements;
        }
        // The hourly purge has no request ID.
        if line["target"] == "sqlx::query" && line["span"]["request.id"].is_string() {
            let statement = line["summary"].as_str().unwrap_or_default();
            // SQLite runs these when a connection opens.
            if !statement.starts_with("PRAGMA") {
                statements.push(statement.to_owned());
            }
        }
    }
}

async fn hashes(server: &mut Running) -> u64 {
    let line = server.said("Metrics: ").await;
    let address = line.trim_start_matches("Metrics: http://").trim_end_matches("/metrics").parse().unwrap();
    let text = Browser::new(address).get("/metrics").await.text();
    let count = text.lines().find_map(|line| line.strip_prefix("authtuna_password_hashes_total "));
    count.unwrap().parse().unwrap()
}

#[test]
fn a22_who_may_not_come_in_learns_nothing_from_pages() {
    on_each(async |world| {
        world.person("maria").await;
        for (known, unknown) in [("maria", "marta")] {
            let mut shown = Vec::new();
            for who in [known, unknown] {
                let body = json!({ "email": format!("{who}@example.org"), "username": who });
                let answer = world.browser().post("/api/password-strength", &body).await;
                shown.push((answer.status, answer.text()));
            }
            assert_eq!(shown[0], shown[1]);
        }
    });
}
