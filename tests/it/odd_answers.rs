//! Answers of the upstream that are nearly JSON: half a character, a byte order mark, both in every place.

use serde_json::{Value, json};

use crate::support::{Answer, Server, Upstream, shared};

/// A server before an upstream that answers searches with this body, as it is.
fn searching(status: u16, body: &[u8]) -> (Upstream, Server) {
    let upstream = Upstream::before(&shared().base_url);
    let server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    let body = body.to_vec();
    upstream.script(move |seen| {
        let headers = vec![("content-type", "application/json".into())];
        if seen.target.ends_with("/search") { Answer::Fixed(status, headers, body.clone()) } else { Answer::Pass }
    });
    (upstream, server)
}

#[test]
fn half_a_character_costs_no_hit() {
    for half in [r"x\ud83d", r"\uDE00x", r"x\ude00\ud83dx", r"\ud83d\ud83d\ude00", r"x\ud83d\\ude00"] {
        let body = format!(
            r#"[{{"video_id":"vid_one","video_name":"one {half}","start_time":1,"end_time":2,"content_preview":"a {half} b"}},
                {{"video_id":"vid_two","video_name":"two","start_time":1,"end_time":2,"{half}":[{{"{half}":"{half}"}}],
                  "metadata":{{"{half}":{{"deep":["{half}"]}}}},"extracted_metadata":{{"scene":"{half}"}}}}]"#
        );
        let (_upstream, mut server) = searching(200, body.as_bytes());
        for detail in ["concise", "full"] {
            let (text, facts) = server.ok("search_videos", json!({"query": "train", "index_id": "idx_early_cinema", "detail": detail}));
            assert!(text.contains("vid_one") && text.contains("vid_two") && text.contains('\u{fffd}'), "{half} {detail}: {text}");
            assert_eq!(facts["results"].as_array().unwrap().len(), 2, "{half} {detail}");
        }
    }
}

#[test]
fn a_null_in_a_record_costs_no_answer() {
    let prompt = json!({"prompt_id": "p", "name": "Odd", "json_schema": {"type": "object", "properties": {"scene": {"type": "string"}}},
        "video_level": {"instructions_text": null, "included_segment_fields": null, "json_schema": null},
        "semantic_indexing": {"disabled_segment_fields": null, "disabled_video_level_fields": null}});
    let video = json!({"video_id": "v", "title": "Odd", "processing_status": [{"run_id": "r", "segments": [], "video_level": {"status": null,
        "result_available": null, "successful_segment_count": null, "failed_segment_count": null}}]});
    let videos = json!({"data": [video], "pagination": {"limit": null, "has_more": null, "next_cursor": "c2"}});
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(move |seen| match seen.target.split('?').next().unwrap() {
        "/prompts" => Answer::json(200, &json!({"prompts": [prompt], "total": 1})),
        "/videos/v" => Answer::json(200, &video),
        "/indexes/i/videos" => Answer::json(200, &videos),
        _ => Answer::Pass,
    });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    for (tool, arguments) in
        [("list_prompts", json!({})), ("get_video", json!({"video_id": "v"})), ("list_videos", json!({"index_id": "i"}))]
    {
        let (text, facts) = server.ok(tool, arguments);
        assert!(text.contains("Odd"), "{tool}: {text}");
        assert_eq!(facts.get("next_cursor"), (tool == "list_videos").then(|| json!("c2")).as_ref(), "{tool}");
    }
}

#[test]
fn half_a_character_does_not_hide_an_error() {
    let body = br#"{"error":{"code":"validation_failed","message":"no query like \ud83d here","details":{"\udc00":"\ud800"}}}"#;
    let (_upstream, mut server) = searching(422, body);
    let error = server.error("search_videos", json!({"query": "train", "index_id": "idx_early_cinema"}));
    assert!(error.contains("validation_failed") && error.contains("no query like \u{fffd} here"), "{error}");
}

#[test]
fn a_byte_order_mark_is_no_trouble() {
    let marked = |text: &str| [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let (_upstream, mut server) = searching(200, &marked(r#"[{"video_id":"vid_one","start_time":1,"end_time":2}]"#));
    let (text, _) = server.ok("search_videos", json!({"query": "train", "index_id": "idx_early_cinema"}));
    assert!(text.contains("vid_one"), "{text}");

    let (_upstream, mut server) = searching(422, &marked(r#"{"error":{"code":"validation_failed","message":"no"}}"#));
    let error = server.error("search_videos", json!({"query": "train", "index_id": "idx_early_cinema"}));
    assert!(error.contains("validation_failed"), "{error}");
}

#[test]
fn bytes_that_are_no_text_cost_no_hit() {
    // Half of a character as old converters write it, a byte of Latin-1, and a character cut in two.
    for bytes in [b"\xed\xa0\xbd".as_slice(), b"caf\xe9", b"\xf0\x9f"] {
        let body = [br#"[{"video_id":"vid_one","content_preview":"a "#, bytes, br#" b"},{"video_id":"vid_two"}]"#].concat();
        let (_upstream, mut server) = searching(200, &body);
        let (text, _) = server.ok("search_videos", json!({"query": "train", "index_id": "idx_early_cinema"}));
        assert!(text.contains("vid_one") && text.contains("vid_two") && text.contains('\u{fffd}'), "{text}");
    }
}

#[test]
fn large_pages_lose_no_row() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let number = |name: &str, default: usize| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.parse().unwrap()).next().unwrap_or(default)
        };
        match path {
            "/videos/batch" => {
                let picture = "A".repeat(40_000);
                let rows = (0..100).map(|n| json!({"video_id": format!("v{n}"), "title": "t", "first_thumbnail": picture}));
                Answer::json(200, &json!({"data": rows.collect::<Vec<_>>()}))
            }
            "/videos/v/segments" => {
                let (from, limit) = (number("cursor", 0), number("limit", 50));
                let end = (from + limit).min(200);
                let text = "x".repeat(30_000);
                let row = |n: usize| json!({"segment_id": format!("s{n}"), "start_time": n, "end_time": n + 1, "metadata": {"text": text}});
                let next = (end < 200).then(|| end.to_string());
                let rows: Vec<_> = (from..end).map(row).collect();
                Answer::json(200, &json!({"data": rows, "pagination": {"next_cursor": next, "has_more": end < 200}}))
            }
            _ => Answer::Pass,
        }
    });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", "all"]);
    let ids: Vec<String> = (0..100).map(|n| format!("v{n}")).collect();
    let (text, facts) = server.ok("get_videos", json!({"video_ids": ids}));
    assert!(facts["total_videos"] == 100 && !text.contains("Not found"), "{text}");
    assert!(!text.contains("only a part of it was read"), "{text}");

    upstream.take();
    let (mut cursor, mut seen) = (json!(null), 0);
    loop {
        let (text, facts) = server.ok("get_video_segments", json!({"video_id": "v", "limit": 100, "cursor": cursor}));
        assert!(!text.contains("only a part of it was read"), "{text}");
        seen += facts["total_segments"].as_u64().unwrap();
        cursor = facts["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, 200);
    let pages = upstream.take().into_iter().filter(|seen| seen.target.starts_with("/videos/v/segments")).count();
    assert!(pages < 10, "{pages} requests");
}

#[test]
fn what_was_read_of_a_large_page_is_told_though_it_cannot_be_read_again() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", "all"]);
    for (status, code) in [(429, "llm_daily_budget_exceeded"), (500, "internal")] {
        upstream.script(move |seen| {
            let text = "x".repeat(30_000);
            let row = |n: usize| json!({"segment_id": format!("s{n}"), "start_time": n, "end_time": n + 1, "metadata": {"text": text}});
            match seen.target.split_once('?') {
                Some(("/videos/v/segments", query)) if query.contains("limit=100") => {
                    let rows: Vec<_> = (0..100).map(row).collect();
                    Answer::json(200, &json!({"data": rows, "pagination": {"next_cursor": "c", "has_more": true}}))
                }
                Some(("/videos/v/segments", _)) => Answer::json(status, &json!({"error": {"code": code, "message": "no"}})),
                _ => Answer::Pass,
            }
        });
        upstream.take();
        let (text, facts) = server.ok("get_video_segments", json!({"video_id": "v", "limit": 100}));
        assert!((1..100).contains(&facts["total_segments"].as_u64().unwrap()), "{text}");
        assert!(text.contains("only a part of it was read") && facts.get("next_cursor").is_none(), "{text}");
        let pages = upstream.take().into_iter().filter(|seen| seen.target.starts_with("/videos/v/segments")).count();
        assert_eq!(pages, 2, "{status}: it is not asked for again and again");
    }
}

#[test]
fn what_was_cut_is_not_skipped_or_taken_for_all() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| {
        let many = |value: Value| vec![value; 60_000];
        let page = |rows: Vec<Value>, next: Option<&str>| {
            Answer::json(200, &json!({"data": rows, "pagination": {"has_more": next.is_some(), "next_cursor": next}}))
        };
        match seen.target.split('?').next().unwrap() {
            "/workflow/search" | "/workflow/search/page" => {
                let text = "x".repeat(30_000);
                let hit = |n: usize| json!({"video_id": format!("v{n}"), "start_time": 0, "end_time": 1, "a": text, "b": text, "c": text});
                page((0..50).map(hit).collect(), Some("c2"))
            }
            "/videos/batch/segments" => {
                let one =
                    json!({"video_id": "v1", "marker": {}, "odd": many(json!(1)), "segments": [{"segment_id": "s", "start_time": 0}]});
                page(vec![one], None)
            }
            "/indexes/idx_space_and_nature/videos" => {
                let run = json!({"run_id": "r", "total_segments": 60_000, "segments": many(json!({"segment_id": "s"}))});
                page(vec![json!({"video_id": "v1", "media_type": "video", "processing_status": [run]})], None)
            }
            // A list without pages.
            "/prompt-runs" => Answer::json(200, &json!(vec![json!({"run_id": "r", "run_context": {"odd": vec![1; 5_000]}}); 50])),
            _ => Answer::Pass,
        }
    });
    let flags = ["--toolsets", "all", "--allow-destructive"];
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &flags);
    for given in [json!({"query": "train", "limit": 50}), json!({"cursor": "c1"})] {
        let (text, facts) = server.ok("search_media", given);
        assert!(text.contains("its cursor would skip them: search again with limit=2"), "{text}");
        assert!(facts.get("next_cursor").is_none() && !facts.to_string().contains("c2") && !text.contains("no more pages"), "{text}");
    }
    let (text, _) = server.ok("get_videos_segments", json!({"video_ids": ["v1"]}));
    assert!(text.contains("they were not read") && !text.contains("nothing has processed it"), "{text}");
    let (text, _) = server.plan("delete_index", json!({"index_id": "idx_space_and_nature"}));
    assert!(text.contains("with at least 1 media item"), "{text}");
    let (text, facts) = server.ok("list_prompt_runs", json!({"limit": 50}));
    assert!(facts["total_runs"].as_u64().unwrap() < 50 && text.contains("only a part of it was read"), "{text}");
}
