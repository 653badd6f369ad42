//! MCP over HTTP: health, and the end of the server.

use std::{
    io::{Read, Write},
    time::Instant,
};

use serde_json::json;

use crate::support::{Answer, PATIENCE, Playground, Upstream, Web, asked, http, modern, run, shared, shell, text};

fn terminate(web: &Web) {
    assert!(shell(&format!("kill -TERM {}", web.pid())).status.success());
}

#[test]
fn a_server_is_ready_while_the_api_answers() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let web = Web::start(&upstream.base_url, &[], &[]);
    assert_eq!(http("GET", &web.at("/readyz"), &[], None).status, 200);
    assert_eq!(http("GET", &web.at("/readyz"), &[], None).status, 200);
    assert_eq!(upstream.take().len(), 1, "an answer counts for a minute");
    let gone = Web::start("http://127.0.0.1:9", &[], &[]);
    assert_eq!(http("GET", &gone.at("/readyz"), &[], None).status, 503);
    assert_eq!(http("GET", &gone.at("/healthz"), &[], None).status, 200);
}

#[test]
fn something_that_is_not_the_api_does_not_make_a_server_ready() {
    let upstream = Upstream::before(&shared().base_url);
    let web = Web::start(&upstream.base_url, &[], &[]);
    let ready = || http("GET", &web.at("/readyz"), &[], None).status;
    for status in [200, 403, 404, 302] {
        upstream.script(move |_| Answer::html(status));
        assert_eq!(ready(), 503, "{status}");
        // Calls do not count it as an answer of the API either.
        web.call(&shared().api_key, "list_indexes", json!({}));
        assert_eq!(ready(), 503, "{status}");
    }
    upstream.script(|_| Answer::json(200, &json!({"hello": "of another service"})));
    assert_eq!(ready(), 503);
    upstream.script(|_| Answer::Pass);
    // An API that did not answer a moment ago is not asked again at once.
    let end = Instant::now() + PATIENCE;
    while ready() != 200 {
        assert!(Instant::now() < end);
        crate::support::pause();
    }
}

#[test]
fn a_server_whose_key_is_dead_is_not_ready_from_the_call_on_that_learnt_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens.json").to_str().unwrap().to_owned();
    let token = text(&run(&["http", "token", "add", "ann", "--scopes", "read", "--token-file", &file], &[]).stdout).trim().to_owned();
    let upstream = Upstream::before(&shared().base_url);
    let key = [("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
    let web = Web::start(&upstream.base_url, &["--auth", "token-file", "--token-file", &file], &key);
    let ready = || http("GET", &web.at("/readyz"), &[], None);
    assert_eq!(ready().status, 200);
    let dead = json!({"error": {"code": "authentication_invalid_api_key", "message": "no"}});
    upstream.script(move |_| Answer::json(401, &dead));
    let message = asked("tools/call", json!({"name": "list_indexes", "arguments": {}}));
    let refused = web.post(&[("authorization", &format!("Bearer {token}"))], &message).json();
    assert!(refused.to_string().contains("the API key of this server cannot be used"), "{refused}");
    let told = ready();
    assert!(told.status == 503 && text(&told.body).contains("the API key of this server"), "{told:?}");
}

#[test]
fn a_signal_lets_calls_end_and_takes_no_more() {
    let playground = Playground::start(&["--latency-ms", "700"]);
    let upstream = Upstream::before(&playground.base_url);
    let web = Web::start(&upstream.base_url, &[], &[]);
    let call = std::thread::scope(|scope| {
        let call = scope.spawn(|| web.call(&playground.api_key, "list_indexes", json!({})));
        while upstream.take().is_empty() {
            crate::support::pause();
        }
        terminate(&web);
        // A supervisor may send it to the process and to its group.
        terminate(&web);
        call.join().unwrap()
    });
    assert_ne!(call["isError"], true, "{call}");
    let address = web.address();
    let (status, stderr) = web.finish();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn a_connection_without_a_request_does_not_hold_up_the_end() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let address = web.address();
    let mut idle = std::net::TcpStream::connect(&address).unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    assert_eq!(http("GET", &web.at("/healthz"), &[], None).status, 200);
    terminate(&web);
    assert_eq!(web.finish().0.code(), Some(0));
}

#[test]
fn subscriptions_end_with_the_server() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let wanted = asked("subscriptions/listen", modern(json!({"notifications": {"toolsListChanged": true}}))).to_string();
    let mut stream = std::net::TcpStream::connect(web.address()).unwrap();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\nx-api-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: subscriptions/listen\r\n\r\n",
        shared().api_key,
        wanted.len()
    );
    stream.write_all(format!("{head}{wanted}").as_bytes()).unwrap();
    let mut told = Vec::new();
    while !text(&told).contains("notifications/subscriptions/acknowledged") {
        let mut piece = [0; 1024];
        let length = stream.read(&mut piece).unwrap();
        assert_ne!(length, 0, "{}", text(&told));
        told.extend_from_slice(&piece[..length]);
    }
    terminate(&web);
    stream.read_to_end(&mut told).unwrap();
    assert!(text(&told).contains("\"result\""), "a subscription ends with a result: {}", text(&told));
    assert_eq!(web.finish().0.code(), Some(0));
}
