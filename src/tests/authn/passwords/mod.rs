//! Which passwords are accepted, and how they are stored.

mod first;
mod reset;

use authtuna::foundation::config::{Passwords, Settings};
use authtuna::foundation::crypto::password::{Passwords as Hasher, Verdict};
use authtuna::foundation::crypto::strength::{NewPassword, Password, judge};
use authtuna::model::code::Code;

fn settings() -> Passwords {
    let folder = tempfile::tempdir().unwrap();
    let builder = Settings::builder().no_env().set("DATA_DIR", folder.path().display().to_string());
    builder.build().unwrap().passwords
}

fn refusal(text: &str) -> Option<Code> {
    NewPassword::parse(text, &settings(), &["Acme", "maria", "maria@example.org"]).err()
}

#[test]
fn weak_passwords_are_refused_each_with_its_reason() {
    assert_eq!(refusal(""), Some(Code::Required));
    assert_eq!(refusal("x7!Kq9z"), Some(Code::PasswordTooShort), "seven characters");
    assert_eq!(refusal("password1"), Some(Code::PasswordCommon));
    assert_eq!(refusal("PassWord1"), Some(Code::PasswordCommon), "in any letter case");
    assert_eq!(refusal("aaaaaaaaaaaa"), Some(Code::PasswordTooWeak));
    assert_eq!(refusal("maria@example.org"), Some(Code::PasswordTooWeak), "the user's own email");
    assert_eq!(refusal(&"x".repeat(513)), Some(Code::PasswordTooLong));
    assert_eq!(refusal(&"x".repeat(1_000_000)), Some(Code::PasswordTooLong));
}

#[test]
fn good_passwords_are_taken_whatever_they_are_made_of() {
    for good in [
        "correct horse battery staple",
        "Grüße aus Köln 7",
        "密码很长很难猜测对吧是的",
        "🐋 swims past 9 lamps",
        "        x9!    Kq",
    ] {
        assert_eq!(refusal(good), None, "{good}");
    }
    let long: String = (0..512).map(|n| char::from(b'!' + u8::try_from(n * 7 % 90).unwrap())).collect();
    assert_eq!(refusal(&long), None, "512 bytes");
}

#[test]
fn length_counts_characters_not_bytes() {
    assert_eq!(refusal("žluťouč"), Some(Code::PasswordTooShort), "seven characters in eleven bytes");
}

#[test]
fn the_meter_never_praises_what_would_be_refused() {
    let settings = settings();
    for text in ["password1", "aaaaaaaaaaaa", "Zx9!", "maria"] {
        let strength = judge(text, &settings, &["maria"]);
        assert!(strength.problem.is_some() && strength.score < settings.min_score, "{text}: {strength:?}");
    }
    let good = judge("correct horse battery staple", &settings, &[]);
    assert_eq!((good.score, good.problem), (4, None));
}

async fn hasher(change: impl Fn(&mut Passwords)) -> Hasher {
    let mut settings = settings();
    change(&mut settings);
    Hasher::new(&settings, authtuna::foundation::clock::Random).unwrap()
}

#[tokio::test]
async fn the_whole_password_counts_to_its_last_byte() {
    let hasher = hasher(|_| {}).await;
    let base = "0123456789abcdef".repeat(31);
    let one = Password::typed(&format!("{base}x")).unwrap();
    let other = Password::typed(&format!("{base}y")).unwrap();
    let stored = hasher.hash(&one).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert_eq!(hasher.verify(&one, Some(&stored)).await.unwrap(), Verdict::Right);
    assert_eq!(hasher.verify(&other, Some(&stored)).await.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn one_password_typed_on_two_keyboards_is_one_password() {
    let hasher = hasher(|_| {}).await;
    let stored = hasher.hash(&Password::typed("Gr\u{fc}\u{df}e aus K\u{f6}ln").unwrap()).await.unwrap();
    let decomposed = Password::typed("Gru\u{308}\u{df}e aus Ko\u{308}ln").unwrap();
    assert_eq!(hasher.verify(&decomposed, Some(&stored)).await.unwrap(), Verdict::Right);
}

#[tokio::test]
async fn a_hash_with_weaker_parameters_is_told_and_a_stronger_one_is_not() {
    let weak = hasher(|settings| {
        settings.argon2_memory_kib = 9216;
        settings.argon2_iterations = 4;
    })
    .await;
    let password = Password::typed("correct horse").unwrap();
    let stored = weak.hash(&password).await.unwrap();
    let today = hasher(|_| {}).await;
    assert_eq!(today.verify(&password, Some(&stored)).await.unwrap(), Verdict::RightButOld);
    let strong = today.hash(&password).await.unwrap();
    let less = hasher(|settings| settings.argon2_memory_kib = 12288).await;
    assert_eq!(less.verify(&password, Some(&strong)).await.unwrap(), Verdict::Right);
}

#[tokio::test]
async fn nobody_has_no_password_not_even_an_empty_one() {
    let hasher = hasher(|_| {}).await;
    for text in ["", "x", "correct horse"] {
        let verdict = hasher.verify(&Password::typed(text).unwrap(), None).await.unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }
}

#[tokio::test]
async fn a_broken_stored_hash_is_a_fault_and_not_a_wrong_password() {
    let hasher = hasher(|_| {}).await;
    let password = Password::typed("correct horse").unwrap();
    for broken in [
        "",
        "x",
        "$argon2id$v=19$m=19456,t=2,p=1$",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA",
    ] {
        let error = hasher.verify(&password, Some(broken)).await.unwrap_err();
        assert_eq!(error.code(), Code::Internal, "{broken}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_told_to_come_back_and_the_rest_is_served() {
    let hasher = hasher(|settings| settings.hash_concurrency = 1).await;
    let password = Password::typed("correct horse").unwrap();
    let answers = futures::future::join_all((0..100).map(|_| hasher.verify(&password, None))).await;
    let busy = answers.iter().filter(|answer| answer.as_ref().is_err_and(|e| e.code() == Code::Busy)).count();
    assert_eq!(busy, 35, "one runs and 64 wait in the queue");
    assert!(answers.iter().flatten().all(|verdict| *verdict == Verdict::Wrong));
    assert!(hasher.verify(&password, None).await.is_ok(), "the queue is free again");
}
