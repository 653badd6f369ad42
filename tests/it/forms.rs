//! The three forms of answers, over every tool: what each consists of, and that nothing is said in the text alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use videosearch_mcp::tools::catalog;

use crate::support::{Answer, EVERYTHING, Playground, Server, Upstream, example, shared};

const INDEX: &str = "idx_early_cinema";
const VIDEO: &str = "vid_great_train_robbery_1903";
const RUN: &str = "run_scene_catalogue_early_cinema";
/// Tools whose answers hold a picture.
/// Tools whose answers are those of other tools.
const PAIR: [&str; 2] = ["use_read_tool", "use_write_tool"];
const PICTURED: [&str; 2] = ["show_moment", "show_moments"];

/// Valid arguments for every tool that are answered by the sample library, some of them with notes.
fn calls() -> Vec<(&'static str, Value)> {
    let request = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [VIDEO], "index_id": INDEX}});
    let picture = crate::pictures::png(16, 9);
    vec![
        ("search_videos", json!({"query": "robbers stop a train", "index_id": INDEX, "top_k": 500})),
        ("search_videos", json!({"query": "xyzzy plugh", "index_id": INDEX})),
        ("search_videos_by_image", json!({"image_data": crate::pictures::base64(&picture), "index_id": INDEX, "top_k": 3})),
        ("multimodal_search", json!({"text_query": "a train", "index_id": INDEX, "top_k": 3})),
        (
            "filter_videos",
            json!({"index_id": INDEX, "run_ids": [RUN], "page_size": 3, "conditions": [{"field": "outdoor", "operator": "equals", "type": "boolean", "value": true}]}),
        ),
        ("list_indexes", json!({})),
        ("list_videos", json!({"index_id": INDEX, "limit": 1000})),
        ("get_video", json!({"video_id": VIDEO})),
        ("get_video", json!({"video_id": VIDEO, "detail": "full"})),
        ("get_video_segments", json!({"video_id": VIDEO, "limit": 3})),
        ("show_moment", json!({"video_id": format!("{VIDEO}@0-68")})),
        ("show_moments", json!({"moments": [format!("{VIDEO}@0-68"), format!("{VIDEO}@90000-90001")]})),
        ("list_prompts", json!({})),
        ("estimate_prompt_run", request.clone()),
        ("execute_prompt", request),
        ("wait_for_prompt_run", json!({"run_id": RUN})),
        ("list_prompt_runs", json!({"limit": 2})),
        ("get_prompt_run_status", json!({"run_id": RUN})),
        ("get_prompt_run_results", json!({"run_id": RUN, "video_id": VIDEO, "limit": 3})),
        ("get_prompt_run_video_result", json!({"run_id": RUN, "video_id": VIDEO})),
        ("diagnose_prompt_run", json!({"run_id": "run_scene_catalogue_damaged"})),
        ("cancel_prompt_run", json!({"run_id": RUN})),
        ("get_key_info", json!({})),
        ("get_workflow_overview", json!({})),
        ("find_tools", json!({"query": "usage"})),
    ]
}

fn server(playground: &Playground, form: &str) -> Server {
    Server::with_key(&playground.base_url, &playground.api_key, &["--output", form])
}

/// The listed tools with whether each has an output schema.
fn listed(server: &mut Server) -> Vec<(String, bool)> {
    let answer = server.request("tools/list", json!({}));
    let tools = answer["result"]["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|tool| (tool["name"].as_str().unwrap().to_owned(), tool.get("outputSchema").is_some()))
        .filter(|(name, _)| !PAIR.contains(&name.as_str()))
        .collect()
}

fn has_picture(result: &Value) -> bool {
    result["content"].as_array().unwrap().iter().any(|block| block["type"] == "image")
}

#[test]
fn each_form_consists_of_what_it_promises() {
    let playground = Playground::start(&[]);
    let all: BTreeSet<&str> = calls().iter().map(|(tool, _)| *tool).collect();
    for form in ["both", "lines", "json"] {
        let mut server = server(&playground, form);
        let listed = listed(&mut server);
        assert!(listed.iter().all(|(name, _)| all.contains(name.as_str())), "a tool has no example here: {listed:?}");
        for (tool, schema) in &listed {
            let structured = form == "json" || (form == "both" && !PICTURED.contains(&tool.as_str()));
            assert_eq!(*schema, structured, "{form}: {tool}");
        }
        for (tool, arguments) in calls() {
            let result = server.call(tool, arguments);
            assert_ne!(result["isError"], true, "{form}: {tool}: {result}");
            let schema = listed.iter().any(|(name, schema)| name == tool && *schema);
            assert_eq!(result.get("structuredContent").is_some(), schema, "{form}: {tool}");
            assert_eq!(has_picture(&result), PICTURED.contains(&tool), "{form}: {tool}");
            let text = result["content"][0]["text"].as_str().unwrap();
            if form == "json" {
                assert_eq!(serde_json::from_str::<Value>(text).unwrap(), result["structuredContent"], "{tool}");
                assert_eq!(text, result["structuredContent"].to_string(), "{tool}: it is minified");
            } else {
                assert!(!text.starts_with('{'), "{form}: {tool}: {text}");
            }
        }
    }
}

#[test]
fn nothing_is_said_in_the_text_alone() {
    let playground = Playground::start(&[]);
    let mut server = server(&playground, "both");
    let mut json_server = self::server(&playground, "json");
    let mut notes = 0;
    for (tool, arguments) in calls() {
        let text = server.call(tool, arguments.clone())["content"][0]["text"].as_str().unwrap().to_owned();
        // A picture's facts are structured in the form that has a structure for them.
        let from = if PICTURED.contains(&tool) { &mut json_server } else { &mut server };
        let structured = from.call(tool, arguments)["structuredContent"].clone();
        let said: Vec<&str> = structured["notes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let facts: Vec<&str> = structured.as_object().unwrap().values().filter_map(Value::as_str).collect();
        for line in text.lines() {
            let note = line.strip_prefix("Note: ");
            let advice = ["Next: ", "Nothing found", "Cut: "].iter().any(|start| line.starts_with(start)).then_some(line);
            if let Some(note) = note.or(advice) {
                // Idempotency keys and run ids are new in every call.
                assert!(
                    said.contains(&note) || facts.contains(&note) || tool == "execute_prompt",
                    "{tool}: only in the text: {line}\n{structured}"
                );
                notes += 1;
            }
        }
        // Ids and titles stand in the structure as they do in the text.
        let whole = structured.to_string();
        let ids = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let ids = ids.filter(|word| ["vid_", "seg_", "run_", "idx_", "prompt_"].iter().any(|kind| word.starts_with(kind)));
        // The names of tools and fields begin like ids.
        for id in ids.filter(|word| word.matches('_').count() > 1 && !["prompt_run_id"].contains(word)) {
            assert!(whole.contains(id) || tool == "execute_prompt", "{tool}: {id} is only in the text: {text}");
        }
    }
    assert!(notes >= 5, "the examples have few notes: {notes}");
}

#[test]
fn structured_answers_hold_nothing_empty() {
    fn empties(value: &Value, at: &str, out: &mut Vec<String>) {
        match value {
            Value::Null => out.push(at.to_owned()),
            Value::String(text) if text.is_empty() => out.push(at.to_owned()),
            Value::Object(members) if members.is_empty() => out.push(at.to_owned()),
            Value::Object(members) => {
                // What a run has extracted is told as it is.
                let own = members.iter().filter(|(name, _)| *name != "metadata");
                own.for_each(|(name, value)| empties(value, &format!("{at}.{name}"), out));
            }
            Value::Array(items) => items.iter().for_each(|item| empties(item, &format!("{at}[]"), out)),
            _ => {}
        }
    }
    let mut server = server(shared(), "both");
    for (tool, arguments) in calls().into_iter().filter(|(tool, _)| !matches!(*tool, "execute_prompt" | "cancel_prompt_run")) {
        let mut out = Vec::new();
        let result = server.call(tool, arguments);
        empties(result.get("structuredContent").unwrap_or(&json!(true)), tool, &mut out);
        assert!(out.is_empty(), "{out:?}");
    }
}

#[test]
fn errors_are_text_in_two_forms_and_json_in_one() {
    let upstream = Upstream::before(&shared().base_url);
    for form in ["both", "lines", "json"] {
        upstream.script(|_| Answer::Pass);
        let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--output", form]);
        server.tools();
        // The arguments, the API, and a message as long as they come.
        let long = format!("{}\"\\\n{}", "e".repeat(20_000), "é".repeat(20_000));
        for (tool, arguments, broken) in [
            ("get_video", json!({}), false),
            ("get_video", json!({"video_id": "vid_none"}), false),
            ("show_moment", json!({"video_id": "vid_none@0-1"}), false),
            ("show_moments", json!({"moments": ["vid_none@0-1"]}), false),
            ("get_video", json!({"video_id": VIDEO}), true),
        ] {
            if broken {
                let details: Value = (0..50).map(|n| (format!("d{n}"), json!("\"".repeat(50)))).collect::<serde_json::Map<_, _>>().into();
                let body = json!({"error": {"code": long, "message": long, "details": details, "request_id": "r".repeat(5000)}});
                upstream.script(move |_| Answer::json(400, &body));
            }
            let text = server.error(tool, arguments);
            assert!(text.chars().count() <= 8_000, "{form}: {tool}: {}", text.chars().count());
            let read = serde_json::from_str::<Value>(&text);
            assert_eq!(read.is_ok(), form == "json", "{form}: {tool}: {text}");
            if let Ok(error) = read {
                assert!(error["error"] == true && error["code"].is_string() && error["message"].is_string(), "{error}");
                assert_eq!(error.to_string(), text);
            }
        }
    }
}

#[test]
fn an_unknown_form_is_refused_with_the_three_there_are() {
    for setting in ["xml", "line"] {
        let output = crate::support::run(&["--output", setting, "serve"], &[]);
        let told = crate::support::text(&output.stderr);
        assert_eq!(output.status.code(), Some(2));
        assert!(["both", "lines", "json"].iter().all(|form| told.contains(form)), "{told}");
    }
}

/// Tokens are estimated as `tools --tokens` does, which was measured against o200k; benches/README.md has the exact figures.
#[test]
fn the_list_costs_few_tokens_in_each_form() {
    for (form, most) in [("both", 5_000), ("lines", 3_800)] {
        let mut server = server(shared(), form);
        let answer = server.request("tools/list", json!({}));
        let tokens = answer["result"]["tools"].to_string().chars().count() * 10 / 42;
        assert!(tokens <= most, "{form}: {tokens}");
    }
    // All tools: fewer than 10,951 tokens by o200k, with 4.32 characters each.
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &["--toolsets", "all", "--output", "lines"]);
    let characters = server.request("tools/list", json!({}))["result"].to_string().len();
    assert!(characters <= 47_290, "{characters}");
}

/// Whether a value is what a shallow output schema says.
fn fits(schema: &Value, value: &Value) -> bool {
    match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("object") => value.is_object(),
        Some("array") => value.as_array().is_some_and(|items| items.iter().all(|item| fits(&schema["items"], item))),
        other => panic!("a kind that no schema here has: {other:?}"),
    }
}

#[test]
fn every_answer_is_what_its_output_schema_says() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let listed = server.request("tools/list", json!({}))["result"]["tools"].take();
    let mut checked = 0;
    for tool in catalog::all() {
        let row = listed.as_array().unwrap().iter().find(|row| row["name"] == tool.name).unwrap();
        let result = server.call(tool.name, example(tool));
        let (Some(schema), Some(answer)) = (row.get("outputSchema"), result.get("structuredContent")) else { continue };
        let required = schema["required"].as_array().into_iter().flatten();
        let missing: Vec<_> = required.filter(|name| answer.get(name.as_str().unwrap()).is_none()).collect();
        assert!(missing.is_empty(), "{}: {missing:?} in {answer}", tool.name);
        for (name, schema) in schema["properties"].as_object().unwrap() {
            assert!(answer.get(name).is_none_or(|value| fits(schema, value)), "{}: {name} in {answer}", tool.name);
        }
        checked += 1;
    }
    assert!(checked > 60, "{checked}");
}

#[test]
fn an_item_without_runs_has_the_member_that_counts_them() {
    let playground = Playground::alone(&[]);
    let made = playground.with_form("/videos/upload", &[("title", "New")], ("file", "a.png", &crate::support::png())).json();
    let (_, read) = server(&playground, "json").ok("get_video", json!({"video_id": made["video"]["video_id"]}));
    assert_eq!(read.get("processing_summary"), Some(&Value::Null), "{read}");
}
