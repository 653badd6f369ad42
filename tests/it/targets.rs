//! What a run covers: nobody pays for more than they named, or twice for the same.

use serde_json::{Value, json};

use crate::support::{Answer, Playground, Server, Upstream, shared};

const VIDEO: &str = "vid_great_train_robbery_1903";

#[test]
fn media_beside_another_target_are_refused_and_not_left_out() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", "all"]);
    for (target, told) in [
        (json!({"type": "index", "index_id": "Early cinema", "video_ids": [VIDEO]}), "`target.video_ids` goes with `target.type` videos"),
        (json!({"type": "playground", "video_ids": [VIDEO]}), "`target.video_ids` goes with"),
        (json!({"type": "playground", "index_id": "Early cinema"}), "`target.index_id` goes with"),
    ] {
        for tool in ["execute_prompt", "estimate_prompt_run"] {
            let refused = server.error(tool, json!({"prompt_id": "prompt_action_log", "target": target}));
            assert!(refused.contains(told), "{tool} {target}: {refused}");
        }
    }
    for nothing in [json!([]), json!([""]), json!("[]")] {
        let refused = server.error("process_media", json!({"prompt_id": "prompt_action_log", "video_ids": nothing}));
        assert!(refused.contains("leave it out to mean all"), "{nothing}: {refused}");
    }
    let starts = ["/prompt-runs/execute", "/workflow/process"];
    assert!(upstream.take().iter().all(|seen| !starts.contains(&seen.target.as_str())), "nothing was started");
    // A host that fills in every argument adds an empty list beside another target.
    let index = json!({"type": "index", "index_id": "Early cinema", "video_ids": []});
    server.ok("estimate_prompt_run", json!({"prompt_id": "prompt_action_log", "target": index}));
}

#[test]
fn the_same_run_in_other_words_is_the_same_run() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "runs"]);
    let run = |more: Value| {
        let mut call = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [VIDEO]}});
        for (name, value) in more.as_object().unwrap() {
            call[name] = value.clone();
        }
        call
    };
    let first = server.ok("execute_prompt", run(json!({}))).1;
    assert_eq!(first["started"], true, "{first}");
    for same in [
        json!({"target": {"type": "videos", "video_ids": [VIDEO], "index_id": "Early cinema"}}),
        json!({"video_segmentation_type": "smart", "audio_segmentation_type": "content_aware"}),
        json!({"enable_transcription": true}),
    ] {
        let again = server.ok("execute_prompt", run(same.clone())).1;
        assert_eq!((&again["started"], &again["run_id"]), (&json!(false), &first["run_id"]), "{same}");
    }
    let cut = json!({"video_segmentation_type": "content_aware", "audio_segmentation_type": "content_aware"});
    let second = server.ok("execute_prompt", run(cut)).1;
    let media = json!({"prompt_id": "prompt_action_log", "video_ids": [VIDEO], "advanced_transcription": true});
    let again = server.ok("process_media", media).1;
    assert_eq!((&again["started"], &again["run_id"]), (&json!(false), &second["run_id"]), "{again}");
}

#[test]
fn a_run_that_a_key_gave_back_is_not_told_as_a_new_one() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "runs"]);
    let execute = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [VIDEO]}, "idempotency_key": "mine"});
    let process = json!({"prompt_id": "prompt_action_log", "video_ids": [VIDEO], "idempotency_key": "mine-too"});
    for (tool, call) in [("execute_prompt", execute), ("process_media", process)] {
        let first = server.ok(tool, call.clone()).1;
        assert_eq!(first["started"], true, "{first}");
        let (said, again) = server.ok(tool, call);
        assert_eq!((&again["started"], &again["run_id"]), (&json!(false), &first["run_id"]));
        assert!(said.starts_with("Nothing was started: run") && said.contains("with this idempotency key"), "{said}");
    }
}

#[test]
fn an_answer_that_names_no_run_is_no_start() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &["--toolsets", "runs"]);
    let call = json!({"prompt_id": "prompt_action_log", "video_ids": [VIDEO]});
    for empty in [json!({}), json!({"prompt_run": null})] {
        let answer = empty.clone();
        upstream.script(move |seen| if seen.target.contains("/workflow/process") { Answer::json(200, &answer) } else { Answer::Pass });
        let told = server.error("process_media", call.clone());
        assert!(told.contains("it names no run") && told.contains("repeat the call with idempotency_key"), "{empty}: {told}");
    }
    upstream.script(|_| Answer::Pass);
    let (said, started) = server.ok("process_media", call);
    assert_eq!(started["started"], true, "{said}");
    assert!(said.contains("its answer was lost"), "{said}");
}

#[test]
fn a_retry_that_was_given_up_is_sent_again_under_its_key() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &["--toolsets", "runs"]);
    let segment =
        json!({"run_id": "run_scene_catalogue_damaged", "video_id": "vid_damaged_reel_1906", "segment_id": "seg_damaged_reel_1906_004"});
    let call = json!({"name": "retry_prompt_run_segment", "arguments": segment});
    upstream.script(|seen| if seen.target.ends_with("/retry") { Answer::Hang } else { Answer::Pass });
    let id = server.ask("tools/call", call.clone());
    upstream.wait_for(|seen| seen.target.ends_with("/retry"));
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}));
    upstream.wait_for_abort();
    let key = |seen: &crate::support::Seen| seen.idempotency_key.clone();
    let first = upstream.take().iter().filter(|seen| seen.target.ends_with("/retry")).find_map(key);
    upstream.script(|_| Answer::Pass);
    let answer = server.request("tools/call", call);
    assert_ne!(answer["result"]["isError"], true, "{answer}");
    let second = upstream.take().iter().filter(|seen| seen.target.ends_with("/retry")).find_map(key);
    assert!(first.is_some() && first == second, "{first:?} {second:?}");
}
