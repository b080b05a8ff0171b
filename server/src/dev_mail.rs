//! `/dev/mail`: shows the emails that a development server writes to files instead of sending.
//! Links in these emails open accounts, so the pages exist only on a machine that serves itself;
//! see [`is_on`].

use std::fs;
use std::path::Path;
use std::sync::Arc;

use app::mails::{Mail, Mails};
use authtuna::auth::Auth;
use authtuna::axum::ApiError;
use authtuna::foundation::config::Settings;
use authtuna::foundation::error::Error;
use authtuna::mail::{self, EmailMessage};
use authtuna::model::code::Code;
use authtuna::model::id::MailId;
use authtuna::model::paths::{DEV_MAIL, DEV_MAIL_MESSAGE, DEV_MAIL_SAMPLES, segment};
use authtuna::model::time::Timestamp;
use axum::Router;
use axum::extract::{MatchedPath, Path as Segment, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use mail_parser::MessageParser;
use url::Host;

use crate::layers::headers::Framing;
use crate::portal;
use crate::route_rules::{Effect, Kind, RouteRule};
use crate::state::AppState;
use authtuna::authz::guard::Guard;

/// The HTML parts of a stored email and of a sample.
const HTML: [&str; 2] = ["/dev/mail/{id}/html", "/dev/mail/preview/{kind}/html"];
/// The maximum length of the list.
const MOST: usize = 100;

/// Returns whether these pages exist: emails are written to files, and API_BASE_URL, which every
/// link in them points to, is this machine. A server that others use but that was started without
/// PRODUCTION does not show anyone's email.
pub fn is_on(settings: &Settings) -> bool {
    let here = match settings.app.api_base_url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    here && !settings.app.production && settings.email.enabled && settings.email.smtp_host.is_none()
}

/// Returns the rules of the routes that serve the contents of the frames.
pub fn rules() -> impl Iterator<Item = RouteRule> {
    HTML.into_iter().map(|path| RouteRule {
        method: Method::GET,
        path: path.to_owned(),
        guard: Guard::Public,
        kind: Kind::Page,
        effect: Effect::Reads,
    })
}

/// Returns the routes that serve the contents of the frames.
pub fn routes() -> Router<AppState> {
    Router::new().route(HTML[0], get(html)).route(HTML[1], get(sample_html))
}

/// Adds the emails to the requests for the pages that show them. Runs around the pages.
pub async fn shelve(State(auth): State<Auth>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let found = match path.as_deref() {
        Some(DEV_MAIL) => sent(&auth).await.map(|mails| Some(Mails::Sent(mails))),
        Some(DEV_MAIL_MESSAGE) => {
            let id = segment(DEV_MAIL_MESSAGE, "id", request.uri().path()).and_then(|id| id.parse().ok());
            one(&auth, id).await.map(|found| found.map(|(mail, _)| Mails::One(mail)))
        }
        Some(DEV_MAIL_SAMPLES) => samples(&auth).map(|mails| Some(Mails::Samples(mails))),
        _ => return next.run(request).await,
    };
    match found {
        Ok(Some(mails)) => drop(request.extensions_mut().insert(Arc::new(mails))),
        Ok(None) => portal::refuse(request.extensions_mut(), Code::NotFound),
        Err(error) => return ApiError::from(error).into_response(),
    }
    let mut response = next.run(request).await;
    response.extensions_mut().insert(Framing::Holds);
    response
}

async fn html(State(auth): State<Auth>, Segment(id): Segment<String>) -> Result<Response, ApiError> {
    let (_, html) = one(&auth, id.parse().ok()).await?.ok_or(Code::NotFound)?;
    Ok(framed(&html))
}

async fn sample_html(State(auth): State<Auth>, Segment(kind): Segment<String>) -> Result<Response, ApiError> {
    let now = auth.clock.now();
    let email_message =
        email_messages(&auth).into_iter().find(|email_message| email_message.message.kind() == kind);
    let written = auth.outbox.render(&email_message.ok_or(Code::NotFound)?, now)?;
    Ok(framed(&written.html))
}

/// Responds with HTML whose links open in the whole window, not in the frame.
fn framed(html: &str) -> Response {
    let mut response = Html(html.replacen("<head>", "<head><base target=\"_top\">", 1)).into_response();
    response.extensions_mut().insert(Framing::Held);
    response
}

fn email_messages(auth: &Auth) -> Vec<EmailMessage> {
    mail::samples(&auth.settings().app.api_base_url, auth.clock.now())
}

fn samples(auth: &Auth) -> Result<Vec<Mail>, Error> {
    let at = auth.clock.now();
    let write = |email_message: EmailMessage| {
        let written = auth.outbox.render(&email_message, at)?;
        let id = email_message.message.kind().to_owned();
        Ok(Mail { id, to: email_message.to, subject: written.subject, at, text: written.text })
    };
    email_messages(auth).into_iter().map(write).collect()
}

/// Returns the newest emails. Their ids begin with the time, so sorting the file names sorts them
/// by time.
async fn sent(auth: &Auth) -> Result<Vec<Mail>, Error> {
    let folder = mail::folder(auth.settings());
    blocking(move || {
        let files = match fs::read_dir(&folder) {
            Ok(files) => files,
            Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(problem) => return Err(Error::internal("mails", problem)),
        };
        let id = |file: std::io::Result<fs::DirEntry>| -> Option<MailId> {
            file.ok()?.file_name().to_str()?.strip_suffix(".eml")?.parse().ok()
        };
        let mut ids: Vec<MailId> = files.filter_map(id).collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ids.into_iter().take(MOST).filter_map(|id| read(&folder, id)).map(|(mail, _)| mail).collect())
    })
    .await
}

/// Returns an email and its HTML part.
async fn one(auth: &Auth, id: Option<MailId>) -> Result<Option<(Mail, String)>, Error> {
    let Some(id) = id else { return Ok(None) };
    let folder = mail::folder(auth.settings());
    blocking(move || Ok(read(&folder, id))).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|problem| Error::internal("mails", problem))?
}

fn read(folder: &Path, id: MailId) -> Option<(Mail, String)> {
    let data = fs::read(folder.join(format!("{id}.eml"))).ok()?;
    let message = MessageParser::default().parse(&data)?;
    let seconds = message.date().map_or(0, mail_parser::DateTime::to_timestamp);
    let mail = Mail {
        id: id.to_string(),
        to: message.to()?.first()?.address()?.to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        at: Timestamp::from_micros(seconds.saturating_mul(1_000_000)),
        text: message.body_text(0).unwrap_or_default().into_owned(),
    };
    Some((mail, message.body_html(0).unwrap_or_default().into_owned()))
}
