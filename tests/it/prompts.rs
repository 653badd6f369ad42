//! Prompts: made, changed, tried, drafted and deleted.

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{Answer, Playground, Server, Upstream, shared},
};

const PROMPT: &str = "prompt_action_log";
const ALL: [&str; 3] = ["--toolsets", "prompts", "--allow-destructive"];

fn schema() -> Value {
    json!({"type": "object", "properties": {"colour": {"type": "string"}, "people": {"type": "array", "items": {"type": "object", "properties": {"age": {"type": "integer"}}}}}})
}

fn new_prompt() -> Value {
    json!({"name": "Colours", "prompt_text": "Name the main colour of the scene.", "json_schema": schema()})
}

/// Calls each operation on prompts.
pub fn calls(check: &mut Check<'_>) {
    let made = check.ask("POST /prompts", "/prompts", Some(&new_prompt()));
    let path = format!("/prompts/{}", made["prompt_id"].as_str().unwrap());
    check.ask("GET /prompts/{prompt_id}/usage", &format!("{path}/usage"), None);
    check.ask("PUT /prompts/{prompt_id}", &path, Some(&json!({"name": "Hues"})));
    check.ask("DELETE /prompts/{prompt_id}", &path, None);
    let instruction = json!({"instruction": "List the vehicles"});
    check.ask("POST /prompts/generate", "/prompts/generate", Some(&instruction));
    check.ask("POST /workflow/define", "/workflow/define", Some(&instruction));
}

#[test]
fn a_prompt_is_made_once_changed_in_part_and_deleted() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &ALL);
    let mut given = new_prompt();
    given["idempotency_key"] = json!("one");
    given["video_level"] =
        json!({"instructions_text": "Sum up.", "json_schema": {"type": "object", "properties": {"colours": {"type": "string"}}}});
    let (text, made) = server.ok("create_prompt", given.clone());
    let id = made["prompt"]["prompt_id"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Prompt created: ") && made["message"].is_string(), "{text}");
    assert_eq!(made["prompt"]["schema_fields"].as_array().unwrap().len(), 3, "{made}");
    assert_eq!(server.ok("create_prompt", given.clone()).1["prompt"]["prompt_id"], id.as_str());
    given["name"] = json!("Other");
    let text = server.error("create_prompt", given);
    assert!(text.contains("idempotency"), "{text}");

    // Only what is given changes.
    let (_, changed) = server.ok("update_prompt", json!({"prompt_id": id, "description": "By eye."}));
    assert_eq!((changed["prompt"]["name"].as_str(), changed["prompt"]["description"].as_str()), (Some("Colours"), Some("By eye.")));
    let (text, read) = server.ok("get_prompt", json!({"prompt_id": id}));
    assert!(text.contains("people[].age integer") && text.contains("Name the main colour of the scene."), "{text}");
    assert_eq!(read["video_level"]["included_segment_fields"], json!(["colour", "people"]), "{read}");
    assert_eq!(read["schema_fields"][2], json!({"path": "people[].age", "type": "integer"}));
    server.ok("update_prompt", json!({"prompt_id": id, "clear_video_level": true}));
    assert!(server.ok("get_prompt", json!({"prompt_id": id})).1.get("video_level").is_none());

    let (text, plan) = server.plan("delete_prompt", json!({"prompt_id": id}));
    assert!(text.contains("Nothing was deleted yet") && plan["total_runs"] == 0, "{text}");
    server.ok("delete_prompt", json!({"prompt_id": id, "confirm": plan["confirm"]}));
    assert!(server.error("get_prompt", json!({"prompt_id": id})).contains("prompt_not_found"));
}

#[test]
fn a_prompt_that_is_not_active_is_found_by_its_name() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| {
        let all = seen.target.contains("active_only=false");
        let without = move |body: &mut Value| {
            let prompts = body["prompts"].as_array_mut().unwrap();
            prompts.iter_mut().filter(|prompt| prompt["prompt_id"] == PROMPT).for_each(|prompt| prompt["is_active"] = json!(false));
            prompts.retain(|prompt| all || prompt["is_active"] == true);
        };
        let lists = seen.target.split('?').next() == Some("/prompts");
        if lists { Answer::Changed(std::sync::Arc::new(without), Vec::new()) } else { Answer::Pass }
    });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &ALL);
    assert_eq!(server.ok("get_prompt", json!({"prompt_id": "action LOG"})).1["prompt_id"], PROMPT);
}

#[test]
fn a_prompt_in_use_is_deleted_by_force_alone() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &ALL);
    let (text, usage) = server.ok("get_prompt_usage", json!({"prompt_id": PROMPT}));
    assert!(usage["is_in_use"] == true && usage["schema_properties_count"] == 3 && text.contains("is in use"), "{text}");
    assert!(server.error("delete_prompt", json!({"prompt_id": PROMPT})).contains("With force=true"));
    let refused = playground.with_key(&playground.api_key, "DELETE", &format!("/prompts/{PROMPT}"), None);
    assert!(refused.status == 409 && refused.json()["error"]["code"] == "resource_prompt_in_use", "{}", refused.json());
    let forced = json!({"prompt_id": PROMPT, "force": true});
    let (text, plan) = server.plan("delete_prompt", forced.clone());
    assert!(text.contains("run_action_log_early_cinema"), "{text}");
    let mut confirmed = forced;
    confirmed["confirm"] = plan["confirm"].clone();
    server.ok("delete_prompt", confirmed);
    // A run keeps what its prompt was.
    let results = "/prompt-runs/run_action_log_early_cinema/results?video_id=vid_great_train_robbery_1903&limit=1".to_string();
    assert_eq!(playground.with_key(&playground.api_key, "GET", &results, None).status, 200);
}

#[test]
fn what_no_prompt_can_be_is_refused_before_anything_is_sent() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &ALL);
    server.tools();
    server.ok("get_prompt_usage", json!({"prompt_id": PROMPT}));
    upstream.take();
    let with = |member: &str, value: Value| {
        let mut given = new_prompt();
        given[member] = value;
        given
    };
    let level = json!({"instructions_text": "Sum up.", "json_schema": {"type": "string"}});
    for (tool, given, told) in [
        ("create_prompt", with("json_schema", json!({"type": "array", "items": {}})), "`type` `object`"),
        ("create_prompt", with("json_schema", json!({"properties": {}})), "`type` `object`"),
        ("create_prompt", with("video_level", level), "`type` `object`"),
        ("create_prompt", with("name", json!("x")), "name"),
        ("create_prompt", with("prompt_text", json!("short")), "prompt_text"),
        ("create_prompt", with("description", json!("x".repeat(501))), "description"),
        ("update_prompt", json!({"prompt_id": PROMPT}), "nothing to change"),
        ("update_prompt", json!({"prompt_id": PROMPT, "json_schema": {"type": "string"}}), "`type` `object`"),
        ("update_prompt", json!({"prompt_id": PROMPT, "clear_video_level": false}), "nothing to change"),
        (
            "create_prompt",
            with("selection_filter", json!({"filters": [{"field": "color", "value": "red"}]})),
            "`color` is no field of this prompt; did you mean `colour`? Fields: colour string",
        ),
    ] {
        let text = server.error(tool, given.clone());
        assert!(text.contains(told) && text.contains("nothing was sent"), "{tool} {given}: {text}");
    }
    let sent = upstream.take();
    assert!(sent.is_empty(), "{sent:?}");
}

#[test]
fn the_playground_keeps_the_limits_of_the_api() {
    let post = |body: &Value| shared().with_key(&shared().api_key, "POST", "/prompts", Some(body));
    let with = |member: &str, value: Value| {
        let mut given = new_prompt();
        given[member] = value;
        given
    };
    let level =
        |fields: Value| json!({"instructions_text": "Sum up.", "included_segment_fields": fields, "json_schema": {"type": "object"}});
    for (member, value) in [
        ("name", json!("ab")),
        ("name", json!("x".repeat(101))),
        ("description", json!("x".repeat(501))),
        ("prompt_text", json!("too short")),
        ("prompt_text", json!("x".repeat(5001))),
        ("json_schema", json!({"type": "array"})),
        ("json_schema", json!({"type": "object", "properties": {"a.b": {"type": "string"}}})),
        ("json_schema", json!({"type": "object", "properties": {"a": {"type": "object", "properties": {"[x]": {}}}}})),
        ("json_schema", json!({"type": "object", "properties": {"__id": {"type": "string"}}})),
        ("video_level", level(json!(["shape"]))),
    ] {
        let reply = post(&with(member, value.clone()));
        assert_eq!(reply.status, 422, "{member} {value}: {}", reply.json());
        assert_eq!(reply.json()["detail"][0]["loc"][1], member, "{}", reply.json());
    }
    assert_eq!(post(&with("video_level", level(json!(["people[].age"])))).status, 201);
    let empty = shared().with_key(&shared().api_key, "PUT", &format!("/prompts/{PROMPT}"), Some(&json!({})));
    assert_eq!(empty.status, 422, "{}", empty.json());
}

#[test]
fn a_schema_is_tried_without_saving_anything() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &ALL);
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    let (text, verdict) = server.ok("test_prompt_schema", json!({"json_schema": schema, "sample_data": {"n": 1}}));
    assert!(text.starts_with("Valid") && verdict["valid"] == true, "{text}");
    let result = server.call("test_prompt_schema", json!({"json_schema": schema, "sample_data": {"n": "one"}}));
    assert_eq!(result["isError"], true, "{result}");
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("Not valid") && text.contains("$.n must be integer"), "{text}");
}

#[test]
fn a_prompt_is_written_from_an_instruction() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &ALL);
    let instruction = "Describe the scene, count the people and say whether a train moves";
    for (tool, given) in
        [("draft_prompt", json!({"instruction": instruction})), ("define_prompt", json!({"instruction": instruction, "save": false}))]
    {
        let (text, draft) = server.ok(tool, given);
        assert!(draft["saved"] == false && draft.get("prompt_id").is_none(), "{draft}");
        assert!(text.contains("No model speaks") && text.contains("people_count integer") && text.contains("json_schema: "), "{text}");
    }
    let (text, saved) = server.ok("define_prompt", json!({"instruction": instruction, "idempotency_key": "k"}));
    let id = saved["prompt_id"].as_str().unwrap();
    assert!(text.contains(&format!("Saved as {id}")), "{text}");
    assert_eq!(server.ok("define_prompt", json!({"instruction": instruction, "idempotency_key": "k"})).1["prompt_id"], id);
    let (_, prompt) = server.ok("get_prompt", json!({"prompt_id": id}));
    assert_eq!(prompt["schema_fields"], saved["schema_fields"], "{prompt}");
}

#[test]
fn what_is_read_of_a_users_own_data_is_all_of_it() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all", "--allow-destructive"]);
    let schema = json!({
        "type": "object",
        "properties": {
            "free": {},
            "words": {"type": "string", "description": "", "default": ""},
            "list": {"type": "array", "items": {"type": "object", "properties": {"note": {"default": null}}}},
        },
    });
    let made = json!({"name": "Own", "prompt_text": "Say what is seen.", "json_schema": schema});
    let id = server.ok("create_prompt", made).1["prompt"]["prompt_id"].clone();
    let (text, prompt) = server.ok("get_prompt", json!({"prompt_id": id}));
    assert_eq!(prompt["json_schema"], schema);
    let line = text.lines().find_map(|line| line.strip_prefix("json_schema: ")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(line).unwrap(), schema);
    let (_, changed) = server.ok("update_prompt", json!({"prompt_id": id, "json_schema": prompt["json_schema"], "name": "Mine"}));
    assert!(changed.get("removed_fields").is_none(), "{changed}");

    let own = json!({"team": "", "tags": [], "none": {}, "null": null});
    let made = server
        .ok("create_webhook", json!({"name": "w", "url": "https://receiver.example/", "events": ["export.ready"], "metadata": own}))
        .1;
    let id = &made["webhook"]["webhook_id"];
    assert_eq!(server.ok("get_webhook", json!({"webhook_id": id})).1["metadata"], own, "{made}");

    // A field whose value is an empty text was extracted all the same.
    let run = json!({"run_id": "run_scene_catalogue_early_cinema", "video_id": "vid_trip_to_the_moon_1902", "limit": 50});
    let empty = |value: &Value, path: &str| value.pointer(path).is_some_and(|value| value == "");
    let (_, results) = server.ok("get_prompt_run_results", run.clone());
    let rows = results["results"].as_array().unwrap();
    let silent = rows.iter().filter(|row| empty(row, "/metadata/spoken_words")).count();
    assert!(silent > 0, "{results}");
    let (_, table) = server.ok("tabulate_prompt_run", json!({"run_id": run["run_id"], "fields": ["spoken_words", "mood"], "limit": 50}));
    let rows = table["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["values"].as_object().is_some_and(|values| values.len() == 2)), "{table}");
}

#[test]
fn an_update_says_which_fields_went_with_it() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &ALL);
    let id = server.ok("create_prompt", new_prompt()).1["prompt"]["prompt_id"].clone();
    let (text, kept) = server.ok("update_prompt", json!({"prompt_id": id, "name": "Hues"}));
    assert!(text.starts_with("Prompt updated: ") && kept.get("removed_fields").is_none(), "{text}");
    let schema = json!({"type": "object", "properties": {"colour": {"type": "string"}, "shade": {"type": "string"}}});
    let (text, changed) = server.ok("update_prompt", json!({"prompt_id": id, "json_schema": schema}));
    assert!(text.contains("do not extract: people, people[].age."), "{text}");
    assert_eq!(changed["removed_fields"], json!(["people", "people[].age"]));
}

#[test]
fn a_selection_names_fields_that_the_prompt_has() {
    let playground = Playground::start(&[]);
    let flags = ["--toolsets", "prompts,runs,workflow"];
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &flags);
    let filter = |field: &str| json!({"filters": [{"field": field, "operator": "is_not_empty"}]});
    let mut given = new_prompt();
    given["selection_filter"] = filter("people[].age");
    let id = server.ok("create_prompt", given).1["prompt"]["prompt_id"].clone();
    let text = server.error("update_prompt", json!({"prompt_id": id, "selection_filter": filter("Colour")}));
    assert!(text.contains("`Colour` is no field of this prompt; did you mean `colour`?"), "{text}");
    let (text, _) = server.ok("update_prompt", json!({"prompt_id": id, "selection_filter": filter("colour")}));
    assert!(!text.contains("takes no result"), "{text}");
    // The filter stays, and its field goes.
    let schema = json!({"type": "object", "properties": {"shade": {"type": "string"}}});
    let (text, _) = server.ok("update_prompt", json!({"prompt_id": id, "json_schema": schema}));
    assert!(text.contains("Its selection_filter takes no result: `colour` is no field of this prompt"), "{text}");
    let run = json!({"prompt_id": id, "target": {"type": "videos", "video_ids": ["vid_metropolis_1927"]}});
    let run = server.ok("execute_prompt", run).1["run_id"].clone();
    server.ok("wait_for_prompt_run", json!({"run_id": run}));
    let (text, found) = server.ok("get_run_matches", json!({"run_id": run}));
    assert!(found["results"] == json!([]) && text.contains("takes nothing, because `colour` is no field of this prompt"), "{text}");
}
