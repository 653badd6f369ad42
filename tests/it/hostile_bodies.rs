//! Answers that are made to cost memory: however a large body is built, reading it stays within a bound.

use serde_json::{Value, json};

use crate::support::{Answer, Seen, Server, Upstream, shared};

/// The most memory that an answer may cost above what the idle server has, in KiB.
#[cfg(target_os = "linux")]
const MOST: u64 = 64 << 10;
/// Ids of every kind, so that one row fits every list.
const ROW: &str = r#"{"video_id":"v","index_id":"i","prompt_id":"p","run_id":"r","segment_id":"s"}"#;

/// A server whose key is known, before an upstream that from now on answers what fits with this.
fn before(answer: Answer, fits: impl Fn(&Seen) -> bool + Send + Sync + 'static) -> (Upstream, Server) {
    let upstream = Upstream::before(&shared().base_url);
    let environment = [
        ("VIDEOSEARCH_BASE_URL", upstream.base_url.as_str()),
        ("VIDEOSEARCH_API_KEY", shared().api_key.as_str()),
        ("VIDEOSEARCH_MAX_RETRIES", "0"),
    ];
    let mut server = Server::start(&[], &environment);
    server.initialize();
    server.ok("get_key_info", json!({}));
    upstream.script(move |seen| if fits(seen) { answer.clone() } else { Answer::Pass });
    (upstream, server)
}

fn body(status: u16, bytes: Vec<u8>) -> Answer {
    Answer::Fixed(status, vec![("content-type", "application/json".into())], bytes)
}

/// As many copies of a piece as fit in so many MiB, between commas.
fn list(start: &str, piece: &str, end: &str, mib: usize) -> Vec<u8> {
    let pieces = vec![piece; (mib << 20) / (piece.len() + 1) - 1];
    format!("{start}{}{end}", pieces.join(",")).into_bytes()
}

fn filled(start: &str, filler: &str, end: &str, mib: usize) -> Vec<u8> {
    format!("{start}{}{end}", filler.repeat((mib << 20) / filler.len() - 200)).into_bytes()
}

#[cfg(target_os = "linux")]
fn memory(server: &Server, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Calls a tool: its result, which must not have cost too much.
fn within_bounds(server: &mut Server, label: &str, tool: &str, arguments: Value) -> Value {
    #[cfg(target_os = "linux")]
    let idle = {
        // From here on the peak is counted anew.
        std::fs::write(format!("/proc/{}/clear_refs", server.pid()), "5").unwrap();
        memory(server, "VmRSS")
    };
    let result = server.call(tool, arguments);
    #[cfg(target_os = "linux")]
    {
        let cost = memory(server, "VmHWM").saturating_sub(idle);
        assert!(cost <= MOST, "{tool}, {label}: {cost} KiB");
    }
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.len() < 100_000, "{tool}, {label}: {} bytes", text.len());
    result
}

#[test]
fn tiny_rows_cost_little_whatever_tool_reads_them() {
    let bodies = [list("[", ROW, "]", 4), list(r#"{"pagination":{"has_more":false},"data":["#, ROW, "]}", 4)];
    for bytes in bodies {
        let (_upstream, mut server) = before(body(200, bytes), |_| true);
        for (tool, arguments) in [
            ("list_indexes", json!({})),
            ("list_videos", json!({"index_id": "idx_early_cinema"})),
            ("list_prompts", json!({})),
            ("list_prompt_runs", json!({})),
            ("search_videos", json!({"query": "train", "index_id": "idx_early_cinema"})),
            ("search_videos", json!({"query": "train", "index_id": "idx_early_cinema", "detail": "full"})),
            ("multimodal_search", json!({"text_query": "train", "index_id": "idx_early_cinema"})),
            (
                "filter_videos",
                json!({"index_id": "idx_early_cinema",
                       "conditions": [{"field": "a", "operator": "equals", "value": "x", "type": "string"}]}),
            ),
            ("get_video", json!({"video_id": "vid_a"})),
            ("get_video_segments", json!({"video_id": "vid_a", "detail": "full"})),
            ("show_moment", json!({"moment": "vid_a@0-10"})),
            ("get_prompt_run_results", json!({"run_id": "run_a", "video_id": "vid_a", "detail": "full"})),
            ("get_prompt_run_video_result", json!({"run_id": "run_a", "video_id": "vid_a"})),
            ("diagnose_prompt_run", json!({"run_id": "run_a"})),
        ] {
            within_bounds(&mut server, "rows", tool, arguments);
        }
    }
}

#[test]
fn rows_past_those_asked_for_are_not_read() {
    let (_upstream, mut server) = before(body(200, list("[", ROW, "]", 16)), |seen| seen.target.ends_with("/search"));
    let arguments = json!({"query": "train", "index_id": "idx_early_cinema", "top_k": 7});
    let result = within_bounds(&mut server, "16 MiB of rows", "search_videos", arguments);
    assert_eq!(result["structuredContent"]["results"].as_array().unwrap().len(), 7, "{result}");
    assert!(!result["content"][0]["text"].as_str().unwrap().contains("Note:"), "nothing is missing that was asked for: {result}");

    let (_upstream, mut server) = before(body(200, list("[", ROW, "]", 2)), |seen| seen.target.starts_with("/indexes"));
    let result = within_bounds(&mut server, "rows without a limit", "list_indexes", json!({}));
    assert!(result["content"][0]["text"].as_str().unwrap().contains("only a part of it was read"), "{result}");
}

#[test]
fn no_shape_of_a_body_costs_much() {
    let row = |inner: &str| format!(r#"[{{"video_id":"v",{inner}"#);
    let names: Vec<String> = (0..400_000).map(|n| format!("\"{n:x}\":{{}}")).collect();
    let names = names.join(",");
    for (label, bytes) in [
        ("deep", filled("", "[", "", 4)),
        ("deep in a row", filled(&row(r#""metadata":"#), r#"{"a":"#, "", 4)),
        ("one string", filled(&row(r#""text_content":""#), "x", r#""}]"#, 16)),
        ("escapes", filled(&row(r#""text_content":""#), "\\u0007", r#""}]"#, 4)),
        ("halves of characters", filled(&row(r#""text_content":""#), "\\ud83d", r#""}]"#, 4)),
        ("one name", filled(&row("\""), "n", r#"":1}]"#, 4)),
        ("names", format!("{}{names}}}}}]", row(r#""metadata":{"#)).into_bytes()),
        ("markers", format!("{}{names}}}}}]", row(r#""extracted_metadata_markers":{"#)).into_bytes()),
        ("metadata", list(&row(r#""metadata":{"x":["#), r#"null,{"b":[true]}"#, "]}}]", 4)),
        ("rows in a row", list(&row(r#""processing_status":[{"run_id":"r","segments":["#), r#"{"segment_id":""}"#, "]}]}]", 4)),
        ("digits", filled("[", "9", "]", 4)),
        ("digits after a point", filled(&row(r#""start_time":0."#), "1", "}]", 4)),
        ("white space", filled("", " ", "", 16)),
        ("line ends", filled("", "\n", "}", 4)),
        ("a page", filled("<html>", "<p>", "</html>", 4)),
        ("broken at its end", list("[", ROW, "}", 4)),
    ] {
        let (_upstream, mut server) = before(body(200, bytes.clone()), |_| true);
        within_bounds(&mut server, label, "search_videos", json!({"query": "train", "index_id": "idx_early_cinema", "detail": "full"}));
        within_bounds(&mut server, label, "get_video", json!({"video_id": "vid_a", "detail": "full"}));
    }
}

#[test]
fn errors_are_bounded_too() {
    let message = filled(r#"{"error":{"code":"validation_failed","message":"no "#, "x", r#"","details":{}}}"#, 1);
    let echo = filled(r#"{"detail":[{"loc":["body"],"msg":"too long","input":""#, "A", r#""}]}"#, 4);
    let many = list(r#"{"error":{"code":"validation_failed","message":"no","details":{"rows":["#, "0", "]}}}", 4);
    for (label, bytes, expect) in [
        ("a long message", message, "validation_failed"),
        ("an echo of the request", echo, "http_422"),
        ("details", many, "validation_failed"),
    ] {
        let (_upstream, mut server) = before(body(422, bytes), |seen| seen.target.ends_with("/search"));
        let result = within_bounds(&mut server, label, "search_videos", json!({"query": "train", "index_id": "idx_early_cinema"}));
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(result["isError"] == true && text.contains(expect) && text.len() < 9_000, "{label}: {text}");
    }
}

#[test]
fn ids_of_requests_are_bounded() {
    let long = "7".repeat(2_000);
    let headers = vec![("content-type", "application/json".to_owned()), ("x-request-id", long.clone())];
    let bodies = [
        r#"{"error":{"code":"c","message":"no"}}"#.to_owned(),
        format!(r#"{{"error":{{"code":"{long}","message":"no","request_id":"{long}"}}}}"#),
    ];
    for bytes in bodies {
        let answer = Answer::Fixed(400, headers.clone(), bytes.into_bytes());
        let (_upstream, mut server) = before(answer, |seen| seen.target.ends_with("/search"));
        let text = server.error("search_videos", json!({"query": "train", "index_id": "idx_early_cinema"}));
        assert!(text.contains(&long[..100]) && !text.contains(&long[..201]), "{text}");
    }
}

#[test]
fn a_search_holds_no_memory_while_it_asks_for_titles() {
    // Each answer takes nearly a quarter of what all bodies may take, and each search then asks for titles, whose answer is large too.
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    server.ok("get_key_info", json!({}));
    let (hits, titles) = (
        filled("[", " ", r#"{"video_id":"v","start_time":1,"end_time":2}]"#, 15),
        filled("[", " ", r#"{"video_id":"v","title":"Found"}]"#, 1),
    );
    upstream.script(move |seen| match seen.target.as_str() {
        "/videos/batch" => body(200, titles.clone()),
        target if target.ends_with("/search") => body(200, hits.clone()),
        _ => Answer::Pass,
    });
    let arguments = json!({"name": "search_videos", "arguments": {"query": "train", "index_id": "idx_early_cinema"}});
    let calls: Vec<i64> = (0..8).map(|_| server.ask("tools/call", arguments.clone())).collect();
    for call in calls {
        let answer = server.answer(call);
        assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("Found"), "{answer}");
    }
}
