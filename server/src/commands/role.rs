//! `authtuna role`: manages roles, as the program itself.

use std::time::Duration;

use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, Grant, RoleChange, RoleDetails};
use authtuna::foundation::config::Settings;
use authtuna::model::code::Code;
use authtuna::model::page::PageRequest;
use authtuna::model::role::Requirement;
use authtuna::model::scope::Scope;
use authtuna::model::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::say;
use super::user::find;
use crate::cli::{Required, Role};
use crate::cli_error::CliError;

/// Runs the command, and closes the database.
pub(super) async fn role(command: Role) -> Result<(), CliError> {
    let auth = Box::pin(Auth::start(Settings::load()?)).await?;
    let done = act(&auth, command).await;
    auth.store().close().await;
    done
}

async fn act(auth: &Auth, command: Role) -> Result<(), CliError> {
    match command {
        Role::List => list(auth).await,
        Role::Show { name } => {
            let found = auth.roles.details(&Actor::system(), &name).await?;
            show(auth, &found.ok_or(CliError::NoSuchRole(name))?).await
        }
        Role::Give { name, who, scope, until } => {
            let place = place(&scope)?;
            let account = find(auth, &who).await?;
            let mut wish = Assignment::new(account.id, &name).within(place);
            if let Some(until) = until {
                let end = moment(&until, auth.clock.now()).ok_or(CliError::BadMoment(until))?;
                wish = wish.until(end);
            }
            let grant = auth.roles.assign(&Actor::system(), &wish).await;
            let grant = grant.map_err(|error| match error.code() {
                Code::RoleNotFound => CliError::NoSuchRole(name),
                _ => error.into(),
            })?;
            say(format_args!("{} holds {}.", grant.username, held(&grant)))
        }
        Role::Require { name, what } => {
            let requires = match what {
                Required::Mfa => Some(Requirement::Mfa),
                Required::Passkey => Some(Requirement::Passkey),
                Required::Nothing => None,
            };
            let change = RoleChange { requires: Some(requires), ..RoleChange::default() };
            let role = auth.roles.update(&Actor::system(), &name, &change).await;
            let role = role.map_err(|error| match error.code() {
                Code::RoleNotFound => CliError::NoSuchRole(name),
                _ => error.into(),
            })?;
            let what = requires.map_or("nothing", Requirement::as_str);
            say(format_args!("{} requires {what}.", role.name))
        }
        Role::Take { name, who, scope } => {
            let place = place(&scope)?;
            let account = find(auth, &who).await?;
            let taken = auth.roles.remove(&Actor::system(), account.id, &name, &place).await;
            taken.map_err(|error| match error.code() {
                Code::RoleNotFound => CliError::NoSuchRole(name.clone()),
                Code::GrantNotFound => CliError::NoSuchGrant(account.username.clone(), name.clone(), scope),
                _ => error.into(),
            })?;
            say(format_args!("{} does not hold {name} in {place} any more.", account.username))
        }
    }
}

async fn list(auth: &Auth) -> Result<(), CliError> {
    let mut page = PageRequest::default();
    loop {
        let found = auth.roles.list(&Actor::system(), "", &page).await?;
        for role in found.items {
            let level = role.level.map_or_else(|| "-".to_owned(), |level| level.to_string());
            say(format_args!("{level:>3}  {:<24} {}", role.name, role.description))?;
        }
        if found.next.is_none() {
            return Ok(());
        }
        page.after = found.next;
    }
}

async fn show(auth: &Auth, details: &RoleDetails) -> Result<(), CliError> {
    let role = &details.role;
    let none = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
    let permissions = if role.all_permissions { "all".to_owned() } else { none(&details.permissions) };
    say(format_args!("name         {}", role.name))?;
    say(format_args!("description  {}", role.description))?;
    say(format_args!(
        "level        {}",
        role.level.map_or_else(|| "none".to_owned(), |level| level.to_string())
    ))?;
    say(format_args!("requires     {}", role.requires.map_or("nothing", Requirement::as_str)))?;
    say(format_args!("permissions  {permissions}"))?;
    say(format_args!("may assign   {}", none(&details.can_assign)))?;
    say(format_args!("may grant    {}", none(&details.can_grant)))?;
    say(format_args!("holders      {}", details.members))?;
    let mut page = PageRequest::default();
    loop {
        let found = auth.roles.members(&Actor::system(), &role.name, &Scope::global(), &page).await?;
        for grant in found.items {
            say(format_args!("  {:<24} {}", grant.username, held(&grant)))?;
        }
        if found.next.is_none() {
            return Ok(());
        }
        page.after = found.next;
    }
}

/// Describes an assignment.
fn held(grant: &Grant) -> String {
    let until = grant.expires_at.and_then(|end| OffsetDateTime::from_unix_timestamp(end.seconds()).ok());
    match until.and_then(|end| end.format(&Rfc3339).ok()) {
        Some(end) => format!("{} in {} until {end}", grant.role, grant.scope),
        None => format!("{} in {}", grant.role, grant.scope),
    }
}

fn place(text: &str) -> Result<Scope, CliError> {
    text.parse().map_err(|_| CliError::BadScope(text.to_owned()))
}

/// Parses a time after `now`: an RFC 3339 time, or a whole number of minutes, hours or days from
/// now.
fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    let end = match OffsetDateTime::parse(text, &Rfc3339) {
        Ok(at) => Timestamp::from_micros(at.unix_timestamp().checked_mul(1_000_000)?),
        Err(_) => {
            let unit = match text.chars().last()? {
                'm' => 60,
                'h' => 3600,
                'd' => 24 * 3600,
                _ => return None,
            };
            let count: u32 = text.get(..text.len() - 1)?.parse().ok()?;
            now.plus(Duration::from_secs(u64::from(count) * unit))
        }
    };
    // The end of the last year with four digits.
    (now < end && end.seconds() < 253_402_300_800).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_still_to_come() {
        let now = Timestamp::from_micros(1_767_225_600_000_000);
        for (good, seconds) in
            [("90m", 5400), ("12h", 43_200), ("30d", 2_592_000), ("2026-01-01T01:00:00+00:00", 3600)]
        {
            assert_eq!(moment(good, now).map(|end| end.seconds() - now.seconds()), Some(seconds), "{good}");
        }
        for bad in [
            "",
            "d",
            "0d",
            "-1d",
            "1w",
            "1.5h",
            "2025-12-31T00:00:00Z",
            "2026-01-02",
            "tomorrow",
            "4294967295d",
            "1é",
        ] {
            assert_eq!(moment(bad, now), None, "{bad}");
        }
    }
}
