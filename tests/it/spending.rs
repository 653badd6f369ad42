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
        ("process_media", json!({"prompt_instruction": "Count the people", "video_ids": [VIDEO]}), "define_prompt with this text"),
        (
            "set_automation",
            json!({"index_id": "idx_early_cinema", "kind": "import", "connector_id": "conn_sample_bucket", "prompt_preset": {"prompt_id": "prompt_action_log"}}),
            "runs that are not known yet",
        ),
    ];
    for (tool, arguments, missing) in unpriced {
        let refusal = server.error(tool, arguments);
        assert!(refusal.contains("cannot be known before") && refusal.contains("VIDEOSEARCH_MAX_MT_PER_RUN"), "{tool}: {refusal}");
        assert!(refusal.contains(missing), "{tool}: {refusal}");
    }
    // An index by its name and what an import brought have a price.
    for media in [json!({"index_name": "early CINEMA"}), json!({"import_job_id": "import_sample"})] {
        let mut call = media.clone();
        call["prompt_id"] = json!("prompt_action_log");
        let refusal = server.error("process_media", call);
        assert!(refusal.contains("estimated at 10.5 mt, more than VIDEOSEARCH_MAX_MT_PER_RUN"), "{media}: {refusal}");
    }
    assert_eq!(sent(&upstream, "/workflow/process"), 0);
    // Without a prompt nothing runs.
    server.ok("process_video", json!({"video_id": VIDEO}));
}

#[test]
fn a_call_sets_a_limit_of_its_own() {
    for (tool, mut arguments, path) in ways() {
        // Where another tool has started the same run, this one starts none.
        let playground = Playground::start(&[]);
        let (upstream, mut server) = before(&playground, 10.5, &[]);
        arguments["max_mt"] = json!(0.001);
        let refusal = server.error(tool, arguments.clone());
        assert!(refusal.contains("more than max_mt 0.001") && refusal.contains("only if the user agrees"), "{tool}: {refusal}");
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
fn what_is_repeated_under_its_key_counts_once() {
    let playground = Playground::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let state = format!("--state-dir={}", dir.path().join("s").display());
    let (upstream, mut server) = before(&playground, 20.0, &["--max-mt-per-day", "25", &state, "--max-retries", "0"]);
    let spent = |server: &mut Server, mt: u32| {
        let (text, _) = server.ok("get_key_info", json!({}));
        assert!(text.contains(&format!("({mt} mt spent today)")), "{mt}: {text}");
    };
    // A key that cannot be sent costs nothing.
    let segment = ways()[3].1.clone();
    for (tool, call) in [("execute_prompt", run("x")), ("process_media", ways()[1].1.clone()), ("retry_prompt_run_segment", segment)] {
        let mut call = call;
        call["idempotency_key"] = json!("cl\u{e9}");
        let refusal = server.error(tool, call);
        assert!(refusal.contains("printable ASCII"), "{tool}: {refusal}");
        assert!(!upstream.take().iter().any(|seen| seen.target == "/prompt-runs/estimate"), "{tool}: it was priced first");
        spent(&mut server, 0);
    }
    let lost = |path: &'static str| {
        move |seen: &crate::support::Seen| match seen.target.as_str() {
            "/prompt-runs/estimate" => Answer::Changed(std::sync::Arc::new(|body| body["estimated_mt"] = json!(20.0)), Vec::new()),
            target if target == path => Answer::lost(),
            _ => Answer::Pass,
        }
    };
    let call = json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [VIDEO]}});
    upstream.script(lost("/prompt-runs/execute"));
    let told = server.error("execute_prompt", call.clone());
    let key = told.split("idempotency_key ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    spent(&mut server, 20);
    priced(&upstream, 20.0);
    let (_, started) = server.ok("execute_prompt", call.clone());
    spent(&mut server, 20);
    // With the key, as the error says, it is the same as well.
    let mut keyed = call;
    keyed["idempotency_key"] = json!(key);
    let (text, again) = server.ok("execute_prompt", keyed);
    assert_eq!(again["run_id"], started["run_id"], "{text}");
    spent(&mut server, 20);
    let refusal = server.error("execute_prompt", run("another"));
    assert!(refusal.contains("begins anew at midnight"), "{refusal}");
    priced(&upstream, 26.0);
    let refusal = server.error("execute_prompt", run("another"));
    assert!(refusal.contains("waiting does not help") && !refusal.contains("midnight"), "{refusal}");
}

#[test]
fn what_is_repeated_under_a_key_of_the_callers_own_counts_once_for_all_processes() {
    let playground = Playground::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let state = format!("--state-dir={}", dir.path().join("s").display());
    let arguments = ["--max-mt-per-day", "25", state.as_str()];
    let (upstream, mut one) = before(&playground, 20.0, &arguments);
    let written = json!({"prompt_id": "prompt_action_log", "video_ids": [VIDEO], "segmentation_mode": "fixed", "idempotency_key": "own"});
    let (_, first) = one.ok("execute_prompt", run("mine"));
    assert_eq!(first["started"], true, "{first}");
    upstream.script(|seen| match seen.target.as_str() {
        "/prompt-runs/estimate" => Answer::Changed(std::sync::Arc::new(|body| body["estimated_mt"] = json!(20.0)), Vec::new()),
        "/prompt-runs/execute" => {
            Answer::Changed(std::sync::Arc::new(|run| run["executed_at"] = json!("2026-01-05T10:00:00Z")), Vec::new())
        }
        _ => Answer::Pass,
    });
    let mut two = start(&upstream, &playground.api_key, &arguments);
    let (text, again) = two.ok("execute_prompt", run("mine"));
    assert!(again["run_id"] == first["run_id"] && again["started"] == false && text.starts_with("Nothing was started"), "{text}");
    assert!(two.ok("get_key_info", json!({})).0.contains("(20 mt spent today)"));
    // Another call, and another key, are other spendings.
    let mut other = run("mine");
    other["video_segmentation_type"] = json!("content_aware");
    for (tool, call) in [("execute_prompt", other), ("execute_prompt", run("other")), ("process_media", written)] {
        let refusal = two.error(tool, call.clone());
        assert!(refusal.contains("20 of the 25 mt"), "{tool} {call}: {refusal}");
    }
}

#[test]
fn an_import_that_goes_on_has_no_price() {
    let playground = Playground::start(&[]);
    let (upstream, mut server) = before(&playground, 1.0, &["--confirm", "never"]);
    let call = json!({"import_job_id": "import_sample", "prompt_id": "prompt_action_log", "max_mt": 1000});
    for (at, state) in [("", "importing"), ("", "paused_by_vendor"), ("/outputs", "processing")] {
        upstream.script(move |seen| {
            let change = move |body: &mut Value| {
                let thing = if at.is_empty() { body } else { &mut body["items"][0] };
                thing["status"] = json!(state);
            };
            match seen.target.split('?').next().unwrap().strip_prefix("/import-jobs/import_sample") {
                Some(rest) if rest == at => Answer::Changed(std::sync::Arc::new(change), Vec::new()),
                _ => Answer::Pass,
            }
        });
        let refusal = server.error("process_media", call.clone());
        assert!(refusal.contains("cannot be known before") && refusal.contains("The media are missing"), "{at} {state}: {refusal}");
        assert_eq!(sent(&upstream, "/workflow/process"), 0, "{at} {state}");
    }
    priced(&upstream, 1.0);
    server.ok("process_media", call);
}

/// Two processes with these arguments, the second of which makes the call of which the first lost the answer.
fn lose_and_repeat(arguments: &[&str]) {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let arguments = [&["--max-retries", "0"], arguments].concat();
    let (mut one, mut two) = (start(&upstream, &playground.api_key, &arguments), start(&upstream, &playground.api_key, &arguments));
    let segment = ways()[3].1.clone();
    let written = json!({"prompt_instruction": "Count the people", "video_ids": [VIDEO]});
    for (tool, call, path) in [("process_media", written, "/workflow/process"), ("retry_prompt_run_segment", segment, "/retry")] {
        let keys = |upstream: &Upstream| -> Vec<_> {
            upstream.take().into_iter().filter(|seen| seen.target.ends_with(path)).map(|seen| seen.idempotency_key.unwrap()).collect()
        };
        // What certainly did nothing keeps nobody from trying anew.
        upstream.script(move |seen| if seen.target.ends_with(path) { Answer::json(429, &json!({})) } else { Answer::Pass });
        one.error(tool, call.clone());
        let refused = keys(&upstream);
        upstream.script(move |seen| if seen.target.ends_with(path) { Answer::lost() } else { Answer::Pass });
        one.error(tool, call.clone());
        let first = keys(&upstream);
        assert!(first.len() == 1 && first != refused, "{tool}: {first:?} {refused:?}");
        upstream.script(|_| Answer::Pass);
        two.ok(tool, call.clone());
        assert_eq!(keys(&upstream), first, "{tool}: the same key again");
        let mut insisting = call;
        insisting["idempotency_key"] = json!(format!("mine {tool}"));
        let _ = two.call(tool, insisting);
        assert_eq!(keys(&upstream), [format!("mine {tool}")], "{tool}");
    }
}

#[test]
fn two_processes_send_one_call_under_one_key() {
    let dir = tempfile::tempdir().unwrap();
    let (state, secret) = (format!("--state-dir={}", dir.path().join("s").display()), dir.path().join("secret"));
    std::fs::write(&secret, "s".repeat(40)).unwrap();
    lose_and_repeat(&[&state, &format!("--state-secret-file={}", secret.display())]);
    // A host starts the server again after a crash.
    let state = format!("--state-dir={}", dir.path().join("alone").display());
    lose_and_repeat(&[&state]);
}

#[test]
fn a_process_alone_needs_no_state_directory_for_what_costs() {
    let playground = Playground::start(&[]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let state = format!("--state-dir={}", file.path().display());
    let upstream = Upstream::before(&playground.base_url);
    let mut server = start(&upstream, &playground.api_key, &[&state, "--max-retries", "0"]);
    let call = json!({"prompt_instruction": "Count the hats", "video_ids": [VIDEO]});
    upstream.script(|seen| if seen.target.ends_with("/workflow/process") { Answer::json(429, &json!({})) } else { Answer::Pass });
    server.error("process_media", call.clone());
    upstream.script(|_| Answer::Pass);
    server.ok("process_media", call);
    assert_eq!(sent(&upstream, "/workflow/process"), 2);
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
    let refusal = server.error("resume_automation", import.clone());
    assert!(refusal.contains("cannot be known before") && refusal.contains("runs that are not known yet"), "{refusal}");
    assert!(!refusal.contains("Try again"), "time changes nothing: {refusal}");
    // To set one thing of it sets it as a whole, so what it has counts.
    for given in [json!({"file_pattern": "*.mp4"}), json!({"enabled": false})] {
        let mut set = import.clone();
        set.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        server.ok("set_automation", set);
    }
    playground.with_key(&playground.api_key, "POST", &format!("{path}/resume"), None);
    let mut on = import;
    on["enabled"] = json!(true);
    let refusal = server.error("set_automation", on);
    assert!(refusal.contains("VIDEOSEARCH_MAX_MT_PER_RUN") && refusal.contains("runs that are not known yet"), "{refusal}");
    assert_eq!(sent(&upstream, "/resume"), 0);
    // An import that is tried again may bring the run that waits for it.
    let job = json!({"job_id": "import_sample"});
    server.ok("retry_import_job", job.clone());
    upstream.script(|seen| match seen.target.as_str() {
        "/import-jobs/import_sample" => {
            Answer::Changed(std::sync::Arc::new(|body| body["execution"] = json!({"status": "blocked", "error": "nothing"})), Vec::new())
        }
        _ => Answer::Pass,
    });
    let told = server.ok("get_import_job", job.clone()).0;
    assert!(!told.contains("retry_import_job") || told.contains("the prompt run that follows costs"), "{told}");
    upstream.take();
    let refusal = server.error("retry_import_job", job);
    assert!(refusal.contains("VIDEOSEARCH_MAX_MT_PER_RUN") && refusal.contains("runs that are not known yet"), "{refusal}");
    assert_eq!(sent(&upstream, "/retry"), 0);
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

#[test]
fn a_video_whose_processing_is_under_way_is_not_processed_again() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = start(&upstream, &playground.api_key, &["--max-retries", "0"]);
    let call = json!({"video_id": VIDEO, "prompt_id": "prompt_action_log"});
    upstream.script(|seen| if seen.target.contains("/process?") { Answer::lost() } else { Answer::Pass });
    server.error("process_video", call.clone());
    assert_eq!(sent(&upstream, "/process"), 1);
    upstream.script(|_| Answer::Pass);
    let refusal = server.error("process_video", call.clone());
    assert!(refusal.contains("was started at") && !refusal.contains("another way"), "{refusal}");
    let mut other = start(&upstream, &playground.api_key, &[]);
    assert!(other.error("process_video", call).contains("was started at"));
    assert_eq!(sent(&upstream, "/process"), 0);
    // Other pieces make another run.
    let (said, _) = other.ok("process_video", json!({"video_id": VIDEO, "prompt_id": "prompt_action_log", "segment_duration": 7}));
    assert!(said.contains("cut or read in another way"), "{said}");
}
