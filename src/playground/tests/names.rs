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
