//! MCP over HTTP: more connections and more callers than the server holds.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::json;

use crate::support::{Upstream, Web, asked, http, shared, text};

/// How many connections are served at once.
const MOST_CONNECTIONS: usize = 1024;
/// How many callers are remembered.
const MOST_CALLERS: usize = 1000;

/// The status line of an answer, and the answer's body.
fn exchange(stream: &mut BufReader<TcpStream>, request: &str) -> (String, String) {
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    let (mut status, mut line, mut length) = (String::new(), String::new(), 0);
    stream.read_line(&mut status).unwrap();
    while line != "\r\n" {
        line.clear();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0, "{status}");
        if let Some(number) = line.strip_prefix("content-length: ") {
            length = number.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (status, text(&body))
}

#[test]
fn a_connection_too_many_is_told_so_and_gets_in_when_another_ends() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let web = Web::start(&shared().base_url, &[], &[]);
    let connect = || TcpStream::connect(web.address()).unwrap();
    let mut held: Vec<TcpStream> = (0..MOST_CONNECTIONS).map(|_| connect()).collect();
    held[0].write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let ask = || exchange(&mut BufReader::new(connect()), "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").0;
    assert!(ask().starts_with("HTTP/1.1 503 "));
    held.pop();
    let end = std::time::Instant::now() + crate::support::PATIENCE;
    while !ask().starts_with("HTTP/1.1 200 ") {
        assert!(std::time::Instant::now() < end, "the place stays taken");
    }
}

#[test]
fn keys_that_do_not_exist_push_nobody_out() {
    let upstream = Upstream::before(&shared().base_url);
    let web = Web::start(&upstream.base_url, &["--metrics", "127.0.0.1:0"], &[]);
    assert!(web.tools(&shared().api_key).len() > 1);
    upstream.take();
    let mut stream = BufReader::new(TcpStream::connect(web.address()).unwrap());
    let body = asked("ping", json!({})).to_string();
    for number in 0..MOST_CALLERS + 5 {
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: localhost\r\nx-api-key: sk_live_{number:048x}\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let (status, told) = exchange(&mut stream, &format!("{head}{body}"));
        assert!(status.starts_with("HTTP/1.1 200 "), "{status}{told}");
    }
    let url = web.stderr().lines().find_map(|line| line.split_once("serves metrics at ").map(|(_, url)| url.to_owned())).unwrap();
    let metrics = text(&http("GET", &url, &[], None).body);
    assert!(metrics.contains(&format!("videosearch_mcp_callers {MOST_CALLERS}\n")), "{metrics}");
    assert!(web.tools(&shared().api_key).len() > 1);
    assert_eq!(upstream.take().len(), 0, "its scopes are still known");
}
