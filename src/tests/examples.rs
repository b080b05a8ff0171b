//! The examples, run as separate processes and called over TCP: what they demonstrate works, and
//! what they protect is refused.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::password;

/// A running example, stopped when this is dropped.
struct Example {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Drop for Example {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Example {
    /// Starts the example with an empty database and waits until it prints its address.
    fn start(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("test.db");
        let mut process = Command::new(built(name))
            .current_dir(folder.path())
            .env_clear()
            .env("SERVER_ADDRESS", "127.0.0.1:0")
            .env("DATA_DIR", folder.path())
            .env("DEFAULT_DATABASE_URI", format!("sqlite:///{}", database.display()))
            .env("DEFAULT_SUPERADMIN_PASSWORD", password("superadmin"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut told).unwrap();
        let address = told.trim().strip_prefix("listening on http://").map(str::to_owned);
        let example = Self { process, address: address.unwrap_or_default(), _folder: folder };
        assert!(!example.address.is_empty(), "{name} said {told:?}");
        example
    }

    /// Returns a browser that is not signed in.
    fn browser(&self) -> Browser<'_> {
        Browser { address: &self.address, cookies: String::new() }
    }

    /// Signs up a new user and returns their browser and the response body.
    fn signed_up(&self, name: &str) -> (Browser<'_>, String) {
        let mut browser = self.browser();
        let form =
            json!({ "username": name, "email": format!("{name}@gmail.com"), "password": password(name) });
        let (status, body) = browser.call("POST", "/signup", &form);
        assert_eq!(status, 200, "{body}");
        (browser, body)
    }

    fn signed_in(&self, name: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let form = json!({ "identifier": name, "password": password(name) });
        assert_eq!(browser.call("POST", "/login", &form).0, 200);
        browser
    }
}

/// Returns the path of the example's program, which cargo builds together with the tests.
fn built(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let program = this.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(program.exists(), "{} is missing: run `cargo build --examples`", program.display());
    program
}

/// A client that keeps cookies.
struct Browser<'e> {
    address: &'e str,
    cookies: String,
}

impl Browser<'_> {
    /// Sends a request and returns the status and body, or the status and location of a redirect.
    fn send(&mut self, method: &str, path: &str, accept: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let (host, cookies, length) = (self.address, &self.cookies, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\naccept: {accept}\r\n\
             cookie: {cookies}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).collect::<Vec<_>>()
        };
        let set: Vec<_> =
            header("set-cookie").iter().map(|c| c.split(';').next().unwrap().to_owned()).collect();
        if !set.is_empty() {
            self.cookies = set.join("; ");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, header("location").pop().unwrap_or_else(|| body.to_owned()))
    }

    fn call(&mut self, method: &str, path: &str, body: &Value) -> (u16, String) {
        self.send(method, path, "application/json", &body.to_string())
    }

    fn status(&mut self, method: &str, path: &str) -> u16 {
        self.send(method, path, "application/json", "").0
    }
}

#[test]
fn minimal_says_who_one_is() {
    let example = Example::start("minimal");
    let mut anonymous = example.browser();
    assert_eq!(anonymous.status("GET", "/"), 200);
    assert_eq!(anonymous.status("GET", "/me"), 401);
    let sent = anonymous.send("GET", "/me?x=1", "text/html", "");
    assert_eq!(sent, (303, "/auth/login?next=%2Fme%3Fx%3D1".to_owned()));

    let (mut maria, _) = example.signed_up("maria");
    let (status, body) = maria.call("GET", "/me", &Value::Null);
    let me: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &me["username"], &me["roles"]), (200, &json!("maria"), &json!(["User"])));
    assert_eq!(example.signed_in("maria").status("GET", "/me"), 200);
    let wrong = json!({ "identifier": "maria", "password": "not hers at all" });
    assert_eq!(anonymous.call("POST", "/login", &wrong).0, 401);
    let before = maria.cookies.clone();
    assert_eq!(maria.status("POST", "/logout"), 200);
    maria.cookies = before;
    assert_eq!(maria.status("GET", "/me"), 401, "the session has ended, even with its cookie");
}

#[test]
fn blog_lets_everybody_do_what_their_role_says() {
    let example = Example::start("blog");
    let mut anonymous = example.browser();
    let (mut vera, _) = example.signed_up("vera");
    let (mut edith, edith_id) = example.signed_up("edith");
    let (mut mona, mona_id) = example.signed_up("mona");
    let mut root = example.signed_in("superadmin");
    let editor = format!("/users/{edith_id}/roles/editor");
    assert_eq!(vera.status("PUT", &editor), 404, "a caller who may not assign a role does not learn of it");
    assert_eq!(anonymous.status("PUT", &editor), 401);
    assert_eq!(root.status("PUT", &editor), 200);
    assert_eq!(root.status("PUT", &format!("/users/{mona_id}/roles/moderator")), 200);

    for (method, path, of_viewer, of_editor, of_moderator) in [
        ("GET", "/posts", 200, 200, 200),
        ("POST", "/posts", 403, 200, 403),
        ("POST", "/posts/7/publish", 403, 200, 403),
        ("POST", "/comments/7", 403, 403, 200),
    ] {
        assert_eq!(anonymous.status(method, path), 401, "{path}");
        assert_eq!(vera.status(method, path), of_viewer, "{path}");
        assert_eq!(edith.status(method, path), of_editor, "{path}");
        assert_eq!(mona.status(method, path), of_moderator, "{path}");
    }
    assert_eq!(edith.send("POST", "/posts", "*/*", "").1, "a post by edith");
    assert_eq!(root.status("DELETE", &editor), 200);
    assert_eq!(edith.status("POST", "/posts"), 403, "at the very next request");
    assert_eq!(edith.status("GET", "/posts"), 200, "she is still a viewer");
}

#[test]
fn scoped_keeps_organizations_apart() {
    let example = Example::start("scoped");
    let mut anonymous = example.browser();
    let (mut maria, id) = example.signed_up("maria");
    let mut root = example.signed_in("superadmin");
    let member = format!("/orgs/1/members/{id}");
    assert_eq!(maria.status("GET", "/orgs/1/projects"), 403);
    assert_eq!(maria.status("PUT", &member), 404, "a caller who may not assign a role does not learn of it");
    assert_eq!(root.status("PUT", &format!("/orgs/1%2Fteam:2/members/{id}")), 422, "not a scope");
    assert_eq!(root.status("PUT", &member), 200);

    for (path, of_maria, of_root) in [
        ("/orgs/1/projects", 200, 200),
        ("/orgs/2/projects", 403, 200),
        ("/orgs/10/projects", 403, 200),
        ("/orgs/1%2Fteam:2/projects", 404, 404),
        ("/orgs/1/settings", 200, 403),
        ("/orgs/2/settings", 403, 403),
        ("/projects/1", 403, 200),
        ("/admin", 403, 200),
    ] {
        assert_eq!(anonymous.status("GET", path), 401, "{path}");
        assert_eq!(maria.status("GET", path), of_maria, "{path}");
        assert_eq!(root.status("GET", path), of_root, "{path}");
    }
    assert_eq!(maria.send("GET", "/orgs/1/projects", "*/*", "").1, "the projects in org:1 for maria");
    assert_eq!(root.status("DELETE", &member), 200);
    assert_eq!(maria.status("GET", "/orgs/1/projects"), 403, "at the very next request");
}
