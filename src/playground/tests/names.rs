//! Names that callers give: of indexes, of fields, of requests. What is misspelt is told, and nothing is guessed.

use serde_json::{Value, json};

use super::{Answer, As, Local, Options, send};
use crate::api::Method;

async fn post(local: &Local, path: &str, body: Value) -> Answer {
    local.post(As::Key(&local.key()), path, body).await
}

#[tokio::test]
async fn an_index_is_found_by_its_very_name_first() {
    let local = Local::start(Options::default()).await;
    let mut made = Vec::new();
    for name in ["Films", "films", "Two", "Two"] {
        made.push(post(&local, "/indexes", json!({"name": name})).await.body["index_id"].take());
    }
    let search = async |name: &str| post(&local, "/workflow/search", json!({"query": "train", "index_name": name})).await;
    for (name, index_id) in [("Films", &made[0]), ("films", &made[1])] {
        assert_eq!(&search(name).await.body["scope"]["index_id"], index_id, "{name}");
    }
    assert_eq!(search("EARLY cinema").await.body["scope"]["index_id"], "idx_early_cinema");
    for name in ["FILMS", "Two"] {
        let several = search(name).await;
        assert_eq!((several.status, several.code()), (400, "validation_ambiguous_index_name"), "{several:?}");
    }
    assert_eq!(search("Three").await.status, 404);
}

#[tokio::test]
async fn fields_that_are_left_out_of_the_searches_are_fields_of_the_prompt() {
    let local = Local::start(Options::default()).await;
    let schema = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
    let prompt =
        |out: Value| json!({"name": "Log", "prompt_text": "Say what happens.", "json_schema": schema("a"), "semantic_indexing": out});
    let refused = post(&local, "/prompts", prompt(json!({"disabled_video_level_fields": ["nonsense"]}))).await;
    assert_eq!((refused.status, &refused.body["detail"][0]["loc"][2]), (422, &json!("disabled_video_level_fields")), "{refused:?}");
    let made = post(&local, "/prompts", prompt(json!({"disabled_segment_fields": ["a"]}))).await;
    let path = format!("/prompts/{}", made.body["prompt_id"].as_str().unwrap());
    let put = async |body: Value| send(local.request(As::Key(&local.key()), Method::Put, &path).body(body.to_string())).await;
    assert_eq!(put(json!({"json_schema": schema("c")})).await.status, 422, "the field that is out has another name now");
    let both = json!({"json_schema": schema("c"), "semantic_indexing": {"disabled_segment_fields": ["c"]}});
    assert_eq!(put(both).await.status, 200);
}

#[tokio::test]
async fn an_empty_key_in_the_body_of_a_question_is_none() {
    let local = Local::start(Options::default()).await;
    let ask = async |message: &str, key: &str| {
        post(&local, "/chat/sessions/chat_sample/turns", json!({"message": message, "idempotency_key": key})).await
    };
    for (message, key, status) in [("a train", "", 200), ("a horse", " ", 200), ("a train", "k", 200), ("a horse", "k ", 409)] {
        assert_eq!(ask(message, key).await.status, status, "{message} {key}");
    }
    assert_eq!(ask("a horse", &"k".repeat(256)).await.code(), "invalid_idempotency_key");
}

#[tokio::test]
async fn a_question_that_is_repeated_with_its_key_counts_once_and_goes_with_its_session() {
    let local = Local::start(Options::default()).await;
    let used = async || local.get(As::Key(&local.key()), "/usage").await.body["metrics"]["search_queries"].as_f64().unwrap();
    let session = post(&local, "/chat/sessions", json!({})).await.body["session_id"].as_str().unwrap().to_owned();
    let path = format!("/chat/sessions/{session}/turns");
    let in_body = async || post(&local, &path, json!({"message": "a train", "idempotency_key": "k"})).await;
    let in_head = async || {
        let request = local.request(As::Key(&local.key()), Method::Post, &path).header("Idempotency-Key", "k");
        send(request.body(json!({"message": "a train"}).to_string())).await
    };
    let before = used().await;
    let first = in_body().await;
    assert_eq!((first.status, in_body().await.body, in_head().await.body), (200, first.body.clone(), first.body));
    let request = local.request(As::Key(&local.key()), Method::Post, &format!("{path}/stream"));
    let stream = request.body(json!({"message": "a train", "idempotency_key": "k"}).to_string()).send().await.unwrap();
    assert!(stream.text().await.unwrap().contains("turn_resumed"));
    assert!((used().await - before - 1.0).abs() < 0.01);
    assert_eq!(local.delete(As::Key(&local.key()), &format!("/chat/sessions/{session}")).await.status, 200);
    assert_eq!((in_body().await.status, in_head().await.status), (404, 404));
}

#[tokio::test]
async fn a_misspelt_member_does_not_widen_a_search() {
    let local = Local::start(Options::default()).await;
    let asked = json!({"message": "a train", "scope": {"index_id": "idx_american_life"}});
    let refused = post(&local, "/chat/sessions/chat_sample/turns", asked).await;
    assert_eq!((refused.status, &refused.body["detail"][0]["loc"]), (422, &json!(["body", "scope", "index_id"])), "{refused:?}");
    let refused = post(&local, "/workflow/search", json!({"query": "train", "cursor": "x"})).await;
    assert!(refused.status == 422 && refused.body.to_string().contains("GET /workflow/search/page"), "{refused:?}");
    let filter = async |field: &str| {
        let condition = json!({"field": field, "operator": "is_empty", "type": "string"});
        post(&local, "/search/filter/idx_early_cinema", json!({"conditions": [condition]})).await.body
    };
    for field in ["nope", "scene"] {
        assert_eq!(filter(field).await["results"], json!([]), "{field}: no result can have it, or all have it");
    }
    let found = post(&local, "/workflow/search", json!({"filters": [{"field": "nope", "operator": "is_empty"}]})).await.body;
    assert_eq!(found["data"], json!([]));
    assert!(found["warnings"].to_string().contains("`nope`"), "{found}");
    let batch = json!({"targets": [{"video_id": "vid_arrival_of_a_train_1896", "run_id": ""}]});
    let newest = post(&local, "/videos/batch/segments", batch).await;
    assert!(newest.status == 200 && newest.body[0]["run_id"].is_string(), "an empty id is as good as none: {newest:?}");
}

#[tokio::test]
async fn a_run_takes_the_settings_that_its_prompt_saves() {
    let local = Local::start(Options::default()).await;
    let schema = json!({"type": "object"});
    let saved = json!({"processing_model": "gemini-2.5-pro", "video_segmentation_type": "fixed", "video_segment_duration": 20});
    let mut prompt = json!({"name": "Log", "prompt_text": "Say what happens.", "json_schema": schema, "execution_config": {"model": "x"}});
    assert_eq!(post(&local, "/prompts", prompt.clone()).await.status, 422);
    prompt["execution_config"] = json!({"video_segmentation_type": "fixed"});
    assert_eq!(post(&local, "/prompts", prompt.clone()).await.status, 422, "no run could take that");
    prompt["execution_config"] = saved.clone();
    let made = post(&local, "/prompts", prompt).await.body;
    assert_eq!(made["execution_config"], saved, "{made}");
    let film = "vid_arrival_of_a_train_1896";
    let run = json!({"prompt_id": made["prompt_id"], "target": {"type": "videos", "video_ids": [film]}, "enable_transcription": false});
    let started = post(&local, "/prompt-runs/execute", run.clone()).await.body;
    let told = ["processing_model", "video_segmentation_type", "video_segment_duration"].map(|member| started[member].clone());
    assert_eq!(told, [json!("gemini-2.5-pro"), json!("fixed"), json!(20)], "{started}");
    let mut own = run;
    own["video_segmentation_type"] = "smart".into();
    super::settling::let_pass(&local, started["run_id"].as_str().unwrap(), 60_000).await;
    let started = post(&local, "/prompt-runs/execute", own).await.body;
    assert_eq!((&started["video_segmentation_type"], &started["video_segment_duration"]), (&json!("smart"), &Value::Null), "{started}");
    let path = format!("/prompts/{}", made["prompt_id"].as_str().unwrap());
    let changed = json!({"execution_config": {}});
    let changed = send(local.request(As::Key(&local.key()), Method::Put, &path).body(changed.to_string())).await;
    assert_eq!((changed.status, &changed.body["execution_config"]), (200, &json!({})), "{changed:?}");
    // A schema without members is one, too: its item is processed.
    super::settling::let_pass(&local, started["run_id"].as_str().unwrap(), 60_000).await;
    assert_eq!(local.get(As::Key(&local.key()), &format!("/videos/{film}")).await.body["status"], "processed");
}

#[tokio::test]
async fn a_search_that_is_repeated_with_its_key_counts_once() {
    let local = Local::start(Options::default()).await;
    let used = async || local.get(As::Key(&local.key()), "/usage").await.body["metrics"]["search_queries"].as_f64().unwrap();
    let before = used().await;
    for _ in 0..3 {
        let request = local.request(As::Key(&local.key()), Method::Post, "/workflow/search").header("Idempotency-Key", "once");
        assert_eq!(send(request.body(json!({"query": "train"}).to_string())).await.status, 200);
    }
    assert!((used().await - before - 1.0).abs() < 0.01);
}
