//! What a model reads about runs, prompts, the library and its key: plain, complete, and never misleading.

use serde_json::{Value, json};

use crate::support::{Answer, Playground, Server, Upstream, shared, untouched};

const TRAIN: &str = "vid_great_train_robbery_1903";
const DAMAGED: &str = "vid_damaged_reel_1906";
const SPEECH: &str = "vid_apollo_11_1969";
const CATALOGUE_RUN: &str = "run_scene_catalogue_space_and_nature";

fn server(arguments: &[&str]) -> Server {
    Server::with_key(&shared().base_url, &shared().api_key, arguments)
}

#[test]
fn an_unknown_tool_is_told_what_is_not_possible_and_no_tool_that_costs() {
    let mut server = server(&[]);
    let mut told = |name: &str| {
        let answer = server.request("tools/call", json!({"name": name, "arguments": {}}));
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        answer["error"]["message"].as_str().unwrap().to_owned()
    };
    for name in ["execute_prompts", "run_prompt", "excute_prompt", "cancel_run", "cancel_prompt_runs", "upload_video", "export_index"] {
        let text = told(name);
        assert!(!text.contains("`execute_prompt`") && !text.contains("`cancel_prompt_run`"), "{text}");
        assert!(text.contains("find_tools tells all tools"), "{text}");
    }
    assert!(told("search_video").contains("did you mean `search_videos`?"));
    assert!(told("list_prompt").contains("did you mean `list_prompts`?"));
}

#[test]
fn a_limit_of_this_server_is_named_as_one() {
    let mut limited = server(&["--read-only"]);
    let text = limited.error("execute_prompt", json!({}));
    assert!(text.contains("this server is limited to `search, read`") && text.contains("VIDEOSEARCH_READ_ONLY / --read-only"), "{text}");
    let (text, facts) = limited.ok("get_key_info", json!({}));
    assert!(text.contains("Ceiling: this server is limited to `search, read`") && !text.contains("above this server"), "{text}");
    assert_eq!(facts["ceiling"], json!(["search", "read"]));
}

#[test]
fn what_the_api_does_not_tell_is_said() {
    let (text, facts) = server(&[]).ok("get_key_info", json!({}));
    assert!(text.contains("Ceiling: none") && text.contains("The API does not tell a key its expiry"), "{text}");
    assert!(facts["ceiling"] == "none" && facts["expiry"].as_str().unwrap().contains("does not tell"), "{facts}");
}

#[test]
fn the_handshake_says_what_is_not_possible_here() {
    let mut server = Server::start(&["--playground"], &[]);
    let told: Value = server.initialize();
    let told = told["instructions"].as_str().unwrap();
    assert!(
        told.contains("find_tools finds them")
            && told.contains("API keys are managed by people, never here")
            && told.contains("most complete one, not the newest"),
        "{told}"
    );
}

#[test]
fn the_most_complete_run_comes_first_and_each_index_has_one() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    let small =
        json!({"prompt_id": "prompt_scene_catalogue", "target": {"type": "videos", "video_ids": [TRAIN], "index_id": "Early cinema"}});
    let newer = server.ok("execute_prompt", small).1["run_id"].as_str().unwrap().to_owned();
    server.ok("wait_for_prompt_run", json!({"run_id": newer}));
    let (text, facts) = server.ok("list_prompts", json!({}));
    let row = facts["prompts"].as_array().unwrap().iter().find(|row| row["prompt_id"] == "prompt_scene_catalogue").unwrap();
    let ids: Vec<_> = row["runs"].as_array().unwrap().iter().map(|run| run["run_id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "run_scene_catalogue_early_cinema",
            "run_scene_catalogue_american_life",
            "run_scene_catalogue_space_and_nature",
            newer.as_str(),
            "run_scene_catalogue_damaged"
        ]
    );
    let first = &row["runs"][0];
    assert_eq!((&first["index_name"], &first["executed_at"]), (&json!("Early cinema"), &json!("2026-01-05")));
    assert_eq!(first["coverage"], "102 of 102 segments, 10 items");
    assert!(text.contains("run_scene_catalogue_early_cinema on \"Early cinema\" 2026-01-05 102 of 102 segments, 10 items"), "{text}");
}

#[test]
fn a_newer_run_with_few_fields_hides_no_facts() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    // The action log has no field for spoken words; the catalogue has.
    let request =
        json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [SPEECH], "index_id": "Space and nature"}});
    let newer = server.ok("execute_prompt", request).1["run_id"].as_str().unwrap().to_owned();
    server.ok("wait_for_prompt_run", json!({"run_id": newer}));

    let (text, facts) = server.ok("get_video_segments", json!({"video_id": SPEECH}));
    assert_eq!((&facts["from_run_id"], &facts["other_runs"][0]["run_id"]), (&json!(newer), &json!(CATALOGUE_RUN)), "{text}");
    let spoken = |facts: &Value| facts["segments"].as_array().unwrap().iter().filter(|row| row.get("spoken").is_some()).count();
    assert!(spoken(&facts) > 0 && facts["spoken_from_runs"] == json!([CATALOGUE_RUN]), "{facts}");
    assert!(text.contains("| Spoken: ") && text.contains("Other runs with results on this video"), "{text}");
    // Also on a later page.
    let page = server.ok("get_video_segments", json!({"video_id": SPEECH, "limit": 2})).1;
    let page = server.ok("get_video_segments", json!({"video_id": SPEECH, "limit": 2, "cursor": page["next_cursor"]})).1;
    assert!(spoken(&page) > 0, "{page}");
    // Whoever names a run gets that run's words only.
    let named = server.ok("get_video_segments", json!({"video_id": SPEECH, "run_id": newer})).1;
    assert!(spoken(&named) == 0 && named["other_runs"][0]["run_id"] == CATALOGUE_RUN, "{named}");

    let row = facts["segments"].as_array().unwrap().iter().find(|row| row.get("spoken").is_some()).unwrap();
    let moment = server.call("show_moment", json!({"video_id": SPEECH, "segment_id": row["segment_id"]}));
    let text = moment["content"].to_string();
    assert!(text.contains(&format!("Spoken, from run {CATALOGUE_RUN}: ")) && text.contains("Other runs with results here"), "{text}");
}

#[test]
fn coverage_is_told_with_its_gaps() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &[]);
    for tool in ["get_video", "get_video_segments"] {
        let (text, facts) = server.ok(tool, json!({"video_id": DAMAGED}));
        assert!(text.contains("2 segments cover 0:30 of 1:30; gap: 0:15-1:15"), "{text}");
        assert_eq!(facts["coverage"]["gaps"], json!([{"start": 15, "end": 75}]), "{facts}");
        let (text, facts) = server.ok(tool, json!({"video_id": TRAIN}));
        let of = facts["coverage"]["duration_seconds"].as_f64().unwrap();
        assert!(of > 500.0 && text.contains(" segments cover "), "{text}");
    }
    // A page of several knows the whole from the item's own record.
    let (text, _) = server.ok("get_video_segments", json!({"video_id": DAMAGED, "limit": 1}));
    assert!(text.contains("2 segments cover 0:30 of 1:30"), "{text}");
}

#[test]
fn a_diagnosis_has_the_retry_ready_and_knows_when_it_is_hopeless() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    let (text, facts) = server.ok("diagnose_prompt_run", json!({"run_id": "run_scene_catalogue_damaged"}));
    let retry = &facts["retry"];
    assert!(
        retry["estimated_mt"].as_f64().unwrap() > 0.0 && text.contains(&format!("estimated at {} mt", retry["estimated_mt"])),
        "{text}"
    );
    let segments = retry["segments"].to_string();
    assert!(segments.contains("_003\"") && text.contains(&format!("retry_prompt_run_segment {}", retry["segments"][0])), "{text}");
    // What the API calls hopeless is not proposed.
    assert!(!segments.contains("_002\"") && !segments.contains("_005\"") && text.contains("unlikely to help 2 failed segments"), "{text}");
    assert!(text.contains("it always fails") && text.contains("a retry of the segment alone succeeds"), "{text}");
    let arguments = &retry["execute_prompt"];
    assert_eq!(arguments["target"], json!({"type": "videos", "video_ids": [DAMAGED], "index_id": "idx_american_life"}));
    assert!(text.contains(&format!("execute_prompt {arguments}")), "{text}");

    // The arguments are ready: they start one run, however often they are used.
    let again = server.ok("execute_prompt", arguments.clone()).1["run_id"].as_str().unwrap().to_owned();
    assert_eq!(server.ok("execute_prompt", arguments.clone()).1["run_id"], again);
    server.ok("wait_for_prompt_run", json!({"run_id": again}));
    let (text, facts) = server.ok("diagnose_prompt_run", json!({"run_id": again}));
    // A run that failed like this before is no failed retry of a segment, and a retry of one succeeds.
    assert!(facts["retry_can_help"] == true && facts["retry"]["segments"].to_string().contains("_003\""), "{facts}");
    assert!(text.contains("(the API says that a retry can help; an earlier run failed like this, too)"), "{text}");
    assert!(
        text.contains("unlikely to help 2 failed segments: the API says that it will not") && !text.contains("Next: execute"),
        "{text}"
    );
}

#[test]
fn a_segment_that_failed_again_on_its_retry_is_given_up() {
    let playground = Playground::start(&[]);
    let path = "/prompt-runs/run_scene_catalogue_damaged/videos/vid_damaged_reel_1906/segments";
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    for segment in ["seg_damaged_reel_1906_003", "seg_damaged_reel_1906_004"] {
        let retry = playground.with_key(&playground.api_key, "POST", &format!("{path}/{segment}/retry"), None).json();
        let watched = format!("{path}/{segment}/retries/{}", retry["retry_id"].as_str().unwrap());
        server.wait_until(|_| playground.with_key(&playground.api_key, "GET", &watched, None).json()["completed_at"].is_string());
    }
    let (text, facts) = server.ok("diagnose_prompt_run", json!({"run_id": "run_scene_catalogue_damaged"}));
    // The one was mended, the other failed twice.
    assert!(facts["retry_can_help"] == false && text.contains("a retry has failed, so another one is unlikely to help"), "{text}");
    assert!(text.contains("unlikely to help 1 failed segment: a retry of each has failed"), "{text}");
    assert!(!facts["causes"].to_string().contains("frames_out_of_register"), "{facts}");
}

#[test]
fn a_page_of_runs_is_short_in_both_forms() {
    let runs: Vec<Value> = (0..20)
        .map(|n| {
            json!({
                "run_id": format!("0b9f2c{n:02}-7d1e-4a55-a3c0-9e8d7c6b5a{n:02}"), "prompt_id": format!("5f1e{n:02}aa-1c2d-4e3f-a4b5-c6d7e8f9a0b1"),
                "prompt_name": "harbor-lantern-extractor", "prompt_type": "custom", "executed_at": format!("2026-03-{:02}T10:11:12.123456Z", n + 1),
                "status": "completed_with_failures", "run_context": {"target_type": "index", "index_id": "idx", "index_name": "Harbor archive"},
                "total_videos": 28, "completed_videos": 26, "failed_videos": 1, "partial_videos": 1, "total_segments": 1120, "completed_segments": 1059,
                "billing_estimated_mt": 1240.5, "billing_actual_mt": 1198.25,
            })
        })
        .collect();
    let upstream = Upstream::before(&shared().base_url);
    let body = Value::Array(runs);
    upstream.script(move |seen| if seen.target.starts_with("/prompt-runs?") { Answer::json(200, &body) } else { Answer::Pass });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    let (text, facts) = server.ok("list_prompt_runs", json!({}));
    // Runs with failures, the longest rows. On the data of the benchmark this form comes to about 1,310 and 1,680 tokens of o200k.
    assert!(text.len() < 3_500 && facts.to_string().len() < 5_400, "{} {}", text.len(), facts.to_string().len());
    assert!(text.starts_with("20 runs, all on \"Harbor archive\"") && facts["index_name"] == "Harbor archive", "{text}");
    assert!(facts["runs"][0].get("index_name").is_none() && facts["runs"][0]["total_segments"] == 1120, "{facts}");
}

#[test]
fn json_in_a_line_is_never_cut_inside_a_value() {
    let long = json!({"scene": "A long sentence about many things. ".repeat(12), "objects": vec!["lantern"; 90], "entities": [{"name": "x".repeat(90), "kind": "person"}],
        "note": "\"quoted\" and \\ escaped ".repeat(20), "people_count": 7});
    let row = |n: usize| json!({"segment_id": format!("s{n}"), "run_id": "r", "start_time": n, "end_time": n + 1, "metadata": long, "field_extraction_succeeded": true});
    let rows = json!({"data": (0..5).map(row).collect::<Vec<_>>(), "pagination": {"limit": 5, "has_more": false}});
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(move |seen| if seen.target.contains("/results") { Answer::json(200, &rows) } else { Answer::Pass });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    for detail in ["concise", "full"] {
        let (text, _) = server.ok("get_prompt_run_results", json!({"run_id": "r", "video_id": "v", "detail": detail}));
        let lines: Vec<_> = text.lines().filter(|line| line.contains('{')).collect();
        assert_eq!(lines.len(), 5, "{text}");
        for line in lines {
            let at = line.find('{').unwrap();
            assert!(serde_json::from_str::<Value>(&line[at..]).is_ok(), "{line}");
        }
    }
}

#[test]
fn failures_that_cannot_be_read_are_not_called_none() {
    for (status, said) in [
        ("completed", "it completed; which segments failed, if any, could not be read"),
        ("completed_with_failures", "it ended as completed_with_failures; which segments failed, if any, could not be read"),
        ("failed", "it failed: out of balance; which segments failed, if any, could not be read"),
        ("processing", "still running; which segments failed, if any, could not be read"),
        ("pending", "it has not started yet"),
        ("Stopping", "still running; which segments failed, if any, could not be read"),
        ("paused", "whether it goes on is not known (paused); which segments failed, if any, could not be read"),
    ] {
        let upstream = Upstream::before(&shared().base_url);
        upstream.script(move |seen| match seen.target.strip_prefix(&format!("/prompt-runs/{CATALOGUE_RUN}")) {
            Some("/failed-segments") => Answer::json(403, &json!({"error": {"code": "policy_denied", "message": "no"}})),
            Some("") => Answer::Changed(
                std::sync::Arc::new(move |run: &mut Value| {
                    run["status"] = json!(status);
                    run["error_message"] = json!("out of balance");
                }),
                Vec::new(),
            ),
            _ => Answer::Pass,
        });
        let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
        let (text, facts) = server.ok("diagnose_prompt_run", json!({"run_id": CATALOGUE_RUN}));
        assert!(text.contains(said) && facts["verdict"] == said, "{text}");
        assert!(!text.lines().next().unwrap().contains("0 failed"), "{text}");
    }
}

#[test]
fn a_diagnosis_says_that_a_run_ended_only_if_it_did() {
    for (status, said, next) in [
        ("queued", "still running, nothing failed so far", "wait_for_prompt_run"),
        ("running", "still running, nothing failed so far", "wait_for_prompt_run"),
        ("paused", "whether it goes on is not known (paused), nothing failed so far", "get_prompt_run_status"),
    ] {
        let upstream = Upstream::before(&shared().base_url);
        upstream.script(move |seen| match seen.target.strip_prefix("/prompt-runs/") {
            Some(CATALOGUE_RUN) => Answer::Changed(std::sync::Arc::new(move |run: &mut Value| run["status"] = json!(status)), Vec::new()),
            _ => Answer::Pass,
        });
        let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
        let (text, facts) = server.ok("diagnose_prompt_run", json!({"run_id": CATALOGUE_RUN}));
        assert!(facts["verdict"] == said && facts["next_tool"] == next, "{text}");
    }
}

#[test]
fn a_result_says_each_error_once() {
    let same = "the model was overloaded";
    let row = json!({"segment_id": "s", "run_id": "r", "start_time": 0, "end_time": 1, "metadata": {}, "field_extraction_succeeded": false,
        "field_extraction_error": same, "transcription_error": "no sound", "image_embedding_error": same, "processing_warning": " "});
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(move |seen| if seen.target.contains("/results") { Answer::json(200, &json!([row])) } else { Answer::Pass });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    let (text, facts) = server.ok("get_prompt_run_results", json!({"run_id": "r", "video_id": "v"}));
    assert!(
        text.contains("failed: the model was overloaded; no sound\n") || text.ends_with("failed: the model was overloaded; no sound"),
        "{text}"
    );
    assert_eq!(facts["results"][0]["errors"], json!([same, "no sound"]));
}

#[test]
fn a_page_that_was_cut_says_where_it_began() {
    let row =
        |n: usize| json!({"segment_id": format!("s{n}"), "run_id": "r", "metadata": {"scene": format!("{n} {}", "word ".repeat(180))}});
    let page = json!({"data": (0..90).map(row).collect::<Vec<_>>(), "pagination": {"limit": null, "has_more": null, "next_cursor": "c3"}});
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(move |seen| if seen.target.contains("/results") { Answer::json(200, &page) } else { Answer::Pass });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    let mut told = |cursor: Value| {
        let (text, facts) = server.ok("get_prompt_run_results", json!({"run_id": "r", "video_id": "v", "cursor": cursor}));
        assert!(facts.get("next_cursor").is_none() && facts["truncated"] == true, "{text}");
        facts["notes"][0].as_str().unwrap().to_owned()
    };
    let later = told(json!("c2"));
    assert!(later.contains("ask again from cursor=c2 with limit=") && later.ends_with("and follow cursor."), "{later}");
    let first = told(Value::Null);
    assert!(first.contains("; ask with limit=") && !first.contains("from cursor"), "{first}");
}

#[test]
fn full_says_each_thing_once() {
    let mut server = server(&[]);
    let scene = "backs down the ladder of the lander";
    for (tool, arguments) in [
        ("get_prompt_run_results", json!({"run_id": CATALOGUE_RUN, "video_id": SPEECH, "detail": "full"})),
        ("get_video_segments", json!({"video_id": SPEECH, "detail": "full"})),
    ] {
        let (text, facts) = server.ok(tool, arguments);
        assert_eq!(text.matches(scene).count(), 1, "{tool}: {text}");
        assert!(!text.contains("metadata_text"), "{tool}: {text}");
        // The structured part keeps the contract's names.
        assert!(facts.to_string().contains("metadata_text"), "{tool}");
    }
}

#[test]
fn what_mending_costs_is_told_to_whoever_asks() {
    let (_, reader) = shared().key(&["read"]);
    let damaged = json!({"run_id": "run_scene_catalogue_damaged"});
    for (key, flags, end) in [
        (reader.as_str(), &[][..], "Neither can be done here: the key lacks the scope write."),
        (&shared().api_key, &["--toolsets", "core"], "costs least. That cannot be done here: switched off, see "),
    ] {
        let mut server = Server::with_key(&shared().base_url, key, flags);
        server.tools();
        let (text, facts) = server.ok("diagnose_prompt_run", damaged.clone());
        let mt = |name: &str| format!("{} mt", facts["retry"][name]);
        assert!(text.contains("the failed segments alone (about ") && text.contains(&mt("estimated_mt")) && text.contains(end), "{text}");
        assert!(!text.contains("retry_prompt_run_segment"), "{text}");
    }
}

#[test]
fn the_results_of_many_items_are_a_table_away() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &[]);
    for (run, way) in [(CATALOGUE_RUN, "use_read_tool tabulate_prompt_run"), ("run_scene_catalogue_damaged", "diagnose_prompt_run")] {
        let (text, facts) = server.ok("wait_for_prompt_run", json!({"run_id": run}));
        assert!(text.contains(&format!("Next: {way} ")) && facts["next_tool"] == way, "{text}");
    }
    let (text, _) = server.ok("diagnose_prompt_run", json!({"run_id": CATALOGUE_RUN}));
    assert!(text.contains("Next: use_read_tool tabulate_prompt_run to read"), "{text}");
    for (tool, other) in [("get_prompt_run_results", "tabulate_prompt_run"), ("get_prompt_run_video_result", "get_run_matches")] {
        let text = server.error(tool, json!({"run_id": CATALOGUE_RUN}));
        assert!(text.contains(&format!("use_read_tool {other} with the run")), "{text}");
    }
    let mut core = Server::with_key(&shared().base_url, &shared().api_key, &["--toolsets", "core"]);
    let text = core.error("get_prompt_run_results", json!({"run_id": CATALOGUE_RUN}));
    assert!(text.contains("missing argument `video_id`") && !text.contains("tabulate"), "{text}");
    let (text, _) = core.ok("wait_for_prompt_run", json!({"run_id": CATALOGUE_RUN}));
    assert!(text.contains("Next: get_prompt_run_results to read what it found, an item at a time"), "{text}");
}

#[test]
fn matches_of_a_prompt_without_a_selection_are_its_results() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &["--toolsets", "all"]);
    let (text, _) = server.ok("get_run_matches", json!({"run_id": CATALOGUE_RUN, "limit": 3}));
    assert!(text.lines().next().unwrap().ends_with(": 3 results") && !text.contains("election"), "{text}");
    let none = json!({"run_id": "run_action_log_early_cinema", "result_level": "video"});
    let (text, facts) = server.ok("get_run_matches", none);
    let why = "its prompt asks for none";
    assert!(text.contains(": 0 results") && text.contains(why) && facts["notes"].to_string().contains(why), "{text}");
    assert!(!text.contains("election"), "{text}");
}
