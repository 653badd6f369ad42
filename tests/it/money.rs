//! What costs: the price is named before and after, and nobody pays twice for the same call.

use serde_json::{Value, json};

use crate::support::{Answer, Playground, Server, Upstream, shared};

const VIDEO: &str = "vid_great_train_robbery_1903";
const DAMAGED: &str = "vid_damaged_reel_1906";
const CATALOGUE: &str = "prompt_scene_catalogue";

fn started(facts: &Value) -> (bool, String) {
    (facts["started"].as_bool().unwrap(), facts["run_id"].as_str().unwrap().to_owned())
}

#[test]
fn an_identical_call_starts_nothing_whoever_makes_it() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    let videos = |ids: &[&str]| json!({"prompt_id": CATALOGUE, "target": {"type": "videos", "video_ids": ids, "index_id": "Early cinema"}});
    let others = ["vid_trip_to_the_moon_1902", VIDEO];
    let (text, facts) = server.ok("execute_prompt", videos(&others));
    let (true, first) = started(&facts) else { panic!("{facts}") };
    let estimate = facts["estimated_mt"].as_f64().unwrap();
    assert!(estimate > 0.0 && text.contains(&format!("Estimated cost: {estimate} mt")), "{text}");

    let again = |server: &mut Server, arguments: Value, wanted: &str| {
        let (text, facts) = server.ok("execute_prompt", arguments);
        assert_eq!(started(&facts), (false, wanted.to_owned()), "{text}");
        assert!(text.starts_with("Nothing was started") && text.contains("`idempotency_key` of your own"), "{text}");
        assert_eq!(facts["estimated_mt"].as_f64(), Some(estimate), "{facts}");
        // Many hosts show the structured part alone.
        assert!(facts.to_string().contains("of your own") && facts["message"].as_str().unwrap().contains("Nothing was started"), "{facts}");
    };
    let mut reordered = videos(&[VIDEO, others[0], VIDEO]);
    reordered["target"]["index_id"] = json!("idx_early_cinema");
    reordered["enable_transcription"] = json!("true");
    reordered["max_mt"] = json!(0);
    for same in [videos(&others), reordered] {
        again(&mut server, same.clone(), &first);
        // Another process knows it from the list of runs.
        let mut other = Server::with_key(&playground.base_url, &playground.api_key, &[]);
        again(&mut other, same, &first);
    }

    let mut own_key = videos(&others);
    own_key["idempotency_key"] = json!("mine");
    let (_, facts) = server.ok("execute_prompt", own_key.clone());
    let (true, second) = started(&facts) else { panic!("{facts}") };
    assert_ne!(second, first);
    assert_eq!(server.ok("execute_prompt", own_key).1["run_id"], second, "the API starts nothing twice under one key");
    let different = [
        json!({"prompt_id": "prompt_action_log"}),
        json!({"target": {"type": "videos", "video_ids": [VIDEO], "index_id": "Early cinema"}}),
        json!({"target": {"type": "index", "index_id": "Early cinema"}}),
        json!({"video_segmentation_type": "content_aware"}),
        json!({"processing_model": "gemini-2.5-pro"}),
        json!({"enable_image_embedding": false}),
    ];
    for change in different {
        let mut arguments = videos(&others);
        for (name, value) in change.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        let (_, facts) = server.ok("execute_prompt", arguments);
        assert!(started(&facts).0, "{change}: {facts}");
    }
}

#[test]
fn media_are_not_processed_twice_by_the_same_call() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "runs"]);
    let mut other = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "runs"]);
    let saved = json!({"prompt_id": CATALOGUE, "video_ids": [VIDEO, "vid_trip_to_the_moon_1902"], "index_id": "Early cinema"});
    let written = json!({"prompt_instruction": "Count the people", "video_ids": [VIDEO], "segmentation_mode": "fixed"});
    for given in [saved.clone(), written.clone()] {
        let (_, first) = server.ok("process_media", given.clone());
        assert_eq!(first["started"], true, "{first}");
        let (text, again) = server.ok("process_media", given.clone());
        assert_eq!(started(&again), (false, first["run_id"].as_str().unwrap().to_owned()), "{text}");
        assert!(text.starts_with("Nothing was started") && text.contains("`idempotency_key` of your own"), "{text}");
        let mut insisting = given;
        insisting["idempotency_key"] = first["run_id"].clone();
        let (_, second) = server.ok("process_media", insisting.clone());
        assert_ne!(second["run_id"], first["run_id"], "a key of the caller's own starts another run");
        assert_eq!(server.ok("process_media", insisting).1["run_id"], second["run_id"]);
    }
    let mut reordered = saved.clone();
    reordered["video_ids"] = json!(["vid_trip_to_the_moon_1902", VIDEO, VIDEO]);
    reordered["index_id"] = json!("idx_early_cinema");
    for server in [&mut server, &mut other] {
        let (text, again) = server.ok("process_media", reordered.clone());
        assert!(!started(&again).0, "another process knows it from the list of runs: {text}");
    }
    for (name, value) in [("segmentation_mode", json!("fixed")), ("video_ids", json!([VIDEO])), ("create_image_embeddings", json!(false))] {
        let mut different = saved.clone();
        different[name] = value;
        assert!(started(&server.ok("process_media", different).1).0, "{name}");
    }
}

#[test]
fn two_identical_calls_at_once_start_one_run() {
    let playground = Playground::start(&["--latency-ms", "40"]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &[]);
    let arguments = json!({"prompt_id": CATALOGUE, "target": {"type": "index", "index_id": "idx_early_cinema"}});
    let calls: Vec<_> = (0..4).map(|_| server.ask("tools/call", json!({"name": "execute_prompt", "arguments": arguments}))).collect();
    let facts: Vec<_> = calls.into_iter().map(|id| started(&server.answer(id)["result"]["structuredContent"])).collect();
    assert_eq!(facts.iter().filter(|(started, _)| *started).count(), 1, "{facts:?}");
    assert!(facts.iter().all(|(_, run)| *run == facts[0].1), "{facts:?}");
    assert_eq!(upstream.take().iter().filter(|seen| seen.target == "/prompt-runs/execute").count(), 1);
}

#[test]
fn a_lost_answer_and_a_call_given_up_are_repeated_under_their_key() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &["--max-retries", "0"]);
    server.ok("get_key_info", json!({}));
    let executes = |upstream: &Upstream| -> Vec<_> {
        upstream.take().into_iter().filter(|seen| seen.target == "/prompt-runs/execute").map(|seen| seen.idempotency_key.unwrap()).collect()
    };
    let arguments = |video: &str| json!({"prompt_id": CATALOGUE, "target": {"type": "videos", "video_ids": [video]}});
    let is_execute = |target: &str| target == "/prompt-runs/execute";

    upstream.script(move |seen| if is_execute(&seen.target) { Answer::lost() } else { Answer::Pass });
    let text = server.error("execute_prompt", arguments(VIDEO));
    let keys = executes(&upstream);
    assert!(keys.len() == 1 && text.contains(&keys[0]), "{text}");
    upstream.script(|_| Answer::Pass);
    let (text, facts) = server.ok("execute_prompt", arguments(VIDEO));
    assert_eq!(executes(&upstream), keys, "the same key again");
    assert!(facts["started"] == true && text.contains("only one run was started"), "{text}");

    // The client cancels before the answer is there.
    upstream.script(move |seen| if is_execute(&seen.target) { Answer::Hang } else { Answer::Pass });
    let id = server.ask("tools/call", json!({"name": "execute_prompt", "arguments": arguments(DAMAGED)}));
    upstream.wait_for(|seen| is_execute(&seen.target));
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}));
    upstream.wait_for_abort();
    let keys = executes(&upstream);
    upstream.script(|_| Answer::Pass);
    server.ok("execute_prompt", arguments(DAMAGED));
    assert_eq!(executes(&upstream), keys, "the same key again");

    let runs = playground.with_key(&playground.api_key, "GET", "/prompt-runs?limit=200", None).json();
    let made =
        runs.as_array().unwrap().iter().filter(|run| run["total_videos"] == 1 && run["run_context"]["target_type"] == "videos").count();
    // The sample library has one such run of its own, over the damaged reel.
    assert!(made <= 3, "{made} runs");
}

#[test]
fn a_certain_failure_after_a_lost_answer_makes_no_other_run() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &["--toolsets", "runs", "--max-retries", "0"]);
    let written = json!({"prompt_instruction": "Count the hats", "video_ids": [VIDEO]});
    let segment = json!({"run_id": "run_scene_catalogue_damaged", "video_id": DAMAGED, "segment_id": "seg_damaged_reel_1906_003"});
    for (tool, call, path) in [("process_media", written, "/workflow/process"), ("retry_prompt_run_segment", segment, "/retry")] {
        let keys = |upstream: &Upstream| -> Vec<_> {
            upstream.take().into_iter().filter(|seen| seen.target.ends_with(path)).map(|seen| seen.idempotency_key.unwrap()).collect()
        };
        upstream.script(move |seen| if seen.target.ends_with(path) { Answer::lost() } else { Answer::Pass });
        server.error(tool, call.clone());
        let first = keys(&upstream);
        for status in [429, 409, 422] {
            upstream.script(move |seen| if seen.target.ends_with(path) { Answer::json(status, &json!({})) } else { Answer::Pass });
            let told = server.error(tool, call.clone());
            assert!(told.contains(&format!("idempotency_key {}", first[0])), "{tool} {status}: {told}");
            assert_eq!(keys(&upstream), first, "{tool} {status}");
        }
        upstream.script(|_| Answer::Pass);
        server.ok(tool, call);
        assert_eq!(keys(&upstream), first, "{tool}");
    }
}

#[test]
fn a_refused_call_leaves_nothing_behind() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    let mut arguments = json!({"prompt_id": CATALOGUE, "target": {"type": "videos", "video_ids": [DAMAGED]}, "max_mt": 0.5});
    let text = server.error("execute_prompt", arguments.clone());
    assert!(text.contains("more than max_mt 0.5") && text.contains("Nothing was started"), "{text}");
    arguments["max_mt"] = json!(10_000);
    assert!(started(&server.ok("execute_prompt", arguments).1).0);
    let missing = json!({"prompt_id": "prompt_none", "target": {"type": "videos", "video_ids": [DAMAGED]}});
    for _ in 0..2 {
        assert!(server.error("execute_prompt", missing.clone()).contains("prompt"));
    }
}

#[test]
fn an_estimate_says_what_is_there_already() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &[]);
    let of = |prompt: &str, target: Value| json!({"prompt_id": prompt, "target": target});
    let run = "run_scene_catalogue_early_cinema";
    for target in [json!({"type": "index", "index_id": "Early cinema"}), json!({"type": "videos", "video_ids": [VIDEO]})] {
        let (text, facts) = server.ok("estimate_prompt_run", of(CATALOGUE, target));
        assert!(facts["estimated_mt"].as_f64().unwrap() > 0.0);
        assert_eq!(
            (&facts["already_covered_by"]["run_id"], &facts["already_covered_by"]["same_options"]),
            (&json!(run), &json!(true)),
            "{text}"
        );
        assert!(
            text.contains("already been run over this target") && text.contains(run) && facts["next_tool"] != "execute_prompt",
            "{text}"
        );
    }
    let mut fixed = of(CATALOGUE, json!({"type": "index", "index_id": "Early cinema"}));
    fixed["video_segmentation_type"] = json!("fixed");
    fixed["video_segment_duration"] = json!(60);
    let (text, facts) = server.ok("estimate_prompt_run", fixed);
    assert!(facts["already_covered_by"]["same_options"] == false && text.contains("other options"), "{text}");
    let (text, facts) = server.ok("estimate_prompt_run", of("prompt_action_log", json!({"type": "index", "index_id": "American life"})));
    assert!(facts.get("already_covered_by").is_none() && facts["next_tool"] == "execute_prompt", "{text}");
    // What starts a run takes ids, so these are what the estimate ends with, whatever names were given.
    let (text, _) = server.ok("estimate_prompt_run", of("Action log", json!({"type": "index", "index_id": "American life"})));
    let given = text.split_once("execute_prompt with ").unwrap().1.split_once(", and what else").unwrap().0;
    let ids = of("prompt_action_log", json!({"type": "index", "index_id": "idx_american_life"}));
    assert_eq!(serde_json::from_str::<Value>(given).unwrap(), ids, "{text}");
    // What covers one of two does not cover both.
    let both = json!({"type": "videos", "video_ids": [VIDEO, DAMAGED]});
    assert!(server.ok("estimate_prompt_run", of("prompt_action_log", both)).1.get("already_covered_by").is_none());
}

#[test]
fn models_are_named_and_an_unknown_one_gets_a_note() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &[]);
    let listed = server.request("tools/list", json!({}))["result"]["tools"].clone();
    let row = |tool: &str| listed.as_array().unwrap().iter().find(|row| row["name"] == tool).unwrap();
    let told = row("estimate_prompt_run")["inputSchema"]["properties"]["processing_model"]["description"].as_str().unwrap();
    assert!(told.contains("gemini-2.5-flash-lite") && told.contains("gemini-3-pro-preview"), "{told}");
    let starts = row("execute_prompt");
    assert!(starts["description"].as_str().unwrap().contains("with the arguments of estimate_prompt_run"), "{starts}");
    assert!(starts["inputSchema"]["properties"]["processing_model"].is_object(), "{starts}");
    let mut with = |model: &str| {
        let arguments = json!({"prompt_id": CATALOGUE, "target": {"type": "videos", "video_ids": [VIDEO]}, "processing_model": model});
        server.ok("estimate_prompt_run", arguments)
    };
    let (text, facts) = with("gemini-2.5-flsh");
    assert!(text.contains("did you mean gemini-2.5-flash?") && facts["notes"].to_string().contains("none of the models"), "{text}");
    assert!(with("gpt-4").0.contains("none of the models known here"));
    assert!(!with("gemini-2.5-pro").0.contains("none of the models"));
}

#[test]
fn a_retry_that_is_repeated_after_its_end_is_answered_as_before_and_billed_once() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &["--toolsets", "all"]);
    let run = json!({"run_id": "run_scene_catalogue_damaged"});
    // This one fails whenever it is tried, so each try could be made again.
    let (_, failed) = server.ok("get_prompt_run_failed_segments", run.clone());
    let segment = |given: &Value| {
        let mut given = given.clone();
        for (name, value) in [("run_id", "run_scene_catalogue_damaged"), ("video_id", "vid_damaged_reel_1906")] {
            given[name] = json!(value);
        }
        given["segment_id"] = json!("seg_damaged_reel_1906_004");
        given
    };
    assert!(failed.to_string().contains("seg_damaged_reel_1906_004"), "{failed}");
    let tries = |upstream: &Upstream| upstream.take().iter().filter(|seen| seen.target.ends_with("/retry")).count();
    let ended = |server: &mut Server, retry: &Value| {
        let call = segment(&json!({"retry_id": retry}));
        server.wait_until(|server| server.ok("get_prompt_run_segment_retry_status", call.clone()).1["status"] == "failed");
    };
    let (_, first) = server.ok("retry_prompt_run_segment", segment(&json!({"idempotency_key": "k"})));
    ended(&mut server, &first["retry_id"]);
    assert_eq!(tries(&upstream), 1);
    for given in [json!({"idempotency_key": "k"}), json!({"idempotency_key": " k "}), json!({}), json!({"max_mt": 5})] {
        let (text, again) = server.ok("retry_prompt_run_segment", segment(&given));
        assert_eq!((&again["retry_id"], &again["started"]), (&first["retry_id"], &json!(false)), "{given}: {text}");
        assert!(text.contains("nothing is billed again") && text.contains("`idempotency_key` of your own"), "{text}");
    }
    assert_eq!(tries(&upstream), 0, "nothing was sent");
    // Another process asks the API, which keeps the answer for the key.
    let mut other = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all"]);
    assert_eq!(other.ok("retry_prompt_run_segment", segment(&json!({"idempotency_key": "k"}))).1["retry_id"], first["retry_id"]);
    // Whoever insists gets another one.
    let (_, second) = server.ok("retry_prompt_run_segment", segment(&json!({"idempotency_key": "another"})));
    assert_ne!(second["retry_id"], first["retry_id"]);
    ended(&mut server, &second["retry_id"]);
    let (text, status) = server.ok("get_prompt_run_status", run);
    assert!(text.contains("billing confirmed; retries of single segments are billed apart"), "{text}");
    assert_eq!(status["billing"]["billed_apart"], "retries of single segments", "{status}");
    // A lost answer is asked for again under its key.
    upstream.script(|seen| if seen.target.ends_with("/retry") { Answer::lost() } else { Answer::Pass });
    let mut lonely = Server::with_key(&upstream.base_url, &playground.api_key, &["--toolsets", "all", "--max-retries", "0"]);
    lonely.error("retry_prompt_run_segment", segment(&json!({})));
    upstream.script(|_| Answer::Pass);
    lonely.ok("retry_prompt_run_segment", segment(&json!({})));
    let keys: Vec<_> =
        upstream.take().into_iter().filter(|seen| seen.target.ends_with("/retry")).map(|seen| seen.idempotency_key).collect();
    assert!(keys.len() == 3 && keys[1] == keys[2], "{keys:?}");
}

#[test]
fn what_is_billed_without_a_key_is_not_done_twice_either() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all"]);
    let run = json!({"video_id": VIDEO, "prompt_id": CATALOGUE});
    let (first, _) = server.ok("process_video", run.clone());
    let (again, facts) = server.ok("process_video", run.clone());
    assert!(again.contains(first.lines().next().unwrap()) && again.contains("use execute_prompt"), "{again}");
    assert_eq!(facts["started"], false, "{facts}");
    let (other, facts) = server.ok("process_video", json!({"video_id": VIDEO, "prompt_id": CATALOGUE, "segment_duration": 20}));
    assert!(facts.get("started").is_none(), "{other}");
}

#[test]
fn a_call_whose_answer_was_lost_is_not_repeated_by_another_tool() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &["--toolsets", "runs", "--max-retries", "0"]);
    let process = json!({"prompt_id": CATALOGUE, "video_ids": [VIDEO]});
    let execute =
        json!({"prompt_id": CATALOGUE, "target": {"type": "videos", "video_ids": [VIDEO]}, "video_segmentation_type": "content_aware"});
    let started = |upstream: &Upstream| -> Vec<_> {
        let of = ["/workflow/process", "/prompt-runs/execute"];
        upstream.take().into_iter().filter(|seen| of.contains(&seen.target.as_str())).map(|seen| seen.idempotency_key.unwrap()).collect()
    };
    for runs_are_listed in [false, true] {
        upstream.script(move |seen| match seen.target.as_str() {
            "/workflow/process" => Answer::lost(),
            target if target.starts_with("/prompt-runs?") && !runs_are_listed => Answer::html(500),
            _ => Answer::Pass,
        });
        if runs_are_listed {
            let (text, facts) = server.ok("execute_prompt", execute.clone());
            assert!(facts["started"] == false && text.starts_with("Nothing was started: run "), "{text}");
        } else {
            server.error("process_media", process.clone());
            let keys = started(&upstream);
            let text = server.error("execute_prompt", execute.clone());
            assert!(text.contains("process_media was called a short while ago") && text.contains(&keys[0]), "{text}");
        }
        assert!(started(&upstream).is_empty(), "its key is of no use to another endpoint, and a new one would start another run");
    }
}

#[test]
fn an_index_by_its_id_and_by_its_name_is_one_and_the_same() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    upstream.script(|seen| {
        // Only a name of one word can be taken for an id.
        let renamed = |body: &mut Value| {
            let rows = if body.is_array() { body } else { &mut body["data"] };
            for index in rows.as_array_mut().into_iter().flatten().filter(|index| index["index_id"] == "idx_early_cinema") {
                index["name"] = json!("Films");
            }
        };
        let lists = seen.target.split('?').next() == Some("/indexes");
        if lists { Answer::Changed(std::sync::Arc::new(renamed), Vec::new()) } else { Answer::Pass }
    });
    for limit in [json!(null), json!(1_000_000)] {
        let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &["--toolsets", "runs"]);
        let prompt = if limit.is_null() { "prompt_action_log" } else { CATALOGUE };
        let of = |index: &str| json!({"prompt_id": prompt, "target": {"type": "index", "index_id": index}, "max_mt": limit});
        let (_, first) = server.ok("execute_prompt", of("idx_early_cinema"));
        let (text, again) = server.ok("execute_prompt", of("Films"));
        assert_eq!(started(&again), (false, first["run_id"].as_str().unwrap().to_owned()), "{text}");
        let process = json!({"prompt_id": prompt, "index_id": "idx_early_cinema", "max_mt": limit});
        let (_, first) = server.ok("process_media", process.clone());
        let mut named = process;
        named["index_id"] = json!("Films");
        let (text, again) = server.ok("process_media", named);
        assert_eq!(started(&again), (false, first["run_id"].as_str().unwrap().to_owned()), "{text}");
    }
}

#[test]
fn a_run_that_another_tool_started_over_the_same_media_is_told() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all"]);
    let target = json!({"type": "videos", "video_ids": [VIDEO]});
    let (_, first) = server.ok("execute_prompt", json!({"prompt_id": CATALOGUE, "target": target}));
    let first = first["run_id"].as_str().unwrap();
    // It cuts the media in another way, so it is another run.
    let (text, second) = server.ok("process_media", json!({"prompt_id": CATALOGUE, "video_ids": [VIDEO]}));
    assert!(second["started"] == true && text.contains("Both are billed") && text.contains(first), "{text}");
    assert!(second["notes"].to_string().contains("Both are billed"), "{second}");
    let text = server.error("process_video", json!({"prompt_id": CATALOGUE, "video_id": VIDEO}));
    assert!(text.contains(&format!("run {first} was started at ")) && text.contains("Nothing was sent"), "{text}");
    let (text, _) = server.ok("process_video", json!({"prompt_id": CATALOGUE, "video_id": VIDEO, "segment_duration": 20}));
    assert!(text.contains("Both are billed"), "{text}");
}
