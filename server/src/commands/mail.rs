//! `authtuna mail`: manages email, as the program itself.

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::foundation::config::Settings;
use authtuna::foundation::error::Error;
use authtuna::foundation::names::Email;
use authtuna::mail::{MailLine, MailState, Tested, Verdict};
use authtuna::model::code::Code;
use authtuna::model::page::PageRequest;
use authtuna::model::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::say;
use crate::cli::Mail;
use crate::cli_error::CliError;

/// Runs the command, and closes the database.
pub(super) async fn mail(command: Mail) -> Result<(), CliError> {
    let auth = Box::pin(Auth::start(Settings::load()?)).await?;
    let done = act(&auth, command).await;
    auth.store().close().await;
    done
}

async fn act(auth: &Auth, command: Mail) -> Result<(), CliError> {
    let system = Actor::system();
    match command {
        Mail::List { state, limit } => {
            let state = state.map(|text| MailState::parse(&text).ok_or(CliError::BadMailState(text)));
            let page = PageRequest { after: None, limit: Some(limit) };
            let found = auth.outbox.list(&system, state.transpose()?, &page).await?;
            if found.items.is_empty() {
                return say("There are none.");
            }
            found.items.iter().try_for_each(show)
        }
        Mail::Retry { id } => {
            let Ok(known) = id.parse() else { return Err(CliError::NoSuchMail(id)) };
            let retried = auth.outbox.retry(&system, known).await;
            match retried.map_err(|error| refused(error, &id))? {
                Some(()) => say("It is tried again by the running server, or by the next one that starts."),
                None => Err(CliError::NoSuchMail(id)),
            }
        }
        Mail::Test { to } => {
            let tested = test(auth, &to).await?;
            for step in &tested {
                let verdict = match step.verdict {
                    Verdict::Passed => "ok",
                    Verdict::Failed => "FAIL",
                    Verdict::Unknown => "?",
                };
                say(format_args!("{verdict:<4}  {:<8}  {}", step.step.as_str(), explained(step)))?;
            }
            let failed = |test: &Tested| test.step.is_needed() && test.verdict == Verdict::Failed;
            if tested.iter().any(failed) { Err(CliError::MailTest) } else { Ok(()) }
        }
    }
}

/// Sends an email to `to`, and returns the result of every step.
///
/// # Errors
///
/// - [`CliError::BadAddress`] when `to` is not an email address.
/// - [`CliError::MailOff`] when the server sends no email.
pub(super) async fn test(auth: &Auth, to: &str) -> Result<Vec<Tested>, CliError> {
    let address = Email::parse(to).map_err(|_| CliError::BadAddress(to.to_owned()))?;
    let tested = auth.outbox.self_test(&Actor::system(), &address).await;
    tested.map_err(|error| refused(error, ""))
}

/// Returns the result of a step of the test, and what to do.
pub(super) fn explained(step: &Tested) -> String {
    let advice = match step.code {
        "ok" => return step.text.clone(),
        "not_tried" => return "not tried, because the previous step failed".to_owned(),
        "recipient_refused" => "the server refuses the recipient",
        "content_refused" => "the server refuses the email",
        "sender_refused" => "the server refuses DEFAULT_SENDER_EMAIL",
        "sign_in_failed" => "the server does not accept SMTP_USERNAME and SMTP_PASSWORD",
        "tls" => "no trusted TLS connection; see MAIL_STARTTLS, MAIL_SSL_TLS and SMTP_CA_FILE",
        "connection" => "no connection; see SMTP_HOST and SMTP_PORT",
        "try_later" => "the server asks to try again later, which the outbox does automatically",
        "timed_out" => "timed out; see SMTP_HOST, SMTP_PORT and MAIL_TIMEOUT_SECONDS",
        "no_record" => "DNS has no such record for the sender's domain",
        "several_records" => "DNS has several such records, and receivers ignore them all",
        "other_key" => "the DNS record does not contain the key of DKIM_PRIVATE_KEY_PATH",
        code => code,
    };
    if step.text.is_empty() { advice.to_owned() } else { format!("{advice}: {}", step.text) }
}

fn refused(error: Error, id: &str) -> CliError {
    match error.code() {
        Code::MailOff => CliError::MailOff,
        Code::MailDone => CliError::MailDone(id.to_owned()),
        _ => error.into(),
    }
}

fn show(mail: &MailLine) -> Result<(), CliError> {
    let (state, at) = (mail.state.as_str(), moment(mail.created_at));
    say(format_args!("{}  {at}  {state:<6}  {:<24}  {}", mail.id, mail.kind, mail.to))?;
    match (&mail.last_error, mail.next_try_at) {
        (None, _) => Ok(()),
        (Some(error), None) => say(format_args!("{:38}tries: {}; {error}", "", mail.tries)),
        (Some(error), Some(next)) => {
            say(format_args!("{:38}tries: {}; next {}; {error}", "", mail.tries, moment(next)))
        }
    }
}

fn moment(at: Timestamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.seconds()).ok();
    at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
