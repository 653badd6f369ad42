//! Ids that do not belong together: each such pair is refused with the reason, and never answered with an empty list or an empty file.

use serde_json::{Value, json};

use crate::support::{Playground, Server, untouched};

const INDEX: &str = "idx_early_cinema";
const RUN: &str = "run_scene_catalogue_early_cinema";
/// A run of another index, and a video of that index.
const ELSEWHERE: &str = "run_scene_catalogue_american_life";
const REASON: &str = "belongs to the index \"American life\" (idx_american_life), not to ";

fn server() -> Server {
    Server::with_key(&untouched().base_url, &untouched().api_key, &["--toolsets", "all"])
}

fn refused(playground: &Playground, method: &str, path: &str, body: Option<&Value>, status: u16, code: &str) {
    let reply = playground.with_key(&playground.api_key, method, path, body);
    let told = reply.json();
    assert_eq!((reply.status, told["error"]["code"].as_str()), (status, Some(code)), "{method} {path}: {told}");
}

#[test]
fn runs_of_another_index_are_refused_by_each_search_and_by_the_export() {
    let mut server = server();
    let condition = json!([{"field": "mood", "operator": "equals", "type": "string", "value": "calm"}]);
    for (tool, arguments) in [
        ("search_videos", json!({"index_id": INDEX, "query": "train", "run_ids": [ELSEWHERE]})),
        ("search_videos", json!({"index_id": INDEX, "query": "train", "run_ids": [RUN, ELSEWHERE]})),
        ("multimodal_search", json!({"index_id": INDEX, "text_query": "train", "run_ids": [ELSEWHERE]})),
        ("filter_videos", json!({"index_id": INDEX, "run_ids": [ELSEWHERE], "conditions": condition})),
        ("search_runs", json!({"query": "train", "index_id": INDEX, "run_ids": [ELSEWHERE]})),
        ("search_sql", json!({"index_id": INDEX, "query": "SELECT 1", "run_ids": [ELSEWHERE]})),
        ("search_playground", json!({"query": "train", "run_id": ELSEWHERE})),
        ("filter_playground", json!({"run_ids": [ELSEWHERE], "conditions": condition})),
        ("export_index_metadata", json!({"index_id": INDEX, "prompt_run_ids": [ELSEWHERE]})),
        ("export_index_metadata", json!({"index_id": INDEX, "prompt_run_ids": [RUN, ELSEWHERE]})),
        ("ask_library", json!({"message": "Where is a train?", "index_ids": [INDEX], "run_ids": [ELSEWHERE]})),
        ("tabulate_prompt_run", json!({"run_id": ELSEWHERE, "index_id": INDEX})),
    ] {
        let told = server.error(tool, arguments.clone());
        assert!(told.contains(REASON), "{tool} {arguments}: {told}");
    }
    // Where a run and an index do belong together, all goes on.
    let (text, _) = server.ok("search_runs", json!({"query": "train", "index_id": INDEX, "run_ids": [RUN]}));
    assert!(!text.starts_with("0 hits"), "{text}");
    server.ok("search_videos", json!({"index_id": "all", "query": "train", "run_ids": [RUN, ELSEWHERE]}));
}

#[test]
fn a_run_that_does_not_cover_a_video_has_nothing_of_it() {
    let playground = untouched();
    let video = "vid_great_train_robbery_1903";
    for path in [
        format!("/videos/{video}/segments?run_id={ELSEWHERE}"),
        format!("/prompt-runs/{ELSEWHERE}/results?video_id={video}"),
        format!("/prompt-runs/{ELSEWHERE}/videos/{video}/video-result"),
        format!("/workflow/runs/{ELSEWHERE}/results?video_id={video}"),
    ] {
        refused(playground, "GET", &path, None, 404, "resource_video_not_found");
    }
    let grant = |run: &str, segment: &str| json!({"video_id": video, "run_id": run, "segment_id": segment, "intent": "download"});
    let own = format!("seg_{}_001", video.strip_prefix("vid_").unwrap());
    refused(playground, "POST", "/workflow/media-grants", Some(&grant(ELSEWHERE, &own)), 404, "resource_video_not_found");
    let action = "run_action_log_early_cinema";
    let foreign = format!("seg_{}_60s_001", video.strip_prefix("vid_").unwrap());
    refused(playground, "POST", "/workflow/media-grants", Some(&grant(action, &foreign)), 404, "resource_segment_not_found");
    let (text, facts) = server().ok("tabulate_prompt_run", json!({"run_id": ELSEWHERE, "video_ids": [video]}));
    assert!(text.contains(&format!("Not covered by this run: {video}.")), "{text}");
    assert_eq!(facts["total_rows"], 0);
}
