//! One-time tokens: for links that prove something once. Kept only as a hash, bound to a purpose and a subject.

mod sql;

pub(crate) use sql::ALL;

use std::time::Duration;

use sql::*;

use crate::clock::{Clock, Random};
use crate::crypto::token::Secret;
use crate::error::Error;
use crate::model::code::{Code, Field};
use crate::model::id::{TokenId, UserId};
use crate::store::Conn;

/// What a token is good for, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Making the first administrator.
    SetUp,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
        }
    }
}

/// What a used token was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redeemed {
    pub(crate) user: Option<UserId>,
    pub(crate) subject: String,
}

/// Issues and redeems tokens.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

impl Tokens {
    /// Issues a token; the secret is known to the caller alone.
    pub(crate) async fn issue(
        &self,
        conn: &mut Conn,
        purpose: Purpose,
        user: Option<UserId>,
        subject: &str,
        lifetime: Duration,
    ) -> Result<String, Error> {
        let now = self.clock.now();
        let secret = Secret::new(self.random);
        INSERT
            .bind(TokenId::from_uuid(self.random.uuid(now)))
            .bind(purpose.as_str())
            .bind(user)
            .bind(subject)
            .bind(secret.hash())
            .bind(now)
            .bind(now.plus(lifetime))
            .execute(conn)
            .await?;
        Ok(secret.reveal())
    }

    /// Uses a token up. Err([`Code::BadToken`]) when it is unknown, used, expired or for something else; one statement
    /// decides, so of parallel tries one succeeds.
    pub(crate) async fn redeem(
        &self,
        conn: &mut Conn,
        purpose: Purpose,
        secret: &str,
    ) -> Result<Redeemed, Error> {
        let bad = || Error::on(Field::Token, Code::BadToken);
        let secret = Secret::parse(secret).ok_or_else(bad)?;
        let used: Option<(Option<UserId>, String)> =
            REDEEM.bind(secret.hash()).bind(purpose.as_str()).bind(self.clock.now()).optional(conn).await?;
        used.map(|(user, subject)| Redeemed { user, subject }).ok_or_else(bad)
    }

    /// Whether a token could be redeemed now. Looking does not use it up.
    pub(crate) async fn is_good(
        &self,
        conn: &mut Conn,
        purpose: Purpose,
        secret: &str,
    ) -> Result<bool, Error> {
        let Some(secret) = Secret::parse(secret) else { return Ok(false) };
        let found: Option<(i32,)> =
            PEEK.bind(secret.hash()).bind(purpose.as_str()).bind(self.clock.now()).optional(conn).await?;
        Ok(found.is_some())
    }

    /// Makes every open token of a purpose worthless.
    pub(crate) async fn void(&self, conn: &mut Conn, purpose: Purpose) -> Result<(), Error> {
        VOID.bind(purpose.as_str()).bind(self.clock.now()).execute(conn).await.map(drop)
    }

    /// Deletes tokens that ran out more than `after` ago.
    pub(crate) async fn purge(&self, conn: &mut Conn, after: Duration) -> Result<u64, Error> {
        PURGE.bind(self.clock.now().minus(after)).execute(conn).await
    }
}
