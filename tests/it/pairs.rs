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

#[test]
fn ids_that_do_not_exist_are_refused_by_every_call_that_writes() {
    let playground = Playground::start(&[]);
    let hook = |ids: Value| json!({"name": "n", "url": "https://hooks.example/", "events": ["prompt_run.completed"], "index_ids": ids});
    let made = playground.with_key(&playground.api_key, "POST", "/webhooks", Some(&hook(json!([INDEX])))).json();
    let path = format!("/webhooks/{}", made["webhook_id"].as_str().unwrap());
    let target = |ids: Value| json!({"type": "videos", "video_ids": ids});
    let automation = |members: Value| {
        let mut given = json!({"connector_id": "conn_sample_bucket"});
        given.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        given
    };
    let (import, run) = (format!("/indexes/{INDEX}/automations/import"), "prompt_scene_catalogue");
    for (method, path, body, missing) in [
        ("POST", "/webhooks", hook(json!(["idx_none"])), "index"),
        ("POST", "/webhooks", hook(json!([INDEX, "idx_none"])), "index"),
        ("PATCH", &path, json!({"index_ids": [INDEX, "idx_none"]}), "index"),
        ("PUT", "/indexes/idx_none/automations/import", automation(json!({})), "index"),
        ("PUT", &import, automation(json!({"connector_id": "conn_none"})), "connector"),
        ("PUT", &import, automation(json!({"prompt_preset": {"prompt_id": "prompt_none"}})), "prompt"),
        ("PUT", &format!("/indexes/{INDEX}/automations/export"), json!({"destination_connector_id": "conn_none"}), "connector"),
        ("POST", "/import-jobs", json!({"connector_id": "conn_none", "index_id": INDEX}), "connector"),
        ("POST", "/import-jobs", json!({"connector_id": "conn_sample_bucket", "index_id": "idx_none"}), "index"),
        (
            "POST",
            "/workflow/attachments",
            json!({"files": [{"download_url": "http://127.0.0.1:9/a.mp4", "file_id": "f"}], "index_id": "idx_none"}),
            "index",
        ),
        ("POST", "/videos", json!({"title": "t", "video_uri": "gs://b/a.mp4", "index_id": "idx_none"}), "index"),
        (
            "POST",
            "/videos",
            json!({"title": "t", "video_uri": "gs://b/a.mp4", "index_id": INDEX, "source_connector_id": "conn_none"}),
            "connector",
        ),
        ("POST", "/prompt-runs/execute", json!({"prompt_id": "prompt_none", "target": target(json!(["v"]))}), "prompt"),
        ("POST", "/prompt-runs/execute", json!({"prompt_id": run, "target": target(json!(["vid_none"]))}), "video"),
        ("POST", "/prompt-runs/execute", json!({"prompt_id": run, "target": {"type": "index", "index_id": "idx_none"}}), "index"),
        ("POST", "/workflow/process", json!({"prompt_id": run, "import_job_id": "import_none"}), "import_job"),
        ("POST", "/workflow/process", json!({"prompt_id": run, "index_name": "None of these"}), "index"),
        ("POST", &format!("/exports/index/{INDEX}"), json!({"prompt_run_ids": ["run_none"]}), "run"),
        ("POST", &format!("/exports/prompt-run/{RUN}"), json!({"destination_connector_id": "conn_none"}), "connector"),
        ("POST", "/chat/sessions/chat_sample/turns", json!({"message": "m", "scope": {"index_ids": ["idx_none"]}}), "index"),
        ("POST", "/chat/sessions/chat_sample/turns", json!({"message": "m", "scope": {"prompt_run_ids": ["run_none"]}}), "run"),
        ("PUT", "/markers", json!({"resource_type": "index", "resource_id": "idx_none", "note": "n"}), "index"),
    ] {
        refused(&playground, method, path, Some(&body), 404, &format!("resource_{missing}_not_found"));
    }
    // A shared index takes no imports, so it has no automation for them.
    refused(
        &playground,
        "PUT",
        "/indexes/idx_american_life/automations/import",
        Some(&automation(json!({}))),
        403,
        "authorization_shared_index",
    );
    // What a webhook names already may stay, though the index is gone.
    let index = playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": "Short"}))).json()["index_id"].clone();
    let set = |ids: Value| playground.with_key(&playground.api_key, "PATCH", &path, Some(&json!({"index_ids": ids}))).status;
    assert_eq!(set(json!([INDEX, index])), 200);
    let gone = format!("/indexes/{}", index.as_str().unwrap());
    assert_eq!(playground.with_key(&playground.api_key, "DELETE", &gone, None).status, 202);
    assert_eq!((set(json!([index])), set(json!([INDEX])), set(json!([index]))), (200, 200, 404));
}
