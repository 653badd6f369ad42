//! Automations of an index: set, paused, resumed and checked.

use serde_json::{Value, json};

use crate::{
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
    assert!(missing.contains("resource_automation_not_found"), "{missing}");
    let mut given = which.clone();
    given["destination_subpath"] = json!("nächtlich/ø");
    let (text, set) = server.ok("set_automation", given);
    assert!(text.starts_with("Automation set: automation is on, next at "), "{text}");
    assert_eq!(set["automation"]["destination_subpath"], "nächtlich/ø");
    let (text, paused) = server.ok("pause_automation", which.clone());
    assert_eq!((text.contains("is paused"), &paused["automation"]["paused"]), (true, &json!(true)), "{text}");
    assert!(paused["automation"].get("next_run_at").is_none(), "what is paused has no next run: {paused}");
    let (_, resumed) = server.ok("resume_automation", which.clone());
    assert!(resumed["automation"]["next_run_at"].is_string() && resumed["automation"]["paused"] == false, "{resumed}");
    let (_, read) = server.ok("get_automation", which);
    assert_eq!(read["next_run_at"], resumed["automation"]["next_run_at"]);
    let path = format!("/indexes/{index}/automations/export");
    let paused = playground.with_key(&playground.api_key, "PUT", &path, Some(&json!({"paused": true})));
    assert_eq!((paused.status, &paused.json()["paused"]), (200, &json!(true)), "one call sets and pauses");
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
