//! The six-digit code: it works in the browser that asked, for a few tries.

use authtuna::authn::email_challenge::Proof;
use authtuna::model::code::{Code, Field};

use crate::support::mailbox::{browser, nobody, successes, with_mail};
use crate::support::on_each_with;

#[test]
fn a_code_works_once_also_in_parallel() {
    with_mail(|world| async move {
        world.member("maria").await;
        let pending_challenge =
            world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.unwrap();
        let code = world.code("maria@example.org").await;
        assert_eq!(code.len(), 6);
        let here = browser(Some(&pending_challenge));
        let proof = Proof::Code(format!(" {} {} ", &code[..3], &code[3..]));
        assert_eq!(successes(5, || world.auth.sign_in.with_magic_link(&here, &proof)).await, 1);
        assert!(world.auth.sign_in.with_magic_link(&here, &Proof::Code(code)).await.is_err());
    });
}

#[test]
fn a_code_works_in_no_other_browser_and_for_nothing_else() {
    with_mail(|world| async move {
        world.member("maria").await;
        let mine = world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.unwrap();
        let code = world.code("maria@example.org").await;
        let theirs = world.auth.sign_in.request_magic_link(&nobody(), "nobody@example.org").await.unwrap();
        for wrong in [nobody(), browser(Some(&theirs))] {
            let refused =
                world.auth.sign_in.with_magic_link(&wrong, &Proof::Code(code.clone())).await.err().unwrap();
            assert_eq!((refused.problems()[0].field, refused.code()), (Field::Code, Code::BadOtp));
        }
        let here = browser(Some(&mine));
        assert_eq!(
            world.auth.passwords.redeem_reset_code(&here, &code).await.err().unwrap().code(),
            Code::BadOtp
        );
        for empty in ["", "   "] {
            let refused = world.auth.passwords.redeem_reset_code(&here, empty).await.err().unwrap();
            assert_eq!((refused.problems()[0].field, refused.code()), (Field::Code, Code::Required));
        }
        assert!(world.auth.sign_in.with_magic_link(&here, &Proof::Code(code)).await.is_ok());
    });
}

#[test]
fn five_wrong_tries_and_the_code_is_worth_nothing_while_the_link_still_works() {
    on_each_with(
        |builder| {
            let builder = builder.set("EMAIL_ENABLED", "true").set("SMTP_HOST", "mail.invalid");
            builder.set("MAX_LOGIN_ATTEMPTS_PER_IP", "0")
        },
        |world| async move {
            world.member("maria").await;
            let pending_challenge =
                world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.unwrap();
            let (code, token) =
                (world.code("maria@example.org").await, world.token("maria@example.org").await);
            let here = browser(Some(&pending_challenge));
            let wrong = Proof::Code(if code == "000000" { "000001" } else { "000000" }.to_owned());
            // In parallel: each attempt counts before the code is checked.
            assert_eq!(successes(5, || world.auth.sign_in.with_magic_link(&here, &wrong)).await, 0);
            let refused = world.auth.sign_in.with_magic_link(&here, &Proof::Code(code)).await.err().unwrap();
            assert_eq!(refused.code(), Code::BadOtp, "the same as for a wrong code");
            assert!(world.auth.sign_in.with_magic_link(&here, &Proof::Link(token)).await.is_ok());
        },
    );
}

#[test]
fn wrong_codes_count_against_the_address_that_they_come_from() {
    with_mail(|world| async move {
        let mut refused = Vec::new();
        for name in ["a", "b", "c"] {
            let pending_challenge = world
                .auth
                .sign_in
                .request_magic_link(&nobody(), &crate::support::mailbox::address(name))
                .await
                .unwrap();
            for _ in 0..5 {
                let proof = Proof::Code("000000".to_owned());
                let here = browser(Some(&pending_challenge));
                refused.push(world.auth.sign_in.with_magic_link(&here, &proof).await.err().unwrap().code());
            }
        }
        assert_eq!(refused.iter().filter(|code| **code == Code::BadOtp).count(), 10);
        assert_eq!(refused.last(), Some(&Code::TooManyAttempts));
    });
}

#[test]
fn who_reads_the_database_finds_neither_link_nor_code() {
    with_mail(|world| async move {
        world.member("maria").await;
        world.auth.passwords.request_reset(&nobody(), "maria@example.org").await.unwrap();
        let (code, token) = (world.code("maria@example.org").await, world.token("maria@example.org").await);
        // A mistyped code may be the right one somewhere else, so the database must not store it.
        let pending_challenge =
            world.auth.passwords.request_reset(&nobody(), "jun@example.org").await.unwrap();
        world
            .auth
            .passwords
            .redeem_reset_code(&browser(Some(&pending_challenge)), "314159")
            .await
            .unwrap_err();
        let dump = dump(&world).await;
        assert!(dump.contains("password_reset"), "the dump contains the rows");
        assert!(!dump.contains("314159"), "a code that a user typed is in the database");
        assert!(!dump.contains(&token), "the token is in the database");
        // Times and IDs may contain the same six digits by chance; only a separate word would be
        // the code.
        assert!(!dump.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == code), "{code}");
    });
}

#[test]
fn an_address_has_so_many_tries_a_day_from_all_browsers_together() {
    on_each_with(
        |builder| {
            let builder = builder.set("EMAIL_ENABLED", "true").set("SMTP_HOST", "mail.invalid");
            builder
                .set("MAX_LOGIN_ATTEMPTS_PER_IP", "0")
                .set("TOKENS_MAX_COUNT_PER_DAY_PER_USER_PER_ACTION", "0")
        },
        |world| async move {
            world.member("maria").await;
            let anyone = nobody();
            let ask = || world.auth.sign_in.request_magic_link(&anyone, "maria@example.org");
            for _ in 0..5 {
                let pending_challenge = ask().await.unwrap();
                let code = world.code("maria@example.org").await;
                let wrong = if code == "000000" { "000001" } else { "000000" };
                let here = browser(Some(&pending_challenge));
                for _ in 0..5 {
                    let proof = Proof::Code(wrong.to_owned());
                    assert!(world.auth.sign_in.with_magic_link(&here, &proof).await.is_err());
                }
            }
            let pending_challenge = ask().await.unwrap();
            let (code, token) =
                (world.code("maria@example.org").await, world.token("maria@example.org").await);
            let here = browser(Some(&pending_challenge));
            let refused = world.auth.sign_in.with_magic_link(&here, &Proof::Code(code)).await.err().unwrap();
            assert_eq!(refused.code(), Code::BadOtp, "the same as for a wrong code");
            assert!(
                world.auth.sign_in.with_magic_link(&here, &Proof::Link(token)).await.is_ok(),
                "links still work"
            );
        },
    );
}

#[test]
fn a_mail_that_nobody_gets_has_no_code_that_works() {
    with_mail(|world| async move {
        world.member("maria").await;
        let mut pending_challenge = None;
        for _ in 0..6 {
            pending_challenge =
                Some(world.auth.sign_in.request_magic_link(&nobody(), "maria@example.org").await.unwrap());
        }
        // The server did not send the sixth message, but stored it in the outbox as if it had been;
        // its code is there and is worth nothing.
        let unsent = unsent_code(&world).await;
        let here = browser(pending_challenge.as_ref());
        let refused = world.auth.sign_in.with_magic_link(&here, &Proof::Code(unsent)).await.err().unwrap();
        assert_eq!(refused.code(), Code::BadOtp);
    });
}

/// Returns the code of the dummy message, which was queued only to take the same time.
async fn unsent_code(world: &crate::support::World) -> String {
    let sealed = crate::support::value(world, "SELECT letter FROM outbox WHERE sent_at IS NOT NULL").await;
    let json = world.auth.keyring().decrypt(&sealed).unwrap();
    let email_message: authtuna::mail::EmailMessage = serde_json::from_slice(&json).unwrap();
    crate::support::mailbox::link_and_code(&email_message.message).1
}

/// Dumps tokens, outbox and audit log as text.
async fn dump(world: &crate::support::World) -> String {
    use authtuna::foundation::config::DatabaseUri;
    use secrecy::ExposeSecret;
    use sqlx::{Column, Connection, Row};
    let mut text = String::new();
    for table in ["one_time_tokens", "outbox", "audit_events"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
        match &world.settings.database.uri {
            DatabaseUri::Sqlite { path } => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut conn = sqlx::sqlite::SqliteConnection::connect_with(&options).await.unwrap();
                for row in sqlx::query(sql).fetch_all(&mut conn).await.unwrap() {
                    for column in row.columns() {
                        let bytes: Option<Vec<u8>> =
                            row.try_get_unchecked(column.ordinal()).unwrap_or_default();
                        text.push_str(&String::from_utf8_lossy(&bytes.unwrap_or_default()));
                        text.push('\n');
                    }
                }
            }
            DatabaseUri::Postgres { url } => {
                let mut conn = sqlx::postgres::PgConnection::connect(url.expose_secret()).await.unwrap();
                for row in sqlx::query(sql).fetch_all(&mut conn).await.unwrap() {
                    for column in row.columns() {
                        let bytes: Option<Vec<u8>> =
                            row.try_get_unchecked(column.ordinal()).unwrap_or_default();
                        text.push_str(&String::from_utf8_lossy(&bytes.unwrap_or_default()));
                        text.push('\n');
                    }
                }
            }
        }
    }
    text
}
