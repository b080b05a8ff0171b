//! Measures what a request costs compared to the minimum possible, how long the server takes to
//! start, and how much memory it uses. `make bench` runs it and writes the figures to
//! `benches/numbers.json`.
//!
//! One client drives three servers in turns, each in a process of its own, so that other load on
//! the machine affects all of them. On a machine with two cores, the servers share one core and the
//! client has the other. Only the ratios apply to other machines.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for developers: what goes wrong may end it, and its output is its purpose"
)]

use std::env;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::get;
use axum::{Json, Router};
use futures::future::join_all;
use memchr::memmem::find;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// The number of concurrent connections.
const CONNECTIONS: usize = 32;
/// How long each turn takes.
const TURN: Duration = Duration::from_secs(2);
/// How many turns each case gets.
const TURNS: usize = 7;
/// The argument that starts the bare server.
const BARE: &str = "bare-axum-handlers";
/// The core of the servers, and that of the client.
const CORES: [&str; 2] = ["0", "1"];

fn main() {
    let multi = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if env::args().any(|argument| argument == BARE) {
        return multi.block_on(bare());
    }
    // Threads that start later inherit the core of this one.
    pin_this();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(measure());
}

async fn measure() {
    let (bare, bare_at) = spawn_bare().await;
    let own = Measured::start(env!("CARGO_BIN_EXE_authtuna")).await;
    // Another build of the program to measure in the same turns: `make bench
    // BEFORE=path/to/authtuna`.
    let before = match env::var("BEFORE") {
        Ok(program) if !program.is_empty() => Some(Measured::start(&program).await),
        _ => None,
    };
    let mut cases = vec![
        Case::new("bare handler", bare_at, request("GET", "/", "", ""), None),
        Case::new(
            "bare handler: SHA-256, look-up, JSON",
            bare_at,
            request("GET", "/sha256", &own.session(), ""),
            None,
        ),
    ];
    cases.extend(own.cases(""));
    cases.extend(before.iter().flat_map(|server| server.cases("before: ")));
    for _ in 0..TURNS {
        for case in &mut cases {
            let rate = load(case.address, case.request.as_bytes()).await;
            case.rates.push(rate);
        }
    }
    drop(bare);
    let medians: Vec<f64> = cases.iter_mut().map(|case| median(&mut case.rates)).collect();
    let mut kept = Vec::new();
    println!("requests per second, servers on one core, median of {TURNS} turns:");
    for (Case { name, against, .. }, rate) in cases.iter().zip(&medians) {
        let ratio = against.map(|index| rate / medians[index]);
        let of = against.map(|index| cases[index].name.as_str());
        let shown = ratio.zip(of).map(|(ratio, of)| format!("{ratio:.2} of the {of}")).unwrap_or_default();
        println!("  {name:<36} {rate:>8.0}  {shown}");
        kept.push(json!({ "case": name, "requests_per_second": rate.round(), "ratio": ratio.map(hundredths), "of": of }));
    }
    let figures =
        json!({ "cases": kept, "server": own.figures(), "before": before.as_ref().map(Measured::figures) });
    println!("start-up in ms, memory in MB: {}", figures["server"]);
    keep(&figures);
}

/// A request that the client makes again and again.
struct Case {
    name: String,
    address: SocketAddr,
    request: String,
    /// The index of the case that this one is compared with.
    against: Option<usize>,
    rates: Vec<f64>,
}

impl Case {
    fn new(name: &str, address: SocketAddr, request: String, against: Option<usize>) -> Self {
        Self { name: name.to_owned(), address, request, against, rates: Vec::new() }
    }
}

/// A server with one signed-in user.
struct Measured {
    server: Server,
    cookie: String,
    started_empty: Duration,
    idle: f64,
    _data: tempfile::TempDir,
}

impl Measured {
    async fn start(program: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let first = Server::start(program, data.path()).await;
        let started_empty = first.started;
        drop(first);
        let server = Server::start(program, data.path()).await;
        let idle = server.memory();
        let cookie = sign_up(server.address).await;
        Self { server, cookie, started_empty, idle, _data: data }
    }

    fn session(&self) -> String {
        format!("Cookie: {}\r\n", self.cookie)
    }

    fn cases(&self, prefix: &str) -> Vec<Case> {
        let page = format!("Accept: text/html\r\n{}", self.session());
        [
            ("GET /healthz", request("GET", "/healthz", "", ""), Some(0)),
            ("GET /auth/user-info", request("GET", "/auth/user-info", &self.session(), ""), Some(1)),
            ("GET /auth/login (page)", request("GET", "/auth/login", "Accept: text/html\r\n", ""), None),
            ("GET /ui/dashboard (page)", request("GET", "/ui/dashboard", &page, ""), None),
        ]
        .map(|(name, request, against)| {
            Case::new(&format!("{prefix}{name}"), self.server.address, request, against)
        })
        .into()
    }

    fn figures(&self) -> Value {
        json!({
            "start_up_ms": { "empty_folder": millis(self.started_empty), "with_database": millis(self.server.started) },
            "memory_mb": { "idle": tenths(self.idle), "after": tenths(self.server.memory()) },
        })
    }
}

fn keep(figures: &Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/numbers.json");
    std::fs::write(file, format!("{figures:#}\n")).unwrap();
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round()
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Returns whether the machine has a core for each side.
fn pins() -> bool {
    // Read from the machine, because this process may be pinned already.
    std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default().matches("processor\t").count() >= 2
}

/// Pins this process to the client's core.
fn pin_this() {
    if pins() {
        let id = std::process::id().to_string();
        std::process::Command::new("taskset")
            .args(["--all-tasks", "--pid", "--cpu-list", CORES[1], &id])
            .stdout(Stdio::null())
            .status()
            .unwrap();
    }
}

/// Starts a program on the servers' core.
fn on_server_core(program: &str) -> Command {
    if !pins() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", CORES[0], program]);
    command
}

/// Serves two routes: one that does nothing, and one that does the minimum that a warm session
/// needs. It hashes the cookie, looks it up among 100,000, and writes six fields as JSON.
async fn bare() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let answer =
        r#"{"detail":"A text about as long as the answer that it is compared with, which has six fields."}"#;
    let known = moka::sync::Cache::<[u8; 32], u64>::new(100_000);
    let router = Router::new()
        .route("/", get(move || async move { answer }))
        .route("/sha256", get(look_up))
        .with_state(known);
    axum::serve(listener, router).await.unwrap();
}

async fn look_up(State(known): State<moka::sync::Cache<[u8; 32], u64>>, headers: HeaderMap) -> Json<Value> {
    let cookie = headers.get(header::COOKIE).map_or(&b""[..], |cookie| cookie.as_bytes());
    let key: [u8; 32] = Sha256::digest(cookie).into();
    let id = known.get_with(key, || 7);
    Json(json!({
        "user_id": format!("01a20d20-307e-79fc-b38d-{id:012}"),
        "username": "maria",
        "email": "maria@example.org",
        "is_active": true,
        "email_verified": false,
        "mfa_enabled": false,
    }))
}

async fn spawn_bare() -> (Child, SocketAddr) {
    let program = env::current_exe().unwrap();
    let mut command = on_server_core(program.to_str().unwrap());
    let mut child = command.arg(BARE).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.next_line().await.unwrap().unwrap().parse().unwrap();
    (child, address)
}

struct Server {
    child: Child,
    address: SocketAddr,
    started: Duration,
}

impl Server {
    /// Starts the program and waits until it responds. It logs as it does by default, into a file.
    async fn start(program: &str, data: &Path) -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = probe.local_addr().unwrap();
        drop(probe);
        let log = std::fs::File::create(data.join("log")).unwrap();
        let begun = Instant::now();
        let mut child = on_server_core(program)
            .arg("serve")
            // Leptos.toml is in this folder.
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .env("SERVER_ADDRESS", address.to_string())
            .env("DATA_DIR", data)
            .env("DEFAULT_DATABASE_URI", format!("sqlite://{}/bench.db", data.display()))
            .env("ENV_FILE_NAME", "/dev/null")
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let ready = request("GET", "/readyz", "", "");
        loop {
            if let Ok(mut stream) = TcpStream::connect(address).await {
                assert_eq!(Response::default().ask(&mut stream, ready.as_bytes()).await, 200);
                break;
            }
            assert!(child.try_wait().unwrap().is_none(), "the server does not start");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Self { child, address, started: begun.elapsed() }
    }

    /// Returns the resident memory, in megabytes (10^6 bytes).
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kibibytes * 1024.0 / 1e6
    }
}

/// Creates an account and returns its cookies.
async fn sign_up(address: SocketAddr) -> String {
    let body =
        r#"{"username":"maria","email":"maria@example.org","password":"seven quiet tunas under lamps"}"#;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Response::default();
    let form = request("POST", "/auth/signup", "Content-Type: application/json\r\n", body);
    let status = answer.ask(&mut stream, form.as_bytes()).await;
    let head = String::from_utf8_lossy(&answer.0);
    assert_eq!(status, 201, "{head}");
    let cookies = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    cookies.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}{length}\r\n{body}")
}

/// Returns how many requests per second all connections together complete.
async fn load(address: SocketAddr, request: &[u8]) -> f64 {
    let begun = Instant::now();
    let connection = |_| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut answer = Response::default();
        let mut answered = 0_u32;
        while begun.elapsed() < TURN {
            assert_eq!(answer.ask(&mut stream, request).await, 200);
            answered += 1;
        }
        answered
    };
    let answered: u32 = join_all((0..CONNECTIONS).map(connection)).await.iter().sum();
    f64::from(answered) / begun.elapsed().as_secs_f64()
}

/// The bytes of a response; the buffer is reused for the next request. The client must cost little,
/// or the benchmark measures the client: it looks for two headers and nothing else.
#[derive(Default)]
struct Response(Vec<u8>);

impl Response {
    /// Sends a request, reads the whole response, and returns its status.
    async fn ask(&mut self, stream: &mut TcpStream, request: &[u8]) -> u16 {
        stream.write_all(request).await.unwrap();
        self.0.clear();
        self.0.reserve(16 * 1024);
        let head = loop {
            self.read(stream).await;
            if let Some(end) = find(&self.0, b"\r\n\r\n") {
                break end + 4;
            }
        };
        match find(&self.0[..head], b"content-length: ") {
            Some(at) => {
                let digits = self.0[at + 16..head].iter().take_while(|byte| byte.is_ascii_digit());
                let length = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
                while self.0.len() < head + length {
                    self.read(stream).await;
                }
            }
            None => {
                while !self.0.ends_with(b"\r\n0\r\n\r\n") {
                    self.read(stream).await;
                }
            }
        }
        let digits = &self.0[9..12];
        digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'))
    }

    async fn read(&mut self, stream: &mut TcpStream) {
        assert_ne!(stream.read_buf(&mut self.0).await.unwrap(), 0, "the connection was closed");
    }
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
