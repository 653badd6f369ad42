//! Upper bounds on what runs may cost, which nothing in a call can lift.

use serde_json::{Value, json};

use crate::{
    consent::priced,
    support::{Answer, Playground, Server, Upstream},
};

const VIDEO: &str = "vid_great_train_robbery_1903";

fn run(key: &str) -> Value {
    json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [VIDEO]}, "idempotency_key": key})
}

/// Every way to start something that is billed, and the path of the request that starts it.
fn ways() -> [(&'static str, Value, &'static str); 4] {
    let segment =
        json!({"run_id": "run_scene_catalogue_damaged", "video_id": "vid_damaged_reel_1906", "segment_id": "seg_damaged_reel_1906_003"});
    [
        ("execute_prompt", run("a"), "/prompt-runs/execute"),
        ("process_media", json!({"prompt_id": "prompt_action_log", "video_ids": [VIDEO], "idempotency_key": "b"}), "/workflow/process"),
        ("process_video", json!({"video_id": VIDEO, "prompt_id": "prompt_action_log"}), "/process"),
        ("retry_prompt_run_segment", segment, "/retry"),
    ]
}

fn before(playground: &Playground, mt: f64, arguments: &[&str]) -> (Upstream, Server) {
    let upstream = Upstream::before(&playground.base_url);
    priced(&upstream, mt);
    let server = start(&upstream, &playground.api_key, arguments);
    (upstream, server)
}

fn start(upstream: &Upstream, key: &str, arguments: &[&str]) -> Server {
    Server::with_key(&upstream.base_url, key, &[&["--toolsets", "all"], arguments].concat())
}

fn sent(upstream: &Upstream, path: &str) -> usize {
    upstream.take().iter().filter(|seen| seen.method == "POST" && seen.target.split('?').next().unwrap().ends_with(path)).count()
}

#[test]
fn no_call_lifts_the_limit_of_a_run() {
    let playground = Playground::start(&[]);
    let (upstream, mut server) = before(&playground, 10.5, &["--max-mt-per-run", "0.001", "--confirm", "never"]);
    for (tool, mut arguments, path) in ways() {
        for max_mt in [None, Some(1_000_000)] {
            if tool != "process_video" || max_mt.is_none() {
                arguments["max_mt"] = json!(max_mt);
            }
            let refusal = server.error(tool, arguments.clone());
            assert!(refusal.contains("more than VIDEOSEARCH_MAX_MT_PER_RUN 0.001") && refusal.contains("no call can"), "{tool}: {refusal}");
            assert_eq!(sent(&upstream, path), 0, "{tool}");
        }
    }
    // What cannot be priced is refused as well.
    let unpriced = [
        ("process_media", json!({"prompt_instruction": "Count the people", "video_ids": [VIDEO]})),
        ("process_media", json!({"prompt_id": "prompt_action_log", "index_name": "Early cinema"})),
        (
            "set_automation",
            json!({"index_id": "idx_early_cinema", "kind": "import", "connector_id": "conn_sample_bucket", "prompt_preset": {"prompt_id": "prompt_action_log"}}),
        ),
    ];
    for (tool, arguments) in unpriced {
        let refusal = server.error(tool, arguments);
        assert!(refusal.contains("cannot be known before") && refusal.contains("VIDEOSEARCH_MAX_MT_PER_RUN"), "{tool}: {refusal}");
    }
    assert_eq!(sent(&upstream, "/workflow/process"), 0);
    // Without a prompt nothing runs.
    server.ok("process_video", json!({"video_id": VIDEO}));
}

#[test]
fn a_call_sets_a_limit_of_its_own() {
    let playground = Playground::start(&[]);
    let (upstream, mut server) = before(&playground, 10.5, &[]);
    for (tool, mut arguments, path) in ways() {
        arguments["max_mt"] = json!(0.001);
        let refusal = server.error(tool, arguments.clone());
        assert!(refusal.contains("more than max_mt 0.001") && refusal.contains("Raise max_mt"), "{tool}: {refusal}");
        assert_eq!(sent(&upstream, path), 0, "{tool}");
        arguments["max_mt"] = json!(21);
        server.ok(tool, arguments);
        assert_eq!(sent(&upstream, path), 1, "{tool}");
    }
}

#[test]
fn the_processes_of_a_key_share_the_limit_of_a_day() {
    let playground = Playground::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let state = format!("--state-dir={}", dir.path().join("s").display());
    let arguments = ["--max-mt-per-day", "25", state.as_str()];
    let (upstream, mut one) = before(&playground, 10.0, &arguments);
    let mut two = start(&upstream, &playground.api_key, &arguments);
    one.ok("execute_prompt", run("1"));
    two.ok("execute_prompt", run("2"));
    let refusal = one.error("execute_prompt", run("3"));
    assert!(refusal.contains("estimated at 10 mt, and 20 of the 25 mt of VIDEOSEARCH_MAX_MT_PER_DAY are spent today"), "{refusal}");
    assert_eq!(sent(&upstream, "/prompt-runs/execute"), 2);
    // What certainly started nothing does not count; what may have started something does.
    priced(&upstream, 5.0);
    let refused = |status: u16| {
        move |seen: &crate::support::Seen| match seen.target.as_str() {
            "/prompt-runs/estimate" => Answer::Changed(std::sync::Arc::new(|body| body["estimated_mt"] = json!(5.0)), Vec::new()),
            "/prompt-runs/execute" => Answer::json(status, &json!({"error": {"code": "x", "message": "no"}})),
            _ => Answer::Pass,
        }
    };
    upstream.script(refused(409));
    for _ in 0..3 {
        one.error("execute_prompt", run("4"));
    }
    upstream.script(refused(500));
    one.error("execute_prompt", run("5"));
    priced(&upstream, 1.0);
    assert!(one.error("execute_prompt", run("6")).contains("25 of the 25 mt"));
    // Another key has a day of its own, and a restart changes nothing.
    let (_, other) = playground.key(&["write"]);
    start(&upstream, &other, &arguments).ok("execute_prompt", run("7"));
    assert!(start(&upstream, &playground.api_key, &arguments).error("execute_prompt", run("8")).contains("25 of the 25 mt"));
}

#[test]
fn a_sum_that_cannot_be_kept_refuses_what_costs_and_nothing_else() {
    let playground = Playground::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let state = format!("--state-dir={}", file.display());
    let (upstream, mut server) = before(&playground, 1.0, &["--max-mt-per-day", "25", &state]);
    let refusal = server.error("execute_prompt", run("1"));
    assert!(
        refusal.contains("it cannot be counted") && refusal.contains("Nothing was sent") && !refusal.contains(&state[12..]),
        "{refusal}"
    );
    assert_eq!(sent(&upstream, "/prompt-runs/execute"), 0);
    server.ok("list_indexes", json!({}));
    let output = crate::support::run(&["serve", "--max-mt-per-day", "x"], &[]);
    let told = crate::support::text(&output.stderr);
    assert!(!output.status.success() && told.contains("--max-mt-per-day") && told.contains("an amount of mt"), "{told}");
}

#[test]
fn a_price_that_the_api_does_not_name_is_unknown_and_not_nothing() {
    let playground = Playground::start(&[]);
    for limit in ["--max-mt-per-run", "--max-mt-per-day"] {
        let (upstream, mut server) = before(&playground, 1.0, &[limit, "1", "--confirm", "never"]);
        for price in [json!({}), json!({"estimated_mt": null}), json!({"estimated_mt": -5})] {
            let estimate = price.clone();
            upstream.script(move |seen| match seen.target.as_str() {
                "/prompt-runs/estimate" => Answer::json(200, &estimate),
                _ => Answer::Pass,
            });
            let refusal = server.error("execute_prompt", run("unpriced"));
            assert!(
                refusal.contains("cannot be known before") && sent(&upstream, "/prompt-runs/execute") == 0,
                "{limit} {price}: {refusal}"
            );
        }
    }
    // What is resumed runs later, at a price that nobody knows.
    let (upstream, mut server) = before(&playground, 1.0, &["--max-mt-per-run", "1000"]);
    let automation = json!({"connector_id": "conn_sample_bucket", "prompt_preset": {"prompt_id": "prompt_action_log"}});
    let path = "/indexes/idx_early_cinema/automations/import";
    assert_eq!(playground.with_key(&playground.api_key, "PUT", path, Some(&automation)).status, 200);
    let import = json!({"index_id": "idx_early_cinema", "kind": "import"});
    server.ok("pause_automation", import.clone());
    assert!(server.error("resume_automation", import).contains("cannot be known before"));
    assert_eq!(sent(&upstream, "/resume"), 0);
    server.ok("resume_automation", json!({"index_id": "idx_early_cinema", "kind": "export"}));
}

#[test]
fn nothing_changes_where_only_reading_is_allowed() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let arguments = ["--read-only", "--allow-destructive", "--confirm", "never", "--toolsets", "all"];
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &arguments);
    server.ok("get_key_info", json!({}));
    upstream.take();
    for (tool, given) in
        [("ask_library", json!({"message": "Where is a train?"})), ("download_export", json!({"export_id": "exp_scene_catalogue_damaged"}))]
    {
        let answer = server.request("tools/call", json!({"name": tool, "arguments": given}));
        assert!(answer["error"]["message"].as_str().unwrap().contains("READ_ONLY"), "{tool}: {answer}");
        assert!(upstream.take().is_empty(), "{tool}");
    }
    let refused = server.error("delete_chat_session", json!({"session_id": "chat_sample"}));
    assert!(refused.contains("needs the scope admin") && upstream.take().is_empty(), "{refused}");
    for setting in ["VIDEOSEARCH_CONFIRM", "VIDEOSEARCH_MAX_MT_PER_RUN", "VIDEOSEARCH_MAX_MT_PER_DAY", "VIDEOSEARCH_EXCLUDE_TOOLS"] {
        let output = crate::support::run(&["tools", "--playground"], &[(setting, "${user_config.limit}")]);
        let told = crate::support::text(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains("nobody filled in this setting"), "{setting}: {told}");
    }
}
