//! Errors keep the API's envelope, whatever goes wrong.

use serde_json::json;

use super::{Answer, As, Local, Options, send};
use crate::api::{Method, Problem};

fn check(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{answer:?}");
    let problem = Problem::parse(answer.status, answer.body.to_string().as_bytes()).unwrap();
    assert!(!problem.message.is_empty());
    assert_eq!(problem.request_id.as_deref(), answer.headers["x-request-id"].to_str().ok());
    assert!(chrono::DateTime::parse_from_rfc3339(answer.body["error"]["timestamp"].as_str().unwrap()).is_ok());
}

#[tokio::test]
async fn unknown_paths_methods_and_senders_get_the_envelope() {
    let local = Local::start(Options::default()).await;
    let key = local.key();
    check(&local.get(As::Key(&key), "/nowhere").await, 404, "endpoint_not_found");
    check(&local.delete(As::Key(&key), "/auth/validate").await, 405, "method_not_allowed");
    check(&local.get(As::Nobody, "/usage").await, 401, "authentication_invalid_api_key");
    let root = local.handle.base_url().trim_end_matches("/api/v2").to_owned();
    check(&send(super::client().get(root)).await, 404, "endpoint_not_found");
    let request = |name: &str, value: &str| local.request(As::Key(&key), Method::Get, "/usage").header(name, value);
    check(&send(request("Host", "attacker.example")).await, 403, "host_not_allowed");
    check(&send(request("Origin", "https://attacker.example")).await, 403, "origin_not_allowed");
    assert_eq!(send(request("Origin", "http://localhost:3000")).await.status, 200);
}

#[tokio::test]
async fn filters_are_read_strictly() {
    let local = Local::start(Options::default()).await;
    let ask = async |field: &str, further: serde_json::Value| {
        let mut body = json!({"conditions": [{"field": field, "operator": "equals", "value": "x", "type": "string"}]});
        body.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        local.post(As::Key(&local.key()), "/search/filter/idx_early_cinema", body).await
    };
    assert_eq!(ask(&"f".repeat(200), json!({})).await.status, 200);
    assert_eq!(ask(&"é".repeat(200), json!({})).await.status, 200);
    for field in ["f".repeat(201), "[]".repeat(101), " ".repeat(300), "a.".repeat(100_000)] {
        let answer = ask(&field, json!({})).await;
        assert_eq!((answer.status, &answer.body["detail"][0]["loc"]), (422, &json!(["body", "conditions", 0])), "{answer:?}");
    }
    for name in ["start_after", "fuzzyMatch", "fuzzy_match", "limit"] {
        let answer = ask("scene", json!({name: "x"})).await;
        let flaw = &answer.body["detail"][0];
        assert_eq!((answer.status, &flaw["loc"], &flaw["type"]), (422, &json!(["body", name]), &json!("extra_forbidden")), "{answer:?}");
    }
    let condition = json!({"field": "scene", "operator": "equals", "value": "x", "type": "string", "fuzzyMatch": true});
    let answer = ask("scene", json!({"conditions": [condition]})).await;
    assert_eq!((answer.status, &answer.body["detail"][0]["type"]), (422, &json!("extra_forbidden")), "{answer:?}");
}

#[tokio::test]
async fn bodies_too_large_and_arguments_that_do_not_fit_are_told() {
    let local = Local::start(Options::default()).await;
    let large = local.request(As::Key(&local.key()), Method::Post, "/mcp/playground").body(vec![b' '; (32 << 20) + 1]);
    check(&send(large).await, 413, "request_too_large");
    let answer = local.get(As::Key(&local.key()), "/usage/details?limit=lots").await;
    assert_eq!((answer.status, &answer.body["detail"][0]["loc"]), (422, &json!(["query", "limit"])));
    assert!(answer.headers.contains_key("x-request-id"));
    let empty = local.request(As::Token(&local.token()), Method::Post, "/api-keys");
    assert_eq!(send(empty).await.body["detail"][0]["type"], "missing");
}
