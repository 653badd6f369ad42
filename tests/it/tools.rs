//! What the core tools answer over the sample library.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Playground, Server, Upstream, shared};

const INDEX: &str = "idx_early_cinema";
const VIDEO: &str = "vid_great_train_robbery_1903";
const RUN: &str = "run_scene_catalogue_early_cinema";

fn server() -> Server {
    Server::with_key(&shared().base_url, &shared().api_key, &[])
}

/// Valid arguments for every tool.
fn examples() -> Vec<(&'static str, Value)> {
    let request = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [VIDEO], "index_id": "Early cinema"}});
    vec![
        ("search_videos", json!({"query": "robbers stop a train", "index_id": INDEX})),
        ("search_videos", json!({"query": "robbers stop a train", "index_id": INDEX, "detail": "full"})),
        ("multimodal_search", json!({"text_query": "a train", "index_id": INDEX})),
        (
            "filter_videos",
            json!({"index_id": INDEX, "run_ids": [RUN], "page_size": 5, "conditions": [{"field": "outdoor", "operator": "equals", "type": "boolean", "value": "true"}]}),
        ),
        ("list_indexes", json!({})),
        ("list_videos", json!({"index_id": "early CINEMA", "limit": 3})),
        ("get_video", json!({"video_id": VIDEO})),
        ("get_video", json!({"video_id": VIDEO, "detail": "full"})),
        ("get_video_segments", json!({"video_id": VIDEO, "latest_run": true})),
        ("get_video_segments", json!({"video_id": VIDEO, "detail": "full"})),
        ("show_moment", json!({"video_id": format!("{VIDEO}@0-68")})),
        ("list_prompts", json!({})),
        ("list_prompts", json!({"detail": "full"})),
        ("estimate_prompt_run", request.clone()),
        ("execute_prompt", request),
        ("wait_for_prompt_run", json!({"run_id": RUN})),
        ("list_prompt_runs", json!({})),
        ("list_prompt_runs", json!({"index_id": INDEX, "limit": 1})),
        ("list_prompt_runs", json!({"video_id": VIDEO})),
        ("get_prompt_run_status", json!({"run_id": RUN})),
        ("get_prompt_run_results", json!({"run_id": RUN, "video_id": VIDEO, "limit": 3})),
        ("get_prompt_run_results", json!({"run_id": RUN, "video_id": VIDEO, "detail": "full"})),
        ("get_prompt_run_video_result", json!({"run_id": RUN, "video_id": VIDEO})),
        ("diagnose_prompt_run", json!({"run_id": "run_scene_catalogue_damaged"})),
        ("cancel_prompt_run", json!({"run_id": RUN})),
        ("get_key_info", json!({})),
    ]
}

#[test]
fn structured_answers_conform_and_hold_what_the_text_holds() {
    // One of its own: where many runs cover a video, its answer is cut.
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    let listed = server.request("tools/list", json!({}))["result"]["tools"].clone();
    let mut json_server = Server::with_key(&playground.base_url, &playground.api_key, &["--output", "json"]);
    for (tool, arguments) in examples() {
        let described = listed.as_array().unwrap().iter().find(|row| row["name"] == tool).unwrap();
        // A tool with a picture has lines alone; tests/it/forms.rs looks at it.
        if tool == "show_moment" {
            continue;
        }
        let validator = jsonschema::validator_for(&described["outputSchema"]).unwrap();
        let (text, structured) = server.ok(tool, arguments.clone());
        assert!(
            validator.is_valid(&structured),
            "{tool}: {:?}: {structured}",
            validator.iter_errors(&structured).map(|e| e.to_string()).collect::<Vec<_>>()
        );
        // Ids in the text are also in the structure.
        for word in text
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| ["vid_", "seg_", "run_", "idx_"].iter().any(|kind| word.starts_with(kind)))
        {
            assert!(structured.to_string().contains(word), "{tool}: {word} is only in the text: {text}");
        }
        if !matches!(tool, "execute_prompt" | "get_key_info") {
            let (text, structured) = json_server.ok(tool, arguments);
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), structured, "{tool}");
        }
    }
}

#[test]
fn a_search_costs_one_request_and_few_words() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    // It waits for all that is asked about the key, so that no probe is still under way.
    server.ok("get_key_info", json!({}));
    upstream.take();
    let (text, structured) = server.ok("search_videos", json!({"query": "masked robbers hold up a train", "index_id": INDEX}));
    assert_eq!(upstream.take().len(), 1);
    assert_eq!(structured["results"].as_array().unwrap().len(), 10);
    assert!(text.len() < 800 * 9 / 2 && structured.to_string().len() < 2000 * 4, "{} {}", text.len(), structured.to_string().len());
    assert!(structured["results"][0]["video_name"].as_str().unwrap().contains("Great Train Robbery"), "{text}");
}

#[test]
fn an_index_may_be_given_by_name() {
    let mut server = server();
    for name in [INDEX, "Early cinema", "EARLY CINEMA "] {
        assert_eq!(server.ok("search_videos", json!({"query": "moon", "index_id": name})).1["index_id"], INDEX);
    }
    let text = server.error("search_videos", json!({"query": "moon", "index_id": "late cinema"}));
    assert!(text.contains("no index `late cinema`") && text.contains("Early cinema"), "{text}");
    let text = server.error("list_videos", json!({"index_id": "../api-keys"}));
    assert!(text.contains("no index"), "{text}");
}

#[test]
fn arguments_are_checked_before_anything_is_sent() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    server.tools();
    server.ok("get_key_info", json!({}));
    upstream.take();
    let target = |target: Value| json!({"prompt_id": "p", "target": target});
    let bad = [
        ("search_videos", json!({"index_id": INDEX}), "missing argument `query`"),
        ("search_videos", json!({"query": "x", "index_id": INDEX, "topk": 3}), "did you mean `top_k`?"),
        ("search_videos", json!({"query": "x", "index_id": INDEX, "top_k": 0}), "the least is 1"),
        ("search_videos", json!({"query": "  ", "index_id": INDEX}), "missing argument `query`"),
        ("get_video", json!({"video_id": ".."}), "not ids"),
        ("get_prompt_run_status", json!({"run_id": "a/b"}), "none of"),
        ("get_prompt_run_status", json!({"run_id": ""}), "missing argument `run_id`"),
        ("search_videos_by_image", json!({"index_id": INDEX, "image_data": "/home/me/cat.jpg"}), "base64"),
        ("multimodal_search", json!({"index_id": INDEX}), "give `text_query`, a picture (`like` or `image_data`), or both"),
        ("multimodal_search", json!({"index_id": INDEX, "text_query": "x", "text_weight": 0.9, "image_weight": 0.9}), "add up to 1"),
        ("filter_videos", json!({"index_id": INDEX, "run_ids": [], "conditions": []}), "at least 1"),
        (
            "filter_videos",
            json!({"index_id": INDEX, "run_ids": ["r"], "conditions": [{"field": "a", "operator": "contains", "type": "string", "valeu": "b"}]}),
            "did you mean `value`?",
        ),
        (
            "filter_videos",
            json!({"index_id": INDEX, "run_ids": ["r"], "conditions": [{"field": "a", "operator": "contains", "type": "integer", "value": 1}]}),
            "does not exist for type `integer`",
        ),
        ("list_prompt_runs", json!({"index_id": INDEX, "video_id": VIDEO}), "not both"),
        ("list_prompt_runs", json!({"cursor": "c"}), "only together with"),
        ("execute_prompt", target(json!({"type": "index"})), "target.index_id"),
        ("execute_prompt", target(json!({"type": "videos"})), "target.video_ids"),
        ("execute_prompt", target(json!({"type": "vidoes"})), "did you mean `videos`?"),
        (
            "execute_prompt",
            json!({"prompt_id": "p", "target": {"type": "playground"}, "video_segmentation_type": "fixed"}),
            "video_segment_duration",
        ),
        ("wait_for_prompt_run", json!({"run_id": "r", "max_wait_seconds": -1}), "the least is 0"),
    ];
    for (tool, arguments, said) in bad {
        let text = server.error(tool, arguments.clone());
        assert!(text.contains(said), "{tool} {arguments}: {text}");
    }
    assert!(upstream.take().is_empty(), "nothing was sent");
    let (text, structured) = server.ok("search_videos", json!({"query": "x", "index_id": INDEX, "top_k": 5000, "sessionId": "host"}));
    assert!(text.contains("lowered from 5000 to the maximum of 100"), "{text}");
    assert!(structured["notes"].to_string().contains("lowered"));
    for (given, said) in [
        (json!({"index_id": INDEX, "limit": 500}), "lowered from 500 to 100, the most that the API lists of an index"),
        (json!({"limit": 500}), "lowered from 500 to 200"),
    ] {
        let (text, facts) = server.ok("list_prompt_runs", given);
        assert!(text.contains(said) && text.matches("lowered").count() == 1 && facts["total_runs"].as_u64() > Some(0), "{text}");
    }
}

#[test]
fn complaints_name_the_source_of_a_value_only_to_who_has_it() {
    for (ceiling, named) in [("read", true), ("search", false)] {
        let mut server = Server::start(&["--playground", "--scopes", ceiling], &[]);
        server.initialize();
        for conditions in [json!([]), json!([{"operator": "equals", "type": "boolean", "value": true}])] {
            let mut arguments = json!({"index_id": INDEX, "conditions": conditions});
            if conditions != json!([]) {
                arguments["run_ids"] = json!([RUN]);
            }
            let text = server.error("filter_videos", arguments);
            assert!(text.contains("missing argument"), "{text}");
            assert_eq!(text.contains("list_prompts"), named, "{text}");
        }
    }
}

#[test]
fn a_moment_is_shown_with_its_picture() {
    // The one form in which this tool has structured content.
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &["--output", "json"]);
    for arguments in [
        json!({"video_id": VIDEO, "time": 10}),
        json!({"video_id": VIDEO, "segment_id": "seg_great_train_robbery_1903_001"}),
        json!({"video_id": format!("{VIDEO}@0-68")}),
    ] {
        let result = server.call("show_moment", arguments);
        assert_eq!(result["structuredContent"]["segment_id"], "seg_great_train_robbery_1903_001", "{result}");
        let picture = &result["content"][1];
        assert_eq!((&picture["type"], &picture["mimeType"]), (&json!("image"), &json!("image/jpeg")));
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, picture["data"].as_str().unwrap()).unwrap();
        let decoded = image::load_from_memory(&bytes).unwrap();
        assert!(decoded.width().max(decoded.height()) <= 512);
    }
    assert!(
        server.error("show_moment", json!({"video_id": VIDEO, "time": 99_999})).contains("the nearest is seg_great_train_robbery_1903_")
    );
    assert!(server.error("show_moment", json!({"video_id": VIDEO})).contains("say which moment"));
    // A picture is one segment without length, so it needs no moment and is found at its only time.
    for video_id in ["vid_blue_marble_1972", "vid_blue_marble_1972@0-0"] {
        let result = server.call("show_moment", json!({"video_id": video_id}));
        assert_eq!(result["structuredContent"]["segment_id"], "seg_blue_marble_1972_001", "{result}");
    }
    let spoken = server.ok("search_videos", json!({"query": "we choose to go to the moon", "index_id": "Space and nature", "top_k": 1})).1;
    let hit = &spoken["results"][0];
    let moment = server.ok("show_moment", json!({"video_id": hit["video_id"], "time": hit["start_time"].as_f64().unwrap_or(0.0)}));
    assert!(moment.1["transcript"].as_str().is_some_and(|words| !words.is_empty()), "{}", moment.0);
}

#[test]
fn an_image_search_finds_the_picture_it_is_given() {
    let mut server = server();
    let shown = server.call("show_moment", json!({"video_id": VIDEO, "time": 10}));
    let picture = shown["content"][1]["data"].as_str().unwrap();
    let (_, structured) = server
        .ok("search_videos_by_image", json!({"image_data": format!("data:image/jpeg;base64,{picture}"), "index_id": INDEX, "top_k": 3}));
    assert_eq!(structured["results"][0]["segment_id"], "seg_great_train_robbery_1903_001", "{structured}");
}

#[test]
fn pages_visit_each_row_once() {
    let mut server = server();
    let mut walk = |tool: &str, member: &str, id: &str, size: &str, arguments: Value| {
        let mut seen = Vec::new();
        let mut arguments = arguments;
        arguments[size] = json!(4);
        loop {
            let (text, structured) = server.ok(tool, arguments.clone());
            seen.extend(structured[member].as_array().unwrap().iter().map(|row| row[id].as_str().unwrap().to_owned()));
            let Some(cursor) = structured["next_cursor"].as_str() else { break };
            assert!(text.contains(&format!("More: cursor={cursor}")), "{text}");
            arguments["cursor"] = json!(cursor);
        }
        let unique: BTreeSet<_> = seen.iter().collect();
        assert_eq!(unique.len(), seen.len(), "{tool}");
        seen.len()
    };
    assert_eq!(walk("list_videos", "videos", "video_id", "limit", json!({"index_id": INDEX})), 10);
    let segments = walk("get_video_segments", "segments", "segment_id", "limit", json!({"video_id": VIDEO}));
    assert_eq!(walk("get_prompt_run_results", "results", "segment_id", "limit", json!({"run_id": RUN, "video_id": VIDEO})), segments);
    let everything =
        json!({"index_id": INDEX, "run_ids": [RUN], "conditions": [{"field": "scene", "operator": "is_not_empty", "type": "string"}]});
    assert!(walk("filter_videos", "results", "segment_id", "page_size", everything) > 90);
}

#[test]
fn a_run_is_started_followed_and_read() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    let request = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_damaged_reel_1906"]}});
    let priced = server.ok("estimate_prompt_run", request.clone()).1;
    let mut capped = request.clone();
    capped["max_mt"] = json!(priced["estimated_mt"].as_f64().unwrap() / 2.0);
    assert!(server.error("execute_prompt", capped).contains("more than max_mt"));
    let run_id = server.ok("execute_prompt", request).1["run_id"].clone();
    let params = json!({"name": "wait_for_prompt_run", "arguments": {"run_id": run_id}, "_meta": {"progressToken": "p"}});
    let waiting = server.ask("tools/call", params);
    let ended = server.answer(waiting)["result"]["structuredContent"].clone();
    assert_eq!((&ended["finished"], &ended["status"]), (&json!(true), &json!("completed_with_failures")));
    let steps: Vec<f64> = server
        .kept()
        .iter()
        .filter(|message| message["method"] == "notifications/progress")
        .map(|message| message["params"]["progress"].as_f64().unwrap())
        .collect();
    assert!(!steps.is_empty() && steps.is_sorted_by(|a, b| a < b), "{steps:?}");
    let (text, diagnosis) = server.ok("diagnose_prompt_run", json!({"run_id": run_id}));
    assert_eq!(diagnosis["causes"].as_array().unwrap().len(), 4, "{text}");
    assert!(text.contains("a retry can help") && text.contains("a retry will not help"));
    let results = server.ok("get_prompt_run_results", json!({"run_id": run_id, "video_id": "vid_damaged_reel_1906"})).1;
    assert_eq!(results["results"].as_array().unwrap().len(), 6);
}

#[test]
fn a_long_run_can_be_waited_for_in_parts_and_cancelled() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    let request = json!({"prompt_id": "prompt_action_log", "target": {"type": "index", "index_id": INDEX}});
    let run_id = server.ok("execute_prompt", request).1["run_id"].clone();
    let (text, waited) = server.ok("wait_for_prompt_run", json!({"run_id": run_id, "max_wait_seconds": 1}));
    assert_eq!((&waited["finished"], &waited["next_tool"]), (&json!(false), &json!("wait_for_prompt_run")), "{text}");
    server.ok("cancel_prompt_run", json!({"run_id": run_id}));
    let ended = server.ok("wait_for_prompt_run", json!({"run_id": run_id})).1;
    assert_eq!(ended["status"], "cancelled");
}

#[test]
fn a_crash_loses_nothing_that_was_answered() {
    let dir = tempfile::tempdir().unwrap();
    let data = ["--data-dir", dir.path().to_str().unwrap()];
    let first = Playground::start(&data);
    let (_, key) = first.key(&["write"]);
    let mut server = Server::with_key(&first.base_url, &key, &[]);
    let request = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [VIDEO]}});
    let started = server.ok("execute_prompt", request.clone()).1;
    drop(server);
    first.kill();
    let second = Playground::start(&data);
    let mut server = Server::with_key(&second.base_url, &key, &[]);
    let ended = server.ok("wait_for_prompt_run", json!({"run_id": started["run_id"]})).1;
    assert_eq!(ended["status"], "completed");
    let mut again = request;
    again["idempotency_key"] = started["idempotency_key"].clone();
    assert_eq!(server.ok("execute_prompt", again).1["run_id"], started["run_id"]);
}

#[test]
fn runs_and_searches_say_where_they_looked() {
    // One of its own, since others run prompts on the shared one.
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    let runs = server.ok("list_prompt_runs", json!({"index_id": "Space and nature"})).0;
    assert!(runs.contains("run_scene_catalogue_space_and_nature \"Scene catalogue\" on \"Space and nature\""), "{runs}");
    let (prompts, facts) = server.ok("list_prompts", json!({}));
    assert!(prompts.contains("run_action_log_early_cinema on \"Early cinema\""), "{prompts}");
    assert!(facts["prompts"][0]["runs"].as_array().unwrap().len() > 3, "{facts}");
    let elsewhere = json!({"query": "volcano", "index_id": INDEX, "index_ids": ["Space and nature"], "top_k": 1});
    let (text, facts) = server.ok("search_videos", elsewhere);
    assert!(text.starts_with("1 hit for \"volcano\" in idx_space_and_nature\n"), "{text}");
    assert_eq!(facts["index_ids"], json!(["idx_space_and_nature"]));
    let words = server.ok("multimodal_search", json!({"text_query": "clock", "index_id": INDEX})).0;
    assert!(!words.contains("text only"), "nothing but words was given: {words}");
}
