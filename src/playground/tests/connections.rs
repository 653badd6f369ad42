//! Connections and requests that never end, and requests without a valid credential.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{As, Local, Options};
use crate::playground::serve::MOST_CONNECTIONS;

async fn connect(local: &Local) -> TcpStream {
    let address = local.handle.base_url().trim_start_matches("http://").split('/').next().unwrap().to_owned();
    TcpStream::connect(address).await.unwrap()
}

/// Sends `text` and reads until a whole answer has come or the other end closes the connection. Only the close ends an answer that does not
/// tell its length.
async fn ask(stream: &mut TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut all = String::new();
    let mut part = [0; 4096];
    loop {
        let length = stream.read(&mut part).await.unwrap_or_default();
        all.push_str(&String::from_utf8_lossy(&part[..length]));
        let whole = all.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            length.is_some_and(|length: usize| body.len() >= length)
        });
        if length == 0 || whole {
            return all;
        }
    }
}

#[tokio::test]
async fn a_body_is_not_waited_for_before_the_caller_is_known() {
    let local = Local::start(Options::default()).await;
    let searcher = local.key_with(&[crate::api::Scope::Search]).await;
    let key = local.key();
    let cases = [
        ("/prompt-runs/execute", String::new(), 401),
        ("/prompt-runs/execute", "X-API-Key: sk_live_wrong\r\n".into(), 401),
        ("/prompt-runs/execute", format!("X-API-Key: {searcher}\r\n"), 403),
        ("/webhooks", format!("X-API-Key: {searcher}\r\n"), 403),
        ("/nowhere", format!("X-API-Key: {key}\r\n"), 404),
        ("/videos/upload", String::new(), 401),
        ("/nowhere", String::new(), 401),
        ("/prompt-runs/execute", "Origin: https://example.org\r\n".into(), 403),
    ];
    for (path, header, status) in cases {
        for length in ["Content-Length: 1000000", "Transfer-Encoding: chunked", "Content-Length: 9000000000"] {
            let mut stream = connect(&local).await;
            // We send no byte of the body.
            let answer = ask(&mut stream, &format!("POST /api/v2{path} HTTP/1.1\r\nHost: localhost\r\n{header}{length}\r\n\r\n")).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path} {header} {length}: {answer}");
        }
    }
    // A known caller that announces too large a body need not send it either.
    let head =
        format!("POST /api/v2/prompt-runs/execute HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Length: 33554433\r\n\r\n");
    assert!(ask(&mut connect(&local).await, &head).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn an_answer_is_not_lost_with_the_body_that_nobody_read() {
    let local = Local::start(Options::default()).await;
    for caller in [As::Nobody, As::Key("sk_live_wrong")] {
        let request = local.request(caller, crate::api::Method::Post, "/prompt-runs/execute").body(vec![b' '; 20 << 20]);
        assert_eq!(super::send(request).await.status, 401);
    }
}

#[tokio::test]
async fn the_host_in_an_absolute_target_counts() {
    let local = Local::start(Options::default()).await;
    for (target, host, status) in [
        ("http://localhost/api/v2/usage/metric-types", "localhost", 200),
        ("http://attacker.example/api/v2/usage/metric-types", "localhost", 403),
        ("http://localhost/api/v2/usage/metric-types", "attacker.example", 403),
        ("http://me@localhost/api/v2/usage/metric-types", "localhost", 403),
        ("/api/v2/usage/metric-types", "localhost.", 200),
        ("/api/v2/usage/metric-types", "[::1]:80", 200),
        ("/api/v2/usage/metric-types", "me@localhost", 403),
        ("/api/v2/usage/metric-types", "localhost:99999", 403),
    ] {
        let answer = ask(&mut connect(&local).await, &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{target} {host}: {answer}");
    }
}

#[tokio::test]
async fn connections_above_the_limit_are_told_so_and_room_comes_back() {
    let local = Local::start(Options::default()).await;
    let request = "GET /api/v2/usage/metric-types HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut held = Vec::new();
    for _ in 0..MOST_CONNECTIONS {
        let mut stream = connect(&local).await;
        assert!(ask(&mut stream, request).await.starts_with("HTTP/1.1 200"));
        held.push(stream);
    }
    let answer = ask(&mut connect(&local).await, request).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("too_many_connections") && answer.contains("retry-after: 1"), "{answer}");
    // The connections that are served already go on.
    assert!(ask(&mut held[0], request).await.starts_with("HTTP/1.1 200"));
    drop(held);
    while !ask(&mut connect(&local).await, request).await.starts_with("HTTP/1.1 200") {}
}

#[tokio::test(start_paused = true)]
async fn heads_and_bodies_that_never_end_are_given_up() {
    let local = Local::start(Options::default()).await;
    let began = tokio::time::Instant::now();
    for head in ["", "G", "GET /api/v2/usage HTTP/1.1\r\nHost: localhost\r\nX-Slow"] {
        assert_eq!(ask(&mut connect(&local).await, head).await, "", "{head:?}");
    }
    let head = format!(
        "POST /api/v2/prompt-runs/execute HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {}\r\nContent-Length: 9\r\n\r\n{{",
        local.key()
    );
    let answer = ask(&mut connect(&local).await, &head).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
    // The clock of the runtime jumps ahead while there is nothing else to do.
    assert!(began.elapsed() < Duration::from_mins(10));
}
