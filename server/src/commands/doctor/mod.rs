//! `authtuna doctor`: checks everything that a start needs. Without `--mail`, it changes nothing:
//! it creates no key, no database and no table.

mod data;
mod mail;
mod network;
mod setup;

use authtuna::foundation::config::Settings;

use super::say;
use crate::cli_error::CliError;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// The check passed.
    Ok,
    /// It works, but the operator should know.
    Warn,
    /// It must be fixed.
    Fail,
}

/// What was checked, the result, and what to do.
#[derive(Debug)]
struct Finding {
    mark: Mark,
    what: &'static str,
    text: String,
}

fn ok(what: &'static str, text: impl Into<String>) -> Finding {
    Finding { mark: Mark::Ok, what, text: text.into() }
}

fn warn(what: &'static str, text: impl Into<String>) -> Finding {
    Finding { mark: Mark::Warn, what, text: text.into() }
}

fn fail(what: &'static str, text: impl Into<String>) -> Finding {
    Finding { mark: Mark::Fail, what, text: text.into() }
}

/// Checks this installation, and prints a line for each check. Sends an email to `to`.
///
/// # Errors
///
/// [`CliError::Unhealthy`] when a check failed.
pub(super) async fn doctor(to: Option<String>) -> Result<(), CliError> {
    let findings = match setup::settings() {
        Ok((settings, findings)) => {
            let mut findings = rest(&settings, findings).await;
            if let Some(to) = to {
                findings.extend(Box::pin(mail::test(settings, &to)).await);
            }
            findings
        }
        // Without settings, nothing else can be checked.
        Err(problem) => vec![fail("settings", problem.to_string())],
    };
    for finding in &findings {
        tell(finding)?;
    }
    match findings.iter().filter(|finding| finding.mark == Mark::Fail).count() {
        0 => Ok(()),
        failed => Err(CliError::Unhealthy(failed)),
    }
}

async fn rest(settings: &Settings, mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.extend(setup::production(settings));
    findings.extend(data::database(settings).await);
    findings.extend(setup::site(settings));
    findings.extend(network::listening(settings).await);
    findings.extend(network::addresses(settings));
    findings.push(network::places(settings));
    findings.push(mail::set_up(settings));
    findings
}

/// Prints a finding, whose text may have several lines.
fn tell(finding: &Finding) -> Result<(), CliError> {
    let mark = match finding.mark {
        Mark::Ok => "ok",
        Mark::Warn => "warn",
        Mark::Fail => "FAIL",
    };
    let mut lines = finding.text.trim_end().lines();
    let first = lines.next().unwrap_or_default();
    say(format_args!("{mark:<4}  {:<10}  {first}", finding.what))?;
    lines.try_for_each(|line| say(format_args!("{:18}{line}", "")))
}
