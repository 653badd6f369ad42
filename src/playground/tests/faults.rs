//! Faults, as a caller sees them.

use std::time::Duration;

use super::{Answer, As, Local, Options, client, send};
use crate::api::Method;

async fn troubled(faults: &[&str]) -> Local {
    let faults = faults.iter().map(|text| text.parse().unwrap()).collect();
    Local::start(Options { faults, ..Options::default() }).await
}

async fn get(local: &Local, path: &str) -> Answer {
    local.get(As::Key(&local.key()), path).await
}

#[tokio::test]
async fn a_status_comes_in_the_envelope_and_as_often_as_asked_for() {
    let local = troubled(&["429,times=1,retry-after=7,path=/indexes", "503,every=2,path=/usage"]).await;
    let answer = get(&local, "/indexes").await;
    assert_eq!((answer.status, answer.code(), answer.headers["retry-after"].to_str().unwrap()), (429, "rate_limit_exceeded", "7"));
    assert_eq!(answer.body["error"]["request_id"], answer.headers["x-request-id"].to_str().unwrap());
    assert_eq!(get(&local, "/indexes").await.status, 200);
    let usage = [get(&local, "/usage").await.status, get(&local, "/usage").await.status, get(&local, "/usage").await.status];
    assert_eq!(usage, [200, 503, 200]);
}

#[tokio::test]
async fn a_page_is_no_json() {
    let local = troubled(&["html"]).await;
    let answer = local.request(As::Key(&local.key()), Method::Get, "/indexes").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (502, "text/html"));
    assert!(answer.text().await.unwrap().starts_with("<html>"));
}

#[tokio::test]
async fn a_reset_connection_answers_nothing_and_does_nothing() {
    let local = troubled(&["reset,times=1,path=/execute"]).await;
    let runs = get(&local, "/prompt-runs").await.body.as_array().unwrap().len();
    let body = r#"{"prompt_id":"prompt_action_log","target":{"type":"videos","video_ids":["vid_nosferatu_1922"]}}"#;
    // This needs a new client, because the library may repeat a request on a connection from its pool.
    let execute = || {
        let url = local.url("/prompt-runs/execute");
        client().post(url).header("X-API-Key", local.key()).header("Idempotency-Key", "k").body(body)
    };
    assert!(execute().send().await.is_err());
    assert_eq!(get(&local, "/prompt-runs").await.body.as_array().unwrap().len(), runs);
    assert_eq!(send(execute()).await.status, 200);
}

#[tokio::test]
async fn a_cut_answer_was_carried_out_and_can_be_asked_for_again() {
    let local = troubled(&["cut,times=1,path=/execute"]).await;
    let runs = get(&local, "/prompt-runs").await.body.as_array().unwrap().len();
    let body = r#"{"prompt_id":"prompt_action_log","target":{"type":"videos","video_ids":["vid_nosferatu_1922"]}}"#;
    let execute = || local.request(As::Key(&local.key()), Method::Post, "/prompt-runs/execute").header("Idempotency-Key", "k").body(body);
    let cut = match execute().send().await {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(cut, "the answer did not come whole");
    assert_eq!(send(execute()).await.status, 200);
    assert_eq!(get(&local, "/prompt-runs").await.body.as_array().unwrap().len(), runs + 1);
}

#[tokio::test]
async fn a_request_that_hangs_ends_with_the_playground() {
    let local = troubled(&["hang,path=/indexes"]).await;
    let hanging = tokio::spawn(local.request(As::Key(&local.key()), Method::Get, "/indexes").send());
    // In the meantime, other paths are served.
    assert_eq!(get(&local, "/usage").await.status, 200);
    assert!(!hanging.is_finished());
    local.handle.shutdown().await;
    assert!(tokio::time::timeout(Duration::from_secs(30), hanging).await.unwrap().unwrap().is_err());
}
