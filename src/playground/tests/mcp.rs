//! The API's own pages about MCP.

use serde_json::{Value, json};

use super::{As, Local, Options};
use crate::api::Scope;

fn options() -> Options {
    Options { tools: crate::cli::page_tools, ..Options::default() }
}

async fn run(local: &Local, key: &str, tool: &str, arguments: Value) -> super::Answer {
    local.post(As::Key(key), "/mcp/playground", json!({"tool_name": tool, "arguments": arguments})).await
}

#[tokio::test]
async fn the_configuration_names_the_least_reader_and_keeps_its_secret() {
    let local = Local::start(options()).await;
    let token = local.token();
    local.key_with(&[Scope::Search]).await;
    local.key_with(&[Scope::Write]).await;
    let reader = local.key_with(&[Scope::Read]).await;
    for (platform, place) in [
        ("claude-desktop", "/config/mcpServers/videosearch/env"),
        ("cursor", "/config/mcpServers/videosearch/env"),
        ("custom", "/config/env"),
    ] {
        let answer = local.get(As::Token(&token), &format!("/mcp/config?platform={platform}")).await;
        let env = answer.body.pointer(place).unwrap_or_else(|| panic!("{platform}: {answer:?}"));
        assert_eq!(env["VIDEOSEARCH_API_KEY"], "<your-api-key>");
        assert_eq!(env["VIDEOSEARCH_BASE_URL"], local.handle.base_url());
        assert_eq!((&answer.body["key_name"], &answer.body["key_created"]), (&json!("test"), &json!(false)));
        assert!(answer.body["instructions"].as_str().unwrap().contains(&reader[..12]) && !answer.body.to_string().contains(&reader));
    }
    let answer = local.get(As::Token(&token), "/mcp/config?platform=emacs").await;
    assert_eq!((answer.status, &answer.body["detail"][0]["loc"]), (422, &json!(["query", "platform"])));
}

#[tokio::test]
async fn a_configuration_makes_a_key_only_when_none_can_read() {
    let local = Local::start(Options { start_scopes: [Scope::Search].into_iter().collect(), ..options() }).await;
    let token = local.token();
    let made = local.get(As::Token(&token), "/mcp/config").await;
    let secret = made.body.pointer("/config/mcpServers/videosearch/env/VIDEOSEARCH_API_KEY").unwrap().as_str().unwrap();
    assert_eq!(made.body["key_created"], true);
    assert_eq!(local.get(As::Key(secret), "/usage").await.status, 200);
    let again = local.get(As::Token(&token), "/mcp/config").await;
    assert_eq!((&again.body["key_created"], &again.body["key_id"]), (&json!(false), &made.body["key_id"]));
    assert!(!again.body.to_string().contains(secret));
}

#[tokio::test]
async fn a_refused_argument_is_named() {
    let local = Local::start(options()).await;
    let told = run(&local, &local.key(), "create_index", json!({})).await.body;
    assert_eq!((&told["success"], &told["error"]), (&json!(false), &json!("name: Field required")), "{told}");
}

#[tokio::test]
async fn an_idempotency_key_among_the_arguments_is_one_as_in_a_header() {
    let local = Local::start(options()).await;
    let key = local.key();
    let make = async |name: &str, key_of_call: &str| {
        run(&local, &key, "create_index", json!({"name": name, "idempotency_key": key_of_call})).await.body
    };
    for (name, given) in [("a", ""), ("b", " "), ("c", "k")] {
        assert_eq!(make(name, given).await["success"], true, "{given:?}");
    }
    assert_eq!(make("c", " k ").await["success"], true);
    assert!(make("d", "k").await.to_string().contains("another request"));
    assert!(make("e", &"k".repeat(256)).await.to_string().contains("255 visible ASCII characters"));
}

#[tokio::test]
async fn status_and_tools_agree() {
    let local = Local::start(options()).await;
    let key = local.key();
    let status = local.get(As::Key(&key), "/mcp/status").await.body;
    let tools = local.get(As::Key(&key), "/mcp/tools").await.body;
    let listed = tools["tools"].as_array().unwrap();
    assert_eq!((&status["tools_count"], &tools["total_count"]), (&json!(listed.len()), &json!(listed.len())));
    let of_categories: usize = tools["categories"].as_object().unwrap().values().map(|names| names.as_array().unwrap().len()).sum();
    assert_eq!(of_categories, listed.len());
    let scope = |name: &str| listed.iter().find(|tool| tool["name"] == name).map(|tool| tool["required_scope"].clone());
    assert_eq!((scope("search_videos"), scope("execute_prompt")), (Some(json!("search")), Some(json!("write"))));
}

#[tokio::test]
async fn a_tool_is_run_with_the_scopes_of_its_own_call() {
    let local = Local::start(options()).await;
    let (reader, key) = (local.key_with(&[Scope::Read]).await, local.key());
    let search = json!({"index_id": "idx_early_cinema", "query": "a man hangs from the hand of a huge clock", "top_k": 1});
    let found = run(&local, &reader, "search_videos", search).await;
    assert_eq!((found.status, &found.body["success"]), (200, &json!(true)));
    assert_eq!(found.body["result"][0]["video_id"], "vid_safety_last_1923", "{found:?}");
    assert!(found.body["execution_time_ms"].as_f64().unwrap() > 0.0);
    let execute = || json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_nosferatu_1922"]}, "idempotency_key": "k"});
    let refused = run(&local, &reader, "execute_prompt", execute()).await;
    assert_eq!((refused.status, refused.code()), (403, "authorization_insufficient_scope"));
    let started = run(&local, &key, "execute_prompt", execute()).await;
    let again = run(&local, &key, "execute_prompt", execute()).await;
    assert_eq!(started.body["result"]["run_id"], again.body["result"]["run_id"]);
    assert!(started.body["result"]["run_id"].is_string(), "{started:?}");
    let link = run(&local, &reader, "get_export_download_url", json!({"export_id": "exp_scene_catalogue_damaged"})).await.body;
    assert_eq!((&link["success"], &link["result"]["status"]), (&json!(true), &json!("completed")), "{link}");
    for (tool, arguments, said) in [
        ("get_video", json!({"video_id": "vid_none"}), "does not exist"),
        ("get_video", json!({}), "Field required"),
        ("fly", json!({}), "GET /mcp/tools"),
    ] {
        let failed = run(&local, &key, tool, arguments).await;
        assert_eq!((failed.status, &failed.body["success"], &failed.body["result"]), (200, &json!(false), &Value::Null));
        assert!(failed.body["error"].as_str().unwrap().contains(said), "{failed:?}");
    }
}
