//! Automations of an index: set, paused, resumed and checked.

use std::fs;

use serde_json::{Value, json};

use crate::{
    connectors::{connect, with_bucket},
    openapi::Check,
    support::{Answer, Playground, Server, Upstream, untouched},
};

const INDEX: &str = "idx_nasa";
const TOOLS: [&str; 2] = ["--toolsets", "automations"];

/// Calls each operation once, for the comparison with the description.
pub fn calls(check: &mut Check<'_>) {
    for (kind, body) in [("import", json!({"enabled": false})), ("export", json!({"destination_subpath": "out"}))] {
        let (template, path) =
            (format!("/indexes/{{index_id}}/automations/{kind}"), format!("/indexes/idx_early_cinema/automations/{kind}"));
        check.ask(&format!("PUT {template}"), &path, Some(&body));
        check.ask(&format!("GET {template}"), &path, None);
        for verb in ["pause", "resume"] {
            check.ask(&format!("POST {template}/{verb}"), &format!("{path}/{verb}"), None);
        }
    }
}

/// The id of an index without automations.
fn index(playground: &Playground) -> String {
    let all = playground.with_key(&playground.api_key, "GET", "/indexes", None).json();
    all.as_array().unwrap().iter().map(|index| index["index_id"].as_str().unwrap()).find(|id| *id != "idx_early_cinema").unwrap().to_owned()
}

#[test]
fn an_automation_is_set_paused_and_resumed() {
    let playground = Playground::start(&[]);
    let index = index(&playground);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &TOOLS);
    let which = json!({"index_id": index, "kind": "export"});
    let (text, none) = server.ok("get_automation", which.clone());
    assert_eq!((text.contains("off"), &none["enabled"]), (true, &json!(false)), "{text}");
    let missing = server.error("pause_automation", which.clone());
    assert!(missing.contains("resource_automation_not_found") && missing.contains("has no automation of this kind yet"), "{missing}");
    let mut given = which.clone();
    given["destination_subpath"] = json!("nächtlich/ø");
    let (text, set) = server.ok("set_automation", given);
    assert!(text.starts_with("Automation set: automation is on"), "{text}");
    assert_eq!(set["automation"]["destination_subpath"], "nächtlich/ø");
    let (text, paused) = server.ok("pause_automation", which.clone());
    assert_eq!((text.contains("is paused"), &paused["automation"]["paused"]), (true, &json!(true)), "{text}");
    let (_, resumed) = server.ok("resume_automation", which);
    assert!(resumed["automation"]["paused"] == false, "{resumed}");
    let import = json!({"index_id": index, "kind": "import", "connector_id": "conn_sample_bucket"});
    let (text, set) = server.ok("set_automation", import);
    assert!(text.starts_with("Automation set: automation is on, next at "), "{text}");
    let which = json!({"index_id": index, "kind": "import"});
    let (_, paused) = server.ok("pause_automation", which.clone());
    assert!(paused["automation"].get("next_run_at").is_none(), "what is paused has no next run: {paused}");
    server.ok("resume_automation", which.clone());
    let (_, read) = server.ok("get_automation", which);
    assert!(read["next_run_at"].as_str() >= set["automation"]["next_run_at"].as_str(), "{read}");
    let with_prompt = json!({"index_id": index, "kind": "import", "prompt_preset": {"prompt_id": "prompt_action_log"}});
    let costs = "Each import with new files starts a run of prompt_action_log by itself, which costs media tokens";
    let which = json!({"index_id": index, "kind": "import"});
    let said = [("set_automation", with_prompt), ("resume_automation", which.clone())].map(|(tool, given)| server.ok(tool, given));
    assert!(said.iter().all(|(text, facts)| text.contains(costs) && facts["notes"].to_string().contains(costs)), "{said:?}");
    assert!(!server.ok("pause_automation", which).0.contains(costs));
    let path = format!("/indexes/{index}/automations/export");
    let paused = playground.with_key(&playground.api_key, "PUT", &path, Some(&json!({"paused": true})));
    assert_eq!((paused.status, &paused.json()["paused"]), (200, &json!(true)), "one call sets and pauses");
}

#[test]
fn results_are_exported_when_a_run_has_ended() {
    let directory = tempfile::tempdir().unwrap();
    let playground = with_bucket("films", directory.path());
    let mut server = crate::connectors::server(&playground);
    let connector = connect(&mut server, "films", json!({"scopes": ["export"]}));
    let index = "idx_early_cinema";
    let which = json!({"index_id": index, "kind": "export"});
    let given = json!({"index_id": index, "kind": "export", "destination_connector_id": connector, "destination_subpath": "by itself"});
    // That of the sample is paused, and stays so until somebody ends that.
    let (text, _) = server.ok("set_automation", given);
    assert!(text.contains("It stays paused; resume_automation"), "{text}");
    server.ok("resume_automation", which.clone());
    // A key of its own makes each a new run.
    let run = |server: &mut Server, key: &str| {
        let target = json!({"type": "videos", "video_ids": ["vid_arrival_of_a_train_1896"], "index_id": index});
        let (_, made) = server.ok("execute_prompt", json!({"prompt_id": "prompt_action_log", "target": target, "idempotency_key": key}));
        let (_, ended) = server.ok("wait_for_prompt_run", json!({"run_id": made["run_id"]}));
        assert_eq!(ended["status"], "completed", "{ended}");
        made["run_id"].as_str().unwrap().to_owned()
    };
    let first = run(&mut server, "first");
    let (text, acted) = server.ok("get_automation", which.clone());
    assert_eq!(acted["run_count"], 1, "{text}");
    assert!(acted["last_run_at"].is_string() && text.contains("last at"), "{text}");
    let (text, ended) = server.ok("wait_for_export", json!({"export_id": acted["last_export_id"]}));
    assert_eq!(ended["status"], "completed", "{text}");
    let path = directory.path().join(format!("by itself/{}.json", acted["last_export_id"].as_str().unwrap()));
    let content: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let runs: Vec<&Value> = content["prompt_runs"].as_array().unwrap().iter().map(|run| &run["run_id"]).collect();
    assert_eq!((&content["index"]["index_id"], runs), (&json!(index), vec![&json!(first)]));

    // While it is paused nothing is exported, and a connector that may no longer export is an error that the automation tells.
    server.ok("pause_automation", which.clone());
    run(&mut server, "second");
    assert_eq!(server.ok("get_automation", which.clone()).1["run_count"], 1);
    server.ok("resume_automation", which.clone());
    server.ok("update_connector", json!({"connector_id": connector, "scopes": ["import"]}));
    run(&mut server, "third");
    let (text, refused) = server.ok("get_automation", which);
    assert!(text.contains("does not have the scope `export`") && refused["run_count"] == 1, "{text}");
    assert_eq!(fs::read_dir(directory.path().join("by itself")).unwrap().count(), 1);
}

#[test]
fn an_automation_is_checked_before_it_is_stored() {
    let playground = untouched();
    let index = index(playground);
    let put = |kind: &str, body: Value| {
        playground.with_key(&playground.api_key, "PUT", &format!("/indexes/{index}/automations/{kind}"), Some(&body))
    };
    for (kind, body, status, told) in [
        ("import", json!({}), 422, "connector_id"),
        ("import", json!({"connector_id": "conn_none"}), 404, "resource_connector_not_found"),
        ("import", json!({"enabled": false, "destination_subpath": "x"}), 422, "Only an export"),
        ("export", json!({"recursive": true}), 422, "Only an import"),
        ("export", json!({"destination_connector_id": "conn_none"}), 404, "resource_connector_not_found"),
        ("import", json!({"enabled": false, "debounce_interval": "2h"}), 422, "debounce_interval"),
        ("import", json!({"enabled": false, "paused": "no"}), 422, "paused"),
        ("import", json!({"enabled": false, "prompt_preset": {"prompt_id": "prompt_none"}}), 404, "resource_prompt_not_found"),
    ] {
        let reply = put(kind, body.clone());
        assert_eq!(reply.status, status, "{body}: {}", reply.json());
        assert!(reply.json().to_string().contains(told), "{body}: {}", reply.json());
    }
    let missing = playground.with_key(&playground.api_key, "GET", "/indexes/idx_none/automations/import", None);
    assert_eq!((missing.status, missing.json()["error"]["code"].as_str()), (404, Some("resource_index_not_found")));
}

#[test]
fn an_answer_with_other_members_is_told_as_it_is() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &TOOLS);
    server.tools();
    upstream.script(|_| {
        Answer::json(
            200,
            &json!({"enabled": null, "paused": true, "connector_id": "c\u{202e}1", "prompt_preset": {"prompt_id": "p", "x": 1}}),
        )
    });
    let (text, _) = server.ok("get_automation", json!({"index_id": INDEX, "kind": "import"}));
    assert!(text.contains("off") && text.contains("connector_id: c1") && text.contains(r#"{"prompt_id":"p","x":1}"#), "{text}");
}

#[test]
fn what_a_call_does_not_name_stays() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &TOOLS);
    let set = |server: &mut Server, kind: &str, given: Value| {
        let mut arguments = json!({"index_id": "Space and nature", "kind": kind});
        arguments.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        server.ok("set_automation", arguments)
    };
    let all = json!({"connector_id": "conn_sample_bucket", "debounce_interval": "5m", "file_pattern": "*.mp4", "prompt_preset": {"prompt_id": "prompt_action_log"}});
    let (_, first) = set(&mut server, "import", all);
    for enabled in [false, true] {
        let (text, now) = set(&mut server, "import", json!({"enabled": enabled}));
        assert!(text.starts_with(&format!("Automation set: automation is {}", if enabled { "on" } else { "off" })), "{text}");
        for name in ["connector_id", "debounce_interval", "file_pattern", "prompt_preset", "recursive"] {
            assert_eq!(now["automation"][name], first["automation"][name], "{name}: {now}");
        }
    }
    // A pause stays, too.
    set(&mut server, "export", json!({"destination_subpath": "a"}));
    server.ok("pause_automation", json!({"index_id": "Space and nature", "kind": "export"}));
    let (text, _) = set(&mut server, "export", json!({"destination_subpath": "b"}));
    assert!(text.starts_with("Automation set: automation is paused") && text.contains("destination_subpath: b"), "{text}");
    // Whoever wants all of it anew says so.
    let (text, anew) = set(&mut server, "export", json!({"enabled": true, "replace": true}));
    assert!(text.starts_with("Automation set: automation is on") && anew["automation"].get("destination_subpath").is_none(), "{text}");
    let missing = server.error("set_automation", json!({"index_id": "idx_none", "kind": "export", "enabled": true}));
    assert!(missing.contains("This index does not exist"), "{missing}");
}

#[test]
fn what_cannot_be_kept_is_not_lost_without_a_word() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &TOOLS);
    server.tools();
    upstream.script(|_| Answer::json(200, &json!({"enabled": true, "debounce_interval": "1w"})));
    upstream.take();
    let told = server.error("set_automation", json!({"index_id": "idx_nasa", "kind": "import", "file_pattern": "*.mov"}));
    assert!(told.contains("`debounce_interval` that cannot be read") && told.contains("`replace`"), "{told}");
    assert!(upstream.take().iter().all(|seen| seen.method == "GET"));
}

/// Two calls: the plan, and the call that confirms it after something happened.
fn confirmed(server: &mut Server, tool: &str, call: &Value, meanwhile: impl FnOnce()) -> (String, Value) {
    let plan = server.call(tool, call.clone()).to_string();
    let (_, token) = plan.rsplit_once("confirm=").unwrap_or_else(|| panic!("{tool}: {plan}"));
    let token: String = token.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.~".contains(*c)).collect();
    meanwhile();
    let mut again = call.clone();
    again["confirm"] = json!(token);
    (plan, server.call(tool, again))
}

#[test]
fn what_starts_runs_by_itself_names_its_prompt_and_is_agreed_to() {
    let playground = Playground::start(&[]);
    let index = index(&playground);
    let more = ["--toolsets", "all", "--confirm", "cost"];
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &more);
    let rewrite = |to: &str| {
        let body = json!({"prompt_text": to});
        assert_eq!(playground.with_key(&playground.api_key, "PUT", "/prompts/prompt_action_log", Some(&body)).status, 200);
    };
    let set = json!({"index_id": index, "kind": "import", "connector_id": "conn_sample_bucket", "enabled": true,
        "prompt_preset": {"prompt_id": "prompt_action_log"}});
    let which = json!({"index_id": index, "kind": "import"});
    for (tool, call) in [("set_automation", &set), ("resume_automation", &which)] {
        let (plan, answer) = confirmed(&mut server, tool, call, || rewrite(&format!("List every face, for {tool}.")));
        assert!(plan.contains("Action log") && plan.contains("(prompt_action_log) by itself") && plan.contains(&index), "{plan}");
        assert!(answer.to_string().contains("has changed since it was agreed to"), "{tool}: {answer}");
        let (_, answer) = confirmed(&mut server, tool, call, || {});
        assert_ne!(answer["isError"], true, "{tool}: {answer}");
        server.ok("pause_automation", which.clone());
    }
    // A connector that comes back sets its automations going.
    server.ok("update_connector", json!({"connector_id": "conn_sample_bucket", "status": "disabled"}));
    let wake = json!({"connector_id": "conn_sample_bucket", "status": "active"});
    server.ok("update_connector", wake.clone());
    server.ok("update_connector", json!({"connector_id": "conn_sample_bucket", "status": "disabled"}));
    confirmed(&mut server, "resume_automation", &which, || {});
    let (plan, answer) = confirmed(&mut server, "update_connector", &wake, || {});
    assert!(plan.contains("run prompts by themselves") && plan.contains(&index), "{plan}");
    assert_ne!(answer["isError"], true, "{answer}");
    server.ok("update_connector", json!({"connector_id": "conn_sample_bucket", "status": "disabled", "name": "Off"}));
    let mut limited = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all", "--max-mt-per-day", "5"]);
    let said = limited.error("update_connector", wake);
    assert!(said.contains("VIDEOSEARCH_MAX_MT_PER_DAY"), "{said}");
    limited.ok("update_connector", json!({"connector_id": "conn_sample_bucket", "name": "Still off"}));
}
