//! MCP over HTTP: the memory for large bodies is shared out, so that nobody takes the part of the others.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Shutdown, TcpStream},
    sync::mpsc::{self, Receiver},
};

use serde_json::json;

use crate::support::{Answer, PATIENCE, Playground, Upstream, Web, asked, shared, text};

/// The most bytes of one body.
const LARGEST: usize = 16 << 20;

/// Connections that announced a large body, sent the beginning, and wait. The status lines of those that are answered.
struct Hoarders(Vec<TcpStream>, Receiver<String>);

impl Hoarders {
    fn start(web: &Web, keys: &[&str]) -> Self {
        let (told, answers) = mpsc::channel();
        let begin = |key: &&str| {
            let mut stream = TcpStream::connect(web.address()).unwrap();
            let head = format!("POST /mcp HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\ncontent-length: {LARGEST}\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&vec![b' '; 128 << 10]).unwrap();
            let (reader, told) = (stream.try_clone().unwrap(), told.clone());
            std::thread::spawn(move || {
                let mut line = String::new();
                // The other end may be gone already, and so may whoever listens.
                let _ = BufReader::new(reader).read_line(&mut line);
                let _ = told.send(line);
            });
            stream
        };
        Self(keys.iter().map(begin).collect(), answers)
    }

    /// Waits until so many were refused.
    fn refused(&self, count: usize) {
        for _ in 0..count {
            let status = self.1.recv_timeout(PATIENCE).unwrap();
            assert!(status.starts_with("HTTP/1.1 429 ") || status.starts_with("HTTP/1.1 503 "), "{status}");
        }
    }
}

impl Drop for Hoarders {
    fn drop(&mut self) {
        for stream in &self.0 {
            // The server may have closed it.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Sends a message with much space after it.
fn large(web: &Web, key: &str, bytes: usize) -> u16 {
    let body = asked("ping", json!({})).to_string() + &" ".repeat(bytes);
    let reply = web.post_text(&[("x-api-key", key), ("mcp-protocol-version", "2025-11-25")], &body);
    let known = [200, 401].contains(&reply.status);
    assert!(known || reply.header("retry-after").parse::<u64>().is_ok(), "{} {}", reply.status, text(&reply.body));
    reply.status
}

#[test]
fn keys_that_do_not_exist_leave_room_for_the_bodies_of_others() {
    let upstream = Upstream::before(&shared().base_url);
    let web = Web::start(&upstream.base_url, &["--max-retries", "0"], &[]);
    let mut new = (4..).map(|number| format!("sk_live_{number:048x}"));
    assert_eq!(large(&web, &new.next().unwrap(), 200_000), 401, "the API rejects this key");
    // The server did not hear of this key before, so it asks the API first.
    assert_eq!(large(&web, &shared().api_key, 200_000), 200);
    // From now on the API does not say which keys there are.
    upstream.script(|seen| match seen.target.as_str() {
        "/auth/validate" => Answer::json(503, &json!({"error": {"code": "authentication_service_unavailable", "message": "later"}})),
        _ => Answer::Pass,
    });
    let made_up: Vec<String> = (0..4).map(|number| format!("sk_live_{number:048x}")).collect();
    let keys: Vec<&str> = made_up.iter().chain(&made_up).map(String::as_str).collect();
    let hoarders = Hoarders::start(&web, &keys);
    hoarders.refused(keys.len() - 1);
    assert_eq!(large(&web, &shared().api_key, 200_000), 200);
    assert_eq!(large(&web, &shared().api_key, LARGEST - 1000), 200);
    assert_ne!(large(&web, &new.next().unwrap(), 200_000), 200, "the part of unknown keys is taken");
    drop(hoarders);
    let end = std::time::Instant::now() + PATIENCE;
    while large(&web, &new.next().unwrap(), 200_000) != 200 {
        assert!(std::time::Instant::now() < end, "the room stays taken");
        crate::support::pause();
    }
}

#[test]
fn the_values_of_bodies_have_their_share_beside_the_bytes() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let key = [("x-api-key", shared().api_key.as_str())];
    let arguments = |count: usize| format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(count));
    for (arguments, status) in [(json!(arguments(20)), 200), (json!(arguments(1_000)), 200), (json!(arguments(60_000)), 400)] {
        let reply = web.post(&key, &asked("tools/call", json!({"name": "list_indexes", "arguments": arguments})));
        assert_eq!(reply.status, status, "{}", text(&reply.body));
        assert!(status == 200 || text(&reply.body).contains("more than 50000 values"), "{}", text(&reply.body));
    }
}

#[test]
fn a_caller_holds_one_large_body_at_a_time() {
    let playground = Playground::start(&[]);
    let (_, other) = playground.key(&["search"]);
    let web = Web::start(&playground.base_url, &[], &[]);
    let hoarders = Hoarders::start(&web, &[playground.api_key.as_str(); 5]);
    hoarders.refused(4);
    assert_eq!(large(&web, &playground.api_key, 200_000), 429);
    assert_eq!(large(&web, &playground.api_key, 1000), 200, "small bodies are not counted");
    assert_eq!(large(&web, &other, LARGEST - 1000), 200);
}

#[test]
fn what_one_caller_writes_changes_no_answer_to_another() {
    let playground = Playground::start(&[]);
    let web = Web::start(&playground.base_url, &["--toolsets", "all"], &[]);
    let (_, reader) = playground.key(&["read"]);
    let listed = || text(&web.ask(&reader, "tools/list", json!({})).body);
    let read = || web.call(&reader, "get_video", json!({"video_id": "vid_great_train_robbery_1903"}));
    let before = (listed(), read());
    for (number, secret) in
        ["inputSchema", "structuredContent", "The Great Train Robbery", "vid_great_train_robbery_1903"].iter().enumerate()
    {
        let name = format!("c{number} {secret}");
        let s3 = json!({"name": name, "bucket": "b", "region": "r", "aws_access_key_id": "a", "aws_secret_access_key": secret});
        let made = web.call(&playground.api_key, "create_s3_connector", s3).to_string();
        // The caller's own answer does not repeat it.
        assert!(made.contains("[secret]") && !made.contains(&format!("c{number} {secret}")), "{made}");
        web.call(
            &playground.api_key,
            "create_gcs_connector",
            json!({"name": "g", "bucket": "b", "gcp_project_id": "p", "credentials_json": {"private_key": secret}}),
        );
        assert!(before == (listed(), read()), "{secret}: {}", read());
    }
}
