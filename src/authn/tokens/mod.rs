//! One-time tokens: the secrets behind emailed links and codes, and behind other steps that may
//! happen only once.
//!
//! The database stores only hashes, each bound to a purpose and a subject. A caller redeems a token
//! with the secret of its link or, in the browser that asked for it, with six digits. The digits
//! are hashed together with that browser's secret, which the server stores nowhere, so a reader of
//! the database cannot find them by trying all million.

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

/// How often a code may be tried before it stops working: five guesses at one of a million codes.
const MAX_CODE_TRIES: i64 = 5;

/// The one thing that a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Creating the first administrator.
    SetUp,
    /// Creating an account.
    SignUp,
    /// Verifying the email address of an account.
    VerifyEmail,
    /// Resetting a password.
    PasswordReset,
    /// Signing in with a magic link.
    MagicLink,
    /// Changing to another email address.
    EmailChange,
    /// Restoring the email address that the account had before.
    EmailUndo,
    /// Presenting the second factor, after the first was proved.
    SecondFactor,
    /// Responding to a passkey prompt, to sign in or to re-authenticate.
    PasskeyPrompt,
    /// Adding a passkey.
    PasskeyAdd,
    /// Creating an account with a passkey.
    PasskeySignUp,
    /// Re-authenticating by email.
    Confirm,
    /// Showing a value once, such as new backup codes.
    ShowOnce,
    /// Completing an action that waits until the user re-authenticates.
    PendingAction,
    /// Starting a recovery.
    RecoveryStart,
    /// Completing a recovery, after its delay.
    RecoveryFinish,
    /// Stopping a recovery.
    RecoveryCancel,
    /// Removing the account's first second factor again.
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

/// A token to issue.
pub(crate) struct NewToken<'a> {
    pub(crate) purpose: Purpose,
    pub(crate) user: Option<UserId>,
    /// What the token is bound to, such as the folded address that receives it.
    pub(crate) subject: &'a str,
    /// What to do when the token is redeemed. The caller encrypts it.
    pub(crate) payload: Option<String>,
    pub(crate) lifetime: Duration,
    /// The secret of the requesting browser, if a code should work there.
    pub(crate) browser: Option<&'a [u8; 32]>,
    /// Whether the link and the code are sent to anyone. If they are not, the token gets a code
    /// hash that no code matches.
    pub(crate) told: bool,
}

/// An issued token. Only the caller knows these values.
pub(crate) struct Issued {
    /// The secret for the link.
    pub(crate) secret: String,
    /// The six digits. Empty when no browser asked.
    pub(crate) code: String,
    pub(crate) expires_at: Timestamp,
}

/// How a caller identifies a token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PresentedToken<'a> {
    /// By the secret of its link.
    Secret(&'a str),
    /// By its id, after its code was right: see [`Tokens::try_code`].
    Known(TokenId),
}

/// The result of trying a code.
pub(crate) struct TriedCode {
    pub(crate) id: TokenId,
    /// What the code's token is bound to.
    pub(crate) subject: String,
    pub(crate) right: bool,
}

/// What a stored token is about.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Found {
    pub(crate) user_id: Option<UserId>,
    pub(crate) subject: String,
    pub(crate) payload: Option<String>,
    pub(crate) browser_hash: Option<Vec<u8>>,
}

impl Found {
    /// Returns whether the browser with this secret asked for the token.
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
    /// Encrypts the payload of a token.
    pub(crate) fn seal(&self, payload: &impl Serialize) -> Result<String, Error> {
        let json = serde_json::to_vec(payload).map_err(|source| Error::internal("payload", source))?;
        Ok(self.keys.encrypt(&json))
    }

    /// Decrypts the payload of a token.
    ///
    /// # Errors
    ///
    /// [`Code::BadToken`], on its field, when there is no payload, no key decrypts it, or it has
    /// another form.
    pub(crate) fn open<T: DeserializeOwned>(&self, found: &Found) -> Result<T, Error> {
        let read = || serde_json::from_slice(&self.keys.decrypt(found.payload.as_deref()?)?).ok();
        read().ok_or_else(|| Error::on(Field::Token, Code::BadToken))
    }

    /// Issues a token. Earlier codes that the same browser got for the same purpose stop working;
    /// their links keep working.
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

    /// Issues a token without a code, for a secret that the caller supplies: 256 random bits.
    /// Returns when the token expires.
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

    /// Deletes a user's tokens of a purpose and subject, used or not.
    pub(crate) async fn forget_of(
        &self,
        conn: &mut Conn,
        user: UserId,
        purpose: Purpose,
        subject: &str,
    ) -> Result<(), Error> {
        FORGET_OF.bind(user).bind(purpose.as_str()).bind(subject).execute(conn).await.map(drop)
    }

    /// Redeems a token. A single statement decides, so only one of several parallel attempts
    /// succeeds.
    ///
    /// # Errors
    ///
    /// [`Code::BadToken`], on its field, when the token is unknown, used, expired or for another
    /// purpose.
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

    /// Returns what a token is about, if it could be redeemed now. Does not redeem it.
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

    /// Returns what the newest open token of a browser is about.
    pub(crate) async fn of_browser(
        &self,
        conn: &mut Conn,
        purpose: Purpose,
        browser: &[u8; 32],
    ) -> Result<Option<Found>, Error> {
        OF_BROWSER.bind(sha256(browser)).bind(purpose.as_str()).bind(self.clock.now()).optional(conn).await
    }

    /// Tries a code in the browser that asked for it.
    ///
    /// The attempt is counted before it is checked, so the caller must commit it whatever the
    /// result is. Returns `None` when no token with a code is open in this browser, or its code was
    /// tried too often.
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
        // The comparison need not take constant time: it compares hashes, whose timing reveals
        // nothing useful.
        Ok(row.map(|(id, subject, hash)| TriedCode { id, subject, right: hash.as_deref() == Some(&wanted) }))
    }

    /// Gives a token whose code was right a new secret, with which the flow continues on another
    /// page. The link stops working.
    ///
    /// # Errors
    ///
    /// [`Code::BadToken`], on its field, when the token is unknown, used or expired.
    pub(crate) async fn reissue(&self, conn: &mut Conn, id: TokenId) -> Result<String, Error> {
        let secret = Secret::new(self.random);
        let done = REISSUE.bind(id).bind(secret.hash()).bind(self.clock.now()).execute(conn).await?;
        if done == 1 { Ok(secret.reveal()) } else { Err(bad_token()) }
    }

    /// Returns a user's open tokens for one purpose.
    pub(crate) async fn open_of(
        &self,
        conn: &mut Conn,
        user: UserId,
        purpose: Purpose,
    ) -> Result<Vec<TokenId>, Error> {
        let query = OPEN_OF.bind(user).bind(purpose.as_str()).bind(self.clock.now());
        Ok(query.all::<(TokenId,)>(conn).await?.into_iter().map(|(id,)| id).collect())
    }

    /// Voids one token.
    pub(crate) async fn void_one(&self, conn: &mut Conn, id: TokenId) -> Result<(), Error> {
        VOID_ONE.bind(id).bind(self.clock.now()).execute(conn).await.map(drop)
    }

    /// Voids every open token of a purpose.
    pub(crate) async fn void(&self, conn: &mut Conn, purpose: Purpose) -> Result<(), Error> {
        VOID.bind(purpose.as_str()).bind(self.clock.now()).execute(conn).await.map(drop)
    }

    /// Voids every open token that a user has for these purposes.
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

    /// Deletes tokens that expired more than `after` ago.
    ///
    /// The payloads of used and expired tokens, and short-lived tokens that are used or expired,
    /// are deleted without that delay.
    pub(crate) async fn purge(&self, conn: &mut Conn, after: Duration) -> Result<u64, Error> {
        BLANK.bind(self.clock.now()).execute(conn).await?;
        PURGE_BRIEF.bind(self.clock.now()).execute(conn).await?;
        PURGE.bind(self.clock.now().minus(after)).execute(conn).await
    }

    fn six_digits(&self) -> String {
        // 2^32 is no multiple of a million, so some codes are likelier than others, by less than
        // one in four thousand.
        format!("{:06}", u32::from_be_bytes(self.random.bytes()) % 1_000_000)
    }
}

/// Returns whether a user other than `user` may still restore this email address, which they had
/// until recently.
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
