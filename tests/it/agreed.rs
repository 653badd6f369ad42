//! What an agreement covers: the person who can be asked, the place where data go, and nothing that changes by itself.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::{
    consent::changes,
    support::{Answer, EVERYTHING, Era, Host, Playground, Server, Upstream, modern, said},
};

const ALWAYS: [&str; 5] = ["--toolsets", "all", "--allow-destructive", "--confirm", "always"];
const RUN: &str = r#"{"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]}}"#;

/// What clients have been seen to declare, or could.
fn odd_capabilities() -> [Value; 4] {
    [
        json!({"elicitation": {}, "experimental": {"x": true}}),
        json!({"elicitation": {}, "roots": 1, "sampling": "no"}),
        json!({"elicitation": {"form": {}}, "extensions": true}),
        json!({"elicitation": true}),
    ]
}

#[test]
fn a_capability_that_does_not_fit_takes_no_other_away() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let call = json!({"name": "delete_marker", "arguments": {"marker_id": "marker_last_shot"}});
    for capabilities in odd_capabilities() {
        let keys = [("VIDEOSEARCH_BASE_URL", upstream.base_url.as_str()), ("VIDEOSEARCH_API_KEY", playground.api_key.as_str())];
        let mut server = Server::start(&EVERYTHING, &keys);
        let client = json!({"name": "test", "version": "1"});
        server.request("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client}));
        let id = server.ask("tools/call", call.clone());
        let question = server.wait_for(|message| message["method"] == "elicitation/create" || message["id"] == id);
        assert_eq!(question["method"], "elicitation/create", "{capabilities}: {question}");
        // Some clients always write both members of an answer.
        server.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "decline"}, "error": null}));
        assert!(said(&server.answer(id)["result"]).contains("the user declined"), "{capabilities}");

        let mut params = modern(call.clone());
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities.clone();
        let asked = Server::start(&EVERYTHING, &keys).request("tools/call", params);
        assert_eq!(asked["result"]["resultType"], "input_required", "{capabilities}: {asked}");
    }
    assert!(changes(&upstream).iter().all(|sent| !sent.starts_with("DELETE /markers")));
}

#[test]
fn a_webhook_that_leads_elsewhere_meanwhile_was_not_agreed_to() {
    let playground = Playground::start(&[]);
    for tool in ["test_webhook", "retry_webhook_delivery"] {
        let mut server = Server::with_key(&playground.base_url, &playground.api_key, &ALWAYS);
        let mut call =
            if tool == "test_webhook" { json!({"webhook_id": "whk_sample"}) } else { json!({"delivery_id": "dlv_sample_failed"}) };
        let plan = server.call(tool, call.clone());
        let told = said(&plan);
        let Some((_, token)) = told.rsplit_once("confirm=") else { panic!("{plan}") };
        let elsewhere = json!({"url": format!("https://{tool}.example/").replace('_', "-")});
        playground.with_key(&playground.api_key, "PATCH", "/webhooks/whk_sample", Some(&elsewhere));
        call["confirm"] = json!(token.lines().next().unwrap().trim());
        let refused = server.error(tool, call);
        assert!(refused.contains("has changed"), "{tool}: {refused}");
    }
}

#[test]
fn a_busy_webhook_can_be_deleted() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let delivered = Arc::new(AtomicUsize::new(0));
    upstream.script(move |seen| {
        if seen.method != "GET" || !seen.target.starts_with("/webhooks/whk_sample") {
            return Answer::Pass;
        }
        let time = format!("2026-01-01T00:00:{:02}Z", delivered.fetch_add(1, Ordering::Relaxed) % 60);
        Answer::Changed(
            Arc::new(move |webhook| {
                if webhook.get("last_success_at").is_some() {
                    webhook["last_success_at"] = json!(time);
                    webhook["updated_at"] = json!(time);
                }
            }),
            Vec::new(),
        )
    });
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    let plan = server.plan("delete_webhook", json!({"webhook_id": "whk_sample"})).1;
    server.ok("delete_webhook", json!({"webhook_id": "whk_sample", "confirm": plan["confirm"]}));
    assert!(server.error("get_webhook", json!({"webhook_id": "whk_sample"})).contains("resource_webhook_not_found"));
}

#[test]
fn nobody_is_asked_about_what_the_limit_of_the_day_refuses() {
    let playground = Playground::start(&[]);
    let more = [&EVERYTHING[..], &["--confirm", "cost", "--max-mt-per-day", "1"]].concat();
    for era in [Era::Handshake, Era::Modern] {
        let mut host = Host::new(&playground.base_url, &playground.api_key, era, &more);
        let (question, result) = host.call("execute_prompt", &serde_json::from_str(RUN).unwrap(), |_| json!({"action": "accept"}));
        assert!(question.is_none() && said(&result).contains("VIDEOSEARCH_MAX_MT_PER_DAY"), "{era:?}: {question:?} {result}");
    }
}

#[test]
fn an_index_whose_name_belongs_to_another_one_meanwhile_was_not_agreed_to() {
    let playground = Playground::start(&[]);
    let target = json!({"type": "index", "index_id": "Space and nature"});
    for (tool, call) in [
        ("execute_prompt", json!({"prompt_id": "prompt_action_log", "target": target})),
        ("process_media", json!({"prompt_id": "prompt_action_log", "index_name": "Space and nature"})),
    ] {
        let upstream = Upstream::before(&playground.base_url);
        let more = [&EVERYTHING[..], &["--confirm", "cost"]].concat();
        let mut host = Host::new(&upstream.base_url, &playground.api_key, Era::Handshake, &more);
        // From now on the name is remembered for a while.
        host.server.ok("estimate_prompt_run", json!({"prompt_id": "prompt_action_log", "target": target}));
        upstream.take();
        let (question, result) = host.call(tool, &call, |question| {
            let estimates = AtomicUsize::new(0);
            upstream.script(move |seen| match seen.target.split('?').next().unwrap() {
                "/prompt-runs/estimate" if estimates.fetch_add(1, Ordering::Relaxed) == 0 => {
                    Answer::json(404, &json!({"error": {"code": "resource_index_not_found", "message": "It is gone."}}))
                }
                "/indexes" => {
                    let renamed = |body: &mut Value| {
                        let rows = if body.is_array() { body } else { &mut body["data"] };
                        for index in rows.as_array_mut().into_iter().flatten() {
                            match index["index_id"].as_str().unwrap() {
                                "idx_space_and_nature" => index["name"] = json!("Gone"),
                                "idx_american_life" => index["name"] = json!("Space and nature"),
                                _ => {}
                            }
                        }
                    };
                    Answer::Changed(Arc::new(renamed), Vec::new())
                }
                _ => Answer::Pass,
            });
            crate::support::yes(question)
        });
        assert!(question.unwrap()["message"].as_str().unwrap().contains("idx_space_and_nature"), "{tool}");
        assert!(said(&result).contains("has changed since it was agreed to"), "{tool}: {result}");
        assert!(changes(&upstream).is_empty(), "{tool}");
    }
}

#[test]
fn a_prompt_that_is_rewritten_meanwhile_was_not_agreed_to() {
    let more = [&EVERYTHING[..], &["--confirm", "cost"]].concat();
    let media = json!(["vid_great_train_robbery_1903"]);
    for (tool, mut call) in [
        ("execute_prompt", serde_json::from_str(RUN).unwrap()),
        ("process_media", json!({"prompt_id": "prompt_action_log", "video_ids": media})),
        ("process_video", json!({"prompt_id": "prompt_action_log", "video_id": media[0]})),
    ] {
        // Where another tool has started the same run, this one starts none.
        let playground = Playground::start(&[]);
        let upstream = Upstream::before(&playground.base_url);
        let change = |to: Value| {
            assert_eq!(playground.with_key(&playground.api_key, "PUT", "/prompts/prompt_action_log", Some(&to)).status, 200);
        };
        let rewrite = |to: &str| change(json!({"prompt_text": to}));
        for era in [Era::Handshake, Era::Modern] {
            let mut host = Host::new(&upstream.base_url, &playground.api_key, era, &more);
            let (question, result) = host.call(tool, &call, |question| {
                rewrite(&format!("List every face, for {tool} in {era:?}."));
                crate::support::yes(question)
            });
            assert!(question.is_some(), "{tool} {era:?}: {result}");
            assert!(said(&result).contains("has changed since it was agreed to"), "{tool} {era:?}: {result}");
        }
        let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &more);
        let confirm = |server: &mut Server, call: &Value| {
            let plan = server.call(tool, call.clone());
            let told = said(&plan);
            let (_, token) = told.rsplit_once("confirm=").unwrap_or_else(|| panic!("{plan}"));
            json!(token.lines().next().unwrap().trim())
        };
        call["confirm"] = confirm(&mut server, &call);
        rewrite(&format!("List every face, for {tool} in two calls."));
        assert!(server.error(tool, call.clone()).contains("has changed since it was agreed to"), "{tool}");
        let sent = changes(&upstream);
        assert!(!sent.iter().any(|sent| sent.contains("/execute") || sent.contains("/process")), "{tool}: {sent:?}");
        call.as_object_mut().unwrap().remove("confirm");
        // What is found by its meaning is a part of it, too. A description is not.
        call["confirm"] = confirm(&mut server, &call);
        change(json!({"semantic_indexing": {"disabled_segment_fields": ["action"]}}));
        assert!(server.error(tool, call.clone()).contains("has changed since it was agreed to"), "{tool}");
        change(json!({"semantic_indexing": {"disabled_segment_fields": []}}));
        call.as_object_mut().unwrap().remove("confirm");
        call["confirm"] = confirm(&mut server, &call);
        change(json!({"description": format!("For {tool}.")}));
        server.ok(tool, call);
        upstream.take();
    }
}

#[test]
fn nobody_is_asked_about_an_index_that_does_not_exist() {
    let playground = Playground::start(&[]);
    let mut host = Host::new(&playground.base_url, &playground.api_key, Era::Handshake, &EVERYTHING);
    for media in [json!({"index_name": "Early"}), json!({"index_id": "Early"})] {
        for prompt in [json!({"prompt_id": "prompt_action_log"}), json!({"prompt_instruction": "Count the hats"})] {
            let mut call = media.clone();
            call.as_object_mut().unwrap().extend(prompt.as_object().unwrap().clone());
            let (question, result) = host.call("process_media", &call, |_| json!({"action": "accept"}));
            assert!(question.is_none() && said(&result).contains("no index `Early`"), "{call}: {question:?} {result}");
        }
    }
}

#[test]
fn what_was_agreed_to_for_one_key_is_not_done_with_another() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let ((_, first), (_, second)) = (playground.key(&["write"]), playground.key(&["write"]));
    std::fs::write(&path, first).unwrap();
    let arguments = ["--api-key-file", path.to_str().unwrap(), "--confirm", "cost"];
    let mut server = Server::start(&arguments, &[("VIDEOSEARCH_BASE_URL", &upstream.base_url)]);
    server.initialize();
    let mut call: Value = serde_json::from_str(RUN).unwrap();
    let plan = server.call("execute_prompt", call.clone());
    call["confirm"] = json!(said(&plan).rsplit_once("confirm=").unwrap_or_else(|| panic!("{plan}")).1);
    // The key is replaced once the call has begun.
    let replaced = AtomicUsize::new(0);
    upstream.script(move |seen| {
        if seen.target != "/prompt-runs/estimate" || replaced.fetch_add(1, Ordering::Relaxed) > 0 {
            return Answer::Pass;
        }
        std::fs::write(&path, &second).unwrap();
        Answer::json(401, &json!({"error": {"code": "authentication_invalid_api_key", "message": "It was rotated."}}))
    });
    upstream.take();
    let refused = server.error("execute_prompt", call);
    assert!(refused.contains("the API key was replaced since this was agreed to"), "{refused}");
    // The scopes of the new key were asked for.
    let sent = changes(&upstream);
    assert!(!sent.iter().any(|sent| sent.ends_with("/prompt-runs/execute")), "{sent:?}");
}

#[test]
fn nobody_is_asked_about_what_is_known_to_break_a_rule() {
    let playground = Playground::start(&[]);
    let mut host = Host::new(&playground.base_url, &playground.api_key, Era::Handshake, &ALWAYS);
    let webhook = |member: &str, value: Value| {
        let mut call = json!({"name": "w", "url": "https://receiver.example/", "events": ["media.created"]});
        call[member] = value;
        call
    };
    for (tool, call, told) in [
        ("create_webhook", webhook("events", json!(["media.created", "nope"])), "there is no event nope; the events are: media.created, "),
        ("create_webhook", webhook("url", json!("http://169.254.169.254/")), "`url`: a webhook has an https address"),
        ("update_webhook", json!({"webhook_id": "whk_sample", "events": ["nope"]}), "there is no event nope"),
        ("update_webhook", json!({"webhook_id": "whk_sample"}), "failed:"),
        ("set_marker", json!({"resource_type": "video", "resource_id": "vid_metropolis_1927"}), "failed:"),
        ("update_prompt", json!({"prompt_id": "prompt_action_log"}), "failed:"),
        (
            "set_automation",
            json!({"index_id": "Early cinema", "kind": "export", "connector_id": "conn_sample_bucket"}),
            "`connector_id`: only an import automation has this",
        ),
    ] {
        let (question, result) = host.call(tool, &call, |_| json!({"action": "accept"}));
        assert!(question.is_none() && said(&result).contains(told), "{tool} {call}: {question:?} {result}");
    }
    // Whatever keeps the rules is asked about.
    let (question, _) = host.call("create_webhook", &webhook("name", json!("n")), |_| json!({"action": "decline"}));
    assert!(question.is_some());
}

#[test]
fn a_deletion_that_has_stopped_is_agreed_to_anew() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    upstream.take();
    for (tool, call, path) in [
        ("delete_index", json!({"index_id": "idx_gone"}), "/indexes/idx_gone"),
        ("delete_video", json!({"video_id": "vid_gone"}), "/videos/vid_gone"),
    ] {
        for status in ["failed", "cancelled"] {
            upstream.script(move |seen| match (seen.method.as_str(), seen.target.strip_prefix(path)) {
                ("GET", Some("")) => {
                    Answer::json(404, &json!({"error": {"code": "resource_video_not_found", "message": "It does not exist."}}))
                }
                ("GET", Some("/deletion")) => Answer::json(200, &json!({"deletion_id": "del_1", "status": status})),
                _ => Answer::Pass,
            });
            let plan = server.call(tool, call.clone()).to_string();
            assert!(plan.contains("whose deletion has stopped") && plan.contains("confirm="), "{tool} {status}: {plan}");
            assert!(changes(&upstream).is_empty(), "{tool} {status}");
        }
    }
}
