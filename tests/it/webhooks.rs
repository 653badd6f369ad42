//! Webhooks on the playground: what is kept, and what receivers really get.

use std::{collections::BTreeSet, time::Instant};

use serde_json::{Value, json};
use videosearch_mcp::api::webhooks::EVENTS;

use crate::{
    openapi::Check,
    support::{PATIENCE, Playground, Reply, http, receiver::Receiver, shared},
};

/// The shortest film of the library.
const FILM: &str = "vid_arrival_of_a_train_1896";

/// Calls each operation on webhooks once.
pub fn calls(check: &mut Check<'_>) {
    let receiver = Receiver::start(200);
    let body = json!({"name": "n", "url": receiver.url, "events": ["media.created"], "metadata": {"a": 1}});
    let made = check.ask("POST /webhooks", "/webhooks", Some(&body));
    let id = made["webhook_id"].as_str().unwrap();
    check.ask("GET /webhooks", "/webhooks", None);
    check.ask("GET /webhooks/events", "/webhooks/events", None);
    check.ask("GET /webhooks/{webhook_id}", &format!("/webhooks/{id}"), None);
    check.ask("PATCH /webhooks/{webhook_id}", &format!("/webhooks/{id}"), Some(&json!({"status": "paused"})));
    check.ask("POST /webhooks/{webhook_id}/test", &format!("/webhooks/{id}/test"), None);
    check.ask("POST /webhooks/{webhook_id}/rotate-secret", &format!("/webhooks/{id}/rotate-secret"), None);
    check.ask("GET /webhooks/{webhook_id}/deliveries", "/webhooks/whk_sample/deliveries?status=failed&limit=3", None);
    check.ask("GET /webhooks/deliveries/{delivery_id}", "/webhooks/deliveries/dlv_sample_failed", None);
    check.ask("POST /webhooks/deliveries/{delivery_id}/retry", "/webhooks/deliveries/dlv_sample_failed/retry", None);
    check.ask("DELETE /webhooks/{webhook_id}", &format!("/webhooks/{id}"), None);
}

fn ask(playground: &Playground, method: &str, path: &str, body: Option<&Value>) -> Reply {
    playground.with_key(&playground.api_key, method, path, body)
}

fn read(playground: &Playground, path: &str) -> Value {
    let reply = ask(playground, "GET", path, None);
    assert_eq!(reply.status, 200, "{path}: {}", reply.json());
    reply.json()
}

/// Creates a webhook for all events: its id and its secret.
fn subscribe(playground: &Playground, url: &str) -> (String, String) {
    let reply = ask(playground, "POST", "/webhooks", Some(&json!({"name": "all", "url": url, "events": EVENTS})));
    assert_eq!(reply.status, 201, "{}", reply.json());
    let made = reply.json();
    (made["webhook_id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

fn run(playground: &Playground) -> String {
    let body = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [FILM]}});
    let reply = ask(playground, "POST", "/prompt-runs/execute", Some(&body));
    reply.json()["run_id"].as_str().unwrap_or_else(|| panic!("{}", reply.json())).to_owned()
}

/// Reads a path until the answer fits. The playground stores an outcome right after the receiver has answered.
fn wait_for(playground: &Playground, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let body = read(playground, path);
        if fits(&body) {
            return body;
        }
        assert!(Instant::now() < end, "{path}: {body}");
        crate::support::pause();
    }
}

#[test]
fn a_run_is_told_to_a_receiver_signed_and_in_order() {
    let (playground, receiver) = (Playground::start(&[]), Receiver::start(204));
    let (webhook_id, secret) = subscribe(&playground, &receiver.url);
    assert!(secret.starts_with("whsec_") && secret.len() > 40);
    let run_id = run(&playground);
    let got = receiver.until("prompt_run.completed");
    assert_eq!(got[0].event(), "prompt_run.started");
    assert!(got.iter().any(|delivered| delivered.event() == "media.processing.completed"));
    let mut ids = BTreeSet::new();
    for delivered in &got {
        let payload = delivered.payload();
        assert!(delivered.is_signed_with(&secret) && !delivered.is_signed_with("whsec_other"));
        assert_eq!(payload["data"]["run_id"], json!(run_id));
        assert_eq!((&payload["api_version"], payload["id"].is_string()), (&json!("2024-01"), true));
        assert_eq!(delivered.header("x-event-type"), payload["event"].as_str());
        assert_eq!(delivered.header("x-webhook-id"), Some(webhook_id.as_str()));
        let id = delivered.header("x-delivery-id").unwrap();
        assert_eq!(delivered.header("idempotency-key"), Some(id));
        assert_eq!(delivered.header("x-delivery-attempt-id"), Some(format!("{id}:1").as_str()));
        assert!(ids.insert(id.to_owned()), "each delivery has an id of its own");
    }
    let all_taken = |rows: &Value| rows.as_array().unwrap().iter().all(|row| row["status"] == "delivered");
    let rows = wait_for(&playground, &format!("/webhooks/{webhook_id}/deliveries"), all_taken);
    assert_eq!(rows.as_array().unwrap().len(), got.len());
    let delivery = read(&playground, &format!("/webhooks/deliveries/{}", got[0].header("x-delivery-id").unwrap()));
    assert_eq!(delivery["payload"], got[0].payload());
    assert_eq!((&delivery["response_status_code"], &delivery["attempts"]), (&json!(204), &json!(1)));
    let webhook = read(&playground, &format!("/webhooks/{webhook_id}"));
    assert!(webhook["last_success_at"].is_string() && webhook.get("secret").is_none());
}

#[test]
fn a_delivery_that_fails_is_tried_again_by_itself_and_by_hand() {
    let (playground, receiver) = (Playground::start(&[]), Receiver::start(500));
    let body = json!({"name": "ends", "url": receiver.url, "events": ["prompt_run.completed"]});
    let webhook_id = ask(&playground, "POST", "/webhooks", Some(&body)).json()["webhook_id"].as_str().unwrap().to_owned();
    run(&playground);
    let first = receiver.next();
    let delivery_id = first.header("x-delivery-id").unwrap().to_owned();
    let path = format!("/webhooks/deliveries/{delivery_id}");
    let waiting = wait_for(&playground, &path, |delivery| delivery["status"] == "retrying");
    assert_eq!(waiting["error_message"], "the receiver answered 500");
    assert_eq!(waiting["response_body"], "the receiver's answer");
    assert!(waiting["next_retry_at"].as_str() > waiting["last_attempt_at"].as_str());
    assert_eq!(read(&playground, &format!("/webhooks/{webhook_id}"))["failure_count"], 1);
    // A redirect is not followed: it is a failure.
    receiver.answer(302);
    let second = receiver.next();
    assert_eq!((second.body(), second.header("x-delivery-id")), (first.body(), Some(delivery_id.as_str())));
    assert_eq!(second.header("x-delivery-attempt-id"), Some(format!("{delivery_id}:2").as_str()));
    wait_for(&playground, &path, |delivery| delivery["response_status_code"] == 302 && delivery["status"] == "retrying");
    receiver.answer(200);
    assert_eq!(ask(&playground, "POST", &format!("{path}/retry"), None).json()["status"], "pending");
    assert_eq!(receiver.next().header("x-delivery-id"), Some(delivery_id.as_str()));
    wait_for(&playground, &path, |delivery| delivery["status"] == "delivered" && delivery["attempts"] == 3);
    assert_eq!(read(&playground, &format!("/webhooks/{webhook_id}"))["failure_count"], 0);
}

#[test]
fn twenty_failures_in_a_row_disable_a_webhook_and_activating_it_loses_nothing() {
    let (playground, receiver) = (Playground::start(&[]), Receiver::start(503));
    let (webhook_id, _) = subscribe(&playground, &receiver.url);
    run(&playground);
    let path = format!("/webhooks/{webhook_id}");
    let deliveries = format!("{path}/deliveries");
    let mut failures = 0;
    while read(&playground, &path)["status"] == "active" {
        receiver.next();
        failures += 1;
        assert!(failures <= 20, "it is still active");
        for row in read(&playground, &deliveries).as_array().unwrap() {
            ask(&playground, "POST", &format!("/webhooks/deliveries/{}/retry", row["delivery_id"].as_str().unwrap()), None);
        }
        wait_for(&playground, &path, |webhook| webhook["failure_count"].as_u64() >= Some(failures) || webhook["status"] == "disabled");
    }
    assert_eq!(read(&playground, &path)["failure_count"], 20);
    assert!(ask(&playground, "PATCH", &path, Some(&json!({"status": "disabled"}))).status == 422, "only the API disables");
    receiver.answer(200);
    let active = ask(&playground, "PATCH", &path, Some(&json!({"status": "active"}))).json();
    assert_eq!((&active["status"], &active["failure_count"]), (&json!("active"), &json!(0)));
    wait_for(&playground, &deliveries, |rows| rows.as_array().unwrap().iter().all(|row| row["status"] == "delivered"));
}

#[test]
fn a_killed_playground_loses_no_event() {
    let (directory, receiver) = (tempfile::tempdir().unwrap(), Receiver::start(500));
    let arguments = ["--data-dir", directory.path().to_str().unwrap()];
    let first = Playground::start(&arguments);
    let (webhook_id, secret) = subscribe(&first, &receiver.url);
    let run_id = run(&first);
    receiver.next();
    first.kill();
    receiver.answer(200);
    let second = Playground::start(&arguments);
    let got = receiver.until("prompt_run.completed");
    assert!(got.iter().all(|delivered| delivered.is_signed_with(&secret)));
    assert_eq!(got.last().unwrap().payload()["data"]["run_id"], json!(run_id));
    // The first delivery was refused, so it comes again; the receiver sees it twice.
    let path = format!("/webhooks/{webhook_id}/deliveries");
    let rows = wait_for(&second, &path, |rows| rows.as_array().unwrap().iter().all(|row| row["status"] == "delivered"));
    let names: BTreeSet<_> = rows.as_array().unwrap().iter().map(|row| row["event_type"].as_str().unwrap()).collect();
    let told = ["media.processing.completed", "media.processing.started", "prompt_run.completed", "prompt_run.progress"];
    assert!(told.iter().all(|name| names.contains(name)) && names.contains("prompt_run.started"), "{names:?}");
}

#[test]
fn a_test_event_says_how_the_receiver_answered_and_is_sent_once_per_key() {
    let (playground, receiver) = (shared(), Receiver::start(200));
    let (webhook_id, secret) = subscribe(playground, &receiver.url);
    let url = format!("{}/webhooks/{webhook_id}/test", playground.base_url);
    let headers = [("x-api-key", playground.api_key.as_str()), ("idempotency-key", "one-test")];
    let first = http("POST", &url, &headers, None).json();
    assert_eq!(first, json!({"success": true, "status_code": 200, "error": null}));
    let delivered = receiver.next();
    assert!(delivered.is_signed_with(&secret));
    assert_eq!((delivered.event().as_str(), delivered.header("x-delivery-id")), ("test", None));
    receiver.answer(410);
    assert_eq!(http("POST", &url, &headers, None).json(), first, "the same key gets the first answer");
    let second = http("POST", &url, &headers[..1], None).json();
    assert_eq!(second, json!({"success": false, "status_code": 410, "error": "the receiver answered 410"}));
    drop(receiver);
    let third = http("POST", &url, &headers[..1], None).json();
    assert_eq!((&third["success"], &third["status_code"]), (&json!(false), &Value::Null));
    assert!(third["error"].as_str().unwrap().to_lowercase().contains("refused"), "{third}");
    // The old secret stops at once.
    let rotated = ask(playground, "POST", &format!("/webhooks/{webhook_id}/rotate-secret"), None).json();
    assert_ne!(rotated["new_secret"], json!(secret));
    assert_eq!(rotated["webhook_id"], json!(webhook_id));
    ask(playground, "DELETE", &format!("/webhooks/{webhook_id}"), None);
}

#[test]
fn private_addresses_are_refused_when_they_are_called() {
    let playground = shared();
    for url in ["https://10.0.0.1/", "https://[::ffff:192.168.1.1]/", "https://169.254.169.254/latest/meta-data", "https://[fd00::1]/"] {
        let (webhook_id, _) = subscribe(playground, url);
        let tested = ask(playground, "POST", &format!("/webhooks/{webhook_id}/test"), None).json();
        let error = tested["error"].as_str().unwrap();
        assert!(error == "the address is private" || error == "this playground calls only this machine", "{url}: {tested}");
        ask(playground, "DELETE", &format!("/webhooks/{webhook_id}"), None);
    }
}

#[test]
fn what_makes_no_sense_is_refused_and_names_its_member() {
    let playground = shared();
    let good = json!({"name": "n", "url": "https://receiver.example/", "events": ["media.created"]});
    for (member, value) in [
        ("name", json!("")),
        ("name", json!("n".repeat(101))),
        ("url", json!("http://receiver.example/")),
        ("url", json!("http://10.0.0.1/")),
        ("url", json!("nonsense")),
        ("events", json!([])),
        ("events", json!(["media.invented"])),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let reply = ask(playground, "POST", "/webhooks", Some(&body));
        assert_eq!((reply.status, &reply.json()["detail"][0]["loc"][1]), (422, &json!(member)), "{body}");
    }
    let webhook = "/webhooks/whk_sample";
    assert_eq!(ask(playground, "PATCH", webhook, Some(&json!({}))).status, 422);
    assert_eq!(ask(playground, "PATCH", webhook, Some(&json!({"url": "http://receiver.example/"}))).status, 422);
    assert_eq!(ask(playground, "GET", "/webhooks/whk_sample/deliveries?status=lost", None).status, 422);
    assert_eq!(ask(playground, "GET", "/webhooks/whk_sample/deliveries?limit=101", None).status, 422);
    for (method, path, code) in [
        ("GET", "/webhooks/none", "resource_webhook_not_found"),
        ("GET", "/webhooks/none/deliveries", "resource_webhook_not_found"),
        ("POST", "/webhooks/none/test", "resource_webhook_not_found"),
        ("DELETE", "/webhooks/none", "resource_webhook_not_found"),
        ("GET", "/webhooks/deliveries/none", "resource_webhook_delivery_not_found"),
    ] {
        let reply = ask(playground, method, path, None);
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (404, &json!(code)), "{method} {path}");
    }
}

#[test]
fn one_idempotency_key_makes_one_webhook_until_that_is_deleted() {
    let playground = shared();
    let body = json!({"name": "n", "url": "https://receiver.example/", "events": ["media.created", "media.created"]});
    let create = |body: &Value| {
        let headers = [("x-api-key", playground.api_key.as_str()), ("idempotency-key", "one-webhook")];
        http("POST", &format!("{}/webhooks", playground.base_url), &headers, Some(body))
    };
    let first = create(&body).json();
    assert_eq!(first["events"], json!(["media.created"]));
    assert_eq!(create(&body).json(), first);
    let mut other = body.clone();
    other["name"] = json!("m");
    assert_eq!((create(&other).status, &create(&other).json()["error"]["code"]), (409, &json!("idempotency_request_mismatch")));
    let path = format!("/webhooks/{}", first["webhook_id"].as_str().unwrap());
    assert_eq!(ask(playground, "DELETE", &path, None).status, 200);
    assert_eq!(ask(playground, "GET", &path, None).status, 404);
    let again = create(&body).json();
    assert_eq!(again["webhook_id"], first["webhook_id"]);
    assert_ne!(again["secret"], first["secret"]);
    ask(playground, "DELETE", &path, None);
}

#[test]
fn a_run_over_chosen_media_of_one_index_is_told_to_those_who_listen_to_it() {
    let (playground, receiver) = (Playground::start(&[]), Receiver::start(200));
    let events = ["prompt_run.started", "prompt_run.completed"];
    let hook = json!({"name": "one", "url": receiver.url, "events": events, "index_ids": ["idx_early_cinema"]});
    assert_eq!(ask(&playground, "POST", "/webhooks", Some(&hook)).status, 201);
    // Media of several indexes are of none that all are of.
    let mixed = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [FILM, "vid_apollo_11_1969"]}});
    assert!(ask(&playground, "POST", "/prompt-runs/execute", Some(&mixed)).json()["run_id"].is_string());
    let run_id = run(&playground);
    for delivered in receiver.until("prompt_run.completed") {
        let payload = delivered.payload();
        assert_eq!((&payload["data"]["run_id"], &payload["data"]["index_id"]), (&json!(run_id), &json!("idx_early_cinema")), "{payload}");
    }
}
