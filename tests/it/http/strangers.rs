//! MCP over HTTP: keys that do not exist cost little and leave nothing behind, and whoever is new with a live key gets in.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
};

use serde_json::json;

use crate::support::{Answer, PATIENCE, Playground, Upstream, Web, shared, text};

/// How many first questions about keys are under way at once.
const FIRST_QUESTIONS: usize = 16;

fn made_up(number: usize) -> String {
    format!("sk_live_{number:048x}")
}

/// The names of the files in a directory. There are none if there is no directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A server whose state directory and confirmations other processes share.
fn sharing(base_url: &str, state: &Path, arguments: &[&str]) -> Web {
    let secret = state.with_file_name("secret");
    std::fs::write(&secret, "s".repeat(40)).unwrap();
    let arguments = [arguments, &["--state-secret-file", secret.to_str().unwrap()]].concat();
    Web::start(base_url, &arguments, &[("VIDEOSEARCH_STATE_DIR", state.to_str().unwrap())])
}

#[test]
fn a_made_up_key_costs_one_question_and_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let upstream = Upstream::before(&shared().base_url);
    let web = sharing(&upstream.base_url, &state, &[]);
    for number in 0..3 {
        // A list would ask about all scopes, and lists of events are the same for every key.
        match number {
            0 => drop(web.tools(&made_up(number))),
            1 => drop(web.call(&made_up(number), "list_webhook_events", json!({}))),
            _ => drop(web.call(&made_up(number), "get_key_info", json!({}))),
        }
        let asked: Vec<String> = upstream.take().into_iter().map(|seen| seen.target).collect();
        assert_eq!(asked, ["/auth/validate"], "{number}");
        let refused = web.ask(&made_up(number), "tools/call", json!({"name": "list_webhook_events", "arguments": {}}));
        assert!(refused.status == 401 && upstream.take().is_empty(), "{}", text(&refused.body));
    }
    let refused = web.call(&made_up(9), "list_prompts", json!({}));
    assert!(refused.to_string().contains("Send a live key") && upstream.take().len() == 1, "{refused}");
    assert_eq!(names(&state), Vec::<String>::new());

    // What is learnt of a live key is kept, and its requests are counted where other processes count.
    web.tools(&shared().api_key);
    assert_eq!(upstream.take().len(), 4);
    web.tools(&shared().api_key);
    let kept = names(&state);
    for kind in ["scopes-", "spent-rate-"] {
        assert!(kept.iter().any(|name| name.starts_with(kind)), "{kept:?}");
    }
}

#[test]
fn what_is_public_says_nothing_about_a_key() {
    let upstream = Upstream::before(&shared().base_url);
    // An API that does not say whether it accepts keys, and has one answer for everybody.
    upstream.script(|seen| {
        let busy = json!({"error": {"code": "authentication_service_unavailable", "message": "later"}});
        if seen.target == "/webhooks/events" { Answer::json(200, &json!(["prompt_run.completed"])) } else { Answer::json(503, &busy) }
    });
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let web = sharing(&upstream.base_url, &state, &["--max-retries", "0"]);
    for _ in 0..3 {
        let events = web.call(&made_up(1), "list_webhook_events", json!({}));
        assert_ne!(events["isError"], true, "{events}");
    }
    assert_eq!(names(&state), Vec::<String>::new(), "the key counts as unknown");
}

#[test]
fn questions_about_new_keys_are_few_at_a_time() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|_| Answer::Hang);
    let web = Web::start(&upstream.base_url, &[], &[]);
    std::thread::scope(|scope| {
        for number in 0..3 * FIRST_QUESTIONS {
            let web = &web;
            scope.spawn(move || assert!(web.tools(&made_up(number)).len() > 1, "what is not known is listed"));
        }
    });
    assert_eq!(upstream.take().len(), FIRST_QUESTIONS);
}

#[test]
fn a_crowd_of_new_callers_gets_in_at_once() {
    let playground = Playground::start(&[]);
    let keys: Vec<String> = (0..64).map(|_| playground.key(&["search"]).1).collect();
    let web = Web::start(&playground.base_url, &[], &[]);
    std::thread::scope(|scope| {
        for key in &keys {
            let web = &web;
            scope.spawn(move || {
                let prompts = web.call(key, "list_prompts", json!({}));
                assert!(prompts.to_string().contains("this key holds: search"), "{prompts}");
            });
        }
    });
}

/// Posts an empty message again and again on one connection, until a status comes that is not wanted: that status and its headers.
fn knock(web: &Web, key: &str, most: usize, wanted: &str) -> String {
    let mut stream = BufReader::new(TcpStream::connect(web.address()).unwrap());
    stream.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("POST /mcp HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\ncontent-length: 0\r\n\r\n");
    for _ in 0..most {
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let from = head.len();
            assert_ne!(stream.read_line(&mut head).unwrap(), 0, "{head}");
            if let Some(number) = head[from..].strip_prefix("content-length: ") {
                length = number.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        if !head.starts_with(wanted) {
            return head + &text(&body);
        }
    }
    panic!("nothing but {wanted}");
}

#[test]
fn callers_with_made_up_keys_share_one_allowance_and_others_get_in_all_the_same() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let web = Web::start(&upstream.base_url, &["--max-per-minute", "0"], &[]);
    assert!(web.tools(&playground.api_key).len() > 1);
    // A minute may end in the middle, but not twice.
    let told = knock(&web, &made_up(1), 13_000, "HTTP/1.1 400 ");
    assert!(told.starts_with("HTTP/1.1 429 ") && told.contains("keys that the API has not accepted"), "{told}");
    let wait = told.lines().find_map(|line| line.strip_prefix("retry-after: ")).unwrap();
    assert!((1..=60).contains(&wait.parse::<u64>().unwrap()), "{told}");
    assert_eq!(web.ask(&made_up(2), "ping", json!({})).status, 429, "all of them share it");
    assert_eq!(web.ask(&playground.api_key, "ping", json!({})).status, 200);
    let (_, new) = playground.key(&["search"]);
    assert_eq!(web.ask(&new, "ping", json!({})).status, 200, "the API accepts this key, so it has an allowance of its own");
    // A key that the API rejected a moment ago is not asked about again.
    upstream.take();
    let status = web.post_text(&[("x-api-key", &made_up(2))], "").status;
    assert!([401, 429].contains(&status) && upstream.take().is_empty(), "{status}");
}
