//! Requests that ask for little and could cost much: repeated ids, schemas that repeat themselves, and very many segments.

use serde_json::{Map, Value, json};

use super::{Answer, As, Local, Options, settling::let_pass};

const INDEX: &str = "idx_early_cinema";
const RUN: &str = "run_scene_catalogue_early_cinema";

async fn post(local: &Local, path: &str, body: Value) -> Answer {
    local.post(As::Key(&local.key()), path, body).await
}

#[tokio::test]
async fn an_id_that_is_named_many_times_counts_once() {
    let local = Local::start(Options::default()).await;
    let many = |id: &'static str| vec![id; 50_000];
    let search = format!("/indexes/{INDEX}/search");
    let once = post(&local, &search, json!({"query": "train", "run_ids": [RUN], "search_fields": ["objects"]})).await;
    let fields = many("objects");
    let often = json!({"query": "train", "index_ids": many(INDEX), "run_ids": many(RUN), "search_fields": fields});
    let often = post(&local, &search, often).await;
    assert_eq!((often.status, &often.body), (200, &once.body));
    assert!(!once.body.as_array().unwrap().is_empty());

    let once = post(&local, "/search/multi-run", json!({"query": "train", "run_ids": [RUN], "aggregation": "all", "top_k": 3})).await;
    let often = post(&local, "/search/multi-run", json!({"query": "train", "run_ids": many(RUN), "aggregation": "all", "top_k": 3})).await;
    assert_eq!((often.status, &often.body), (200, &once.body));

    let found = post(&local, "/workflow/search", json!({"query": "train", "prompt_run_ids": many(RUN)})).await;
    assert_eq!((found.status, &found.body["scope"]["prompt_run_ids"]), (200, &json!([RUN])));
    let export = post(&local, &format!("/exports/index/{INDEX}"), json!({"prompt_run_ids": many(RUN)})).await;
    assert_eq!(export.status, 202, "{export:?}");

    let condition = json!({"field": "mood", "operator": "contains", "type": "string", "value": "calm ".repeat(500_000) + "x"});
    let filtered = post(&local, &format!("/search/filter/{INDEX}"), json!({"conditions": [condition]})).await;
    assert_eq!((filtered.status, &filtered.body["total_shown"]), (200, &json!(0)));
}

#[tokio::test]
async fn a_list_of_no_ids_does_not_mean_everything() {
    let local = Local::start(Options::default()).await;
    for member in ["prompt_run_ids", "video_ids"] {
        let mut body = json!({"query": "train"});
        body[member] = json!([]);
        let refused = post(&local, "/workflow/search", body).await;
        assert_eq!((refused.status, &refused.body["detail"][0]["loc"]), (422, &json!(["body", member])), "{refused:?}");
    }
}

#[tokio::test]
async fn long_lists_of_what_is_not_there_are_refused_at_their_first_entry() {
    let local = Local::start(Options::default()).await;
    let unknown: Vec<String> = (0..50_000).map(|at| format!("vid_{at}")).collect();
    let run = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": unknown}});
    let refused = post(&local, "/prompt-runs/estimate", run).await;
    assert_eq!((refused.status, &refused.body["error"]["details"]["video_id"]), (404, &json!("vid_0")), "{refused:?}");

    let fields: Vec<String> = (0..201).map(|at| format!("f{at}")).collect();
    let refused = post(&local, &format!("/indexes/{INDEX}/search"), json!({"query": "train", "search_fields": fields})).await;
    assert_eq!((refused.status, &refused.body["detail"][0]["loc"][1]), (422, &json!("search_fields")), "{refused:?}");

    let target = json!({"video_id": "vid_arrival_of_a_train_1896", "run_id": RUN});
    let found = post(&local, "/videos/batch/segments", json!({"targets": vec![&target; 100]})).await;
    assert_eq!((found.status, found.body.as_array().map(Vec::len)), (200, Some(1)), "{found:?}");

    let file = |at: usize| json!({"download_url": "http://127.0.0.1:1/a.mp4", "file_id": at.to_string()});
    let refused = post(&local, "/workflow/attachments", json!({"files": (0..101).map(file).collect::<Vec<_>>()})).await;
    assert_eq!(refused.status, 422, "{refused:?}");
}

#[tokio::test]
async fn what_is_kept_has_a_largest_size() {
    let local = Local::start(Options::default()).await;
    let prompt = |description: &str, choices: usize| {
        let schema = json!({"type": "object", "properties": {"a": {"enum": vec!["x".repeat(100); choices]}}});
        json!({"name": "Much", "prompt_text": "Say very much of it.", "description": description, "json_schema": schema})
    };
    for much in [prompt("", 3_000), prompt(&" ".repeat(501), 1)] {
        assert_eq!(post(&local, "/prompts", much).await.status, 422);
    }
    assert_eq!(post(&local, "/prompts", prompt(&" ".repeat(500), 1)).await.status, 201);
    let hook = |url: String, note: String| json!({"name": "W", "url": url, "events": ["media.created"], "metadata": {"note": note}});
    let address = "http://127.0.0.1:1/".to_owned();
    for much in [hook(address.clone(), "x".repeat(16 << 10)), hook(address.clone() + &"x".repeat(2_048), String::new())] {
        assert_eq!(post(&local, "/webhooks", much).await.status, 422);
    }
    assert_eq!(post(&local, "/webhooks", hook(address, "x".repeat(16_000))).await.status, 201);
    let import = json!({"connector_id": "conn_sample_bucket", "index_id": INDEX, "source_prefix": "x".repeat(1_025)});
    assert_eq!(post(&local, "/import-jobs", import).await.status, 422);
    let object = json!({"title": "A", "index_id": INDEX, "video_uri": format!("gs://films/{}.mp4", "x".repeat(1_025))});
    assert_eq!(post(&local, "/videos", object).await.status, 422);
    let target = json!({"type": "videos", "video_ids": ["vid_arrival_of_a_train_1896"]});
    let run = json!({"prompt_id": "prompt_action_log", "target": target, "processing_model": "x".repeat(101)});
    assert_eq!(post(&local, "/prompt-runs/execute", run).await.status, 422);
    for (member, length) in [("file_name", 1_025), ("file_id", 801), ("download_url", 8_193), ("mime_type", 256)] {
        let mut file = json!({"download_url": "http://127.0.0.1:1/a.mp4", "file_id": "1"});
        file[member] = "x".repeat(length).into();
        assert_eq!(post(&local, "/workflow/attachments", json!({"files": [file]})).await.status, 422, "{member}");
    }
    let instruction = json!({"instruction": "look for cars. ".repeat(400)});
    assert_eq!(post(&local, "/workflow/define", instruction).await.status, 422);
}

/// A record is some levels deeper than the body that it comes from, and it must be read again.
#[tokio::test]
async fn what_is_kept_has_a_largest_depth() {
    let local = Local::start(Options::default()).await;
    let nested = |levels: usize| (1..levels).fold(json!({"a": 1}), |inner, _| json!({"a": inner}));
    let hook = |metadata: Value| json!({"name": "W", "url": "http://127.0.0.1:1/", "events": ["media.created"], "metadata": metadata});
    for (levels, status) in [(126, 422), (100, 422), (99, 201)] {
        assert_eq!(post(&local, "/webhooks", hook(nested(levels))).await.status, status, "{levels}");
    }
    let prompt = |schema: Value| json!({"name": "Deep", "prompt_text": "Say very much of it.", "json_schema": schema});
    let schema = (1..30).fold(json!({"type": "string"}), |inner, _| json!({"type": "object", "properties": {"a": inner}}));
    assert_eq!(post(&local, "/prompts", prompt(schema)).await.status, 201);
    for path in ["/webhooks", "/prompts", "/prompt-runs"] {
        assert_eq!(local.get(As::Key(&local.key()), path).await.status, 200, "{path}");
    }
    // A record that an earlier version wrote and nobody can read stops nothing, and can be deleted.
    let made = post(&local, "/webhooks", hook(json!({}))).await.body["webhook_id"].as_str().unwrap().to_owned();
    let (id, deep) = (made.clone(), nested(126).to_string());
    let spoil = move |tx: &rusqlite::Transaction<'_>| {
        let sql = "UPDATE records SET body = replace(body, '\"metadata\":{}', '\"metadata\":' || ?2) WHERE kind = 'webhook' AND id = ?1";
        Ok(tx.execute(sql, [id, deep])?)
    };
    assert_eq!(local.handle.store().write(spoil).await.unwrap(), 1);
    let path = format!("/webhooks/{made}");
    assert_eq!(local.get(As::Key(&local.key()), &path).await.status, 500);
    let object = json!({"title": "A", "index_id": INDEX, "video_uri": "gs://nowhere/reel.mp4"});
    assert_eq!(post(&local, "/videos", object).await.status, 201, "it tells an event, for which all webhooks are read");
    assert_eq!(local.delete(As::Key(&local.key()), &path).await.status, 200);
}

#[tokio::test]
async fn what_a_schema_asks_for_has_a_bound() {
    let local = Local::start(Options::default()).await;
    let members: Map<String, Value> = ('a'..='j').map(|name| (name.into(), json!({"$ref": "#"}))).collect();
    let list = |items: Value| json!({"type": "array", "minItems": 256, "items": items});
    let nested = (0..5).fold(json!({"type": "string", "minLength": 256}), |items, _| list(items));
    let text = list(json!({"const": "x".repeat(200_000)}));
    let choices = list(json!({"enum": vec!["x".repeat(100); 2_000]}));
    for properties in [Value::Object(members), json!({"a": nested}), json!({"a": text}), json!({"a": choices})] {
        let prompt =
            json!({"name": "Much", "prompt_text": "Say very much of it.", "json_schema": {"type": "object", "properties": properties}});
        let prompt = post(&local, "/prompts", prompt).await;
        assert_eq!(prompt.status, 201, "{prompt:?}");
        let target = json!({"type": "videos", "video_ids": ["vid_arrival_of_a_train_1896"]});
        let run = post(&local, "/prompt-runs/execute", json!({"prompt_id": prompt.body["prompt_id"], "target": target})).await;
        let run_id = run.body["run_id"].as_str().unwrap().to_owned();
        let_pass(&local, &run_id, 60_000).await;
        let found = post(&local, &format!("/indexes/{INDEX}/search"), json!({"query": "train", "run_ids": [run_id]})).await;
        assert_eq!(found.status, 200);
    }
}

#[tokio::test]
async fn a_run_of_too_many_segments_is_refused_with_their_number() {
    let local = Local::start(Options::default()).await;
    let target = json!({"type": "index", "index_id": INDEX});
    let run = json!({"prompt_id": "prompt_action_log", "target": target, "video_segmentation_type": "fixed", "video_segment_duration": 1});
    for path in ["/prompt-runs/execute", "/prompt-runs/estimate"] {
        let refused = post(&local, path, run.clone()).await;
        assert_eq!((refused.status, refused.code()), (400, "validation_too_many_segments"), "{refused:?}");
        assert!(refused.body["error"]["details"]["segments"].as_f64().unwrap() > 10_000.0);
    }
}
