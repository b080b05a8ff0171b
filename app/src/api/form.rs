//! The one place that turns the outcome of a form into an HTTP response.

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

/// A posted form: its name, the page that it came from, and what the user typed into it.
pub(super) struct Form {
    name: &'static str,
    back: String,
    values: Vec<(String, String)>,
    pending: Option<PendingKind>,
}

/// The outcome of an accepted form.
pub(super) struct Done {
    next: String,
    notice: Option<Notice>,
}

impl Done {
    /// Sends the browser to `target`, or else to the dashboard.
    pub(super) fn in_at(target: Option<&LocalPath>) -> Self {
        Self::to(target.map_or(DASHBOARD, LocalPath::as_str))
    }

    /// Sends the browser to `next`.
    pub(super) fn to(next: impl Into<String>) -> Self {
        Self { next: next.into(), notice: None }
    }

    /// Has the next page say what was done.
    pub(super) fn with(mut self, notice: impl Into<Option<Notice>>) -> Self {
        self.notice = notice.into();
        self
    }
}

impl Form {
    /// Creates the form `name` of the page at `back`.
    pub(super) fn new(name: &'static str, back: impl Into<String>) -> Self {
        Self { name, back: back.into(), values: Vec::new(), pending: None }
    }

    /// Keeps what the user typed, so that the page can show it again. Never for a secret.
    pub(super) fn keep(mut self, field: &str, value: &str) -> Self {
        self.values.push((field.to_owned(), value.to_owned()));
        self
    }

    /// Lets the form wait, as `kind`, until its user has re-authenticated. The user must send any
    /// other form again.
    pub(super) fn may_wait(mut self, kind: PendingKind) -> Self {
        self.pending = Some(kind);
        self
    }

    /// Answers a script that requests what its form needs, such as the options of a passkey prompt.
    /// A browser without the script posts the form itself.
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

    /// Answers the request. A browser's own post gets a 303: onward, or back to the page with what
    /// the user typed and what is wrong. A script gets a 200 with the path to continue to, or the
    /// refusal as JSON under its own status.
    ///
    /// A form that needs re-authentication first is not refused. The browser goes to the
    /// confirmation page; a form with a [`PendingKind`] waits and is performed once the user has
    /// re-authenticated.
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

/// Keeps the posted form until the user has re-authenticated, and returns a token for it. Without
/// one, the user comes back to the page.
async fn keep_action(kind: Option<PendingKind>) -> Option<String> {
    let kind = kind?.as_str().to_owned();
    let body = extension::<PostedForm>()?.body?;
    // Passwords are never kept, not even encrypted.
    if url::form_urlencoded::parse(body.as_bytes()).any(|(name, _)| name.contains("password")) {
        return None;
    }
    let path = request(|parts| Some(parts.uri.path().to_owned()))?;
    let act = PendingAction { kind, path, body };
    let (auth, context) = here().ok()?;
    auth.pending_actions.keep(context.actor(), act).await.ok()
}

/// Has the server perform the action kept under `token` now, as if the user posted it again.
pub(super) async fn go_on_with(token: &str) -> Result<(), Error> {
    if token.is_empty() {
        return Ok(());
    }
    let (auth, context) = here()?;
    if let (Some(posted), Some(act)) =
        (extension::<PostedForm>(), auth.pending_actions.take(context.actor(), token).await?)
    {
        // One that this version has no words for was not shown before it was confirmed.
        if PendingKind::parse(&act.kind).is_some() {
            posted.then(act);
        }
    }
    Ok(())
}

/// Records the outcome of the first factor, and returns where the user goes next.
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

/// Returns the notice for an email that was requested again.
pub(super) fn repeated(again: &str) -> Option<Notice> {
    (!again.is_empty()).then_some(Notice::MailSent)
}

/// Returns the path of a page about an email: as its link opens it, or as it waits for the code on
/// the way to `target`.
pub(super) fn page_of(page: &str, token: &str, target: Option<&LocalPath>) -> String {
    if token.is_empty() { with_next(page, target) } else { query(page, "token", token) }
}

/// Returns what every server function starts with.
pub(super) fn here() -> Result<(Auth, AuthContext), Error> {
    Ok((viewer::auth()?, viewer::context()?))
}

/// Refuses a caller without a session, before anything else is checked.
pub(super) fn signed_in(actor: &Actor) -> Result<(), Error> {
    actor.session_user().map(drop)
}

/// Answers a script with an error that belongs to no form.
pub(super) fn refuse(error: &Error) -> Refusal {
    log(error, viewer::context().ok().as_ref().map(AuthContext::actor));
    let refusal = messages::refusal(error);
    if let Some(response) = use_context::<ResponseOptions>() {
        set_status(&response, &refusal);
    }
    refusal
}

/// Returns whether the browser posted the form itself.
fn is_plain_post() -> bool {
    request(|parts| Some(parts.headers.get(ACCEPT)?.to_str().ok()?.contains("text/html"))).unwrap_or(false)
}

/// Sends the browser to `place`. Not with `leptos_axum::redirect`, which panics when the path is
/// not a valid header value.
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
