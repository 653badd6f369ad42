//! Requests with an idempotency key.

use serde_json::{Value, json};

use super::{Answer, As, Local, Options, send};
use crate::api::Method;

const DAMAGED: &str = "/prompt-runs/run_scene_catalogue_damaged/videos/vid_damaged_reel_1906/segments";

async fn keyed(local: &Local, caller: &str, path: &str, key: &str, body: &Value) -> Answer {
    let request = local.request(As::Key(caller), Method::Post, path).header("Idempotency-Key", key);
    send(if body.is_null() { request } else { request.body(body.to_string()) }).await
}

fn execute(video: &str) -> Value {
    json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [video]}})
}

async fn runs(local: &Local) -> usize {
    local.get(As::Key(&local.key()), "/prompt-runs").await.body.as_array().unwrap().len()
}

#[tokio::test]
async fn the_same_request_is_carried_out_once_and_answered_as_the_first_time() {
    let local = Local::start(Options::default()).await;
    let (key, before) = (local.key(), runs(&local).await);
    let first = keyed(&local, &key, "/prompt-runs/execute", "once", &execute("vid_gertie_the_dinosaur_1914")).await;
    assert_eq!(first.status, 200, "{first:?}");
    // Another order of members, spaces around the key and another key of the same account change nothing.
    let body = r#"{"target":{"video_ids":["vid_gertie_the_dinosaur_1914"],"type":"videos"},"prompt_id":"prompt_action_log"}"#;
    let writer = local.key_with(&[crate::api::Scope::Write]).await;
    let again = local.request(As::Key(&writer), Method::Post, "/prompt-runs/execute").header("Idempotency-Key", " once ").body(body);
    let again = send(again).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_ne!(again.headers["x-request-id"], first.headers["x-request-id"]);
    assert_eq!(runs(&local).await, before + 1);
    // Without an idempotency key, or with another one, it is a new request.
    local.post(As::Key(&key), "/prompt-runs/execute", execute("vid_gertie_the_dinosaur_1914")).await;
    keyed(&local, &key, "/prompt-runs/execute", "twice", &execute("vid_gertie_the_dinosaur_1914")).await;
    assert_eq!(runs(&local).await, before + 3);
}

#[tokio::test]
async fn one_of_two_equal_requests_at_a_time_registers_an_object() {
    let local = Local::start(Options::default()).await;
    let (key, path) = (local.key(), "/import-jobs");
    let before = local.get(As::Key(&key), path).await.body.as_array().unwrap().len();
    let object = json!({"title": "A reel", "video_uri": "gs://nowhere/reel.mp4", "index_id": "idx_early_cinema"});
    let make = || keyed(&local, &key, "/videos", "twin", &object);
    let made = tokio::join!(make(), make(), make(), make());
    assert_eq!(made.0.status, 201, "{:?}", made.0);
    assert!([&made.1, &made.2, &made.3].iter().all(|other| other.body == made.0.body), "{made:?}");
    assert_eq!(make().await.body, made.0.body);
    assert_eq!(local.get(As::Key(&key), path).await.body.as_array().unwrap().len(), before + 1);
}

#[tokio::test]
async fn a_changed_request_under_a_used_key_is_a_conflict() {
    let local = Local::start(Options::default()).await;
    let key = local.key();
    let first = keyed(&local, &key, "/prompt-runs/execute", "k", &execute("vid_gertie_the_dinosaur_1914")).await;
    let before = runs(&local).await;
    let cancel = format!("/prompt-runs/{}/cancel", first.body["run_id"].as_str().unwrap());
    for (path, body) in [("/prompt-runs/execute", execute("vid_nosferatu_1922")), (cancel.as_str(), Value::Null)] {
        let answer = keyed(&local, &key, path, "k", &body).await;
        assert_eq!((answer.status, answer.code()), (409, "idempotency_request_mismatch"), "{path}");
    }
    assert_eq!(runs(&local).await, before);
    // After a refusal, the key can be used again.
    let bad = keyed(&local, &key, "/prompt-runs/execute", "free", &execute("vid_none")).await;
    assert_eq!((bad.status, bad.code()), (404, "resource_video_not_found"));
    assert_eq!(keyed(&local, &key, "/prompt-runs/execute", "free", &execute("vid_nosferatu_1922")).await.status, 200);
}

#[tokio::test]
async fn a_retry_names_its_key_and_is_not_doubled() {
    let local = Local::start(Options::default()).await;
    let (key, path) = (local.key(), format!("{DAMAGED}/seg_damaged_reel_1906_003/retry"));
    let first = keyed(&local, &key, &path, "again", &Value::Null).await;
    assert_eq!((first.status, &first.body["idempotency_key"]), (200, &json!("again")), "{first:?}");
    assert_eq!(keyed(&local, &key, &path, "again", &Value::Null).await.body, first.body);
    let plain = send(local.request(As::Key(&key), Method::Post, &path)).await;
    assert!(plain.body["idempotency_key"].is_null() && plain.body["retry_id"] != first.body["retry_id"], "{plain:?}");
    let whole = send(local.request(As::Key(&key), Method::Post, &format!("{DAMAGED}/seg_damaged_reel_1906_001/retry"))).await;
    assert_eq!((whole.status, whole.code()), (409, "resource_segment_not_failed"));
}

#[tokio::test]
async fn a_retry_needs_its_price() {
    let local = Local::start(Options::default()).await;
    let spend = |tx: &rusqlite::Transaction<'_>| Ok(tx.execute("UPDATE runs SET charged_mt = 1e9 WHERE settled_ms IS NOT NULL", [])?);
    local.handle.store().write(spend).await.unwrap();
    let path = format!("{DAMAGED}/seg_damaged_reel_1906_003/retry");
    let refused = send(local.request(As::Key(&local.key()), Method::Post, &path)).await;
    assert_eq!((refused.status, refused.code()), (402, "billing_insufficient_balance"), "{refused:?}");
}

#[tokio::test]
async fn what_is_meant_is_compared_and_not_how_it_is_written() {
    let local = Local::start(Options { tools: crate::cli::page_tools, ..Options::default() }).await;
    let key = local.key();
    let first = keyed(&local, &key, "/prompt-runs/execute", "meant", &execute("vid_nosferatu_1922")).await;
    let with = |members: Value| {
        let mut body = execute("vid_nosferatu_1922");
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    let same = [
        json!({"processing_model": ""}),
        json!({"processing_model": null, "video_segment_duration": null, "enable_transcription": null}),
        json!({"a_member_that_the_api_does_not_have": 1}),
        json!({"target": {"type": "videos", "video_ids": ["vid_nosferatu_1922", "vid_nosferatu_1922"], "index_id": null}}),
    ];
    for members in same {
        let answer = keyed(&local, &key, "/prompt-runs/execute", "meant", &with(members.clone())).await;
        assert_eq!((answer.status, &answer.body["run_id"]), (200, &first.body["run_id"]), "{members}");
    }
    let other = [
        // The prompt may save other settings than the defaults of the service. A length belongs to a cut.
        json!({"video_segmentation_type": "smart"}),
        json!({"audio_segmentation_type": "content_aware"}),
        json!({"enable_transcription": true, "enable_image_embedding": true}),
        json!({"processing_model": "gemini-2.5-flash"}),
        json!({"video_segment_duration": 60}),
        json!({"video_segmentation_type": "content_aware"}),
        json!({"video_segmentation_type": "fixed", "video_segment_duration": 60}),
        json!({"enable_transcription": false}),
        json!({"processing_model": "gemini-2.5-pro"}),
        json!({"target": {"type": "index", "index_id": "idx_early_cinema"}}),
        json!({"target": {"type": "videos", "video_ids": ["vid_nosferatu_1922"], "index_id": "idx_early_cinema"}}),
    ];
    for members in other {
        let answer = keyed(&local, &key, "/prompt-runs/execute", "meant", &with(members.clone())).await;
        assert_eq!((answer.status, answer.code()), (409, "idempotency_request_mismatch"), "{members}");
    }
    // The tool of the API's own playground asks for the same in another form.
    let mut arguments = with(json!({"processing_model": ""}));
    arguments["idempotency_key"] = json!("meant");
    let tool = local.post(As::Key(&key), "/mcp/playground", json!({"tool_name": "execute_prompt", "arguments": arguments})).await;
    assert_eq!(tool.body["result"]["run_id"], first.body["run_id"], "{tool:?}");
}

#[tokio::test]
async fn only_what_the_manifest_calls_retryable_is_retried() {
    let local = Local::start(Options::default()).await;
    let manifest = local.get(As::Key(&local.key()), "/prompt-runs/run_scene_catalogue_damaged/failed-segments").await.body;
    let (mut retried, mut refused) = (0, 0);
    for segment in manifest["videos"][0]["segments"].as_array().unwrap() {
        let path = format!("{DAMAGED}/{}/retry", segment["segment_id"].as_str().unwrap());
        let answer = send(local.request(As::Key(&local.key()), Method::Post, &path)).await;
        if segment["retryable"] == true {
            assert_eq!(answer.status, 200, "{answer:?}");
            retried += 1;
        } else {
            assert_eq!((answer.status, answer.code()), (409, "resource_segment_not_retryable"), "{answer:?}");
            assert_eq!(answer.body["error"]["details"]["failure_code"], segment["failure_code"]);
            refused += 1;
        }
    }
    assert_eq!((retried, refused), (2, 2));
}

#[tokio::test]
async fn keys_that_are_no_keys_are_refused_and_key_management_heeds_none() {
    let local = Local::start(Options::default()).await;
    let key = local.key();
    for bad in ["", "  ", &"k".repeat(256)] {
        let answer = keyed(&local, &key, "/prompt-runs/execute", bad, &execute("vid_nosferatu_1922")).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_idempotency_key"), "{bad:?}");
    }
    let token = local.token();
    let create = || local.request(As::Token(&token), Method::Post, "/api-keys").header("Idempotency-Key", "k").body(r#"{"name":"n"}"#);
    assert_ne!(send(create()).await.body["key"], send(create()).await.body["key"], "a secret is never kept for a replay");
}

#[tokio::test]
async fn a_first_answer_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let on = || Options { data_dir: Some(directory.path().join("data")), ..Options::default() };
    let local = Local::start(on()).await;
    let first = keyed(&local, &local.key(), "/prompt-runs/execute", "kept", &execute("vid_nosferatu_1922")).await;
    local.handle.shutdown().await;
    let local = Local::start(on()).await;
    let again = keyed(&local, &local.key(), "/prompt-runs/execute", "kept", &execute("vid_nosferatu_1922")).await;
    assert_eq!((again.status, again.body), (200, first.body));
}
