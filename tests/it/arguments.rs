//! What a call's arguments may look like: everything that hosts, converters and models are known to send, over every tool of the catalog.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use serde_json::{Map, Value, json};
use videosearch_mcp::tools::{Effect, catalog};

use crate::support::{Answer, EVERYTHING, Seen, Server, Upstream, example, program, run, shared};

const INDEX: &str = "idx_early_cinema";
const VIDEO: &str = "vid_great_train_robbery_1903";
const SEGMENT: &str = "seg_great_train_robbery_1903_001";
const RUN: &str = "run_scene_catalogue_early_cinema";

fn server() -> Server {
    Server::with_key(&shared().base_url, &shared().api_key, &EVERYTHING)
}

/// A server in front of an upstream that answers every real call with the same error, so that any tool can be called with any arguments
/// and what was sent can be counted.
fn closed() -> (Upstream, Server) {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    server.tools();
    server.ok("get_key_info", json!({}));
    upstream.take();
    upstream.script(|_| Answer::json(400, &json!({"error": {"code": "stop_here", "message": "The arguments passed."}})));
    (upstream, server)
}

/// The text of the answer, error or not.
fn said(server: &mut Server, tool: &str, arguments: &Value) -> String {
    let result = server.call(tool, arguments.clone());
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

fn properties(tool: &videosearch_mcp::tools::Tool) -> Map<String, Value> {
    tool.input_schema()["properties"].as_object().unwrap().clone()
}

/// Whether the arguments passed the check: the upstream was asked, or nothing was wrong with them.
fn passes(text: &str) -> bool {
    !text.contains("nothing was sent") && !text.contains("unknown argument") && !text.contains("missing argument")
}

#[test]
fn every_tool_takes_what_hosts_add_and_placeholders() {
    let (_upstream, mut server) = closed();
    for tool in catalog::all() {
        let name = tool.name;
        let mut given = example(tool);
        for (injected, value) in [
            ("wait_for_previous", json!(true)),
            ("task_progress", json!("- [ ] look")),
            ("random_string", json!("x")),
            ("_sessionID", json!("s")),
            ("reasoning", json!("because")),
            ("explanation", json!("why")),
            ("sessionId", json!("1")),
            ("toolCallId", json!("2")),
            ("chatInput", json!("3")),
        ] {
            given[injected] = value;
        }
        let text = said(&mut server, name, &given);
        assert!(passes(&text) && !text.contains("ignored"), "{name}: {text}");
        for empty in [json!(null), json!(""), json!([])] {
            let mut given = example(tool);
            for property in properties(tool).keys() {
                if given.get(property).is_none() {
                    given[property] = empty.clone();
                }
            }
            let text = said(&mut server, name, &given);
            assert!(passes(&text), "{name} {empty}: {text}");
        }
    }
}

#[test]
fn a_stranger_is_ignored_by_what_reads_and_refused_by_what_writes() {
    let mut server = server();
    for tool in catalog::all() {
        let name = tool.name;
        let mut given = example(tool);
        given["qwertyuiop"] = json!({"a": [1]});
        let text = said(&mut server, name, &given);
        let takes_none = properties(tool).is_empty();
        match tool.effect {
            Effect::Read if takes_none => assert!(!text.contains("qwertyuiop"), "{name}: {text}"),
            Effect::Read => assert!(text.contains("ignored") && text.contains("`qwertyuiop`"), "{name}: {text}"),
            _ => assert!(text.contains("unknown argument `qwertyuiop`") && text.contains("nothing was sent"), "{name}: {text}"),
        }
    }
}

#[test]
fn a_misspelt_name_is_refused_with_the_right_one() {
    let (upstream, mut server) = closed();
    for tool in catalog::all() {
        for property in properties(tool).keys().filter(|property| property.len() > 4) {
            for wrong in [format!("{property}s"), property.replace('_', ""), property.to_uppercase(), format!("x{property}")] {
                // A host adds a `sessionId` of its own, so a misspelt `session_id` cannot be told from that.
                let is_injected = wrong.replace('_', "").eq_ignore_ascii_case("sessionid");
                if properties(tool).contains_key(&wrong) || is_injected {
                    continue;
                }
                let mut given = example(tool);
                given[&wrong] = json!("x");
                let text = said(&mut server, tool.name, &given);
                assert!(text.contains(&format!("unknown argument `{wrong}`; did you mean `")), "{}: {wrong}: {text}", tool.name);
            }
        }
    }
    assert!(upstream.take().is_empty(), "nothing was sent");
}

#[test]
fn required_arguments_without_content_are_missing() {
    let (upstream, mut server) = closed();
    for tool in catalog::all() {
        for required in tool.input_schema().get("required").and_then(Value::as_array).into_iter().flatten() {
            let required = required.as_str().unwrap();
            for empty in [json!(null), json!(""), json!("  ")] {
                let mut given = example(tool);
                given[required] = empty;
                let text = said(&mut server, tool.name, &given);
                assert!(text.contains(&format!("missing argument `{required}`")), "{}: {text}", tool.name);
            }
        }
    }
    assert!(upstream.take().is_empty(), "nothing was sent");
}

#[test]
fn objects_and_lists_may_come_as_text() {
    let mut server = server();
    let target = json!({"type": "index", "index_id": "early cinema"});
    for target in [target.clone(), json!(target.to_string()), json!(format!("  {target} "))] {
        let (text, _) = server.ok("estimate_prompt_run", json!({"prompt_id": "prompt_action_log", "target": target}));
        assert!(text.contains("mt of a balance"), "{text}");
    }
    for runs in [json!([RUN]), json!(format!("[\"{RUN}\"]")), json!(RUN)] {
        let conditions = json!([{"field": "outdoor", "operator": "equals", "type": "boolean", "value": "true"}]).to_string();
        let (_, structured) = server.ok("filter_videos", json!({"index_id": INDEX, "run_ids": runs, "conditions": conditions}));
        assert!(structured["total_results"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_forgotten_kind_of_target_is_asked_for_with_its_words() {
    let (upstream, mut server) = closed();
    for (target, fits) in [
        (json!({"index_id": INDEX}), "With `index_id` given, index fits"),
        (json!({"video_ids": [VIDEO]}), "With `video_ids` given, videos fits"),
        (json!({"index_id": INDEX, "video_ids": [VIDEO]}), "videos fits"),
        (json!({"type": "", "index_id": INDEX}), "index fits"),
        (json!({}), "one of: index, videos, playground"),
    ] {
        for tool in ["execute_prompt", "estimate_prompt_run"] {
            let text = server.error(tool, json!({"prompt_id": "p", "target": target}));
            assert!(text.contains("missing argument `target.type`, one of: index, videos, playground") && text.contains(fits), "{text}");
        }
    }
    assert!(upstream.take().is_empty(), "nothing was sent");
}

#[test]
fn one_refusal_tells_all_and_shows_objects() {
    let (upstream, mut server) = closed();
    let target = r#"`target`: {"type":"index","index_id":"Early cinema"}"#;
    let file = r#"{"download_url":"http://x/a.mp4","file_id":"..."}"#;
    for (tool, given, parts) in [
        (
            "search_videos",
            json!({"search": "train", "index": "Early cinema", "limit": 3}),
            &["`search` (did you mean `query`?)", "`index` (did you mean `index_id`?)", "`limit` (did you mean `top_k`?)"][..],
        ),
        (
            "search_videos",
            json!({"query": "train", "index_name": "Early cinema", "limit": 2}),
            &["`index_name` (did you mean `index_id`?)", "`limit` (did"],
        ),
        ("show_moment", json!({"handle": "vid_safety_last_1923@3520-3590"}), &["unknown argument `handle`; did you mean `video_id`?"]),
        ("execute_prompt", json!({"prompt_id": "prompt_action_log", "index_id": "Early cinema"}), &[target]),
        ("estimate_prompt_run", json!({"prompt_id": "prompt_action_log", "index_id": "Early cinema"}), &[target]),
        (
            "estimate_prompt_run",
            json!({"prompt_id": "prompt_action_log", "target": "Early cinema"}),
            &[r#"such as {"type":"index","index_id":"Early cinema"}"#],
        ),
        ("attach_workflow_file", json!({"url": "http://x/a.mp4"}), &["`url`; it belongs in `files`: [", file]),
        ("attach_workflow_file", json!({"files": ["http://x/a.mp4"]}), &["`files[0]` wants an object, such as ", file]),
    ] {
        let text = server.error(tool, given.clone());
        assert!(parts.iter().all(|part| text.contains(part)) && !text.contains("issing argument"), "{tool} {given}: {text}");
    }
    assert!(upstream.take().is_empty(), "nothing was sent");
}

#[test]
fn refusals_are_short_whatever_they_got() {
    let (upstream, mut server) = closed();
    // Longer than any text may be.
    let long = "lorem ipsum ".repeat(2_000);
    for tool in catalog::all() {
        for property in properties(tool).keys() {
            for value in [json!(long), json!([[long]]), json!({long.clone(): long}), json!(-1e300)] {
                let mut given = example(tool);
                given[property] = value;
                let text = said(&mut server, tool.name, &given);
                assert!(text.chars().count() < 1200 && !text.contains(&long[..220]), "{} {property}: {text}", tool.name);
            }
        }
    }
    upstream.take();
    let text = server.error("search_videos", json!({"query": "x".repeat(120_000), "index_id": INDEX}));
    assert!(text.contains("`query` has 120000 characters; at most 10000 are taken"), "{text}");
    let text = server.error("multimodal_search", json!({"text_query": "é".repeat(120_000), "index_id": INDEX}));
    assert!(text.contains("`text_query` has 120000 characters; at most 10000 are taken"), "{text}");
    assert!(upstream.take().is_empty(), "nothing was sent");
}

#[test]
fn handles_titles_and_near_misses_name_a_video() {
    let mut server = server();
    for name in [
        format!("{VIDEO}@0-68"),
        format!(" {VIDEO}@0:10-1:01:20"),
        "The Great Train Robbery (1903)".into(),
        "vid_great_train_robbery".into(),
    ] {
        for tool in ["get_video", "get_video_segments", "list_prompt_runs"] {
            let (text, structured) = server.ok(tool, json!({"video_id": name}));
            assert!(structured.to_string().contains(VIDEO), "{tool} {name}: {text}");
        }
        let (text, _) = server.ok("get_prompt_run_results", json!({"run_id": RUN, "video_id": name}));
        assert!(text.contains("seg_great_train_robbery"), "{text}");
        let (text, _) =
            server.ok("estimate_prompt_run", json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": [name]}}));
        assert!(text.contains("mt of a balance"), "{text}");
    }
    let (text, structured) = server.ok("get_video", json!({"video_id": "vid_metropolis"}));
    assert!(text.contains("`vid_metropolis` was taken for vid_metropolis_1927"), "{text}");
    assert!(structured["notes"].to_string().contains("was taken for"), "said in the structured part too");
    // What costs is never guessed: the right id is named.
    let text = server
        .error("execute_prompt", json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_metropolis"]}}));
    assert!(text.contains("Did you mean vid_metropolis_1927"), "{text}");
    let text = server.error("execute_prompt", json!({"prompt_id": "Action log", "target": {"type": "playground"}}));
    assert!(text.contains("Did you mean prompt_action_log"), "{text}");
    let text = server.error("get_video", json!({"video_id": "vid_of_nobody_at_all"}));
    assert!(text.contains("resource_video_not_found") && text.contains("list_videos"), "{text}");
    let text = server.error("get_prompt_run_status", json!({"run_id": "run_scene_catalogue_early_cinem"}));
    assert!(text.contains(&format!("Did you mean {RUN}")), "{text}");
}

#[test]
fn a_moment_is_a_handle_a_segment_or_a_time() {
    let mut server = server();
    let same = [
        json!({"video_id": SEGMENT}),
        json!({"segment_id": SEGMENT}),
        json!({"video_id": VIDEO, "segment_id": SEGMENT}),
        json!({"video_id": VIDEO, "segment_id": SEGMENT, "time": "", "run_id": ""}),
        json!({"video_id": VIDEO, "time": "0:05"}),
        json!({"video_id": VIDEO, "time": "0:00:05"}),
        json!({"video_id": VIDEO, "time": "5"}),
        json!({"video_id": VIDEO, "time": 5}),
        json!({"video_id": format!("{VIDEO}@0:00-0:10")}),
        json!({"video_id": "The Great Train Robbery (1903)", "time": 5}),
        json!({"video_id": "vid_great_train_robbery@0-10"}),
    ];
    for arguments in same {
        let text = server.ok("show_moment", arguments.clone()).0;
        assert!(text.contains(&format!("Segment {SEGMENT} ")), "{arguments}: {text}");
    }
    let text = server.error("show_moment", json!({}));
    assert!(text.contains("missing argument `video_id`"), "{text}");
    let text = server.error("show_moment", json!({"video_id": "seg_of_nothing"}));
    assert!(text.contains("resource_video_not_found"), "{text}");
    let text = server.error("show_moment", json!({"video_id": VIDEO, "time": "later"}));
    assert!(text.contains("wants seconds or a time like 1:01:20"), "{text}");
}

#[test]
fn indexes_are_given_by_id_name_list_or_all() {
    let mut server = server();
    let composed = json!({"query": "train", "index_id": "Early\u{a0}  cinema"});
    assert_eq!(server.ok("search_videos", composed).1["index_id"], INDEX);
    let (_, structured) = server.ok("search_videos", json!({"query": "train", "index_ids": ["Early cinema"]}));
    assert_eq!(structured["index_ids"], json!([INDEX]));
    for all in [
        json!({"index_id": "all"}),
        json!({"index_ids": "all"}),
        json!({"index_ids": ["ALL"]}),
        json!({"index_id": "all", "index_ids": []}),
    ] {
        let mut arguments = all;
        arguments["query"] = json!("train");
        let (text, structured) = server.ok("search_videos", arguments.clone());
        assert!(structured["index_ids"].as_array().unwrap().len() >= 3, "{arguments}: {text}");
    }
    let text = server.error("search_videos", json!({"query": "train"}));
    assert!(text.contains("missing argument `index_id`") && text.contains("all"), "{text}");
    let text = server.error("list_videos", json!({"index_id": "all"}));
    assert!(text.contains("one index at a time") && text.contains(INDEX), "{text}");
    let text = server.error("execute_prompt", json!({"prompt_id": "prompt_action_log", "target": {"type": "index", "index_id": "all"}}));
    assert!(text.contains("one index at a time"), "{text}");
}

#[test]
fn a_name_that_two_indexes_have_is_refused_and_an_old_name_is_forgotten() {
    let upstream = Upstream::before(&shared().base_url);
    let listed = |names: [&str; 2]| {
        let [first, second] = names;
        let body = json!([{"index_id": INDEX, "name": first}, {"index_id": "idx_american_life", "name": second}]);
        move |seen: &Seen| if seen.target.starts_with("/indexes?") { Answer::json(200, &body) } else { Answer::Pass }
    };
    upstream.script(listed(["Films of all", "Caf\u{e9} films"]));
    let environment = [
        ("VIDEOSEARCH_BASE_URL", upstream.base_url.as_str()),
        ("VIDEOSEARCH_API_KEY", shared().api_key.as_str()),
        ("VIDEOSEARCH_RECHECK", "0"),
    ];
    let mut server = Server::start(&[], &environment);
    server.initialize();
    let mut index_of = |name: &str| server.ok("list_videos", json!({"index_id": name, "limit": 1})).1["index_id"].clone();
    assert_eq!(index_of("films of all"), INDEX);
    assert_eq!(index_of("CAFE\u{301}  films"), "idx_american_life");
    upstream.script(listed(["Old films", "Films of all"]));
    assert_eq!(index_of("Films of all"), "idx_american_life", "the newer index of this name");
    upstream.script(listed(["Two films", "TWO FILMS"]));
    let text = server.error("list_videos", json!({"index_id": "two films"}));
    assert!(text.contains("more than one index") && text.contains(INDEX) && text.contains("idx_american_life"), "{text}");
}

/// Runs the program with something on stdin.
fn piped(arguments: &[&str], environment: &[(&str, &str)], input: &[u8]) -> Output {
    let mut command = program();
    command.args(arguments).envs(environment.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may have ended without reading all of it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn the_command_line_reads_what_shells_send() {
    let environment = [("VIDEOSEARCH_BASE_URL", shared().base_url.as_str()), ("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
    let text = "{\"query\":\"train\",\"index_id\":\"Early cinema\",\"top_k\":1}\r\n";
    let utf16 = |order: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        mark.then_some(0xfeff).into_iter().chain(text.encode_utf16()).flat_map(order).collect()
    };
    let spellings: [Vec<u8>; 6] = [
        text.into(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        utf16(u16::to_le_bytes, true),
        utf16(u16::to_be_bytes, true),
        utf16(u16::to_le_bytes, false),
        serde_json::to_vec(text.trim()).unwrap(),
    ];
    for input in spellings {
        let told = piped(&["call", "search_videos", "-"], &environment, &input);
        let out = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.status.success() && out.contains("1 hit"), "{:?}: {}", &input[..8], String::from_utf8_lossy(&told.stderr));
    }
    let told = piped(&["call", "search_videos", "-"], &environment, b"{\"query\": \"\xff\xfftrain\"}");
    assert!(String::from_utf8_lossy(&told.stderr).contains("not valid UTF-8"), "{}", String::from_utf8_lossy(&told.stderr));
    let large = format!("{{\"query\": \"{}\"}}", "x".repeat(17 << 20));
    let told = piped(&["call", "search_videos", "-"], &environment, large.as_bytes());
    assert!(String::from_utf8_lossy(&told.stderr).contains("larger than 16 MiB"), "{}", String::from_utf8_lossy(&told.stderr));
    // Nothing in a pipe is no call without arguments: what should have written there has failed.
    for (nothing, said) in [("", "stdin is empty"), (" \n", "stdin is empty"), ("null\n", "stdin holds null")] {
        let told = piped(&["call", "list_indexes", "-"], &environment, nothing.as_bytes());
        let (code, said_there) = (told.status.code(), String::from_utf8_lossy(&told.stderr).into_owned());
        assert!(code == Some(2) && said_there.contains(said) && told.stdout.is_empty(), "{nothing:?}: {said_there}");
    }
    let marker = br#"{"marker_id": "marker_last_shot"}"#;
    let told = piped(&["call", "delete_marker", "-", "--allow-destructive"], &environment, marker);
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.code() == Some(1) && said.contains("since the arguments came from stdin"), "{said}");
    for none in ["", "[]", "{}", "null", "\u{feff}{}"] {
        assert!(run(&["call", "list_indexes", none], &environment).status.success(), "{none:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_said_to_be_unreadable() {
    use std::os::unix::ffi::OsStrExt;

    let no_text = std::ffi::OsStr::from_bytes(b"sk_live_\xff\xfe");
    let call = |name: &str| {
        let mut command = program();
        command.args(["call", "list_indexes"]).env("VIDEOSEARCH_BASE_URL", &shared().base_url);
        // A key of another spelling must not take its place.
        command.env("VIDEO_VECTOR_API_KEY", &shared().api_key).env(name, no_text);
        command.stdin(Stdio::null()).output().unwrap()
    };
    for (name, code) in [
        ("VIDEOSEARCH_API_KEY", 1),
        ("VIDEOVECTOR_API_KEY", 1),
        ("VIDEOSEARCH_API_KEY_FILE", 1),
        ("VIDEOSEARCH_TIMEOUT", 2),
        ("VIDEOVECTOR_TOOLSETS", 2),
        ("VIDEOSEARCH_STATE_DIR", 2),
        ("VIDEOSEARCH_SCOPES", 2),
    ] {
        let told = call(name);
        let stderr = String::from_utf8_lossy(&told.stderr).into_owned();
        assert_eq!(told.status.code(), Some(code), "{name}: {stderr}");
        assert!(stderr.contains(name) && stderr.contains("not valid UTF-8"), "{name}: {stderr}");
    }
}
