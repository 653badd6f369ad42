//! What stays as it was: after the clock went back, after media were deleted, and under a key that stands for something else by now.

use serde_json::{Value, json};

use super::{Answer, As, Local, Options, send, settling::let_pass};
use crate::{
    api::Method,
    playground::store::library::{NewMedia, add_media},
};

const FILM: &str = "vid_arrival_of_a_train_1896";

async fn get(local: &Local, path: &str) -> Answer {
    local.get(As::Key(&local.key()), path).await
}

async fn keyed(local: &Local, path: &str, key: &str, body: &Value) -> Answer {
    send(local.request(As::Key(&local.key()), Method::Post, path).header("Idempotency-Key", key).body(body.to_string())).await
}

async fn sql(local: &Local, text: &'static str) {
    local.handle.store().write(move |tx| Ok(tx.execute_batch(text)?)).await.unwrap();
}

/// A run over the film that has ended and was settled: its id.
async fn ended(local: &Local, request: &Value) -> String {
    let run = local.post(As::Key(&local.key()), "/prompt-runs/execute", request.clone()).await;
    let run_id = run.body["run_id"].as_str().unwrap().to_owned();
    let_pass(local, &run_id, 60_000).await;
    assert_eq!(get(local, "/usage").await.status, 200);
    run_id
}

fn request() -> Value {
    json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [FILM], "index_id": "idx_early_cinema"}})
}

#[tokio::test]
async fn what_was_settled_stays_so_when_the_clock_goes_back() {
    let local = Local::start(Options::default()).await;
    let run_id = ended(&local, &request()).await;
    let path = format!("/prompt-runs/{run_id}");
    let before = get(&local, &path).await.body;
    assert_eq!(local.delete(As::Key(&local.key()), "/videos/vid_metropolis_1927").await.status, 202);
    // As if all of it had happened an hour later.
    let later = "UPDATE runs SET started_ms = started_ms + 3600000, told_ms = told_ms + 3600000, settled_ms = settled_ms + 3600000
            WHERE told_ms < 9e15;
        UPDATE records SET body = json_set(body, '$.at', json_extract(body, '$.at') + 3600000) WHERE kind = 'deletion';";
    sql(&local, later).await;
    let after = get(&local, &path).await.body;
    assert_eq!(after["status"], "completed", "{after}");
    let stopped = local.post(As::Key(&local.key()), &format!("{path}/cancel"), json!({})).await.body;
    for member in ["status", "billing_actual_mt", "billing_status", "completed_segments"] {
        assert_eq!(stopped[member], before[member], "{stopped}");
    }
    assert_eq!(get(&local, "/videos/vid_metropolis_1927/deletion").await.body["status"], "deleted");
    let found = json!({"query": "train", "run_ids": [run_id]});
    let found = local.post(As::Key(&local.key()), "/indexes/idx_early_cinema/search", found).await.body;
    assert!(!found.as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_run_whose_media_were_deleted_is_still_one_of_its_index() {
    let local = Local::start(Options::default()).await;
    let run_id = ended(&local, &request()).await;
    assert_eq!(local.delete(As::Key(&local.key()), &format!("/videos/{FILM}")).await.status, 202);
    let listed = get(&local, "/indexes/idx_early_cinema/prompt-runs").await.body;
    assert!(listed["data"].as_array().unwrap().iter().any(|run| run["run_id"] == run_id), "{listed}");
    let export = local.post(As::Key(&local.key()), "/exports/index/idx_early_cinema", json!({"prompt_run_ids": [run_id]})).await.body;
    let path = format!("/exports/{}", export["export_id"].as_str().unwrap());
    let mut changes = local.handle.store().changes();
    while get(&local, &path).await.body["status"] != "completed" {
        changes.changed().await.unwrap();
    }
    let file = get(&local, &format!("{path}/download")).await.body;
    assert_eq!((&file["prompt_runs"][0]["run_id"], file["prompt_runs"].as_array().unwrap().len()), (&json!(run_id), 1));
}

#[tokio::test]
async fn a_deleted_webhook_takes_no_other_request_with_it() {
    let local = Local::start(Options::default()).await;
    let hook = json!({"name": "Hook", "url": "https://hooks.example/", "events": ["media.created"]});
    let made = keyed(&local, "/webhooks", "key", &hook).await.body;
    let path = format!("/webhooks/{}", made["webhook_id"].as_str().unwrap());
    // The key is free again after a day.
    sql(&local, "UPDATE repeats SET created_at = created_at - 90000000").await;
    let run = keyed(&local, "/prompt-runs/execute", "key", &request()).await.body;
    assert_eq!(local.delete(As::Key(&local.key()), &path).await.status, 200);
    assert_eq!(keyed(&local, "/prompt-runs/execute", "key", &request()).await.body, run);

    // Without another request in between, the same webhook is made again, with another secret.
    let first = keyed(&local, "/webhooks", "other key", &hook).await.body;
    let path = format!("/webhooks/{}", first["webhook_id"].as_str().unwrap());
    assert_eq!(local.delete(As::Key(&local.key()), &path).await.status, 200);
    let again = keyed(&local, "/webhooks", "other key", &hook).await.body;
    assert_eq!(again["webhook_id"], first["webhook_id"]);
    assert_ne!(again["secret"], first["secret"]);
}

#[tokio::test]
async fn of_two_items_of_one_address_the_one_with_a_file_is_signed() {
    let local = Local::start(Options::default()).await;
    let add = |tx: &rusqlite::Transaction<'_>| {
        let item = NewMedia { title: "A".into(), media_type: "video".into(), uri: Some("gs://late/a.mp4".into()), ..NewMedia::default() };
        for file in [None, Some("ab/1.mp4".to_owned()), None] {
            add_media(tx, NewMedia { file, ..item.clone() })?;
        }
        Ok(())
    };
    local.handle.store().write(add).await.unwrap();
    for _ in 0..20 {
        let signed = local.post(As::Key(&local.key()), "/videos/signed-url", json!({"gcs_uri": "gs://late/a.mp4"})).await;
        assert_eq!(signed.status, 200, "{signed:?}");
    }
}

#[tokio::test]
async fn names_are_one_line_wherever_they_are_given() {
    let local = Local::start(Options::default()).await;
    let key = local.key();
    let post = |path: &'static str, body: Value| local.post(As::Key(&key), path, body);
    let attach = |name: &str| json!({"index_name": name, "files": [{"download_url": "http://127.0.0.1:9/a.mp4", "file_id": "a"}]});
    let first = post("/workflow/attachments", attach("a\tb")).await;
    let second = post("/workflow/attachments", attach(" a b ")).await;
    assert_eq!((first.status, &first.body["index_id"]), (202, &second.body["index_id"]), "{first:?}");
    assert_eq!(post("/chat/sessions", json!({"title": " a\nb "})).await.body["title"], "a b");
    let marker = |more: Value| {
        let mut body = json!({"resource_type": "video", "resource_id": FILM, "color": "  red\n"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        local.request(As::Key(&key), Method::Put, "/markers").body(body.to_string())
    };
    assert_eq!(send(marker(json!({}))).await.body["color"], "red");
    assert_eq!(send(marker(json!({"field_path": "mood.."}))).await.status, 422);
}

#[tokio::test]
async fn what_is_misspelt_is_refused() {
    let local = Local::start(Options::default()).await;
    let key = local.key();
    let prompt = |indexing: Value| {
        json!({"name": "Runs", "prompt_text": "Say what you see.", "semantic_indexing": indexing,
            "json_schema": {"type": "object", "properties": {"shots": {"type": "array", "items": {"type": "object", "properties": {"kind": {"type": "string"}}}}}}})
    };
    for (field, status) in [("shots", 201), ("shots[].kind", 201), ("nonsense", 422), ("shots[].nonsense", 422)] {
        let made = local.post(As::Key(&key), "/prompts", prompt(json!({"disabled_segment_fields": [field]}))).await;
        assert_eq!(made.status, status, "{field}: {made:?}");
    }
    for query in ["event_types=prompt_run.complete", "index_id=idx_none"] {
        let refused = get(&local, &format!("/processing/events/stream?{query}")).await;
        assert_eq!(refused.status, 422, "{query}: {refused:?}");
    }
    let found = local.post(As::Key(&key), "/workflow/search", json!({"query": "train", "limit": 2})).await.body;
    let cursor = found["pagination"]["next_cursor"].as_str().unwrap();
    assert_eq!(get(&local, &format!("/workflow/search/page?cursor={cursor}")).await.status, 200);
    let refused = get(&local, &format!("/workflow/search/page?cursor={cursor}&limit=5")).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(get(&local, "/usage/details?start_date=2999-01-01").await.body, json!([]));
}

#[tokio::test]
async fn the_tables_that_always_are_keep_their_names() {
    let local = Local::start(Options::default()).await;
    let key = local.key();
    let prompt = json!({"name": "Runs", "prompt_text": "Say what you see.", "json_schema": {"type": "object"}});
    let prompt = local.post(As::Key(&key), "/prompts", prompt).await.body;
    let mut run = request();
    run["prompt_id"] = prompt["prompt_id"].clone();
    let run_id = ended(&local, &run).await;
    let select = json!({"query": format!("SELECT status FROM runs WHERE run_id = '{run_id}'")});
    let found = local.post(As::Key(&key), "/search/sql/idx_early_cinema", select).await;
    assert_eq!((found.status, &found.body["rows"][0]["status"]), (200, &json!("completed")), "{found:?}");
}
