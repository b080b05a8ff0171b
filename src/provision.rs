//! What an empty database needs: built-in permissions and roles, and the accounts of the software.

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

/// Raised when what is built in grows, so that existing installations get it.
const VERSION: &str = "2";

crate::statements! {
    DONE = "SELECT value FROM meta WHERE name = 'provisioned'";
    /// Also holds other processes back until this one has committed.
    SET_DONE = "INSERT INTO meta (name, value) VALUES ('provisioned', $1) \
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
}

/// An account that provisioning makes.
struct Account<'a> {
    username: &'a str,
    email: Option<&'a str>,
    password: Option<&'a SecretString>,
    roles: &'a [&'a str],
    is_system: bool,
}

impl Auth {
    /// Adds what is missing of what is built in. Does nothing when this version has done so before, unless
    /// TRY_FULL_INITIALIZE_WHEN_SYSTEM_USER_EXISTS_AGAIN asks for it. Takes nothing away, changes no account.
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

    /// Makes an account unless its name or address is somebody's already.
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
