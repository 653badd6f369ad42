//! MCP over HTTP: how much a caller gets, tokens of the server's own, and metrics.

use std::io::{Read, Write};

use serde_json::json;

use crate::support::{Playground, Upstream, Web, asked, http, modern, run, shared, text};

/// Runs a command about tokens: stdout.
fn token(file: &str, arguments: &[&str]) -> String {
    let ran = run(&[&["http", "token"], arguments, &["--token-file", file]].concat(), &[]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    text(&ran.stdout).trim().to_owned()
}

#[test]
fn tokens_of_the_server_have_ceilings_of_their_own_and_end_when_they_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens.json").to_str().unwrap().to_owned();
    let reader = token(&file, &["add", "reader", "--scopes", "read"]);
    let searcher = token(&file, &["add", "searcher", "--scopes", "search"]);
    assert!(!std::fs::read_to_string(&file).unwrap().contains(&reader[4..]));
    assert_eq!(token(&file, &["list"]), "reader  read\nsearcher  search");
    assert_eq!(run(&["http", "token", "add", "x", "--token-file", &file], &[]).status.code(), Some(2), "a token needs a ceiling");
    for name in ["", " ", "a b", "a/b", "é", &"x".repeat(200)] {
        let add = run(&["http", "token", "add", name, "--scopes", "read", "--token-file", &file], &[]);
        assert_eq!(add.status.code(), Some(2), "{name}: {add:?}");
    }

    let upstream = Upstream::before(&shared().base_url);
    let web = Web::start(
        &upstream.base_url,
        &["--auth", "token-file", "--token-file", &file],
        &[("VIDEOSEARCH_API_KEY", shared().api_key.as_str())],
    );
    let post = |token: &str, method: &str, params| web.post(&[("authorization", &format!("Bearer {token}"))], &asked(method, params));
    let list = json!({"name": "list_prompts", "arguments": {}});
    let allowed = post(&reader, "tools/call", list.clone()).json();
    assert_ne!(allowed["result"]["isError"], true, "{allowed}");
    let refused = post(&searcher, "tools/call", list.clone()).json()["result"].clone();
    let told = refused.to_string();
    assert!(refused["isError"] == true && told.contains("this token is limited to `search`") && !told.contains("restart"), "{told}");
    let info = post(&reader, "tools/call", json!({"name": "get_key_info", "arguments": {}})).json().to_string();
    assert!(info.contains("The key of this server, which is not shown") && info.contains("this token is limited to"), "{info}");
    assert!(!post(&reader, "tools/list", json!({})).json().to_string().contains("\"execute_prompt\""), "the key may, the token may not");
    // Neither an API key nor a token elsewhere is a credential here.
    assert_eq!(post(&shared().api_key, "tools/list", json!({})).status, 401);
    assert_eq!(web.post(&[("x-api-key", &reader)], &asked("tools/list", json!({}))).status, 401);
    token(&file, &["remove", "reader"]);
    let end = std::time::Instant::now() + crate::support::PATIENCE;
    while post(&reader, "tools/list", json!({})).status == 200 {
        assert!(std::time::Instant::now() < end, "the token goes on");
        crate::support::pause();
    }
    assert_eq!(post(&searcher, "tools/list", json!({})).status, 200);
    assert!(upstream.take().iter().all(|seen| seen.keyed), "only the key of the server goes out");
}

#[test]
fn the_confirmation_of_a_removed_token_is_nothing_to_a_later_token_of_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens.json").to_str().unwrap().to_owned();
    let earlier = token(&file, &["add", "alice", "--scopes", "admin"]);
    let playground = Playground::start(&[]);
    let web = Web::start(
        &playground.base_url,
        &["--auth", "token-file", "--token-file", &file, "--allow-destructive", "--toolsets", "all"],
        &[("VIDEOSEARCH_API_KEY", playground.api_key.as_str())],
    );
    let call = |token: &str, arguments| {
        let call = json!({"name": "delete_webhook", "arguments": arguments});
        web.post(&[("authorization", &format!("Bearer {token}"))], &asked("tools/call", call))
    };
    let plan = call(&earlier, json!({"webhook_id": "whk_sample"})).json();
    let confirm = &plan["result"]["structuredContent"]["confirm"];
    assert!(confirm.is_string(), "{plan}");
    let wanted = asked("subscriptions/listen", modern(json!({"notifications": {"toolsListChanged": true}}))).to_string();
    let mut stream = std::net::TcpStream::connect(web.address()).unwrap();
    let head = format!(
        "POST /mcp/ HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {earlier}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n\
         mcp-method: subscriptions/listen\r\nconnection: close\r\n\r\n",
        wanted.len()
    );
    stream.write_all(format!("{head}{wanted}").as_bytes()).unwrap();
    token(&file, &["remove", "alice"]);
    stream.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).unwrap_or_else(|error| panic!("the subscription goes on: {error}"));
    assert!(text(&told).contains("notifications/subscriptions/acknowledged"), "{}", text(&told));
    let later = token(&file, &["add", "alice", "--scopes", "admin"]);
    let agreed = json!({"webhook_id": "whk_sample", "confirm": confirm});
    let end = std::time::Instant::now() + crate::support::PATIENCE;
    let refused = loop {
        let reply = call(&later, agreed.clone());
        if reply.status == 200 {
            break reply.json();
        }
        assert!(std::time::Instant::now() < end, "the new token is not taken");
        crate::support::pause();
    };
    assert!(refused.to_string().contains("another caller"), "{refused}");
}

#[test]
fn a_caller_over_the_rate_waits_and_others_do_not() {
    let playground = Playground::start(&[]);
    let (_, other) = playground.key(&["search"]);
    let web = Web::start(&playground.base_url, &["--max-per-minute", "3"], &[]);
    let replies: Vec<_> = (0..9).map(|_| web.ask(&playground.api_key, "ping", json!({}))).collect();
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert!(refused.len() >= 3 && replies[0].status == 200, "{replies:?}");
    let wait: u64 = refused[0].header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(web.ask(&other, "ping", json!({})).status, 200);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_held() {
    let web = Web::start(&shared().base_url, &[], &[]);
    let exchange = |head: String| {
        let mut stream = std::net::TcpStream::connect(web.address()).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut told = Vec::new();
        let _ = stream.read_to_end(&mut told);
        text(&told)
    };
    let start = format!("POST /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-api-key: {}\r\n", shared().api_key);
    let told = exchange(format!("{start}content-length: 99999999\r\n\r\n"));
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
    // Whoever is still sending hears the answer, too.
    let large = (16 << 20) + 1;
    let told = exchange(format!("{start}content-length: {large}\r\n\r\n{}", " ".repeat(large)));
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
    let told = exchange(format!("{start}x-long: {}\r\n\r\n", "a".repeat(40_000)));
    assert!(told.starts_with("HTTP/1.1 431 "), "{told}");
    assert_eq!(http("GET", &web.at("/healthz"), &[], None).status, 200);
}

#[test]
fn metrics_count_calls_and_refusals_and_name_no_caller() {
    let playground = Playground::start(&[]);
    let web = Web::start(&playground.base_url, &["--metrics", "127.0.0.1:0", "--confirm", "cost"], &[]);
    let (_, searcher) = playground.key(&["search"]);
    web.call(&playground.api_key, "list_indexes", json!({}));
    let run = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_safety_last_1923"]}});
    web.call(&playground.api_key, "execute_prompt", run);
    web.call(&searcher, "list_prompts", json!({}));
    web.call(&searcher, "search_videos", json!({}));
    web.post(&[], &asked("ping", json!({})));
    let key = ("x-api-key", playground.api_key.as_str());
    for (headers, message) in [
        (&[key][..], asked("tools/call", json!({"name": "no_such_tool"}))),
        (&[key], asked("tools/call", json!({"name": "delete_index"}))),
        (&[key], json!("no message")),
        (&[key, ("mcp-protocol-version", "1")], asked("ping", json!({}))),
        (&[key], asked("resources/read", json!({"uri": "videosearch://key"}))),
        (&[key], asked("resources/read", json!({"uri": "videosearch://nothing/x"}))),
        (&[key], asked("prompts/get", json!({"name": "no_such_prompt"}))),
    ] {
        web.post(headers, &message);
    }
    assert_eq!(http("GET", &web.url, &[key], None).status, 405);
    let url = web.stderr().lines().find_map(|line| line.split_once("serves metrics at ").map(|(_, url)| url.to_owned())).unwrap();
    let reply = http("GET", &url, &[], None);
    let told = text(&reply.body);
    assert_eq!(reply.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    for row in [
        "videosearch_mcp_calls_total{tool=\"list_indexes\",outcome=\"ok\"} 1",
        "videosearch_mcp_calls_total{tool=\"execute_prompt\",outcome=\"asked\"} 1",
        "videosearch_mcp_calls_total{tool=\"list_prompts\",outcome=\"refused\"} 1",
        "videosearch_mcp_calls_total{tool=\"search_videos\",outcome=\"arguments\"} 1",
        "videosearch_mcp_refusals_total{cause=\"scope\"} 1",
        "videosearch_mcp_refusals_total{cause=\"credentials\"} 1",
        "videosearch_mcp_refusals_total{cause=\"unknown_tool\"} 1",
        "videosearch_mcp_refusals_total{cause=\"switched_off\"} 1",
        "videosearch_mcp_refusals_total{cause=\"message\"} 1",
        "videosearch_mcp_refusals_total{cause=\"headers\"} 1",
        "videosearch_mcp_refusals_total{cause=\"method\"} 1",
        "videosearch_mcp_calls_total{tool=\"resources/read\",outcome=\"ok\"} 1",
        "videosearch_mcp_calls_total{tool=\"resources/read\",outcome=\"error\"} 1",
        "videosearch_mcp_calls_total{tool=\"prompts/get\",outcome=\"error\"} 1",
        "videosearch_mcp_shared_state_usable 1",
        "videosearch_mcp_callers 2",
        "videosearch_mcp_calls_running 0",
        "# EOF",
    ] {
        assert!(told.lines().any(|line| line == row), "{row} is not in\n{told}");
    }
    let upstream = told.lines().find_map(|line| line.strip_prefix("videosearch_mcp_upstream_seconds_count ")).unwrap();
    assert!(upstream.parse::<u64>().unwrap() >= 5, "{told}");
    assert!(!told.contains(&playground.api_key[8..20]));
    // The metrics are not on the port of the protocol, nor the protocol on theirs.
    assert_eq!(http("GET", &web.at("/metrics"), &[], None).status, 404);
    assert_eq!(http("GET", &url.replace("/metrics", "/mcp"), &[], None).status, 404);
    assert_eq!(http("GET", &url, &[("host", "evil.example")], None).status, 403);
}

#[test]
fn the_files_and_secrets_of_the_machine_are_not_for_callers_with_keys_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("aws"), "the-secret-of-the-owner").unwrap();
    std::fs::write(dir.path().join("film.mp4"), b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2").unwrap();
    let place = dir.path().to_str().unwrap();
    let environment = [
        ("VIDEOSEARCH_SECRET_AWS", "the-secret-of-the-owner"),
        ("VIDEOSEARCH_SECRETS_DIR", place),
        ("VIDEOSEARCH_UPLOAD_ROOTS", place),
        ("VIDEOSEARCH_DOWNLOAD_DIR", place),
    ];
    let upstream = Upstream::before(&shared().base_url);
    let web = Web::start(&upstream.base_url, &["--toolsets", "all"], &environment);
    web.call(&shared().api_key, "get_key_info", json!({}));
    upstream.take();
    let connector =
        |from: &str| json!({"name": "S", "bucket": "b", "region": "r", "aws_access_key_id": "AKIAEXAMPLE", "secret_access_key_from": from});
    for (tool, arguments) in
        [("create_s3_connector", connector("env:VIDEOSEARCH_SECRET_AWS")), ("create_s3_connector", connector("file:aws"))]
    {
        let result = web.call(&shared().api_key, tool, arguments);
        assert_eq!(result["isError"], true, "{tool}: {result}");
        let told = result.to_string();
        assert!(
            !told.contains("the-secret-of-the-owner")
                && told.contains("a caller with a key of their own") != told.contains("its own secrets to no caller"),
            "{told}"
        );
        assert!(!told.contains("restart"), "{told}");
        assert!(upstream.take().iter().all(|seen| seen.method == "GET"), "{tool}");
    }
    // What would always refuse is not listed, and a call of it says why.
    let listed = web.tools(&shared().api_key);
    for tool in ["upload_media", "download_export", "create_webhook", "rotate_webhook_secret"] {
        assert!(!listed.contains(&tool.to_owned()), "{tool}");
        let asked = json!({"name": tool, "arguments": crate::support::example_of(tool)});
        let told = web.ask(&shared().api_key, "tools/call", asked).json()["error"]["message"].to_string();
        assert!(told.contains("a caller with a key of their own"), "{tool}: {told}");
        assert!(upstream.take().iter().all(|seen| seen.method == "GET"), "{tool}");
    }
    let web = Web::start(&upstream.base_url, &["--toolsets", "all", "--reveal-secrets"], &environment);
    let listed = web.tools(&shared().api_key);
    assert!(listed.contains(&"create_webhook".to_owned()) && !listed.contains(&"upload_media".to_owned()), "{listed:?}");
}
