//! Faults that strangers noticed: one test each.

use std::{net::TcpListener, sync::Arc};

use serde_json::json;

use crate::support::{Answer, EVERYTHING, Playground, Server, Upstream, untouched};

#[test]
fn an_index_that_was_made_after_the_list_is_found_by_its_name() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    server.ok("list_videos", json!({"index_id": "Early cinema"}));
    for (name, tool, mut arguments) in [
        ("Later 1", "get_index", json!({})),
        ("Later 2", "get_automation", json!({"kind": "export"})),
        ("Later 3", "export_index_metadata", json!({})),
    ] {
        assert_eq!(playground.as_owner("POST", "/indexes", Some(&json!({"name": name}))).status, 201);
        arguments["index_id"] = json!(name);
        server.ok(tool, arguments);
    }
}

#[test]
fn an_index_is_not_deleted_while_an_import_fills_it() {
    let playground = Playground::start(&[]);
    let made = playground.as_owner("POST", "/indexes", Some(&json!({"name": "Filled"}))).json();
    let index = made["index_id"].as_str().or(made["index"]["index_id"].as_str()).unwrap().to_owned();
    // It takes connections and never answers, so the import goes on.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/reel.mp4", silent.local_addr().unwrap());
    let files = json!({"files": [{"file_id": "1", "file_name": "reel.mp4", "download_url": url}], "index_id": index});
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let job = server.ok("attach_workflow_file", files).1;
    let job = job["job"]["job_id"].as_str().unwrap().to_owned();
    let refused = playground.as_owner("DELETE", &format!("/indexes/{index}"), None);
    assert_eq!(refused.status, 409, "{}", refused.json());
    assert_eq!(refused.json()["error"]["details"]["import_job_ids"], json!([job]), "{}", refused.json());
    server.ok("cancel_import_job", json!({"job_id": job}));
    server.wait_until(|_| playground.as_owner("DELETE", &format!("/indexes/{index}"), None).status == 202);
}

#[test]
fn a_segment_is_retried_once_at_a_time() {
    let playground = Playground::start(&[]);
    let path = "/prompt-runs/run_scene_catalogue_damaged/videos/vid_damaged_reel_1906/segments/seg_damaged_reel_1906_003/retry";
    let first = playground.as_owner("POST", path, None);
    assert!(first.status < 300, "{}", first.json());
    let second = playground.as_owner("POST", path, None);
    assert_eq!((second.status, &second.json()["error"]["details"]["retry_id"]), (409, &first.json()["retry_id"]), "{}", second.json());
}

#[test]
fn a_warning_is_no_failure() {
    let playground = untouched();
    let upstream = Upstream::before(&playground.base_url);
    upstream.script(|seen| {
        let change: Arc<dyn Fn(&mut serde_json::Value) + Send + Sync> = Arc::new(|body| {
            for row in body["data"].as_array_mut().into_iter().flatten() {
                row["processing_warning"] = json!("two frames were unreadable");
            }
        });
        if seen.target.contains("/results") { Answer::Changed(change, Vec::new()) } else { Answer::Pass }
    });
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    let mut read = |limit: u32| {
        let run = "run_scene_catalogue_early_cinema";
        server.ok("get_prompt_run_results", json!({"run_id": run, "video_id": "vid_great_train_robbery_1903", "limit": limit}))
    };
    // What many rows share is said once.
    let (text, facts) = read(3);
    assert_eq!(text.matches("two frames were unreadable").count(), 1, "{text}");
    assert!(
        facts["notes"].to_string().contains("The API warns: two frames") && facts["results"][0].get("processing_warning").is_none(),
        "{facts}"
    );
    let (text, facts) = read(1);
    let row = &facts["results"][0];
    assert_eq!((&row["processing_warning"], row.get("errors")), (&json!("two frames were unreadable"), None), "{facts}");
    assert!(text.contains("warning: two frames were unreadable") && !text.contains("failed"), "{text}");
}

#[test]
fn a_test_event_can_be_sent_again_under_its_key() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let given = json!({"webhook_id": "whk_sample", "idempotency_key": "one-test"});
    let first = server.ok("test_webhook", given.clone()).1;
    assert_eq!(server.ok("test_webhook", given).1, first);
}

#[test]
fn null_and_an_empty_text_are_two_things() {
    let playground = untouched();
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let (_, facts) = server.ok(
        "search_sql",
        json!({"index_id": "idx_early_cinema", "query": "SELECT max(start_time) AS m, '' AS n FROM scene_catalogue WHERE 0"}),
    );
    assert_eq!(facts["rows"], json!([{"m": null, "n": ""}]), "{facts}");
}

#[test]
fn a_text_that_is_too_short_is_not_called_blank() {
    let playground = untouched();
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let told = server.error(
        "create_prompt",
        json!({"name": "JP", "prompt_text": "Describe it.", "json_schema": {"type": "object", "properties": {"mood": {"type": "string"}}}}),
    );
    assert!(told.contains("`name` has 2 characters; at least 3 are needed"), "{told}");
}
