//! The tools of the family `webhooks`, and the command that checks signatures.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Output, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Answer, Playground, Server, counted, program, receiver::Receiver, shared, text};

const EVERYTHING: [&str; 3] = ["--toolsets", "all", "--allow-destructive"];

fn server(playground: &Playground, more: &[&str]) -> Server {
    let arguments: Vec<&str> = EVERYTHING.iter().chain(more).copied().collect();
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &arguments);
    server.initialize();
    server
}

/// Runs `webhooks verify` on a body.
fn verify(arguments: &[&str], body: &[u8]) -> Output {
    let mut command = program();
    command.args(["webhooks", "verify"]).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments reads no body.
    let _ = child.stdin.take().unwrap().write_all(body);
    child.wait_with_output().unwrap()
}

fn create(server: &mut Server, url: &str) -> (String, Value) {
    server.ok("create_webhook", json!({"name": "Runs", "url": url, "events": ["prompt_run.completed"], "index_ids": ["Early cinema"]}))
}

/// The same call is the same request, also where it gives an index by a name that could be an id.
#[test]
fn a_call_with_a_key_and_the_name_of_an_index_can_be_made_again() {
    let playground = Playground::start(&[]);
    server(&playground, &[]).ok("create_index", json!({"name": "Reels"}));
    let given = json!({"name": "Runs", "url": "https://receiver.example/x", "events": ["prompt_run.completed"], "index_ids": ["Reels"],
        "idempotency_key": "once"});
    let made = |server: &mut Server| server.ok("create_webhook", given.clone()).1["webhook"]["webhook_id"].clone();
    let mut first = server(&playground, &[]);
    let id = made(&mut first);
    assert_eq!([made(&mut first), made(&mut server(&playground, &[]))], [id.clone(), id]);
}

#[test]
fn a_webhook_lives_from_creation_to_deletion_without_its_secret_in_an_answer() {
    let (playground, receiver) = (shared(), Receiver::start(200));
    let mut server = server(playground, &[]);
    let (said, made) = create(&mut server, &receiver.url);
    let id = made["webhook"]["webhook_id"].as_str().unwrap().to_owned();
    assert_eq!((&made["message"], &made["webhook"]["index_ids"]), (&json!("Webhook created"), &json!(["idx_early_cinema"])));
    let file = PathBuf::from(made["secret_file"].as_str().unwrap());
    let secret = fs::read_to_string(&file).unwrap();
    assert!(secret.starts_with("whsec_") && made.get("secret").is_none() && !said.contains(&secret) && !made.to_string().contains(&secret));
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&file).unwrap()) & 0o777, 0o600);

    let (_, tested) = server.ok("test_webhook", json!({"webhook_id": id}));
    assert_eq!(tested, json!({"webhook_id": id, "success": true, "status_code": 200}));
    let delivered = receiver.next();
    let path = file.to_str().unwrap();
    let signature = delivered.header("x-webhook-signature").unwrap();
    let held = verify(&["--secret-file", path, "--signature", signature], delivered.body());
    assert_eq!((held.status.code(), text(&held.stdout).contains("The signature holds")), (Some(0), true), "{held:?}");

    let (_, listed) = server.ok("list_webhooks", json!({}));
    assert!(listed["total_webhooks"].as_u64() >= Some(2) && listed["by_status"]["paused"].as_u64() >= Some(1), "{listed}");
    let (_, updated) = server.ok("update_webhook", json!({"webhook_id": id, "status": "PAUSED"}));
    assert_eq!((&updated["message"], &updated["webhook"]["status"]), (&json!("Webhook updated"), &json!("paused")));
    let (_, rotated) = server.ok("rotate_webhook_secret", json!({"webhook_id": id}));
    assert_ne!(fs::read_to_string(rotated["secret_file"].as_str().unwrap()).unwrap(), secret);

    let (said, plan) = server.plan("delete_webhook", json!({"webhook_id": id}));
    assert!(said.contains("Nothing was deleted yet") && said.contains("Runs"), "{said}");
    assert_eq!(server.ok("get_webhook", json!({"webhook_id": id})).1["status"], "paused");
    let (said, gone) = server.ok("delete_webhook", json!({"webhook_id": id, "confirm": plan["confirm"]}));
    assert!(said.contains(&format!("what: webhook \"Runs\" ({id})")), "{said}");
    assert_eq!(gone["what"], json!({"kind": "webhook", "id": id, "name": "Runs"}));
    assert!(server.error("get_webhook", json!({"webhook_id": id})).contains("resource_webhook_not_found"));
}

#[test]
fn events_and_deliveries_have_the_members_of_the_contract() {
    let playground = Playground::start(&[]);
    let mut server = server(&playground, &[]);
    let (_, events) = server.ok("list_webhook_events", json!({}));
    assert_eq!((&events["total_events"], &events["by_category"]["prompt_run"]), (&json!(17), &json!(6)));
    assert_eq!(events["events"].as_array().unwrap().len(), 17);
    let (said, listed) = server.ok("list_webhook_deliveries", json!({"webhook_id": "whk_sample", "status": "FAILED"}));
    assert_eq!((&listed["webhook_id"], &listed["filter"]), (&json!("whk_sample"), &json!({"status": "failed"})));
    assert_eq!((&listed["total_deliveries"], &listed["by_event_type"]), (&json!(1), &json!({"prompt_run.failed": 1})));
    let row = &listed["deliveries"][0];
    assert!(row["error_message"].is_string() && row.get("payload").is_none() && row.get("response_body").is_none(), "{row}");
    assert!(said.contains("retry_webhook_delivery"), "{said}");
    let (_, one) = server.ok("get_webhook_delivery", json!({"delivery_id": "dlv_sample_failed"}));
    assert_eq!((&one["payload"]["event"], &one["response_body"]), (&json!("prompt_run.failed"), &json!("busy")));
    let (_, again) = server.ok("retry_webhook_delivery", json!({"delivery_id": "dlv_sample_failed"}));
    assert_eq!((&again["message"], &again["delivery"]["status"]), (&json!("Delivery queued again"), &json!("pending")));
}

#[test]
fn a_webhook_that_was_limited_to_indexes_can_be_widened_again() {
    let playground = shared();
    let mut server = server(playground, &[]);
    let (said, made) = create(&mut server, "https://receiver.example/");
    assert!(said.contains("in idx_early_cinema") && !said.contains("events:"), "{said}");
    let id = made["webhook"]["webhook_id"].as_str().unwrap();
    // A list of placeholders says nothing.
    let (_, kept) = server.ok("update_webhook", json!({"webhook_id": id, "name": "w", "index_ids": [""], "events": []}));
    assert_eq!(kept["webhook"]["index_ids"], json!(["idx_early_cinema"]));
    let (said, wide) = server.ok("update_webhook", json!({"webhook_id": id, "index_ids": []}));
    assert!(said.contains("in all indexes") && wide["webhook"]["index_ids"].as_array().is_none_or(Vec::is_empty), "{said}");
    let (said, none) = server.ok("list_webhook_deliveries", json!({"webhook_id": id, "status": "failed"}));
    assert!(none["total_deliveries"] == 0 && said.contains("no delivery of any state"), "{said}");
    let (said, _) = server.ok("list_webhook_deliveries", json!({"webhook_id": "whk_sample", "status": "processing"}));
    assert!(said.contains("Without `status` there are: "), "{said}");
    let (said, named) = server.ok("list_webhook_deliveries", json!({"webhook_id": "sample receiver"}));
    assert!(named["webhook_id"] == "whk_sample" && said.contains("was taken for whk_sample"), "{said}");
    let said = server.error("get_prompt_run_status", json!({"run_id": "Scene catalogue"}));
    assert!(said.contains("Did you mean run_"), "{said}");
    playground.with_key(&playground.api_key, "DELETE", &format!("/webhooks/{id}"), None);
}

#[test]
fn secrets_are_shown_only_if_the_user_says_so() {
    let playground = shared();
    let mut server = server(playground, &["--reveal-secrets"]);
    let (said, made) = create(&mut server, "https://receiver.example/");
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && said.contains(secret) && made.get("secret_file").is_none());
    let id = made["webhook"]["webhook_id"].as_str().unwrap();
    let (_, rotated) = server.ok("rotate_webhook_secret", json!({"webhook_id": id}));
    assert!(rotated["new_secret"].as_str().unwrap().starts_with("whsec_") && rotated["new_secret"] != made["secret"]);
    playground.with_key(&playground.api_key, "DELETE", &format!("/webhooks/{id}"), None);
}

#[test]
fn a_receiver_that_fails_is_no_error_of_the_test() {
    let (playground, receiver) = (shared(), Receiver::start(500));
    let mut server = server(playground, &[]);
    let (_, made) = create(&mut server, &receiver.url);
    let id = &made["webhook"]["webhook_id"];
    let (said, tested) = server.ok("test_webhook", json!({"webhook_id": id}));
    assert_eq!((&tested["success"], &tested["status_code"]), (&json!(false), &json!(500)));
    assert!(said.contains("did not take the test event"), "{said}");
    playground.with_key(&playground.api_key, "DELETE", &format!("/webhooks/{}", id.as_str().unwrap()), None);
}

#[test]
fn a_playground_in_the_server_calls_only_this_machine() {
    let receiver = Receiver::start(200);
    let mut server = Server::start(&["--playground", "--toolsets", "webhooks", "--reveal-secrets"], &[]);
    server.initialize();
    for url in ["https://93.184.216.34/", "https://receiver.example/", "https://10.0.0.1/"] {
        server.ok("update_webhook", json!({"webhook_id": "whk_sample", "url": url}));
        let (_, tested) = server.ok("test_webhook", json!({"webhook_id": "whk_sample"}));
        assert_eq!(tested["error"], "this playground calls only this machine", "{url}");
    }
    server.ok("update_webhook", json!({"webhook_id": "whk_sample", "url": receiver.url}));
    assert_eq!(server.ok("test_webhook", json!({"webhook_id": "whk_sample"})).1["success"], true);
    assert_eq!(receiver.next().event(), "test");
}

#[test]
fn signatures_of_other_secrets_and_bodies_do_not_hold() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    let secret = format!("whsec_{}", "7".repeat(40));
    fs::write(&file, format!("{secret}\n")).unwrap();
    let path = file.to_str().unwrap();
    let body = br#"{"event": "test"}"#;
    let printed = verify(&["--secret-file", path, "--print"], body);
    let signature = text(&printed.stdout).trim().to_owned();
    assert!(signature.starts_with("sha256=") && signature.len() == 71, "{signature}");
    // Without a signature nothing is verified, so that a script that forgets it does not take each body for genuine.
    for forgot in [&[][..], &["--signature", ""], &["--print", "--signature", &signature]] {
        let refused = verify(&[&["--secret-file", path], forgot].concat(), body);
        assert_eq!((refused.status.code(), refused.stdout.is_empty()), (Some(2), true), "{refused:?}");
        assert!(text(&refused.stderr).contains("--signature"), "{refused:?}");
    }
    let code = |signature: &str, body: &[u8]| verify(&["--secret-file", path, "--signature", signature], body);
    assert_eq!(code(&signature, body).status.code(), Some(0));
    let changed = code(&signature, br#"{"event": "Test"}"#);
    assert_eq!((changed.status.code(), text(&changed.stderr).contains("does not hold")), (Some(1), true));
    let broken = code(&signature, b"{\"event\": \"test\"}\n");
    assert_eq!((broken.status.code(), text(&broken.stderr).contains("without the line break")), (Some(1), true));
    let other = directory.path().join("other");
    fs::write(&other, "whsec_other").unwrap();
    assert_eq!(verify(&["--secret-file", other.to_str().unwrap(), "--signature", &signature], body).status.code(), Some(1));

    let missing = directory.path().join("none");
    let refused: [(&[&str], &[u8], &str); 5] = [
        (&["--secret-file", path, "--signature", "sha256=12"], body, "--signature takes"),
        (&["--secret-file", path, "--print"], b"", "stdin is empty"),
        (&["--secret-file", directory.path().to_str().unwrap(), "--print"], body, "not a regular file"),
        (&["--secret-file", missing.to_str().unwrap(), "--print"], body, "no such file"),
        (&[], body, "--secret-file"),
    ];
    for (arguments, body, why) in refused {
        let output = verify(arguments, body);
        assert_eq!((output.status.code(), text(&output.stderr).contains(why)), (Some(2), true), "{arguments:?}: {output:?}");
        assert!(!text(&output.stderr).contains(&secret));
    }
}

#[test]
fn an_empty_secret_is_none() {
    let (upstream, mut server) = counted(&EVERYTHING);
    let hook = json!({"webhook_id": "whk_1", "name": "Runs", "url": "https://receiver.example/", "events": [], "secret": ""});
    upstream.script(move |seen| if seen.method == "POST" { Answer::json(201, &hook) } else { Answer::Pass });
    let (said, made) =
        server.ok("create_webhook", json!({"name": "Runs", "url": "https://receiver.example/", "events": ["prompt_run.completed"]}));
    assert!(said.contains("rotate_webhook_secret") && made.get("secret_file").is_none(), "{said}");
}

#[test]
fn no_secret_is_made_that_could_not_be_kept() {
    let playground = Playground::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    // A file where the directory should be.
    let taken = dir.path().join("taken");
    fs::write(&taken, "").unwrap();
    let place = taken.to_str().unwrap();
    let mut server = server(&playground, &["--secrets-dir", place]);
    let before = server.ok("list_webhooks", json!({})).1;
    let hook = json!({"name": "Runs", "url": "https://receiver.example/", "events": ["prompt_run.completed"]});
    let refused = server.error("create_webhook", hook);
    assert!(refused.contains(place) && refused.contains("--secrets-dir"), "{refused}");
    assert!(server.error("rotate_webhook_secret", json!({"webhook_id": "whk_sample"})).contains(place));
    assert_eq!(server.ok("list_webhooks", json!({})).1, before);
}

#[test]
fn the_word_for_all_indexes_is_taken() {
    let playground = shared();
    let mut server = server(playground, &[]);
    let given = json!({"name": "Wide", "url": "https://receiver.example/", "events": ["prompt_run.completed"], "index_ids": ["all"]});
    let (said, made) = server.ok("create_webhook", given);
    assert!(said.contains("in all indexes"), "{said}");
    let id = made["webhook"]["webhook_id"].as_str().unwrap();
    let (said, _) = server.ok("update_webhook", json!({"webhook_id": id, "index_ids": ["Early cinema"]}));
    assert!(said.contains("in idx_early_cinema") && said.contains("was taken for"), "{said}");
    let (said, wide) = server.ok("update_webhook", json!({"webhook_id": id, "index_ids": "All"}));
    assert!(said.starts_with("Webhook updated: ") && said.contains("in all indexes"), "{said} {wide}");
    playground.with_key(&playground.api_key, "DELETE", &format!("/webhooks/{id}"), None);
}

#[test]
fn a_webhook_that_gets_nothing_says_why() {
    let (playground, receiver) = (Playground::start(&[]), Receiver::start(200));
    let mut server = server(&playground, &[]);
    let (_, made) = create(&mut server, &receiver.url);
    let hook = json!({"webhook_id": made["webhook"]["webhook_id"]});
    let (said, _) = server.ok("test_webhook", hook.clone());
    assert!(!said.contains("no other event"), "{said}");
    let (said, none) = server.ok("list_webhook_deliveries", hook.clone());
    let hears = "to prompt_run.completed, and only in idx_early_cinema";
    assert!(none["total_deliveries"] == 0 && said.contains(hears) && said.contains("test events need not be listed"), "{said}");
    assert!(none["notes"].to_string().contains(hears), "{none}");

    let mut paused = hook.clone();
    paused["status"] = json!("paused");
    server.ok("update_webhook", paused);
    let next = format!("update_webhook webhook_id={} status=active", hook["webhook_id"].as_str().unwrap());
    for (tool, part) in [
        ("test_webhook", "The webhook is paused, and gets no other event."),
        ("get_webhook", "It gets no event while it is paused"),
        ("list_webhook_deliveries", "The webhook is paused, and gets no event."),
    ] {
        let (said, _) = server.ok(tool, hook.clone());
        assert!(said.contains(part) && said.contains(&next), "{tool}: {said}");
        assert_eq!(said.matches("paused").count(), if tool == "get_webhook" { 2 } else { 1 }, "{tool}: {said}");
    }
    let (said, overview) = server.ok("get_workflow_overview", json!({}));
    assert!(overview["counts"]["webhooks_paused"] == 2 && said.contains("paused, gets no event -> update_webhook"), "{said}");
}

#[test]
fn what_waits_for_a_paused_webhook_says_so() {
    let (playground, receiver) = (Playground::start(&[]), Receiver::start(200));
    let mut server = server(&playground, &[]);
    let delivery = json!({"delivery_id": "dlv_sample_failed"});
    let wake = "update_webhook webhook_id=whk_sample status=active";
    for (tool, arguments) in [
        ("retry_webhook_delivery", delivery.clone()),
        ("get_webhook_delivery", delivery.clone()),
        ("list_webhook_deliveries", json!({"webhook_id": "whk_sample"})),
    ] {
        let (said, facts) = server.ok(tool, arguments);
        let held = "The webhook is paused: what waits to be sent is sent once it is active again.";
        assert!(said.contains(held) && said.contains(wake) && !said.contains("next attempt"), "{tool}: {said}");
        assert!(facts["notes"].to_string().contains(held) && !facts.to_string().contains("next_retry_at"), "{tool}: {facts}");
    }
    // A receiver that was never asked did not fail to answer.
    let (said, _) = server.ok("test_webhook", json!({"webhook_id": "whk_sample"}));
    let first = said.lines().next().unwrap();
    assert!(!first.contains("did not answer") && !said.contains("\nerror:"), "{said}");
    server.ok("update_webhook", json!({"webhook_id": "whk_sample", "url": receiver.url, "status": "active"}));
    receiver.next();
    let (said, _) = server.ok("get_webhook_delivery", delivery);
    assert!(!said.contains("paused"), "{said}");
}
