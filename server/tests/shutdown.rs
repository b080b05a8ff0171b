//! Shutdown: requests in progress finish, and no new ones start.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Binary, Database, FakeSite, kinds, password, within_runtime};

/// Returns a sign-up request in two parts: the head with half the body, and the rest.
fn halves() -> (String, String) {
    let body =
        serde_json::json!({ "username": "maria", "email": "m@example.org", "password": password("maria") });
    let body = body.to_string();
    let head = format!(
        "POST /auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let (first, second) = body.split_at(body.len() / 2);
    (head + first, second.to_owned())
}

#[test]
fn sigterm_finishes_the_request_under_way() {
    for kind in kinds() {
        within_runtime(async {
            let (database, site) = (Database::new(kind).await, FakeSite::new());
            let mut server =
                Binary::new(&database, &site).set("METRICS_ADDRESS", "127.0.0.1:0").serve().await;
            let (first, second) = halves();
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            stream.write_all(first.as_bytes()).await.unwrap();
            server.in_flight().await;

            server.terminate().await;
            server.logged("stopping").await;
            assert!(TcpStream::connect(server.address).await.is_err(), "it still accepts connections");

            stream.write_all(second.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
            assert!(answer.contains("set-cookie: __Host-session_token="), "{answer}");
            assert!(server.child.wait().await.unwrap().success());
        });
    }
}

#[test]
fn a_request_that_never_ends_does_not_hold_the_process() {
    within_runtime(async {
        let (database, site) = (Database::new(crate::support::Kind::Sqlite).await, FakeSite::new());
        let mut server = Binary::new(&database, &site)
            .set("METRICS_ADDRESS", "127.0.0.1:0")
            .set("SHUTDOWN_GRACE_SECONDS", "0")
            .serve()
            .await;
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(halves().0.as_bytes()).await.unwrap();
        server.in_flight().await;
        server.terminate().await;
        server.logged("cut off after SHUTDOWN_GRACE_SECONDS").await;
        assert!(server.child.wait().await.unwrap().success());
    });
}
