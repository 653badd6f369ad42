//! MCP over HTTP: more connections and more callers than the server holds.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::json;

use crate::support::{Answer, Playground, Upstream, Web, asked, http, run, shared, text};

/// How many connections are served at once.
const PLACES: usize = 1_024;
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

/// A request with a body, as it goes over the wire.
fn posted(key: &str, body: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Lets this process open as many connections as it may.
fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// Connects, and sends the beginning of a request.
fn begun(web: &Web, beginning: &str) -> TcpStream {
    let mut stream = TcpStream::connect(web.address()).unwrap();
    stream.write_all(beginning.as_bytes()).unwrap();
    stream
}

/// What a GET of a path answers, on a connection of its own.
fn look(web: &Web, path: &str) -> (String, String) {
    exchange(
        &mut BufReader::new(TcpStream::connect(web.address()).unwrap()),
        &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
    )
}

/// Waits until readiness is answered with a status.
fn wait_until_ready(web: &Web, status: &str) {
    let end = std::time::Instant::now() + crate::support::PATIENCE;
    while !look(web, "/readyz").0.starts_with(&format!("HTTP/1.1 {status} ")) {
        assert!(std::time::Instant::now() < end, "not {status}");
        crate::support::pause();
    }
}

#[test]
fn connections_that_rest_keep_nobody_out() {
    raise_limit();
    let web = Web::start(&shared().base_url, &[], &[]);
    assert!(web.tools(&shared().api_key).len() > 1);
    // One that sent nothing at all would be closed soon.
    let held: Vec<TcpStream> = (0..PLACES).map(|_| begun(&web, "G")).collect();
    wait_until_ready(&web, "200");
    assert!(web.tools(&shared().api_key).len() > 1);
    let is_open = |mut stream: &TcpStream| {
        stream.set_nonblocking(true).unwrap();
        stream.read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    let open = held.iter().filter(|stream| is_open(stream)).count();
    assert!(open > PLACES / 2, "{open}: they give way one by one");
}

#[test]
fn a_server_whose_places_are_all_at_work_is_known_to_live() {
    raise_limit();
    let web = Web::start(&shared().base_url, &["--max-per-minute", "0"], &[]);
    assert!(web.tools(&shared().api_key).len() > 1);
    let mut ping = posted(&shared().api_key, &asked("ping", json!({})).to_string());
    ping.pop();
    let held: Vec<TcpStream> = (0..PLACES).map(|_| begun(&web, &ping)).collect();
    wait_until_ready(&web, "503");
    assert_eq!(look(&web, "/readyz").1, "the server is busy\n");
    assert!(look(&web, "/healthz").0.starts_with("HTTP/1.1 200 "));
    let doctor = text(&run(&["doctor", "--url", &web.url], &[]).stdout);
    assert!(doctor.contains("all of its places are taken") && !doctor.contains("Correct the address"), "{doctor}");
    drop(held);
    wait_until_ready(&web, "200");
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
        let (status, told) = exchange(&mut stream, &posted(&format!("sk_live_{number:048x}"), &body));
        assert!(status.starts_with("HTTP/1.1 200 "), "{status}{told}");
    }
    let url = web.stderr().lines().find_map(|line| line.split_once("serves metrics at ").map(|(_, url)| url.to_owned())).unwrap();
    let metrics = text(&http("GET", &url, &[], None).body);
    assert!(metrics.contains(&format!("videosearch_mcp_callers {MOST_CALLERS}\n")), "{metrics}");
    assert!(web.tools(&shared().api_key).len() > 1);
    assert_eq!(upstream.take().len(), 0, "its scopes are still known");
}

#[test]
fn new_callers_who_wait_keep_no_other_new_caller_out() {
    const PLACES_OF_STRANGERS: usize = 128;
    const OF_ONE: usize = 16;
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let wait = crate::support::example_of("wait_for_prompt_run");
    let path = format!("/prompt-runs/{}", wait["run_id"].as_str().unwrap());
    upstream.script(move |seen| {
        let runs = std::sync::Arc::new(|body: &mut serde_json::Value| body["status"] = json!("running"));
        if seen.target == path { Answer::Changed(runs, Vec::new()) } else { Answer::Pass }
    });
    let web = Web::start(&upstream.base_url, &[], &[]);
    let body = asked("tools/call", json!({"name": "wait_for_prompt_run", "arguments": wait})).to_string();
    let waiting: Vec<TcpStream> = (0..PLACES_OF_STRANGERS / OF_ONE)
        .flat_map(|_| {
            let (_, key) = playground.key(&["read"]);
            let request = posted(&key, &body);
            let begun = || {
                let mut stream = TcpStream::connect(web.address()).unwrap();
                stream.write_all(request.as_bytes()).unwrap();
                stream
            };
            (0..=OF_ONE).map(|_| begun()).collect::<Vec<_>>()
        })
        .collect();
    // By then the API has accepted their keys.
    let (mut looks, end) = (0, std::time::Instant::now() + crate::support::PATIENCE);
    while looks < waiting.len() {
        assert!(std::time::Instant::now() < end, "{looks} of {} calls got a place", waiting.len());
        looks += upstream.take().iter().filter(|seen| seen.target.starts_with("/prompt-runs/")).count();
        std::thread::yield_now();
    }
    let (_, key) = playground.key(&["search"]);
    assert!(web.call(&key, "list_indexes", json!({})).to_string().contains("idx_early_cinema"));
}
