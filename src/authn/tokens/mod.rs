//! One-time tokens: for mails and links that prove something once.
//!
//! Kept only as hashes, bound to a purpose and a subject. A token is redeemed by the secret of its link, or by six digits
//! in the browser that asked for it: those are hashed with that browser's secret, which is kept nowhere, so that nobody
//! who reads the database finds them by trying all million.

mod sql;

pub(crate) use sql::ALL;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sql::*;

use crate::foundation::clock::{Clock, Random};
use crate::foundation::crypto::keyring::Keyring;
use crate::foundation::crypto::token::{Secret, sha256, sha256_parts};
use crate::foundation::error::Error;
use crate::foundation::store::Conn;
use crate::model::code::{Code, Field};
use crate::model::id::{TokenId, UserId};
use crate::model::time::Timestamp;

/// How often a code may be tried before it is worth nothing: of a million codes, five are tried.
const MAX_CODE_TRIES: i64 = 5;

/// What a token is good for, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Making the first administrator.
    SetUp,
    /// Making an account.
    SignUp,
    /// Proving an address that one's account has.
    VerifyEmail,
    /// Setting a new password.
    PasswordReset,
    /// Signing in.
    MagicLink,
    /// Taking another address.
    EmailChange,
    /// Taking the address back that one had before.
    EmailUndo,
    /// Going on to the second factor: the first one was proved.
    SecondFactor,
    /// Answering a prompt to sign in, or to confirm who one is, by a passkey.
    PasskeyPrompt,
    /// Adding a passkey.
    PasskeyAdd,
    /// Making an account with a passkey.
    PasskeySignUp,
    /// Confirming who one is.
    Confirm,
    /// Seeing once what is shown once.
    ShowOnce,
    /// Doing what waits for a confirmation.
    PendingAction,
    /// Beginning to wait until lost second factors are taken off.
    RecoveryStart,
    /// Having them taken off, after the waiting.
    RecoveryFinish,
    /// Stopping that.
    RecoveryCancel,
    /// Taking off again the second factor that was added first.
    FactorUndo,
}

impl Purpose {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::SignUp => "sign_up",
            Self::VerifyEmail => "verify_email",
            Self::PasswordReset => "password_reset",
            Self::MagicLink => "magic_link",
            Self::EmailChange => "email_change",
            Self::EmailUndo => "email_undo",
            Self::SecondFactor => "second_factor",
            Self::PasskeyPrompt => "passkey_prompt",
            Self::PasskeyAdd => "passkey_add",
            Self::PasskeySignUp => "passkey_sign_up",
            Self::Confirm => "confirm",
            Self::ShowOnce => "show_once",
            Self::PendingAction => "act",
            Self::RecoveryStart => "recovery_start",
            Self::RecoveryFinish => "recovery_finish",
            Self::RecoveryCancel => "recovery_cancel",
            Self::FactorUndo => "factor_undo",
        }
    }
}

/// A token to be made.
pub(crate) struct NewToken<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) user: Option<UserId>,
    /// What it is bound to, such as the folded address that it is sent to.
    pub(crate) subject: &'a str,
    /// What is done once it is used; encrypted by the caller.
    pub(crate) payload: Option<String>,
    pub(crate) lifetime: Duration,
    /// The secret of the browser that asks, if a code is to work there.
    pub(crate) browser: Option<&'a [u8; 32]>,
    /// Whether anybody is told its link and code. One that nobody is told has a code that can not be guessed either.
    pub(crate) told: bool,
}

/// A token that was made. Only the caller knows these.
pub(crate) struct Issued {
    /// For the link.
    pub(crate) secret: String,
    /// Six digits; empty when no browser asked.
    pub(crate) code: String,
    pub(crate) expires_at: Timestamp,
}

/// What somebody shows of a token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PresentedToken<'a> {
    /// The secret of its link.
    Secret(&'a str),
    /// Its code was right: see [`Tokens::try_code`].
    Known(TokenId),
}

/// A code that was tried.
pub(crate) struct TriedCode {
    pub(crate) id: TokenId,
    /// What its token is bound to.
    pub(crate) subject: String,
    pub(crate) right: bool,
}

/// What a token is about.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Found {
    pub(crate) user_id: Option<UserId>,
    pub(crate) subject: String,
    pub(crate) payload: Option<String>,
    pub(crate) browser_hash: Option<Vec<u8>>,
}

impl Found {
    /// Whether it was asked for in the browser with this secret.
    pub(crate) fn is_of(&self, browser: Option<&[u8; 32]>) -> bool {
        browser.is_some_and(|secret| self.browser_hash.as_deref() == Some(&sha256(secret)))
    }
}

/// Issues and redeems tokens.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) keys: Arc<Keyring>,
}

impl Tokens {
    /// Encrypts what a token carries.
    pub(crate) fn seal(&self, payload: &impl Serialize) -> Result<String, Error> {
        let json = serde_json::to_vec(payload).map_err(|source| Error::internal("payload", source))?;
        Ok(self.keys.encrypt(&json))
    }

    /// Decrypts what a token carries.
    ///
    /// # Errors
    ///
    /// [`Code::BadToken`] when no key opens it.
    pub(crate) fn open<T: DeserializeOwned>(&self, found: &Found) -> Result<T, Error> {
        let read = || serde_json::from_slice(&self.keys.decrypt(found.payload.as_deref()?)?).ok();
        read().ok_or_else(|| Error::on(Field::Token, Code::BadToken))
    }

    /// Makes a token. Codes that the same browser got for the same purpose before stop working; their links do not.
    pub(crate) async fn issue(&self, conn: &mut Conn, new: NewToken<'_>) -> Result<Issued, Error> {
        let code = new.browser.map(|_| self.six_digits()).unwrap_or_default();
        let code_hash = new.browser.map(|browser| match new.told {
            true => code_hash(browser, &code),
            false => self.random.bytes(),
        });
        if let Some(browser) = new.browser {
            FORGET_CODES.bind(sha256(browser)).bind(new.purpose.as_str()).execute(conn).await?;
        }
        let secret = Secret::new(self.random);
        let expires_at = self.insert(conn, &new, &secret, code_hash).await?;
        Ok(Issued { secret: secret.reveal(), code, expires_at })
    }

    /// Makes a token without a code, whose secret somebody else made: 256 random bits. Until when it is good.
    pub(crate) async fn issue_as(
        &self,
        conn: &mut Conn,
        new: &NewToken<'_>,
        secret: &Secret,
    ) -> Result<Timestamp, Error> {
        self.insert(conn, new, secret, None).await
    }

    async fn insert(
        &self,
        conn: &mut Conn,
        new: &NewToken<'_>,
        secret: &Secret,
        code_hash: Option<[u8; 32]>,
    ) -> Result<Timestamp, Error> {
        let now = self.clock.now();
        let expires_at = now.plus(new.lifetime);
        INSERT
            .bind(TokenId::from_uuid(self.random.uuid(now)))
            .bind(new.purpose.as_str())
            .bind(new.user)
            .bind(new.subject)
            .bind(secret.hash())
            .bind(now)
            .bind(expires_at)
            .bind(new.browser.map(|browser| sha256(browser)))
            .bind(code_hash)
            .bind(new.payload.clone())
            .execute(conn)
            .await?;
        Ok(expires_at)
    }

    /// Deletes a person's tokens of a purpose and subject, used or not.
    pub(crate) async fn forget_of(
        &self,
        conn: &mut Conn,
        user: UserId,
        purpose: Purpose,
        subject: &str,
    ) -> Result<(), Error> {
        FORGET_OF.bind(user).bind(purpose.as_str()).bind(subject).execute(conn).await.map(drop)
    }

    /// Uses a token up. Err([`Code::BadToken`]) when it is unknown, used, expired or for something else; one statement
    /// decides, so of parallel tries one succeeds.
    pub(crate) async fn redeem(
        &self,
        conn: &mut Conn,
        purpose: Purpose,
        presented: PresentedToken<'_>,
    ) -> Result<Found, Error> {
        let now = self.clock.now();
        let found = match presented {
            PresentedToken::Secret(secret) => {
                let secret = Secret::parse(secret).ok_or_else(bad_token)?;
                REDEEM.bind(secret.hash()).bind(purpose.as_str()).bind(now).optional(conn).await?
            }
            PresentedToken::Known(id) => {
                REDEEM_KNOWN.bind(id).bind(purpose.as_str()).bind(now).optional(conn).await?
            }
        };
        found.ok_or_else(bad_token)
    }

    /// What a token is about, if it could be redeemed now. Looking does not use it up.
    pub(crate) async fn peek(
        &self,
        conn: &mut Conn,
        purpose: Purpose,
        presented: PresentedToken<'_>,
    ) -> Result<Option<Found>, Error> {
        let now = self.clock.now();
        match presented {
            PresentedToken::Secret(secret) => {
                let Some(secret) = Secret::parse(secret) else { return Ok(None) };
                PEEK.bind(secret.hash()).bind(purpose.as_str()).bind(now).optional(conn).await
            }
            PresentedToken::Known(id) => {
                PEEK_KNOWN.bind(id).bind(purpose.as_str()).bind(now).optional(conn).await
            }
        }
    }

    /// What the newest open token of a browser is about.
    pub(crate) async fn of_browser(
        &self,
        conn: &mut Conn,
        purpose: Purpose,
        browser: &[u8; 32],
    ) -> Result<Option<Found>, Error> {
        OF_BROWSER.bind(sha256(browser)).bind(purpose.as_str()).bind(self.clock.now()).optional(conn).await
    }

    /// Tries a code in the browser that asked for it. The try counts before it is judged; the caller commits it whatever
    /// comes out. None when there is no mail that this browser waits for, or its code was tried too often.
    pub(crate) async fn try_code(
        &self,
        conn: &mut Conn,
        purpose: Purpose,
        browser: &[u8; 32],
        code: &str,
    ) -> Result<Option<TriedCode>, Error> {
        let row: Option<(TokenId, String, Option<Vec<u8>>)> = TRY_CODE
            .bind(sha256(browser))
            .bind(purpose.as_str())
            .bind(self.clock.now())
            .bind(MAX_CODE_TRIES)
            .optional(conn)
            .await?;
        let wanted = code_hash(browser, code);
        // Hashes are compared: what their comparison tells by its time is of no use.
        Ok(row.map(|(id, subject, hash)| TriedCode { id, subject, right: hash.as_deref() == Some(&wanted) }))
    }

    /// A new secret for a token whose code was right, to go on with on another page. Its link stops working.
    pub(crate) async fn reissue(&self, conn: &mut Conn, id: TokenId) -> Result<String, Error> {
        let secret = Secret::new(self.random);
        let done = REISSUE.bind(id).bind(secret.hash()).bind(self.clock.now()).execute(conn).await?;
        if done == 1 { Ok(secret.reveal()) } else { Err(bad_token()) }
    }

    /// The open tokens of a person's for one purpose.
    pub(crate) async fn open_of(
        &self,
        conn: &mut Conn,
        user: UserId,
        purpose: Purpose,
    ) -> Result<Vec<TokenId>, Error> {
        let query = OPEN_OF.bind(user).bind(purpose.as_str()).bind(self.clock.now());
        Ok(query.all::<(TokenId,)>(conn).await?.into_iter().map(|(id,)| id).collect())
    }

    /// Makes one token worthless.
    pub(crate) async fn void_one(&self, conn: &mut Conn, id: TokenId) -> Result<(), Error> {
        VOID_ONE.bind(id).bind(self.clock.now()).execute(conn).await.map(drop)
    }

    /// Makes every open token of a purpose worthless.
    pub(crate) async fn void(&self, conn: &mut Conn, purpose: Purpose) -> Result<(), Error> {
        VOID.bind(purpose.as_str()).bind(self.clock.now()).execute(conn).await.map(drop)
    }

    /// Makes every open token of a person's and of these purposes worthless.
    pub(crate) async fn void_of(
        &self,
        conn: &mut Conn,
        user: UserId,
        purposes: &[Purpose],
    ) -> Result<(), Error> {
        for purpose in purposes {
            VOID_OF.bind(user).bind(purpose.as_str()).bind(self.clock.now()).execute(conn).await?;
        }
        Ok(())
    }

    /// Deletes tokens that ran out more than `after` ago, and what those were to do that can not be used any more.
    pub(crate) async fn purge(&self, conn: &mut Conn, after: Duration) -> Result<u64, Error> {
        BLANK.bind(self.clock.now()).execute(conn).await?;
        PURGE_BRIEF.bind(self.clock.now()).execute(conn).await?;
        PURGE.bind(self.clock.now().minus(after)).execute(conn).await
    }

    fn six_digits(&self) -> String {
        // Of 2^32 values, the remainder favours some codes by less than one in four thousand.
        format!("{:06}", u32::from_be_bytes(self.random.bytes()) % 1_000_000)
    }
}

/// Whether somebody else than `user` may take an address back that they had until a short while ago.
pub(crate) async fn is_kept(
    conn: &mut Conn,
    address: &str,
    user: Option<UserId>,
    now: Timestamp,
) -> Result<bool, Error> {
    let query = IS_KEPT.bind(address).bind(Purpose::EmailUndo.as_str()).bind(now);
    let holders: Vec<(Option<UserId>,)> = query.all(conn).await?;
    Ok(holders.iter().any(|(holder,)| holder.is_some() && *holder != user))
}

fn bad_token() -> Error {
    Error::on(Field::Token, Code::BadToken)
}

fn code_hash(browser: &[u8; 32], code: &str) -> [u8; 32] {
    sha256_parts([browser.as_slice(), code.as_bytes()])
}
