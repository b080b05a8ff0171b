//! `authtuna user`: manages accounts, as the program itself.

use authtuna::accounts::users::User as Account;
use authtuna::auth::Auth;
use authtuna::authz::actor::Actor;
use authtuna::foundation::config::Settings;
use authtuna::foundation::names::{Email, Username};

use super::say;
use crate::cli::User;
use crate::cli_error::CliError;

/// Runs the command, and closes the database.
pub(super) async fn user(command: User) -> Result<(), CliError> {
    let auth = Box::pin(Auth::start(Settings::load()?)).await?;
    let done = act(&auth, command).await;
    auth.store().close().await;
    done
}

async fn act(auth: &Auth, command: User) -> Result<(), CliError> {
    let system = Actor::system();
    match command {
        User::SetUpLink => match auth.sign_up.issue_setup_link(&system).await? {
            Some(link) => say(link),
            None => say("There is already an administrator: no link was created."),
        },
        User::Show { who } => show(&find(auth, &who).await?),
        User::Suspend { who, reason } => {
            let account = find(auth, &who).await?;
            auth.admin.suspend(&system, account.id, &reason).await?;
            say(format_args!("{} is suspended and has no sessions any more.", account.username))?;
            if auth.store().kind() == "sqlite" {
                // PostgreSQL notifies the server. A SQLite file cannot notify another process.
                let seconds = auth.settings().sessions.verification_interval.as_secs();
                say(format_args!("A server that is running on this file notices within {seconds} s."))?;
            }
            Ok(())
        }
        User::Unlock { who } => {
            let account = find(auth, &who).await?;
            auth.admin.unlock(&system, account.id).await?;
            say(format_args!("Sign-in to {} is unlocked.", account.username))
        }
        User::RemoveFactors { who } => {
            let account = find(auth, &who).await?;
            auth.admin.remove_factors(&system, account.id).await?;
            say(format_args!("{} has no second factor anymore, and may set one up again.", account.username))
        }
        User::Unsuspend { who, reason } => {
            let account = find(auth, &who).await?;
            auth.admin.unsuspend(&system, account.id, &reason).await?;
            say(format_args!("{} may sign in again.", account.username))
        }
    }
}

/// Returns the account with this username or email address.
///
/// # Errors
///
/// [`CliError::NoSuchUser`] when there is none.
pub(super) async fn find(auth: &Auth, who: &str) -> Result<Account, CliError> {
    let system = Actor::system();
    let found = match (Email::parse(who), Username::parse(who)) {
        (Ok(email), _) => auth.users.get_by_email(&system, &email).await?,
        (_, Ok(username)) => auth.users.get_by_username(&system, &username).await?,
        _ => None,
    };
    found.ok_or_else(|| CliError::NoSuchUser(who.to_owned()))
}

fn show(account: &Account) -> Result<(), CliError> {
    let yes = |what: bool| if what { "yes" } else { "no" };
    say(format_args!("id              {}", account.id))?;
    say(format_args!("username        {}", account.username))?;
    say(format_args!("email           {}", account.email.as_deref().unwrap_or("none")))?;
    say(format_args!("verified        {}", yes(account.email_verified_at.is_some())))?;
    say(format_args!("has a password  {}", yes(account.has_password)))?;
    say(format_args!("suspended       {}", yes(account.suspended_at.is_some())))?;
    say(format_args!("deleted         {}", yes(account.deleted_at.is_some())))
}
