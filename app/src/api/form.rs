//! The one place where what became of a form turns into an HTTP answer.

use authtuna::auth::Auth;
use authtuna::authn::pending_action::PendingAction;
use authtuna::authn::sign_in::SignInOutcome;
use authtuna::authz::actor::Actor;
use authtuna::axum::AuthContext;
use authtuna::foundation::error::Error;
use authtuna::model::code::Code;
use authtuna::model::paths::{CONFIRM, DASHBOARD, LocalPath, MFA_CHALLENGE, VERIFY_EMAIL};
use http::header::{ACCEPT, LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use serde_json::Value;

use crate::error::Refusal;
use crate::flash::{self, Notice, Typed};
use crate::i18n::lang;
use crate::links::{query, with_next};
use crate::messages;
use crate::pending_action::{PendingKind, PostedForm};
use crate::viewer::{self, extension, log, request};

/// A form that was posted: which, from which page, and what was typed into it.
pub(super) struct Form {
    name: &'static str,
    back: String,
    values: Vec<(String, String)>,
    pending: Option<PendingKind>,
}

/// A form that was taken.
pub(super) struct Done {
    next: String,
    notice: Option<Notice>,
}

impl Done {
    /// The browser goes where it was going, or to the account.
    pub(super) fn in_at(target: Option<&LocalPath>) -> Self {
        Self::to(target.map_or(DASHBOARD, LocalPath::as_str))
    }

    /// The browser goes on to `next`.
    pub(super) fn to(next: impl Into<String>) -> Self {
        Self { next: next.into(), notice: None }
    }

    /// And the page there says what was done.
    pub(super) fn with(mut self, notice: impl Into<Option<Notice>>) -> Self {
        self.notice = notice.into();
        self
    }
}

impl Form {
    /// The form `name` of the page at `back`.
    pub(super) fn new(name: &'static str, back: impl Into<String>) -> Self {
        Self { name, back: back.into(), values: Vec::new(), pending: None }
    }

    /// Keeps what was typed, for the page to show it again. Never for a secret.
    pub(super) fn keep(mut self, field: &str, value: &str) -> Self {
        self.values.push((field.to_owned(), value.to_owned()));
        self
    }

    /// Lets the form wait until its user has re-authenticated, as `kind`. Others are sent again by hand.
    pub(super) fn may_wait(mut self, kind: PendingKind) -> Self {
        self.pending = Some(kind);
        self
    }

    /// Answers a script that asks for what its form is to be filled in with. The form itself answers plain posts.
    pub(super) fn prompt(self, outcome: Result<Value, Error>) -> Result<Value, Refusal> {
        match outcome {
            Ok(options) => Ok(options),
            Err(error) if error.code() == Code::StepUpRequired => {
                let place = query(CONFIRM, "next", &self.back);
                self.settle(Ok(Done::to(place))).map(|()| Value::Null)
            }
            Err(error) => self.settle(Err(error)).map(|()| Value::Null),
        }
    }

    /// Answers. A browser's own post gets 303: onward, or back to the page with what was typed and what is wrong. A
    /// script's gets 200 with the place to go on to, or the refusal as JSON under its own status.
    ///
    /// What has to be confirmed first is not refused: it waits, and is done when it is confirmed.
    pub(super) async fn answer(self, outcome: Result<Done, Error>) -> Result<(), Refusal> {
        match outcome {
            Err(error) if error.code() == Code::StepUpRequired => {
                let mut place = query(CONFIRM, "next", &self.back);
                if let Some(token) = keep_action(self.pending).await {
                    place.push_str("&act=");
                    place.push_str(&token);
                }
                self.settle(Ok(Done::to(place)))
            }
            outcome => self.settle(outcome),
        }
    }

    fn settle(self, outcome: Result<Done, Error>) -> Result<(), Refusal> {
        let Some(response) = use_context::<ResponseOptions>() else { return Err(Code::Internal.into()) };
        let auth = viewer::auth().ok();
        let plain = is_plain_post();
        match outcome {
            Ok(Done { next, notice }) => {
                if let (Some(auth), Some(notice)) = (&auth, notice) {
                    flash::leave_notice(auth, &response, notice);
                }
                go(&response, &next, plain);
                Ok(())
            }
            Err(error) => {
                log(&error, viewer::context().ok().as_ref().map(AuthContext::actor));
                let mut refusal = messages::refusal(&error);
                if plain {
                    let typed =
                        Typed { form: self.name.to_owned(), refusal: refusal.clone(), values: self.values };
                    if let Some(auth) = &auth {
                        flash::leave_refused(auth, &response, typed);
                    }
                    go(&response, &self.back, plain);
                } else {
                    set_status(&response, &refusal);
                    if let Some(auth) = &auth {
                        refusal.said = messages::said(lang(), auth.settings(), &refusal);
                    }
                }
                Err(refusal)
            }
        }
    }
}

/// Keeps the form that was posted until its person has confirmed who they are. Without it they come back to the page.
async fn keep_action(kind: Option<PendingKind>) -> Option<String> {
    let kind = kind?.as_str().to_owned();
    let body = extension::<PostedForm>()?.body?;
    // A password is kept nowhere, whatever encrypts it.
    if url::form_urlencoded::parse(body.as_bytes()).any(|(name, _)| name.contains("password")) {
        return None;
    }
    let path = request(|parts| Some(parts.uri.path().to_owned()))?;
    let act = PendingAction { kind, path, body };
    let (auth, context) = here().ok()?;
    auth.pending_actions.keep(context.actor(), act).await.ok()
}

/// Has what was kept under `token` done now, as if it were posted again.
pub(super) async fn go_on_with(token: &str) -> Result<(), Error> {
    if token.is_empty() {
        return Ok(());
    }
    let (auth, context) = here()?;
    if let (Some(posted), Some(act)) =
        (extension::<PostedForm>(), auth.pending_actions.take(context.actor(), token).await?)
    {
        posted.then(act);
    }
    Ok(())
}

/// Where somebody goes who proved their first factor.
pub(super) fn entered(context: &AuthContext, progress: SignInOutcome, target: Option<&LocalPath>) -> Done {
    let next = match &progress {
        SignInOutcome::In(_) => None,
        SignInOutcome::SecondFactor(_) => Some(Done::to(with_next(MFA_CHALLENGE, target))),
        SignInOutcome::EmailChallenge(_) => {
            Some(Done::to(with_next(VERIFY_EMAIL, target)).with(Notice::ProveFirst))
        }
    };
    context.enter(progress);
    next.unwrap_or_else(|| Done::in_at(target))
}

/// What is said of a mail that was asked for, when there was one before.
pub(super) fn repeated(again: &str) -> Option<Notice> {
    (!again.is_empty()).then_some(Notice::MailSent)
}

/// The address of a page about a mail: as its link opens it, or as it waits for the digits on the way to `target`.
pub(super) fn page_of(page: &str, token: &str, target: Option<&LocalPath>) -> String {
    if token.is_empty() { with_next(page, target) } else { query(page, "token", token) }
}

/// The parts of a request that every server function begins with.
pub(super) fn here() -> Result<(Auth, AuthContext), Error> {
    Ok((viewer::auth()?, viewer::context()?))
}

/// Refuses whoever is not signed in, before anything else is looked at.
pub(super) fn signed_in(actor: &Actor) -> Result<(), Error> {
    actor.session_user().map(drop)
}

/// Answers a script with an error that is no form's.
pub(super) fn refuse(error: &Error) -> Refusal {
    log(error, viewer::context().ok().as_ref().map(AuthContext::actor));
    let refusal = messages::refusal(error);
    if let Some(response) = use_context::<ResponseOptions>() {
        set_status(&response, &refusal);
    }
    refusal
}

/// Whether the browser posted the form by itself.
fn is_plain_post() -> bool {
    request(|parts| Some(parts.headers.get(ACCEPT)?.to_str().ok()?.contains("text/html"))).unwrap_or(false)
}

/// Not by `leptos_axum::redirect`, which ends the request in a panic when the place is no header value.
fn go(response: &ResponseOptions, place: &str, plain: bool) {
    let Ok(place) = HeaderValue::from_str(place) else { return };
    response.insert_header(LOCATION, place);
    if plain {
        response.set_status(StatusCode::SEE_OTHER);
    } else {
        response.insert_header(HeaderName::from_static("serverfnredirect"), HeaderValue::from_static(""));
    }
}

fn set_status(response: &ResponseOptions, refusal: &Refusal) {
    response.set_status(
        StatusCode::from_u16(refusal.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    );
    if let Some(wait) = refusal.retry_after {
        response.insert_header(RETRY_AFTER, wait.into());
    }
}
