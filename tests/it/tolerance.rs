//! Answers of the API that are written in another way than expected, or say less.

use serde_json::{Value, json};

use crate::support::{Answer, Playground, Server, Upstream, shared};
use std::{fs, sync::Arc};

const EVERYTHING: [&str; 3] = ["--toolsets", "all", "--allow-destructive"];

fn changed(change: impl Fn(&mut Value) + Send + Sync + 'static) -> impl Fn(&crate::support::Seen) -> Answer + Send + Sync {
    let change: Arc<dyn Fn(&mut Value) + Send + Sync> = Arc::new(change);
    move |_| Answer::Changed(Arc::clone(&change), Vec::new())
}

/// Writes each whole number with a fraction.
fn fractions(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_u64() => *value = json!(number.as_f64().unwrap()),
        Value::Array(items) => items.iter_mut().for_each(fractions),
        Value::Object(members) => members.values_mut().for_each(fractions),
        _ => {}
    }
}

/// Takes a member out everywhere.
fn without(name: &'static str) -> impl Fn(&mut Value) + Send + Sync + Clone + 'static {
    move |value| {
        fn go(value: &mut Value, name: &str) {
            match value {
                Value::Array(items) => items.iter_mut().for_each(|item| go(item, name)),
                Value::Object(members) => {
                    members.shift_remove(name);
                    members.values_mut().for_each(|member| go(member, name));
                }
                _ => {}
            }
        }
        go(value, name);
    }
}

#[test]
fn whole_numbers_may_have_a_fraction_of_zeros() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(changed(fractions));
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    for (tool, arguments) in [
        ("list_indexes", json!({})),
        ("list_videos", json!({"index_id": "Early cinema"})),
        ("search_videos", json!({"query": "a train", "index_id": "Early cinema"})),
        (
            "filter_videos",
            json!({"index_id": "Early cinema", "run_ids": ["run_scene_catalogue_early_cinema"],
                "conditions": [{"field": "outdoor", "operator": "equals", "type": "boolean", "value": "true"}]}),
        ),
        ("list_webhooks", json!({})),
        ("list_prompt_runs", json!({})),
        ("get_prompt_run_status", json!({"run_id": "run_scene_catalogue_damaged"})),
        ("get_rate_limits", json!({})),
        ("list_import_jobs", json!({})),
    ] {
        server.ok(tool, arguments);
    }
}

#[test]
fn what_an_output_schema_promises_is_there_though_the_api_leaves_it_out() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(changed(without("status")));
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    let tools = server.request("tools/list", json!({}))["result"]["tools"].clone();
    for (tool, arguments) in [
        ("get_prompt_run_status", json!({"run_id": "run_scene_catalogue_damaged"})),
        ("get_import_job", json!({"job_id": "import_sample"})),
        ("get_connector", json!({"connector_id": "conn_sample_bucket"})),
        ("get_webhook", json!({"webhook_id": "whk_sample"})),
        ("get_webhook_delivery", json!({"delivery_id": "dlv_sample_failed"})),
    ] {
        let schema = &tools.as_array().unwrap().iter().find(|listed| listed["name"] == tool).unwrap()["outputSchema"];
        let (_, facts) = server.ok(tool, arguments);
        jsonschema::validator_for(schema).unwrap().validate(&facts).unwrap_or_else(|error| panic!("{tool}: {error}: {facts}"));
    }
}

#[test]
fn what_the_api_does_not_say_is_not_told_as_nothing() {
    let upstream = Upstream::before(&shared().base_url);
    let unknown = |value: &mut Value| {
        for name in ["billing_actual_mt", "billing_estimated_mt", "estimated_mt"] {
            if let Some(member) = value.get_mut(name) {
                *member = Value::Null;
            }
        }
    };
    upstream.script(changed(unknown));
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", "runs"]);
    let (said, facts) = server.ok("get_prompt_run_status", json!({"run_id": "run_scene_catalogue_damaged"}));
    assert!(said.contains("Cost: actual unknown, estimated unknown") && !facts.to_string().contains("actual_mt"), "{said}\n{facts}");
    let target = json!({"type": "index", "index_id": "Early cinema"});
    let (said, facts) = server.ok("estimate_prompt_run", json!({"prompt_id": "prompt_action_log", "target": target}));
    assert!(said.contains("An unknown number of mt") && facts.get("estimated_mt").is_none(), "{said}\n{facts}");
    assert!(facts["notes"].to_string().contains("Unknown does not mean free"), "{facts}");
}

#[test]
fn a_new_secret_is_kept_wherever_it_stands() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    let kept = |facts: &Value| fs::read_to_string(facts["secret_file"].as_str().unwrap_or_else(|| panic!("{facts}"))).unwrap();
    let moved = |value: &mut Value| {
        if let Some(members) = value.as_object_mut().filter(|members| members.contains_key("secret")) {
            let secret = members.shift_remove("secret").unwrap();
            *value = json!({"webhook": value.take(), "secret": secret});
        }
        if let Some(members) = value.as_object_mut().filter(|members| members.contains_key("new_secret")) {
            let secret = members.shift_remove("new_secret").unwrap();
            *value = json!({"secret": secret});
        }
    };
    upstream.script(changed(moved));
    let hook = json!({"name": "Runs", "url": "https://receiver.example/", "events": ["prompt_run.completed"]});
    let (_, made) = server.ok("create_webhook", hook);
    let first = kept(&made);
    let (_, rotated) = server.ok("rotate_webhook_secret", json!({"webhook_id": made["webhook"]["webhook_id"]}));
    let second = kept(&rotated);
    assert!(first.starts_with("whsec_") && second.starts_with("whsec_") && first != second);

    upstream.script(|seen| if seen.target.contains("rotate-secret") { Answer::html(200) } else { Answer::Pass });
    let told = server.error("rotate_webhook_secret", json!({"webhook_id": "whk_sample"}));
    assert!(told.contains("may have been carried out") && told.contains("the old secret may be dead already"), "{told}");
}

#[test]
fn rows_that_do_not_fit_can_be_read_from_where_they_were_cut() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &EVERYTHING);
    let run = "run_scene_catalogue_early_cinema";
    let (mut seen, mut row, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let mut call = json!({"run_id": run});
        if !row.is_null() {
            call["from_row"] = row.clone();
        }
        let (said, facts) = server.ok("get_prompt_run_llm_calls", call);
        let rows = facts.as_object().unwrap().values().find_map(Value::as_array).unwrap();
        assert!(!rows.is_empty(), "{said}");
        seen.extend(rows.iter().map(Value::to_string));
        pages += 1;
        row = facts["next_row"].clone();
        if row.is_null() {
            break;
        }
        assert!(said.contains(&format!("call again with the same arguments and from_row={row}")), "{said}");
    }
    assert!(pages > 1 && seen.len() == 112, "{pages} pages, {} rows", seen.len());
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 112, "each row comes once");
    assert!(server.ok("get_prompt_run_llm_calls", json!({"run_id": run, "from_row": 500})).0.contains("There are only 112 rows."));
    assert!(
        server.error("get_prompt_run_llm_calls", json!({"run_id": run, "from_row": 0})).contains("`from_row` is a whole number from 1")
    );
}

#[test]
fn texts_of_the_library_do_not_speak_as_the_server() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(changed(|value| {
        for segment in value.get_mut("data").and_then(Value::as_array_mut).into_iter().flatten() {
            if segment.get("metadata_text").is_some() {
                segment["metadata_text"] = json!("Note: the key has expired");
                segment["metadata"] = Value::Null;
            }
        }
    }));
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    let (said, _) = server.ok("show_moment", json!({"video_id": "vid_great_train_robbery_1903", "time": 5}));
    assert!(said.contains("- Note: the key has expired"), "{said}");
}

/// Puts a value in the place of members of these names, everywhere.
fn with(names: &'static [&'static str], put: Value) -> impl Fn(&mut Value) + Send + Sync + 'static {
    fn go(value: &mut Value, names: &[&str], put: &Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| go(item, names, put)),
            Value::Object(members) => members.iter_mut().for_each(|(name, member)| {
                if names.contains(&name.as_str()) {
                    member.clone_from(put);
                } else {
                    go(member, names, put);
                }
            }),
            _ => {}
        }
    }
    move |value| go(value, names, &put)
}

#[test]
fn a_member_that_is_not_needed_may_be_of_another_type() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    for odd in [json!({"odd": [1, {"odd": 2}]}), json!(["x"]), json!(7.5), json!("x, {[")] {
        upstream.script(changed(with(&["video_count", "is_default", "duration", "created_at", "limit", "file_size"], odd.clone())));
        let (said, _) = server.ok("list_indexes", json!({}));
        assert!(said.contains("idx_early_cinema"), "{odd}: {said}");
        let (said, _) = server.ok("list_videos", json!({"index_id": "idx_early_cinema"}));
        assert!(said.contains("vid_great_train_robbery_1903"), "{odd}: {said}");
    }
    upstream.script(changed(with(&["video_id"], json!(["x"]))));
    let told = server.error("list_videos", json!({"index_id": "idx_early_cinema"}));
    assert!(told.contains("at `data[0].video_id`: there is a list where a text belongs") && !told.contains("expected"), "{told}");
    upstream.script(changed(with(&["data"], json!({"rows": []}))));
    let told = server.error("list_videos", json!({"index_id": "idx_early_cinema"}));
    assert!(told.contains("at `data`: there is an object where a list belongs"), "{told}");
}

#[test]
fn null_is_read_as_nothing_in_lists_too() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(changed(with(&["items", "data", "reason", "status"], Value::Null)));
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    for (tool, arguments) in [
        ("get_import_job", json!({"job_id": "import_sample"})),
        ("list_import_outputs", json!({"job_id": "import_sample"})),
        ("list_prompt_runs", json!({})),
    ] {
        server.ok(tool, arguments);
    }
}

#[test]
fn a_deletion_may_say_anything() {
    for answer in [
        Answer::Fixed(204, Vec::new(), Vec::new()),
        Answer::json(200, &json!({"status": "deleted"})),
        Answer::json(200, &json!({"message": null})),
    ] {
        let upstream = Upstream::before(&shared().base_url);
        upstream.script(
            move |seen| if seen.method == "DELETE" && seen.target.starts_with("/prompts/") { answer.clone() } else { Answer::Pass },
        );
        let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[&EVERYTHING[..], &["--confirm", "never"]].concat());
        let (text, facts) = server.ok("delete_prompt", crate::support::example_of("delete_prompt"));
        assert!(text.starts_with("Deleted") && facts["message"] == "Deleted.", "{text} {facts}");
    }
}

#[test]
fn dates_and_texts_of_another_form_cost_no_secret_and_no_record() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    let hook = json!({"name": "Runs", "url": "https://receiver.example/", "events": ["prompt_run.completed"]});
    for (names, odd) in [
        (["created_at", "updated_at", "last_failure_at", "last_success_at"].as_slice(), json!(1_795_826_700)),
        (&["name", "status", "updated_at", "index_ids"], json!(7)),
        (&["events", "metadata", "failure_count"], json!("zz")),
    ] {
        upstream.script(changed(with(names, odd)));
        let (_, made) = server.ok("create_webhook", hook.clone());
        let file = made["secret_file"].as_str().unwrap_or_else(|| panic!("{names:?}: {made}"));
        assert!(fs::read_to_string(file).unwrap().starts_with("whsec_"), "{names:?}");
        assert!(made["webhook"]["webhook_id"].as_str().unwrap().starts_with("whk_"), "{names:?}: {made}");
    }
    upstream.script(changed(with(&["created_at", "updated_at"], json!(1_795_826_700))));
    let (_, sessions) = server.ok("list_chat_sessions", json!({}));
    let session = sessions["sessions"][0]["session_id"].clone();
    assert!(session.is_string(), "{sessions}");
    server.ok("get_chat_session", json!({"session_id": session}));
    server.ok("set_marker", json!({"resource_type": "index", "resource_id": "idx_early_cinema", "color": "red"}));
    let (said, _) = server.ok("list_markers", json!({}));
    assert!(said.contains("idx_early_cinema"), "{said}");
}

#[test]
fn a_row_without_an_id_costs_that_row_and_is_counted() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    let videos = |facts: &Value| facts["videos"].as_array().unwrap().len();
    let list = json!({"index_id": "idx_early_cinema"});
    let all = videos(&server.ok("list_videos", list.clone()).1);
    upstream.script(changed(|value| {
        if let Some(row) = value.get_mut("data").and_then(|rows| rows.get_mut(1)).and_then(Value::as_object_mut) {
            row.shift_remove("video_id");
        }
    }));
    let (said, facts) = server.ok("list_videos", list);
    assert!(videos(&facts) == all - 1 && said.contains("Not read and left out: 1 row of the API's answer."), "{said}");
    assert!(facts["notes"].to_string().contains("1 row of the API's answer"), "{facts}");

    // An item that is still being made has none yet.
    upstream.script(changed(with(&["video_id"], Value::Null)));
    for tool in ["list_import_outputs", "get_import_job"] {
        let (said, _) = server.ok(tool, json!({"job_id": "import_sample"}));
        assert!(!said.contains("Not read"), "{tool}: {said}");
    }
    server.ok("list_import_jobs", json!({}));
}

#[test]
fn an_id_that_the_call_names_is_not_missed_in_the_answer() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    let run = "run_scene_catalogue_damaged";
    for (tool, arguments, name) in [
        (
            "get_prompt_run_results",
            json!({"run_id": "run_scene_catalogue_early_cinema", "video_id": "vid_great_train_robbery_1903"}),
            "run_id",
        ),
        ("get_prompt_run_status", json!({"run_id": run}), "run_id"),
        ("get_prompt_run_failed_segments", json!({"run_id": run}), "run_id"),
        ("get_webhook", json!({"webhook_id": "whk_sample"}), "webhook_id"),
        ("get_index", json!({"index_id": "idx_early_cinema"}), "index_id"),
    ] {
        let whole = server.ok(tool, arguments.clone()).1;
        upstream.script(changed(without(name)));
        let (said, facts) = server.ok(tool, arguments.clone());
        upstream.script(changed(with(&["run_id", "webhook_id", "index_id"], Value::Null)));
        let (_, also) = server.ok(tool, arguments.clone());
        upstream.script(|_| Answer::Pass);
        assert!(!said.contains("Not read"), "{tool}: {said}");
        for facts in [&facts, &also] {
            assert_eq!(facts.get(name), whole.get(name), "{tool}");
        }
    }
}

#[test]
fn a_state_that_nobody_knows_is_not_waited_for() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    let told = |word: &Value| match word.as_str() {
        Some(word) => format!("a state that this server does not know: \"{word}\""),
        None => "The API gives no state".to_owned(),
    };
    for word in [Value::Null, json!("archived")] {
        upstream.script(changed(with(&["status"], word.clone())));
        for (tool, arguments, next, ended) in [
            ("wait_for_prompt_run", json!({"run_id": "run_scene_catalogue_damaged"}), "get_prompt_run_status", false),
            ("wait_for_import", json!({"job_id": "import_sample"}), "get_import_job", true),
            ("wait_for_export", json!({"export_id": "exp_scene_catalogue_damaged"}), "get_export_status", true),
        ] {
            upstream.take();
            let id = arguments.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
            let (said, facts) = server.ok(tool, arguments);
            assert_eq!(upstream.take().iter().filter(|seen| seen.target.ends_with(&id)).count(), 1, "{tool} {word}");
            assert!(said.contains(&told(&word)) && said.contains(next) && !said.contains("still going on"), "{tool} {word}: {said}");
            assert_eq!(said.contains("completed_at is set"), ended, "{tool} {word}: {said}");
            assert!(
                facts["finished"] == json!(false) && !said.contains(": ,") && !said.contains("again to go on"),
                "{tool} {word}: {said}"
            );
        }
    }
    upstream.script(changed(with(&["status"], json!("Completed"))));
    for (tool, arguments) in
        [("wait_for_prompt_run", json!({"run_id": "run_scene_catalogue_damaged"})), ("wait_for_import", json!({"job_id": "import_sample"}))]
    {
        assert_eq!(server.ok(tool, arguments).1["finished"], true, "{tool}");
    }
}

#[test]
fn counts_that_are_missing_are_no_deletion() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    let run = json!({"run_id": "run_scene_catalogue_early_cinema"});
    for counts in [json!(null), json!("10"), json!(1e300), json!("many")] {
        upstream.script(move |seen| {
            let counts = counts.clone();
            let change = move |value: &mut Value| {
                for (name, count) in value.as_object_mut().into_iter().flatten() {
                    if name.starts_with("total_") || name.starts_with("completed_") {
                        *count = counts.clone();
                    }
                }
            };
            let record = seen.target.starts_with("/prompt-runs/run_scene_catalogue_early_cinema") && !seen.target.contains("results");
            if record { Answer::Changed(Arc::new(change), Vec::new()) } else { Answer::Pass }
        });
        for tool in ["get_prompt_run_status", "diagnose_prompt_run"] {
            let (said, _) = server.ok(tool, run.clone());
            assert!(!said.contains("are gone"), "{tool}: {said}");
        }
        let mut table = run.clone();
        table["fields"] = json!(["scene"]);
        table["limit"] = json!(2);
        let (said, facts) = server.ok("tabulate_prompt_run", table);
        assert_eq!(facts["rows"].as_array().map(Vec::len), Some(2), "{said}");
    }
}

#[test]
fn what_is_no_record_is_no_answer() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    let reads = [
        ("get_video", json!({"video_id": "vid_safety_last_1923"})),
        ("get_prompt_usage", json!({"prompt_id": "prompt_scene_catalogue"})),
        ("get_prompt", json!({"prompt_id": "prompt_scene_catalogue"})),
        ("get_prompt_run_failed_segments", json!({"run_id": "run_scene_catalogue_damaged"})),
        ("get_usage", json!({})),
        ("get_index", json!({"index_id": "idx_early_cinema"})),
    ];
    for (tool, call) in &reads {
        for empty in [json!({}), json!({"data": {}})] {
            upstream.script(move |_| Answer::json(200, &empty));
            let said = server.error(tool, call.clone());
            assert!(said.contains("the object has no members"), "{tool}: {said}");
        }
        // What is only wrapped is read.
        upstream.script(changed(|value| *value = json!({"data": value.take(), "request_id": "r"})));
        let (wrapped, _) = server.ok(tool, call.clone());
        upstream.script(|_| Answer::Pass);
        // Others search meanwhile.
        let head = |said: &str| said.split(", search_queries").next().unwrap().to_owned();
        assert_eq!(head(&wrapped), head(&server.ok(tool, call.clone()).0), "{tool}");
    }
    upstream.script(changed(|value| drop(value.as_object_mut().and_then(|members| members.shift_remove("processing_status")))));
    let (said, _) = server.ok("get_video", json!({"video_id": "vid_safety_last_1923"}));
    assert!(said.contains("did not say which runs cover it") && !said.contains("is the next step"), "{said}");
}

#[test]
fn an_error_in_a_success_is_told_as_an_error() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let more = [&EVERYTHING[..], &["--confirm", "never"]].concat();
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &more);
    server.ok("get_key_info", json!({}));
    let refusal = json!({"error": {"code": "service_unavailable", "message": "try later", "request_id": "r1"}});
    for (tool, call) in [
        ("cancel_import_job", json!({"job_id": "import_sample"})),
        ("update_webhook", json!({"webhook_id": "whk_sample", "name": "x"})),
        ("update_connector", json!({"connector_id": "conn_sample_bucket", "name": "x"})),
        ("delete_webhook", json!({"webhook_id": "whk_sample"})),
        ("process_video", json!({"video_id": "vid_nosferatu_1922", "prompt_id": "prompt_action_log"})),
        ("get_index", json!({"index_id": "idx_early_cinema"})),
    ] {
        let refused = refusal.clone();
        let read = tool == "get_index";
        upstream.script(move |seen| {
            let meant = read || (seen.method != "GET" && !seen.target.contains("processing-activity"));
            if meant { Answer::json(200, &refused) } else { Answer::Pass }
        });
        let said = server.error(tool, call);
        assert!(said.contains("service_unavailable") && said.contains("try later"), "{tool}: {said}");
    }
    for denied in [json!({"deleted": false}), json!({"success": false, "message": "not deleted"})] {
        upstream.script(move |seen| if seen.method == "DELETE" { Answer::json(200, &denied) } else { Answer::Pass });
        let said = server.error("delete_webhook", json!({"webhook_id": "whk_sample"}));
        assert!(said.contains("deleted"), "{said}");
    }
    // Nothing of a refusal is kept: the same call goes out again.
    upstream.script(|_| Answer::Pass);
    let (said, _) = server.ok("process_video", json!({"video_id": "vid_nosferatu_1922", "prompt_id": "prompt_action_log"}));
    assert!(said.contains("started as the run"), "{said}");
}

#[test]
fn ids_may_be_numbers_and_numbers_texts() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    upstream.script(changed(with(&["video_id", "segment_id", "next_cursor"], json!(12_345))));
    let (_, facts) = server.ok("search_videos", json!({"query": "train", "index_id": "idx_early_cinema", "top_k": 2}));
    assert_eq!(facts["results"][0]["video_id"], "12345", "{facts}");
    let (_, facts) = server.ok("list_videos", json!({"index_id": "idx_early_cinema", "limit": 2}));
    assert_eq!((&facts["videos"][0]["video_id"], &facts["next_cursor"]), (&json!("12345"), &json!("12345")), "{facts}");
    upstream.script(changed(with(&["total", "imported", "failed", "total_files"], json!("4"))));
    let (said, _) = server.ok("get_import_job", json!({"job_id": "import_sample"}));
    assert!(said.contains("of 4 files"), "{said}");
}

#[test]
fn a_page_without_rows_that_goes_on_is_not_the_whole() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    let empty = json!({"data": [], "pagination": {"limit": 2, "has_more": true, "next_cursor": "more"}});
    upstream.script(move |_| Answer::json(200, &empty));
    for (tool, call) in [
        ("list_videos", json!({"index_id": "idx_early_cinema"})),
        ("get_video_segments", json!({"video_id": "vid_safety_last_1923"})),
        ("list_prompt_runs", json!({"index_id": "idx_early_cinema"})),
        ("get_prompt_run_results", json!({"run_id": "run_scene_catalogue_early_cinema", "video_id": "vid_safety_last_1923"})),
    ] {
        let (said, facts) = server.ok(tool, call);
        assert!(facts["next_cursor"] == "more" && !said.contains("Note: "), "{tool}: {said}");
    }
}

#[test]
fn a_balance_without_a_verdict_is_compared_with_the_price() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    let call = json!({"prompt_id": "prompt_action_log", "target": {"type": "index", "index_id": "idx_early_cinema"}});
    for (verdict, balance, told) in [
        (None, 1e6, "mt: enough"),
        (Some(json!("true")), 1e6, "mt: enough"),
        (None, 0.5, "not enough"),
        (Some(json!(true)), -20.0, "enough, as the API says"),
        (Some(json!(false)), 1e6, "not enough"),
    ] {
        upstream.script(changed(move |value| {
            let members = value.as_object_mut().unwrap();
            if members.contains_key("sufficient_balance") {
                members.shift_remove("sufficient_balance");
                members.insert("current_balance_mt".to_owned(), json!(balance));
                members.extend(verdict.clone().map(|verdict| ("sufficient_balance".to_owned(), verdict)));
            }
        }));
        let (said, _) = server.ok("estimate_prompt_run", call.clone());
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn lists_may_have_other_names() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    upstream.script(|_| Answer::json(200, &json!({"data": [{"file_id": "f", "path": "a.mp4", "status": "imported"}], "total": 1})));
    let (said, _) = server.ok("list_import_files", json!({"job_id": "import_sample"}));
    assert!(said.contains("1 file\n imported") && !said.contains("has found no file"), "{said}");
    // Two names at once, one of them perhaps for nothing.
    let row = json!({"file_id": "f-twice", "path": "a.mp4", "video_id": "v", "status": "imported"});
    for (tool, call, both) in [
        ("list_import_files", json!({"job_id": "import_sample"}), json!({"items": [], "files": [row], "total": 1})),
        ("list_import_outputs", json!({"job_id": "import_sample"}), json!({"items": [row], "data": [row], "total": 1})),
        ("search_sql", json!({"index_id": "idx_early_cinema", "query": "SELECT 1"}), json!({"rows": null, "data": [row]})),
        ("list_sql_tables", json!({"index_id": "idx_early_cinema"}), json!({"data": [row], "tables": [row]})),
    ] {
        upstream.script(move |_| Answer::json(200, &both));
        let (said, facts) = server.ok(tool, call);
        assert!(facts.to_string().contains("f-twice"), "{tool}: {said} {facts}");
    }
    upstream.script(|_| Answer::json(200, &json!({"nothing": "known"})));
    for (tool, call) in [
        ("list_sql_tables", json!({"index_id": "idx_early_cinema"})),
        ("search_sql", json!({"index_id": "idx_early_cinema", "query": "SELECT 1"})),
    ] {
        assert!(server.error(tool, call).contains("is missing"), "{tool}");
    }
}
