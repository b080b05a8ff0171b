//! A browser, as far as the server can tell: it keeps cookies and does not follow redirects.

use authtuna_testing::{FIREFOX, PAGES};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, header};
use cookie::Cookie;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::form_urlencoded::Serializer;

/// A response with its complete body.
#[derive(Clone)]
pub(crate) struct TestResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl TestResponse {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        assert!(self.header("content-type").starts_with("application/json"), "not JSON: {self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Returns the `code` of a JSON refusal.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Returns the cookies that the response sets, with their attributes.
    pub(crate) fn cookies(&self) -> Vec<Cookie<'static>> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter();
        lines.map(|line| Cookie::parse(line.to_str().unwrap().to_owned()).unwrap()).collect()
    }
}

impl fmt::Debug for TestResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.text().chars().take(600).collect();
        write!(f, "{} {:?} {text}", self.status, self.headers)
    }
}

/// A browser.
pub(crate) struct Browser {
    address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
    /// Its cookies, which tests may read and plant.
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
    headers: Vec<(&'static str, String)>,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let headers = [("user-agent", FIREFOX), ("accept-language", "en")];
        Self {
            address,
            client: Client::builder(TokioExecutor::new()).build_http(),
            cookies: Mutex::default(),
            headers: headers.map(|(name, value)| (name, value.to_owned())).into(),
        }
    }

    /// Returns the same browser with another local IP address.
    pub(crate) fn at(mut self, ip: IpAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(ip));
        self.client = Client::builder(TokioExecutor::new()).build(connector);
        self
    }

    /// Sends this header with every request from now on.
    pub(crate) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        let mut this = self.without(name);
        this.headers.push((name, value.into()));
        this
    }

    /// Omits this header from now on.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    /// Returns the session cookie.
    pub(crate) fn session(&self) -> Option<String> {
        self.cookies.lock().unwrap().get("__Host-session_token").cloned()
    }

    pub(crate) fn plant(&self, name: &str, value: impl Into<String>) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.into());
    }

    /// Sends a request with these headers, which override the browser's own, and keeps the
    /// response's cookies.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> TestResponse {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    /// Like [`Browser::send`], for a server that may die before it responds.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Option<TestResponse> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in own.filter(|(name, _)| !headers.iter().any(|(other, _)| other == name)) {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies = self.cookies.lock().unwrap().clone();
        if !cookies.is_empty() && !headers.iter().any(|(name, _)| *name == "cookie") {
            let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let (parts, body) = self.client.request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        let answer = TestResponse { status: parts.status.as_u16(), headers: parts.headers, body };
        self.keep(&answer);
        Some(answer)
    }

    fn keep(&self, answer: &TestResponse) {
        let mut jar = self.cookies.lock().unwrap();
        for cookie in answer.cookies() {
            if cookie.max_age().is_some_and(|age| age.is_zero()) {
                jar.remove(cookie.name());
            } else {
                jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
    }

    /// Sends a GET, as a program does.
    pub(crate) async fn get(&self, path: &str) -> TestResponse {
        self.send(Method::GET, path, &[("accept", "application/json")], "").await
    }

    /// Sends a POST with a JSON body, as a program does.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> TestResponse {
        let headers = [("accept", "application/json"), ("content-type", "application/json")];
        self.send(Method::POST, path, &headers, body.to_string()).await
    }

    /// Sends a DELETE, as a program does.
    pub(crate) async fn delete(&self, path: &str) -> TestResponse {
        self.send(Method::DELETE, path, &[("accept", "application/json")], "").await
    }

    /// Navigates to a page.
    pub(crate) async fn page(&self, path: &str) -> TestResponse {
        let headers = [("accept", PAGES), ("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")];
        self.send(Method::GET, path, &headers, "").await
    }

    /// Submits a form as a browser without JavaScript does.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> TestResponse {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [
            ("accept", PAGES),
            ("sec-fetch-site", "same-origin"),
            ("origin", "http://localhost:8000"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send(Method::POST, path, &headers, body).await
    }

    /// Returns the status of `/auth/user-info`: 200 if a user is signed in.
    pub(crate) async fn user_info(&self) -> u16 {
        self.get("/auth/user-info").await.status
    }
}

/// Sends raw bytes and reads until the server closes the connection.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    // The server may close the connection before everything is sent.
    let sent = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer).await;
    assert!(!answer.is_empty() || sent.is_err() || read.is_err(), "no response at all");
    String::from_utf8_lossy(&answer).into_owned()
}
