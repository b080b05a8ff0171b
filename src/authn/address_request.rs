//! Requests for an email by address, from clients that are not signed in: a password reset, a magic
//! link, a recovery.

use crate::accounts::users;
use crate::audit::Event;
use crate::authn::deps::Deps;
use crate::authn::email_challenge::Ask;
use crate::authn::mfa::factors_of;
use crate::authn::tokens::Purpose;
use crate::authz::actor::{Actor, PendingChallenge};
use crate::foundation::error::Error;
use crate::foundation::names::{Email, Identifier};
use crate::mail::Message;
use crate::model::code::Field;

/// The email that is requested.
pub(crate) struct AddressRequest<'a> {
    pub(crate) purpose: Purpose,
    /// The page that the link opens.
    pub(crate) page: &'static str,
    /// Creates the message from the link and the code.
    pub(crate) message: &'a (dyn Fn(String, String) -> Message + Sync),
    /// The event that the audit log records.
    pub(crate) event: Event,
}

/// Requests an email to an address that may or may not have an account. The work and the result are
/// the same in both cases.
///
/// # Errors
///
/// - [`Code::MailOff`](crate::model::code::Code::MailOff) when the server sends no email.
/// - [`Code::BadEmail`](crate::model::code::Code::BadEmail), on its field, when the address is
///   invalid.
/// - [`Code::TooManyAttempts`](crate::model::code::Code::TooManyAttempts) when the client asked for
///   too many emails.
pub(crate) async fn ask_by_address(
    deps: &Deps,
    actor: &Actor,
    typed: &str,
    request: AddressRequest<'_>,
) -> Result<PendingChallenge, Error> {
    deps.outbox.require()?;
    let email = Email::parse(typed).map_err(|code| Error::on(Field::Email, code))?;
    deps.email_challenges.count(actor).await?;
    let pending_challenge = deps.email_challenges.pending_challenge(actor, &email);
    let mut work = deps.recorder.begin(actor).await?;
    let key = Identifier::Email(email.key().to_owned());
    let found = users::by_identifier(&mut work.tx, &key).await?.map(|found| found.user);
    // Queried for every address, so that the response time does not reveal whether there is an
    // account.
    let whose = found.as_ref().map_or(users::NOBODY, |user| user.id);
    let factors = factors_of(&mut work.tx, whose).await?;
    let of_use = request.purpose != Purpose::RecoveryStart || factors.wanted();
    let user = found.as_ref().filter(|user| user.may_enter() && of_use);
    let ask = Ask {
        purpose: request.purpose,
        to: &email,
        user,
        reader: user,
        language: actor.origin.language.as_deref(),
        real: user.is_some(),
        counted: None,
        payload: None,
        pending_challenge: Some(&pending_challenge),
        page: request.page,
        message: request.message,
        event: request.event,
    };
    deps.email_challenges.ask(&mut work, ask).await?;
    work.commit().await?;
    Ok(pending_challenge)
}
