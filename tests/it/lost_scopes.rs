//! A scope that the API took away and gives back, while the server runs.

use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use crate::support::{Answer, Seen, Server, Upstream, shared};

const VIDEO: &str = "vid_great_train_robbery_1903";

/// A server before a proxy, with everything learnt. `recheck` is how many milliseconds a missing scope is believed.
fn server(upstream: &Upstream, recheck: &str) -> Server {
    let environment = [
        ("VIDEOSEARCH_BASE_URL", upstream.base_url.as_str()),
        ("VIDEOSEARCH_API_KEY", shared().api_key.as_str()),
        ("VIDEOSEARCH_RECHECK", recheck),
    ];
    let mut server = Server::start(&[], &environment);
    server.initialize();
    assert!(server.tools().iter().any(|name| name == "get_video"));
    server.ok("get_key_info", json!({}));
    upstream.take();
    server
}

/// Refuses whatever needs the scope read, with this code; the searches and the list of indexes go through.
fn without_read(code: &'static str) -> impl Fn(&Seen) -> Answer {
    move |seen| {
        let refused = ["/videos", "/prompt-runs", "/prompts?"].iter().any(|path| seen.target.starts_with(path));
        if refused { Answer::json(403, &json!({"error": {"code": code, "message": "no"}})) } else { Answer::Pass }
    }
}

const CODE: &str = "authorization_insufficient_scope";

fn lists(server: &mut Server, tool: &str) -> bool {
    server.tools().iter().any(|name| name == tool)
}

fn standing_of_read(server: &mut Server) -> Value {
    let (_, structured) = server.ok("get_key_info", json!({}));
    let scopes = structured["scopes"].as_array().unwrap();
    scopes.iter().find(|row| row["scope"] == "read").unwrap()["standing"].clone()
}

#[test]
fn a_list_that_comes_while_the_first_one_waits_waits_with_it() {
    let open = Arc::new((Mutex::new(false), Condvar::new()));
    let gate = Arc::clone(&open);
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(move |_| {
        let _open = gate.1.wait_while(gate.0.lock().unwrap(), |open| !*open).unwrap();
        Answer::Pass
    });
    let (_, searcher) = shared().key(&["search"]);
    let mut server = Server::with_key(&upstream.base_url, &searcher, &[]);
    let lists = [server.ask("tools/list", json!({})), server.ask("tools/list", json!({}))];
    // Both are read when this is answered.
    server.request("ping", json!({}));
    *open.0.lock().unwrap() = true;
    open.1.notify_all();
    for id in lists {
        let names = server.answer(id)["result"]["tools"].to_string();
        assert!(names.contains("search_videos") && !names.contains("execute_prompt"), "{names}");
    }
}

#[test]
fn a_list_asks_again_and_has_the_tools_back_at_once() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = server(&upstream, "0");
    upstream.script(without_read(CODE));
    let text = server.error("get_video", json!({"video_id": VIDEO}));
    assert!(text.contains("it needs the scope read"), "{text}");
    assert!(!lists(&mut server, "get_video") && lists(&mut server, "search_videos"));
    // Asked in vain more than once, and still it comes back.
    assert!(!lists(&mut server, "get_video"));
    upstream.script(|_| Answer::Pass);
    assert!(lists(&mut server, "get_video"), "the list that asks has them");
    upstream.take();
    assert!(lists(&mut server, "get_video"));
    assert!(upstream.take().is_empty(), "what is held is not asked for again");
    server.ok("get_video", json!({"video_id": VIDEO}));
}

#[test]
fn a_call_asks_again_before_it_is_refused() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = server(&upstream, "0");
    upstream.script(without_read(CODE));
    server.error("get_video", json!({"video_id": VIDEO}));
    upstream.take();
    let text = server.error("get_video", json!({"video_id": VIDEO}));
    assert!(text.contains("Nothing was sent"), "{text}");
    let asked: Vec<String> = upstream.take().into_iter().map(|seen| seen.target).collect();
    assert!(asked.iter().any(|target| target == "/prompt-runs?limit=1") && asked.iter().all(|target| !target.contains(VIDEO)), "{asked:?}");
    upstream.script(|_| Answer::Pass);
    server.ok("get_video", json!({"video_id": VIDEO}));
}

#[test]
fn key_info_asks_again() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = server(&upstream, "0");
    upstream.script(without_read(CODE));
    server.error("get_video", json!({"video_id": VIDEO}));
    assert_eq!(standing_of_read(&mut server), "not held");
    upstream.script(|_| Answer::Pass);
    assert_eq!(standing_of_read(&mut server), "held");
}

#[test]
fn within_the_minute_nothing_is_asked_again() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = server(&upstream, "86400000");
    upstream.script(without_read(CODE));
    server.error("get_video", json!({"video_id": VIDEO}));
    upstream.script(|_| Answer::Pass);
    upstream.take();
    assert!(!lists(&mut server, "get_video"));
    let text = server.error("get_video", json!({"video_id": VIDEO}));
    assert!(text.contains("it needs the scope read"), "{text}");
    assert!(upstream.take().is_empty(), "the refusal rests on what is known");
}

#[test]
fn only_the_documented_codes_take_a_scope_away() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = server(&upstream, "86400000");
    for other in [
        "authorization_account_suspended",
        "authorization",
        "authorization_insufficient_scope_of_plan",
        "not_insufficient_scope",
        "policy_denied",
    ] {
        upstream.script(without_read(other));
        let text = server.error("get_video", json!({"video_id": VIDEO}));
        assert!(text.contains(other) && !text.contains("it needs the scope"), "{text}");
        assert!(lists(&mut server, "get_video"), "{other}");
    }
    upstream.script(without_read("insufficient_scope"));
    let text = server.error("get_video", json!({"video_id": VIDEO}));
    assert!(text.contains("it needs the scope read"), "{text}");
}
