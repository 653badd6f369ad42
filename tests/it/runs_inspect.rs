//! The tools that read a run closely: failed segments, model calls, retries.

use serde_json::json;

use crate::support::{Answer, Playground, Server, Upstream, untouched};

const DAMAGED: &str = "run_scene_catalogue_damaged";
const ALL: [&str; 2] = ["--toolsets", "runs"];

#[test]
fn failed_segments_are_those_of_the_diagnosis() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &ALL);
    let (text, failures) = server.ok("get_prompt_run_failed_segments", json!({"run_id": DAMAGED}));
    let total = failures["failed_segments"].as_u64().unwrap();
    let segments: Vec<_> = failures["videos"].as_array().unwrap().iter().flat_map(|video| video["segments"].as_array().unwrap()).collect();
    assert!(total > 0 && segments.len() as u64 == total, "{failures}");
    for segment in segments {
        assert!(text.contains(segment["segment_id"].as_str().unwrap()), "{text}");
    }
    let (_, diagnosis) = server.ok("diagnose_prompt_run", json!({"run_id": DAMAGED}));
    let by_cause: u64 = diagnosis["causes"].as_array().unwrap().iter().map(|cause| cause["failed_segments"].as_u64().unwrap()).sum();
    assert_eq!(by_cause, total, "{diagnosis}");
    // A run without failures is no error.
    let (text, none) = server.ok("get_prompt_run_failed_segments", json!({"run_id": "run_scene_catalogue_early_cinema"}));
    assert_eq!((none["failed_segments"].as_u64(), none["videos"].as_array().map(Vec::len)), (Some(0), Some(0)), "{text}");
}

#[test]
fn model_calls_have_their_texts_for_programs_only() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &ALL);
    let (text, calls) = server.ok("get_prompt_run_llm_calls", json!({"run_id": DAMAGED}));
    let rows = calls["llm_calls"].as_array().unwrap();
    assert_eq!(calls["total_llm_calls"].as_u64().unwrap(), rows.len() as u64);
    assert!(!rows.is_empty() && rows.iter().all(|row| row.get("prompt_text").is_none()), "{calls}");
    assert_eq!(text.lines().filter(|line| line.contains(" tokens in, ")).count(), rows.len(), "{text}");
    let mut json = Server::with_key(&untouched().base_url, &untouched().api_key, &["--toolsets", "runs", "--output", "json"]);
    let (_, calls) = json.ok("get_prompt_run_llm_calls", json!({"run_id": DAMAGED}));
    assert!(calls["llm_calls"].as_array().unwrap().iter().any(|row| row["prompt_text"].is_string()), "{calls}");
}

#[test]
fn a_retry_is_followed_to_its_end() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &ALL);
    let segment = format!("/prompt-runs/{DAMAGED}/videos/vid_damaged_reel_1906/segments/seg_damaged_reel_1906_003");
    let started = playground.with_key(&playground.api_key, "POST", &format!("{segment}/retry"), None).json();
    let given = json!({
        "run_id": DAMAGED, "video_id": "vid_damaged_reel_1906", "segment_id": "seg_damaged_reel_1906_003", "retry_id": started["retry_id"],
    });
    let (text, retry) = server.ok("get_prompt_run_segment_retry_status", given.clone());
    assert_eq!(retry["retry_id"], started["retry_id"], "{retry}");
    assert!(text.contains("seg_damaged_reel_1906_003"), "{text}");
    // A handle that answers show names the segment as well, with or without a price to know first.
    let mut by_handle = given.clone();
    by_handle["segment_id"] = json!("vid_damaged_reel_1906@30-45");
    assert_eq!(server.ok("get_prompt_run_segment_retry_status", by_handle).1["segment_id"], "seg_damaged_reel_1906_003");
    for more in [json!({}), json!({"max_mt": 50})] {
        let at = |handle: &str| {
            let mut given = json!({"run_id": DAMAGED, "video_id": "vid_damaged_reel_1906", "segment_id": handle});
            given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            given
        };
        let told = server.error("retry_prompt_run_segment", at("vid_damaged_reel_1906@31-40"));
        assert!(told.contains("no segment at just 0:31-0:40; the nearest is seg_damaged_reel_1906_003"), "{told}");
        let result = server.call("retry_prompt_run_segment", at("vid_damaged_reel_1906@30-45"));
        let told = result["content"][0]["text"].as_str().unwrap();
        assert!(told.contains("seg_damaged_reel_1906_003") || told.contains("resource_segment_retry_pending"), "{told}");
        assert!(!told.contains("does not exist") && !told.contains("looks like"), "{told}");
    }
    let mut unknown = given;
    unknown["retry_id"] = json!("retry_none");
    let text = server.error("get_prompt_run_segment_retry_status", unknown);
    assert!(text.contains("404") || text.contains("not found"), "{text}");
}

#[test]
fn what_the_api_leaves_out_is_left_out() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &ALL);
    server.tools();
    upstream.script(|seen| match seen.target.rsplit('/').next() {
        Some("llm-calls") => {
            Answer::json(200, &json!({"data": [{"llm_call_id": "c"}], "pagination": {"has_more": true, "next_cursor": "n"}}))
        }
        Some("failed-segments") => {
            Answer::json(200, &json!({"run_id": "r", "videos": [{"video_id": "v", "segments": [{"segment_id": "s"}]}]}))
        }
        _ => Answer::json(200, &json!({"run_id": "r", "retry_id": "t"})),
    });
    let (text, calls) = server.ok("get_prompt_run_llm_calls", json!({"run_id": "r"}));
    assert!(calls["llm_calls"][0]["llm_call_id"] == "c", "{text}");
    let (text, failures) = server.ok("get_prompt_run_failed_segments", json!({"run_id": "r"}));
    assert!(text.contains("v: s") && failures["videos"][0]["segments"][0]["segment_id"] == "s", "{text}");
    let (text, _) =
        server.ok("get_prompt_run_segment_retry_status", json!({"run_id": "r", "video_id": "v", "segment_id": "s", "retry_id": "t"}));
    assert!(text.contains("Retry t of"), "{text}");
}
