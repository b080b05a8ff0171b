//! A browser in front of a router, without a network in between.

use std::sync::Mutex;

use authtuna::auth::Auth;
use authtuna::authn::sign_up::SignUp;
use authtuna::authz::actor::Actor;
use authtuna::authz::roles::{Assignment, NewRole};
use authtuna::axum::{ApiError, AuthContext, AuthLayer};
use authtuna::model::id::UserId;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, Method, Request, header};
use axum::routing::post;
use serde_json::Value;
use tower::ServiceExt;

use crate::support::password;

pub(crate) use authtuna_testing::PAGES;

/// A response with its complete body.
#[derive(Debug)]
pub(crate) struct TestResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl TestResponse {
    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the `code` of a JSON refusal.
    pub(crate) fn code(&self) -> String {
        let json: Value = serde_json::from_str(&self.body).unwrap_or_default();
        json["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Returns `routes` behind a session layer, with a sign-up route next to them.
pub(crate) fn site(auth: &Auth, routes: Router) -> Router {
    site_with(auth, routes, |layer| layer)
}

/// The same, with a layer that the test configures.
pub(crate) fn site_with(auth: &Auth, routes: Router, change: impl Fn(AuthLayer) -> AuthLayer) -> Router {
    let core = auth.clone();
    let sign_up = |context: AuthContext, Path(name): Path<String>| async move {
        let email = format!("{name}@example.org");
        let form = SignUp { password: password(&name), username: name, email };
        let signed_in = core.sign_up.with_password(context.actor(), &form).await?.signed_in()?;
        let id = signed_in.user.to_string();
        context.begin(signed_in);
        Ok::<_, ApiError>(id)
    };
    routes.route("/sign-up/{name}", post(sign_up)).layer(change(AuthLayer::new(auth.clone()).unwrap()))
}

/// A browser: it keeps the session cookie and does not follow redirects.
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookie: Mutex<Option<String>>,
}

impl Browser {
    pub(crate) fn at(router: &Router) -> Self {
        Self { router: router.clone(), cookie: Mutex::default() }
    }

    /// Signs up a new user and returns their browser and ID.
    pub(crate) async fn of(router: &Router, name: &str) -> (Self, UserId) {
        let browser = Self::at(router);
        let answer = browser.send(Method::POST, &format!("/sign-up/{name}"), "*/*").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        (browser, answer.body.parse().unwrap())
    }

    pub(crate) async fn send(&self, method: Method, path: &str, accept: &str) -> TestResponse {
        let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        if let Some(cookie) = self.cookie.lock().unwrap().as_ref() {
            request = request.header(header::COOKIE, format!("__Host-session_token={cookie}"));
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            if let Some(value) = pair.strip_prefix("__Host-session_token=") {
                *self.cookie.lock().unwrap() = Some(value.to_owned()).filter(|value| !value.is_empty());
            }
        }
        let body = String::from_utf8_lossy(&to_bytes(body, 1 << 20).await.unwrap()).into_owned();
        TestResponse { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends a GET, as a program does, and returns the status.
    pub(crate) async fn get(&self, path: &str) -> u16 {
        self.send(Method::GET, path, "application/json").await.status
    }

    /// Navigates to a page.
    pub(crate) async fn page(&self, path: &str) -> TestResponse {
        self.send(Method::GET, path, PAGES).await
    }
}

/// Creates a role with these permissions.
pub(crate) async fn role(auth: &Auth, name: &str, permissions: &[&str]) {
    let program = Actor::system();
    auth.roles.get_or_create(&program, &NewRole::named(name, "")).await.unwrap();
    for permission in permissions {
        auth.permissions.get_or_create(&program, permission, "").await.unwrap();
        auth.roles.add_permission(&program, name, permission).await.unwrap();
    }
}

/// Assigns a role to a user in a scope.
pub(crate) async fn give(auth: &Auth, user: UserId, role: &str, scope: &str) {
    let wish = Assignment::new(user, role).within(scope.parse().unwrap());
    auth.roles.assign(&Actor::system(), &wish).await.unwrap();
}
