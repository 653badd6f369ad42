//! Completions of videos and moments: from what the session has shown, and from at most one request for each.

use serde_json::{Value, json};

use crate::support::{Answer, PATIENCE, Server, counted, modern};

const SAFETY: &str = "vid_safety_last_1923";

/// What is suggested for the variable of a template. An older and a newer client get the same.
fn suggested(server: &mut Server, path: &str, typed: &str) -> Value {
    let variable = path.split_once('{').unwrap().1.split_once('}').unwrap().0;
    let params = json!({
        "ref": {"type": "ref/resource", "uri": format!("videosearch://{path}")},
        "argument": {"name": variable, "value": typed},
    });
    let mut answer = server.request("completion/complete", if typed.len().is_multiple_of(2) { modern(params) } else { params });
    answer["result"]["completion"].take()
}

fn values(completion: &Value) -> Vec<String> {
    let values = completion["values"].as_array().unwrap_or_else(|| panic!("{completion}"));
    values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// Asks again until the answer says how many there are. A client sees the same while a person goes on typing.
fn converged(server: &mut Server, path: &str, typed: &str) -> Value {
    let start = std::time::Instant::now();
    loop {
        let completion = suggested(server, path, typed);
        if completion["total"].is_u64() {
            return completion;
        }
        assert_eq!(completion["hasMore"], true, "{completion}");
        assert!(start.elapsed() < PATIENCE, "{completion}");
    }
}

#[test]
fn videos_of_all_indexes_are_found_in_turns() {
    for (typed, expected) in [("METRO", "Metropolis (1927)"), ("VID_metro", "vid_metropolis_1927"), ("vid_apollo", "vid_apollo_11_1969")] {
        let (upstream, mut server) = counted(&[]);
        let first = suggested(&mut server, "videos/{video}", typed);
        assert_eq!((&first["values"], &first["hasMore"], first.get("total")), (&json!([]), &json!(true), None), "{first}");
        let seen = upstream.take();
        assert!(seen.len() == 1 && seen[0].target.starts_with("/indexes"), "first the indexes are learnt");
        assert_eq!(values(&suggested(&mut server, "videos/{video}", typed)).len(), usize::from(!typed.contains("apollo")));
        assert_eq!(upstream.take().len(), 1, "then one index is read");
        let all = converged(&mut server, "videos/{video}", typed);
        assert_eq!((values(&all), &all["total"], &all["hasMore"]), (vec![expected.to_owned()], &json!(1), &json!(false)));
        upstream.take();
        assert_eq!(suggested(&mut server, "videos/{video}", typed)["total"], 1);
        assert!(upstream.take().is_empty(), "what was read a moment ago is known");
    }
}

#[test]
fn what_a_tool_or_a_resource_showed_is_known() {
    let (upstream, mut server) = counted(&[]);
    server.ok("list_videos", json!({"index_id": "idx_space_and_nature"}));
    upstream.script(|_| Answer::json(500, &json!({"error": {"code": "internal", "message": "no"}})));
    assert_eq!(values(&suggested(&mut server, "videos/{video}", "vid_apollo")), ["vid_apollo_11_1969"]);

    let (upstream, mut server) = counted(&[]);
    server.request("resources/read", json!({"uri": "videosearch://videos/vid_apollo_11_1969"}));
    upstream.take();
    let completion = suggested(&mut server, "videos/{video}", "vid_apollo");
    assert_eq!(values(&completion), ["vid_apollo_11_1969"]);
    assert_eq!((&completion["hasMore"], completion.get("total")), (&json!(true), None), "not all indexes are read");
    assert!(upstream.take().len() <= 1);
}

#[test]
fn what_is_switched_off_has_nothing_to_complete() {
    let (upstream, mut server) = counted(&["--exclude-tools", "get_prompt"]);
    let params =
        json!({"ref": {"type": "ref/resource", "uri": "videosearch://prompts/{prompt}"}, "argument": {"name": "prompt", "value": ""}});
    let answer = server.request("completion/complete", params);
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("switched off"), "{answer}");
    assert!(upstream.take().is_empty());
}

/// The handles that are suggested, each of which must be readable.
fn handles(server: &mut Server, typed: &str) -> Vec<String> {
    let handles = values(&suggested(server, "moments/{handle}", typed));
    for handle in &handles {
        let (video, range) = handle.split_once('@').unwrap_or_else(|| panic!("{handles:?}"));
        assert!(video.starts_with("vid_") && range.contains('-'), "{handle}");
    }
    for handle in handles.first().into_iter().chain(handles.last()) {
        let answer = server.request("resources/read", json!({"uri": format!("videosearch://moments/{handle}")}));
        assert!(answer["result"]["contents"][0]["text"].as_str().is_some_and(|text| text.contains(handle.as_str())), "{handle}: {answer}");
    }
    handles
}

#[test]
fn a_moment_completes_to_handles_that_can_be_read() {
    let (upstream, mut server) = counted(&[]);
    let of_one = handles(&mut server, &format!("{SAFETY}@"));
    assert!(of_one.len() > 3 && of_one.iter().all(|handle| handle.starts_with(SAFETY)), "{of_one:?}");
    upstream.take();
    let begun = of_one[1].rsplit_once('-').unwrap().0.to_uppercase();
    let narrower = values(&suggested(&mut server, "moments/{handle}", &begun));
    assert!(narrower.contains(&of_one[1]) && narrower.len() < of_one.len(), "{narrower:?}");
    assert!(upstream.take().is_empty(), "the segments are known now");

    // Whoever has typed no `@` yet gets the moments of the only video that begins so.
    let (upstream, mut server) = counted(&[]);
    server.ok("get_video", json!({"video_id": SAFETY}));
    upstream.take();
    let completion = suggested(&mut server, "moments/{handle}", "vid_saf");
    let seen = upstream.take();
    assert!(seen.len() == 1 && seen[0].target.contains(&format!("{SAFETY}/segments")), "{seen:?}");
    assert_eq!(values(&completion), of_one);
    assert_eq!(values(&suggested(&mut server, "moments/{handle}", "safety last")), of_one, "a title leads to them, too");
}

#[test]
fn moments_of_hits_and_segments_are_known_without_a_request() {
    for (tool, arguments) in [
        ("search_videos", json!({"query": "a man hangs from a clock", "index_id": "Early cinema"})),
        ("show_moment", json!({"video_id": format!("{SAFETY}@45-50")})),
        ("get_video_segments", json!({"video_id": SAFETY})),
        ("get_videos_segments", json!({"video_ids": [SAFETY]})),
    ] {
        let (upstream, mut server) = counted(&["--toolsets", "all"]);
        server.ok(tool, arguments);
        // From now on nothing can be read.
        upstream.script(|_| Answer::json(500, &json!({"error": {"code": "internal", "message": "no"}})));
        let known = values(&suggested(&mut server, "moments/{handle}", &format!("{SAFETY}@")));
        assert!(known.iter().any(|handle| handle.starts_with(SAFETY)), "{tool}: {known:?}");
    }
    // A key that may only search has its hits, and nothing more is asked for.
    let (upstream, mut server) = counted(&["--scopes", "search"]);
    server.ok("search_videos", json!({"query": "a man hangs from a clock", "index_id": "Early cinema"}));
    upstream.take();
    let known = suggested(&mut server, "moments/{handle}", SAFETY);
    assert!(!values(&known).is_empty() && known["total"].is_u64() && upstream.take().is_empty(), "{known}");
}

#[test]
fn when_too_many_are_asked_for_the_answer_comes_from_memory() {
    let (upstream, mut server) = counted(&[]);
    server.ok("get_video", json!({"video_id": SAFETY}));
    upstream.take();
    let ask = |server: &mut Server, typed: &str| {
        let template = json!({"type": "ref/resource", "uri": "videosearch://moments/{handle}"});
        server.ask("completion/complete", json!({"ref": template, "argument": {"name": "handle", "value": typed}}))
    };
    // Each is about another video, so each would need a request.
    let ids: Vec<_> = (0..60).map(|n| ask(&mut server, &format!("vid_other_{n}@"))).collect();
    for id in ids {
        server.answer(id);
    }
    let sent = upstream.take().len();
    assert!((5..=10).contains(&sent), "{sent}");
    let completion = suggested(&mut server, "videos/{video}", "vid_safety");
    assert_eq!(values(&completion), [SAFETY]);
    assert!(completion["hasMore"] == true && completion.get("total").is_none() || completion["total"].as_u64() > Some(0), "{completion}");
}

#[test]
fn what_was_deleted_is_not_suggested() {
    let playground = crate::support::Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all", "--allow-destructive"]);
    server.ok("get_video", json!({"video_id": SAFETY}));
    assert_eq!(values(&suggested(&mut server, "videos/{video}", SAFETY)), [SAFETY]);
    let (_, plan) = server.plan("delete_video", json!({"video_id": SAFETY}));
    let token = plan["confirm"].as_str().unwrap_or_else(|| panic!("{plan}"));
    server.ok("delete_video", json!({"video_id": SAFETY, "confirm": token}));
    assert!(values(&suggested(&mut server, "videos/{video}", SAFETY)).is_empty());
}

#[test]
fn two_indexes_of_one_name_are_told_by_every_tool_in_the_same_words() {
    let playground = crate::support::Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all", "--allow-destructive"]);
    server.ok("create_index", json!({"name": "American life"}));
    let words = "more than one index is named \"American life\": ";
    for name in ["American life", "american LIFE"] {
        for (tool, arguments) in [
            ("list_videos", json!({"index_id": name})),
            ("get_index", json!({"index_id": name})),
            ("delete_index", json!({"index_id": name})),
            ("create_import_job", json!({"connector_id": "conn_sample_bucket", "index_id": name})),
            ("set_automation", json!({"index_id": name, "kind": "export", "enabled": false})),
        ] {
            let said = server.error(tool, arguments);
            assert!(said.to_lowercase().contains(&words.to_lowercase()) && said.contains("idx_american_life"), "{tool}: {said}");
            assert!(said.contains("give the id of the one you mean"), "{tool}: {said}");
        }
    }
}

#[test]
fn a_full_list_of_runs_may_not_be_all() {
    for (count, may_be_more) in [(99, false), (100, true)] {
        let (upstream, mut server) = counted(&[]);
        upstream.script(move |seen| {
            if !seen.target.starts_with("/prompt-runs") {
                return Answer::Pass;
            }
            let runs: Value =
                (0..count).map(|n| json!({"run_id": format!("run_{n}"), "prompt_name": "P", "status": "completed"})).collect();
            Answer::json(200, &runs)
        });
        let completion = suggested(&mut server, "runs/{run}", "run_old");
        assert_eq!((values(&completion).len(), &completion["hasMore"]), (0, &json!(may_be_more)), "{completion}");
    }
}
