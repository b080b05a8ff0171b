//! Custom templates, and what hostile names do in any template.

use std::path::Path;

use authtuna::auth::{Auth, StartError};
use authtuna::foundation::clock::Clock;
use authtuna::foundation::config::Settings;
use authtuna::mail::{Circumstances, EmailMessage, Message, Rendered};

use super::{notice, on_sqlite};
use crate::support::START;

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Starts a core whose EMAIL_TEMPLATE_DIR contains these files.
async fn start(folder: &Path, files: &[(&str, &str)]) -> Result<Auth, StartError> {
    let templates = folder.join("templates");
    std::fs::create_dir_all(&templates).unwrap();
    for (name, text) in files {
        put(&templates, name, text);
    }
    let settings = Settings::builder()
        .no_env()
        .set("DATA_DIR", folder.display().to_string())
        .set("DEFAULT_DATABASE_URI", format!("sqlite:///{}", folder.join("test.db").display()))
        .set("EMAIL_TEMPLATE_DIR", templates.display().to_string());
    Auth::start_at(settings.build().unwrap(), Clock::manual(START)).await
}

fn welcome(language: Option<&str>) -> EmailMessage {
    EmailMessage {
        name: "Ana".to_owned(),
        language: language.map(str::to_owned),
        message: Message::Welcome { link: "https://example.org/ui".to_owned() },
        ..notice("ana@example.org")
    }
}

async fn written(auth: &Auth, email_message: &EmailMessage) -> Rendered {
    auth.outbox.render(email_message, START).unwrap()
}

#[test]
fn files_replace_templates_one_by_one_and_folders_add_languages() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            ("welcome/subject.txt", "Ahoy {{ name }}"),
            ("de/welcome/subject.txt", "Willkommen, {{ name }}"),
            (
                "de/words.txt",
                "{% macro moment(at) %}{{ at.day }}.{{ at.month }}.{{ at.year }}{% endmacro %}{% macro span(m) %}{{ m }} Minuten{% endmacro %}{% macro factor(f) %}{{ f }}{% endmacro %}",
            ),
            (".git/x.txt", "{{"),
        ];
        let auth = start(folder.path(), &files).await.unwrap();
        assert_eq!(written(&auth, &welcome(None)).await.subject, "Ahoy Ana");
        assert_eq!(written(&auth, &welcome(Some("de"))).await.subject, "Willkommen, Ana");
        assert_eq!(written(&auth, &welcome(Some("de-AT"))).await.subject, "Willkommen, Ana");
        assert_eq!(written(&auth, &welcome(Some("fr"))).await.subject, "Ahoy Ana", "the default language");
        assert_eq!(written(&auth, &welcome(Some("../de"))).await.subject, "Ahoy Ana");
        assert!(written(&auth, &welcome(Some("de"))).await.html.contains("<html lang=\"de\">"));
        assert!(
            written(&auth, &welcome(None)).await.text.contains("Your account is ready."),
            "the other templates are the built-in ones"
        );
        auth.store().close().await;
    });
}

#[test]
fn a_template_that_can_not_be_used_stops_the_start_and_is_named() {
    on_sqlite(async || {
        for (name, text, wanted) in [
            ("welcome/subject.txt", "one\ntwo {{ name", "templates/welcome/subject.txt line 2: syntax error"),
            ("welcome/body.html", "{{ nmae }}", "templates/welcome/body.html line 1: undefined value"),
            ("layout.txt", "x\n\n{{ city }}", "templates/layout.txt line 3: undefined"),
            ("wellcome/subject.txt", "x", "templates/wellcome: it is neither a message nor a language"),
            ("de/wellcome/subject.txt", "x", "templates/de/wellcome: no message has this name"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let Err(problem) = start(folder.path(), &[(name, text)]).await else {
                panic!("{name} was accepted")
            };
            let problem = problem.to_string();
            assert!(problem.starts_with("EMAIL_TEMPLATE_DIR: ") && problem.contains(wanted), "{problem}");
        }
    });
}

/// A template that fails only for some messages does not keep a message from its recipient.
#[test]
fn the_built_in_template_stands_in_for_one_that_fails() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let broken = "{% if name == 'Zoe' %}{{ missing }}{% endif %}Ahoy {{ name }}";
        let auth = start(folder.path(), &[("welcome/subject.txt", broken)]).await.unwrap();
        assert_eq!(written(&auth, &welcome(None)).await.subject, "Ahoy Ana");
        let zoe = EmailMessage { name: "Zoe".to_owned(), ..welcome(None) };
        assert_eq!(written(&auth, &zoe).await.subject, "Welcome to AuthTuna");
        auth.store().close().await;
    });
}

#[test]
fn hostile_names_stay_text() {
    const HOSTILE: &str =
        "<script>alert(1)</script> \"' onload=x\r\nBcc: all@example.org\n\n-- \u{202e}evil\u{2028}{{ app }}";
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let auth = start(folder.path(), &[]).await.unwrap();
        let text = || HOSTILE.to_owned();
        let circumstances = Circumstances { at: START, device: text(), ip: text(), place: text() };
        let link = || "https://example.org/\"><script>".to_owned();
        for message in [
            Message::FactorAdded { circumstances: circumstances.clone(), factor: text(), link: link() },
            Message::PasskeyAdded { circumstances, passkey: text(), link: link() },
            Message::ConfirmAct { act: text(), link: link(), code: text() },
        ] {
            let email_message =
                EmailMessage { name: text(), message, expires_at: Some(START), ..notice("a@example.org") };
            let mail = written(&auth, &email_message).await;
            assert_eq!(mail.html.matches("<script").count(), 0, "{}", mail.html);
            assert!(
                mail.html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot;&#x27; onload=x"),
                "{}",
                mail.html
            );
            assert!(!mail.html.contains("\"' onload") && mail.html.contains("{{ app }}"));
            assert!(!mail.subject.contains(['\r', '\n']), "{:?}", mail.subject);
            let injected = |line: &str| line.starts_with("Bcc:") || line == "-- \u{202e}evil";
            // A wrapped line may start with any word, but a name never forms a paragraph of its
            // own.
            let paragraphs: Vec<&str> = mail.text.split("\n\n").collect();
            assert!(!paragraphs.iter().any(|paragraph| injected(paragraph)), "{}", mail.text);
            assert_eq!(mail.text.lines().filter(|line| *line == "-- ").count(), 1, "one signature");
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(!part.contains(['\u{202e}', '\u{2028}', '\r', '\0']), "{part:?}");
            }
        }
        let long = EmailMessage { name: "x".repeat(10_000), ..welcome(None) };
        assert!(written(&auth, &long).await.text.len() < 2000, "a long name is truncated");
        auth.store().close().await;
    });
}

/// User input is truncated, but never a link: a truncated link would not work.
#[test]
fn a_link_is_whole_however_long_it_is() {
    on_sqlite(async || {
        let folder = tempfile::tempdir().unwrap();
        let auth = start(folder.path(), &[("welcome/subject.txt", "Go to {{ link }}")]).await.unwrap();
        let link = format!("https://example.org/{}?token=end", "a".repeat(300));
        let email_message =
            EmailMessage { message: Message::Welcome { link: link.clone() }, ..welcome(None) };
        let mail = written(&auth, &email_message).await;
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(part.contains(&link), "{part}");
        }
        auth.store().close().await;
    });
}
