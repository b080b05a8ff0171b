//! Provisioning: what an empty database needs, which is the built-in permissions and roles, and the
//! built-in accounts.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::accounts::users::{self, NewUser};
use crate::audit::Change;
use crate::auth::Auth;
use crate::authn::sign_up::hash_given;
use crate::authz::actor::Actor;
use crate::authz::roles;
use crate::foundation::error::Error;
use crate::foundation::names::{Email, Identifier, Username};
use crate::model::role;
use crate::model::scope::Scope;

/// The version of what is built in. It is raised when that grows, so that existing installations
/// get the additions.
const VERSION: &str = "2";

crate::statements! {
    DONE = "SELECT value FROM meta WHERE name = 'provisioned'";
    /// Records the version. Also makes other processes wait until this one has committed.
    SET_DONE = "INSERT INTO meta (name, value) VALUES ('provisioned', $1) \
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
}

/// An account that provisioning creates.
struct Account<'a> {
    username: &'a str,
    email: Option<&'a str>,
    password: Option<&'a SecretString>,
    roles: &'a [&'a str],
    is_system: bool,
}

impl Auth {
    /// Adds whatever is missing of what is built in. Does nothing when this version was provisioned
    /// before, unless TRY_FULL_INITIALIZE_WHEN_SYSTEM_USER_EXISTS_AGAIN is set. Removes nothing,
    /// and changes no account.
    ///
    /// # Errors
    ///
    /// [`Code::Forbidden`](crate::model::code::Code::Forbidden) when the caller is not the program
    /// itself.
    pub async fn provision(&self, actor: &Actor) -> Result<(), Error> {
        actor.require_system()?;
        let done: Option<(String,)> = DONE.query().optional(&mut self.store().read().await?).await?;
        let bootstrap = &self.settings().bootstrap;
        if done.is_some_and(|(version,)| version == VERSION) && !bootstrap.try_full_initialize {
            return Ok(());
        }
        let mut work = self.deps().recorder.begin(actor).await?;
        SET_DONE.bind(VERSION).execute(&mut work.tx).await?;
        roles::provision(&mut work, &self.clock, self.deps().random).await?;
        let accounts = [
            Account {
                username: "system",
                email: None,
                password: None,
                roles: &[role::SYSTEM],
                is_system: true,
            },
            Account {
                username: "superadmin",
                email: Some(&bootstrap.superadmin_email),
                password: bootstrap.superadmin_password.as_ref(),
                roles: &[role::SUPER_ADMIN, role::USER],
                is_system: false,
            },
            Account {
                username: "admin",
                email: Some(&bootstrap.admin_email),
                password: bootstrap.admin_password.as_ref(),
                roles: &[role::ADMIN, role::USER],
                is_system: false,
            },
        ];
        for account in &accounts {
            self.ensure(&mut work, account).await?;
        }
        work.commit().await
    }

    /// Creates an account, unless another one has its username or email address.
    async fn ensure(&self, work: &mut Change, account: &Account<'_>) -> Result<(), Error> {
        let context = "provisioned account";
        let username =
            Username::parse(account.username).map_err(|code| Error::internal(context, code.as_str()))?;
        let email = account
            .email
            .map(Email::parse)
            .transpose()
            .map_err(|code| Error::internal(context, code.as_str()))?;
        let mut keys = vec![Identifier::Username(username.key().to_owned())];
        keys.extend(email.as_ref().map(|email| Identifier::Email(email.key().to_owned())));
        for key in &keys {
            if users::by_identifier(&mut work.tx, key).await?.is_some() {
                return Ok(());
            }
        }
        let password_hash = match account.password {
            Some(plain) => {
                let about = [account.username];
                Some(hash_given(&self.deps().passwords, plain.expose_secret(), &about).await?)
            }
            None => None,
        };
        let user = NewUser {
            id: None,
            username,
            email_verified: email.is_some(),
            email,
            first_name: None,
            last_name: None,
            metadata: json!({}),
            password_hash,
            is_system: account.is_system,
            language: None,
        };
        let id = self.users.insert(work, user).await?;
        for role in account.roles {
            roles::give_built_in(work, id, role, &Scope::global(), &self.clock, self.deps().random).await?;
        }
        Ok(())
    }
}
