//! Errors in forms that the API's own are not, and answers about something else than what was asked for.

use serde_json::{Value, json};

use crate::support::{Answer, EVERYTHING, Server, Upstream, shared};

/// A server that has all tools, before an upstream that passes everything on for now.
fn settled() -> (Upstream, Server) {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.ok("get_key_info", json!({}));
    // What was asked to find out the scopes is no part of a test.
    upstream.take();
    (upstream, server)
}

fn update(server: &mut Server) -> String {
    server.error("update_webhook", json!({"webhook_id": "whk_sample", "name": "x"}))
}

#[test]
fn what_an_error_says_is_told_whatever_its_form() {
    let (upstream, mut server) = settled();
    let own = "not with an error of the API's own form";
    for (body, told, is_own) in [
        (json!({"message": "name is taken"}), "name is taken", false),
        (json!({"code": "taken", "message": "name is taken"}), "taken: name is taken", false),
        (json!({"code": "validation_error", "message": "name is taken"}), "(validation_error): name is taken", true),
        (json!({"error": "Bad things", "message": "more words"}), "Bad things: more words", false),
        (json!({"errors": [{"message": "first"}, "second"]}), "first; second", false),
        (json!({"detail": {"code": "validation_error", "message": "name is taken"}}), "(validation_error): name is taken", true),
        (json!({"detail": "name is taken"}), "(http_400): name is taken", true),
    ] {
        upstream.script(move |_| Answer::json(400, &body));
        let error = update(&mut server);
        assert!(error.contains(told) && error.contains(own) != is_own && error.contains("as the message says"), "{error}");
    }
    let text = vec![("content-type", "text/plain; charset=utf-8".to_owned())];
    upstream.script(move |_| Answer::Fixed(400, text.clone(), b"name is\ntaken\x1b[31m".to_vec()));
    let error = update(&mut server);
    assert!(error.contains("It says: name is taken") && !error.contains('\u{1b}'), "{error}");
    upstream.script(|_| Answer::json(400, &json!({})));
    let error = update(&mut server);
    assert!(error.contains(own) && !error.contains("as the message says"), "{error}");
    upstream.script(|_| Answer::json(500, &json!({"error": {"code": "x", "message": "A".repeat(200_000)}})));
    let error = update(&mut server);
    assert!(error.contains("AAAA") && error.chars().count() <= 8_000, "{error}");
    upstream.script(|_| Answer::Fixed(304, Vec::new(), Vec::new()));
    let error = server.error("list_webhooks", json!({}));
    assert!(error.contains("answered 304") && !error.contains("redirect"), "{error}");
}

#[test]
fn a_refusal_that_names_a_scope_is_never_contradicted() {
    let coded = json!({"code": "authorization_insufficient_scope", "message": "Scope write is required"});
    for (body, is_coded) in [
        (json!({"detail": coded}), true),
        (coded.clone(), true),
        (json!({"detail": "Insufficient scope: write required"}), false),
        (json!({"message": "the scope write is missing"}), false),
    ] {
        let (upstream, mut server) = settled();
        upstream.script(move |_| Answer::json(403, &body));
        let error = update(&mut server);
        assert!(!error.contains("The key has the scope"), "{error}");
        assert_eq!(error.contains("lacks a scope, though without the API's code"), !is_coded, "{error}");
    }
    let (upstream, mut server) = settled();
    let quota =
        json!({"code": "resource_quota_exceeded", "message": "Index quota", "details": {"resource": "indexes", "limit": 3, "used": 3}});
    upstream.script(move |seen| if seen.method == "POST" { Answer::json(409, &json!({"detail": quota})) } else { Answer::Pass });
    let error = server.error("create_index", json!({"name": "One more"}));
    assert!(error.contains("Indexes: 3 of 3 are used"), "{error}");
}

#[test]
fn no_plan_is_made_from_an_answer_about_something_else() {
    for (path, member, tool) in [
        ("/webhooks/whk_sample", "webhook_id", "delete_webhook"),
        ("/connectors/conn_sample_bucket", "connector_id", "delete_connector"),
        ("/prompts/prompt_action_log", "prompt_id", "delete_prompt"),
        ("/videos/vid_safety_last_1923", "video_id", "delete_video"),
        ("/indexes/idx_early_cinema", "index_id", "delete_index"),
        ("/chat/sessions/chat_sample", "session_id", "delete_chat_session"),
        ("/exports/exp_scene_catalogue_damaged", "export_id", "wait_for_export"),
        ("/prompt-runs/run_scene_catalogue_damaged", "run_id", "wait_for_prompt_run"),
    ] {
        let (upstream, mut server) = settled();
        upstream.script(move |seen| {
            let other = move |value: &mut Value| value[member] = json!("other_id");
            if seen.method == "GET" && seen.target == path { Answer::Changed(std::sync::Arc::new(other), Vec::new()) } else { Answer::Pass }
        });
        let id = path.rsplit('/').next().unwrap();
        let error = server.error(tool, json!({member: id}));
        assert!(error.contains(&format!("it is about other_id in place of {id}")), "{tool}: {error}");
        assert!(upstream.take().iter().all(|seen| seen.method != "DELETE"), "{tool}");
    }
    let (upstream, mut server) = settled();
    upstream.script(|_| {
        let other = |value: &mut Value| value["video_id"] = json!("other_id");
        Answer::Changed(std::sync::Arc::new(other), Vec::new())
    });
    let (text, _) = server.ok("get_video", json!({"video_id": "vid_safety_last_1923"}));
    assert!(text.contains("about other_id in place of vid_safety_last_1923"), "{text}");
}

#[test]
fn an_object_with_many_members_keeps_to_the_budget_and_its_ids_whole() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| {
        let many = |value: &mut Value| {
            let id = value["video_id"].take();
            let members = value.as_object_mut().unwrap();
            members.remove("video_id");
            (0..20_000).for_each(|n| drop(members.insert(format!("k{n}"), json!("v".repeat(60)))));
            members.insert("video_id".to_owned(), id);
        };
        let is_large = seen.target == "/billing/pricing" || seen.target == "/videos/vid_safety_last_1923";
        if is_large { Answer::Changed(std::sync::Arc::new(many), Vec::new()) } else { Answer::Pass }
    });
    for form in ["both", "lines", "json"] {
        let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", "all", "--output", form]);
        for (tool, arguments) in [("get_pricing", json!({})), ("get_video", json!({"video_id": "vid_safety_last_1923", "detail": "full"}))]
        {
            let result = server.call(tool, arguments);
            let text = result["content"][0]["text"].as_str().unwrap();
            let structured = result.get("structuredContent").map(Value::to_string).unwrap_or_default();
            assert!(text.chars().count() + structured.chars().count() <= 45_000, "{form} {tool}: {} + {}", text.len(), structured.len());
            assert!(result["isError"] != true && (text.contains("members left out") || structured.contains("members left out")), "{text}");
            if tool == "get_video" && form != "lines" {
                assert_eq!(result["structuredContent"]["video_id"], "vid_safety_last_1923", "{form}");
            }
        }
    }
}

#[test]
fn the_first_look_of_a_wait_is_bounded_by_the_wait() {
    let (upstream, mut server) = settled();
    upstream.script(|_| Answer::Hang);
    let error = server.error("wait_for_prompt_run", json!({"run_id": "run_scene_catalogue_damaged", "max_wait_seconds": 0}));
    let within = error.split("no complete answer within ").nth(1).and_then(|rest| rest.split(' ').next());
    // Milliseconds; without a bound it is the time of a whole call.
    assert!(within.is_some_and(|within| within.parse::<u64>().unwrap() < 40_000), "{error}");
}

#[test]
fn a_limit_that_is_not_told_is_not_used_up_and_a_metric_of_another_form_costs_no_other() {
    let (upstream, mut server) = settled();
    upstream.script(|seen| match seen.target.split('?').next().unwrap() {
        "/rate-limit/status" => {
            let search = json!({"minute_limit": null, "minute_remaining": -1, "hour_limit": -1});
            Answer::json(200, &json!({"categories": {"search": search, "unlimited": true}}))
        }
        "/usage" => Answer::json(200, &json!({"metrics": {"search_queries": 3, "odd": [], "limited": {"used": 5, "limit": 100}}})),
        _ => Answer::Pass,
    });
    let (text, _) = server.ok("get_rate_limits", json!({}));
    assert!(text.contains("Rate limit search: no limit is given") && !text.contains("0 of 0"), "{text}");
    let (text, answer) = server.ok("get_usage", json!({}));
    assert!(text.contains("search_queries 3") && text.contains("limited 5") && answer["metrics"]["search_queries"] == 3.0, "{text}");
    let (_, answer) = server.ok("get_workflow_overview", json!({}));
    assert_eq!(answer["counts"]["limits_near_their_end"], 0, "{answer}");
}

#[test]
fn states_are_known_in_capitals_and_times_as_numbers() {
    let (upstream, mut server) = settled();
    upstream.script(|seen| match seen.target.split('?').next().unwrap() {
        "/webhooks" => {
            let hook = |id: &str, status: &str| json!({"webhook_id": id, "name": id, "status": status, "events": null, "failure_count": 3});
            Answer::json(200, &json!([hook("whk_a", "DISABLED"), hook("whk_b", "Paused")]))
        }
        "/connectors" => {
            let tested = json!({"connector_id": "c", "name": "n", "last_tested_at": 1_767_603_600, "last_test_result": "success"});
            Answer::json(200, &json!([tested]))
        }
        "/prompt-runs" => {
            let run = json!({"run_id": "r", "status": "COMPLETED", "executed_at": "2026-01-05T23:30:00-08:00"});
            Answer::json(200, &json!([run]))
        }
        _ => Answer::Pass,
    });
    let (text, answer) = server.ok("get_workflow_overview", json!({}));
    assert!(text.contains("whk_a") && text.contains("whk_b \"whk_b\" paused, gets no event"), "{text}");
    assert_eq!((&answer["counts"]["webhooks_failing"], &answer["counts"]["webhooks_paused"]), (&json!(1), &json!(1)), "{answer}");
    let (text, _) = server.ok("list_webhooks", json!({}));
    assert!(text.contains("1 disabled, 1 paused") && text.contains("for events that the API does not name"), "{text}");
    let (text, _) = server.ok("list_connectors", json!({}));
    assert!(text.contains("tested 2026-01-05T09:00:00Z"), "{text}");
    let (text, _) = server.ok("list_prompt_runs", json!({}));
    assert!(text.contains("2026-01-06 07:30"), "{text}");
}
