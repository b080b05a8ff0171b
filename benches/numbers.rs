//! The figures in ARCHITECTURE.md: how fast a signed-in request is beside a bare handler of Axum, how long the server
//! takes to start, and how much memory it holds. `scripts/bench` runs it.
//!
//! One client drives both servers, each in a process of its own, in turns: what else the machine does meanwhile hits
//! both. Only the ratio says something about another machine.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for developers: what goes wrong may end it, and its output is its purpose"
)]

use std::env;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use futures::future::join_all;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// Connections at once.
const CONNECTIONS: usize = 32;
/// How long each turn takes.
const TURN: Duration = Duration::from_secs(4);
/// How often each takes its turn.
const TURNS: usize = 3;
/// What the bare server is told by.
const BARE: &str = "bare-axum-handler";

#[tokio::main]
async fn main() {
    if env::args().any(|argument| argument == BARE) {
        return bare().await;
    }
    let data = tempfile::tempdir().unwrap();
    let first = Server::start(data.path()).await;
    println!("start-up, empty folder:      {:>8.0} ms", first.started.as_secs_f64() * 1e3);
    drop(first);
    let server = Server::start(data.path()).await;
    println!("start-up, database is there: {:>8.0} ms", server.started.as_secs_f64() * 1e3);
    println!("memory, idle:                {:>8.1} MB", server.memory());

    let cookie = sign_up(server.address).await;
    let (bare, bare_at) = spawn_bare().await;
    let plain = request("GET", "/", "", "");
    let user_info = request("GET", "/auth/user-info", &format!("Cookie: {cookie}\r\n"), "");
    let login = request("GET", "/auth/login", "Accept: text/html\r\n", "");
    let overview = request("GET", "/ui/dashboard", &format!("Accept: text/html\r\nCookie: {cookie}\r\n"), "");
    let mut rates = [const { Vec::new() }; 4];
    for _ in 0..TURNS {
        rates[0].push(load(bare_at, &plain).await);
        rates[1].push(load(server.address, &user_info).await);
        rates[2].push(load(server.address, &login).await);
        rates[3].push(load(server.address, &overview).await);
    }
    drop(bare);
    let [bare, user_info, login, overview] = rates.map(median);
    println!("bare Axum handler:           {bare:>8.0} requests/s");
    println!(
        "GET /auth/user-info:         {user_info:>8.0} requests/s, {:.2} of the bare handler",
        user_info / bare
    );
    println!("GET /auth/login (page):      {login:>8.0} requests/s");
    println!("GET /ui/dashboard (page):    {overview:>8.0} requests/s");
    println!("memory, after all that:      {:>8.1} MB", server.memory());
}

/// What an Axum service costs that does nothing.
async fn bare() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let answer =
        r#"{"detail":"A text about as long as the answer that it is compared with, which has six fields."}"#;
    let router = Router::new().route("/", get(move || async move { answer }));
    axum::serve(listener, router).await.unwrap();
}

async fn spawn_bare() -> (Child, SocketAddr) {
    let mut command = Command::new(env::current_exe().unwrap());
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
    /// Starts the binary, and waits until it answers.
    async fn start(data: &std::path::Path) -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = probe.local_addr().unwrap();
        drop(probe);
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_authtuna"))
            .arg("serve")
            // Where Leptos.toml is.
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .env("SERVER_ADDRESS", address.to_string())
            .env("DATA_DIR", data)
            .env("DEFAULT_DATABASE_URI", format!("sqlite://{}/bench.db", data.display()))
            .env("ENV_FILE_NAME", "/dev/null")
            .env("LOG_LEVEL", "warn")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        loop {
            if let Ok(mut stream) = TcpStream::connect(address).await {
                let (status, _) = ask(&mut stream, &request("GET", "/readyz", "", "")).await;
                assert_eq!(status, 200);
                break;
            }
            assert!(child.try_wait().unwrap().is_none(), "the server does not start");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Self { child, address, started: begun.elapsed() }
    }

    /// Resident memory, in megabytes (10^6 bytes).
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kibibytes * 1024.0 / 1e6
    }
}

/// Makes an account; its cookies.
async fn sign_up(address: SocketAddr) -> String {
    let body =
        r#"{"username":"maria","email":"maria@example.org","password":"seven quiet tunas under lamps"}"#;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (status, head) =
        ask(&mut stream, &request("POST", "/auth/signup", "Content-Type: application/json\r\n", body)).await;
    assert_eq!(status, 201, "{head}");
    let cookies = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    cookies.filter_map(|cookie| cookie.split(';').next()).collect::<Vec<_>>().join("; ")
}

fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}{length}\r\n{body}")
}

/// Requests per second, as many as the connections get answered.
async fn load(address: SocketAddr, request: &str) -> f64 {
    let begun = Instant::now();
    let connection = |_| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut answered = 0_u32;
        while begun.elapsed() < TURN {
            let (status, head) = ask(&mut stream, request).await;
            assert_eq!(status, 200, "{head}");
            answered += 1;
        }
        answered
    };
    let answered: u32 = join_all((0..CONNECTIONS).map(connection)).await.iter().sum();
    f64::from(answered) / begun.elapsed().as_secs_f64()
}

/// One request; its status and head once the whole answer is read.
async fn ask(stream: &mut TcpStream, request: &str) -> (u16, String) {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::with_capacity(4096);
    let head = loop {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "the connection was closed");
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8(answer[..head].to_vec()).unwrap();
    let field = |name: &str| {
        text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix(name).map(str::to_owned))
    };
    let length: usize = field("content-length: ").map_or(0, |length| length.parse().unwrap());
    let chunked = field("transfer-encoding: chunked").is_some();
    while answer.len() < head + length || chunked && !answer.ends_with(b"\r\n0\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "the connection was closed");
    }
    (text[9..12].parse().unwrap(), text)
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
