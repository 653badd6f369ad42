//! Finding and calling tools that are not listed.

use serde_json::{Value, json};
use videosearch_mcp::tools::{Effect, catalog};

use crate::support::{Playground, Server, modern, run, shared, text, untouched};

fn server(flags: &[&str]) -> Server {
    Server::with_key(&untouched().base_url, &untouched().api_key, flags)
}

#[test]
fn the_core_is_listed_and_three_tools_reach_the_rest() {
    let mut server = server(&[]);
    let listed = server.tools();
    let core: Vec<&str> = catalog::all().filter(|tool| tool.core).map(|tool| tool.name).collect();
    assert_eq!(listed, core);
    for name in ["find_tools", "use_read_tool", "use_write_tool", "get_key_info"] {
        assert!(listed.iter().any(|tool| tool == name), "{name}");
    }
}

#[test]
fn a_call_through_the_pair_is_the_call_itself() {
    let mut listed = server(&["--toolsets", "all"]);
    let mut paired = server(&[]);
    for (name, arguments) in [
        ("list_usage_metrics", json!({})),
        ("get_prompt_run_failed_segments", json!({"run_id": "run_scene_catalogue_damaged"})),
        ("get_prompt_run_failed_segments", json!({"run_id": "run_none"})),
        ("get_usage_history", json!({"limit": 0})),
        ("get_index", json!({"index_id": "Early cinema"})),
        ("get_video", json!({"video_id": "vid_great_train_robbery_1903"})),
    ] {
        let direct = listed.call(name, arguments.clone());
        let direct = (&direct["content"], &direct["structuredContent"], &direct["isError"]);
        let inner = |arguments: Value| json!({"name": name, "arguments": arguments});
        let mut beside = arguments.clone();
        beside["name"] = json!(name);
        for given in [inner(arguments.clone()), inner(json!(arguments.to_string())), beside] {
            let through = paired.call("use_read_tool", given.clone());
            let through = (&through["content"], &through["structuredContent"], &through["isError"]);
            // The id of a request differs from call to call.
            let stable = |value: &(&Value, &Value, &Value)| format!("{value:?}").split("req_").next().unwrap().to_owned();
            assert_eq!(stable(&through), stable(&direct), "{given}");
        }
        // A client that knows the name may call it directly.
        assert_eq!(paired.call(name, arguments.clone())["isError"], *direct.2, "{name}");
    }
    let (_, _, stderr) = paired.finish();
    assert!(!stderr.contains("use_read_tool"), "the log names the tool that did the work: {stderr}");
}

#[test]
fn the_pair_keeps_reading_and_changing_apart() {
    let mut server = server(&["--exclude-tools", "get_usage"]);
    for (pair, given, part) in [
        (
            "use_read_tool",
            json!({"name": "cancel_prompt_run", "arguments": {"run_id": "r"}}),
            "changes something; call it with use_write_tool",
        ),
        ("use_write_tool", json!({"name": "get_pricing"}), "only reads; call it with use_read_tool"),
        ("use_read_tool", json!({"name": "find_tools"}), "called directly"),
        ("use_write_tool", json!({"name": "use_write_tool"}), "called directly"),
        ("use_read_tool", json!({"name": "get_usage"}), "--exclude-tools"),
        ("use_read_tool", json!({"name": "get_usages_historie"}), "did you mean `get_usage_history`?"),
        ("use_read_tool", json!({"name": "fly"}), "there is no tool `fly`"),
        ("use_read_tool", json!({"arguments": {}}), "missing argument `name`"),
        ("use_read_tool", json!({"name": "get_pricing", "arguments": "{nonsense"}), "arguments"),
        ("use_write_tool", json!({"name": "retry_prompt_run_segment", "arguments": {}}), "missing argument `run_id`"),
    ] {
        let said = server.error(pair, given.clone());
        assert!(said.contains(part) && !said.contains("isError"), "{given}: {said}");
    }
    for tool in catalog::all().filter(|tool| tool.effect == Effect::Destroy) {
        let said = server.error("use_write_tool", json!({"name": tool.name}));
        assert!(said.contains("--allow-destructive") && said.contains("No argument changes that"), "{said}");
    }
}

#[test]
fn the_shell_finds_tools_too() {
    let found = |words: &str| run(&["tools", "--playground", "--find", words], &[]);
    let listed = text(&found("webhook deliveries that failed").stdout);
    let first: Vec<&str> = listed.lines().take(2).collect();
    assert!(first[0].starts_with("tool") && first[1].starts_with("list_webhook_deliveries"), "{listed}");
    let none = found("xylophone");
    assert_eq!((none.status.code(), none.stdout.is_empty()), (Some(1), true), "{none:?}");
}

#[test]
fn the_gate_stands_before_the_pair_too() {
    let (_, key) = shared().key(&["search"]);
    let mut server = Server::with_key(&shared().base_url, &key, &[]);
    let said = server.error("use_read_tool", json!({"name": "get_usage"}));
    assert!(said.contains("get_usage failed: it needs the scope read") && said.contains("Nothing was sent"), "{said}");
    let (text, found) = server.ok("find_tools", json!({"query": "what did we use this month"}));
    let how = |found: &Value| found["tools"].as_array().unwrap().iter().find(|row| row["name"] == "get_usage").unwrap()["how"].to_string();
    assert!(how(&found).contains("the key lacks the scope read"), "{text}");
    // A tool of the same purpose is named although the list does not have it.
    for (tool, arguments, other) in [
        ("tabulate_prompt_run", json!({"run_id": "r"}), "Allowed instead: use_read_tool search_sql"),
        ("list_prompts", json!({}), "Allowed instead: use_read_tool list_sql_tables"),
        ("export_prompt_run", json!({"run_id": "r"}), "Allowed instead: use_read_tool search_sql"),
    ] {
        let refusal = server.error(tool, arguments);
        assert!(refusal.contains(other), "{tool}: {refusal}");
    }
    let (text, all) = server.ok("find_tools", json!({}));
    let usage = all["tools"].as_array().unwrap().iter().find(|row| row["toolset"] == "usage").unwrap();
    assert!(usage["out_of_reach"].as_array().unwrap().contains(&json!("get_usage")), "{text}");
    // A key that holds the scope is not blamed for what the configuration takes away.
    let mut limited = Server::with_key(&shared().base_url, &shared().api_key, &["--scopes", "search"]);
    let (text, found) = limited.ok("find_tools", json!({"query": "what did we use this month"}));
    assert!(how(&found).contains("configuration takes the scope read away"), "{text}");
    let (_, key) = limited.ok("get_key_info", json!({}));
    let remedy = key["remedy"].as_str().unwrap();
    assert!(remedy.contains("raise its ceiling") && !remedy.contains("make a key"), "{remedy}");
}

#[test]
fn what_is_found_can_be_called_from_what_is_told() {
    let mut server = server(&[]);
    let (text, found) = server.ok("find_tools", json!({"query": "usage records of a metric", "limit": 2}));
    assert_eq!(found["tools"][0]["name"], "get_usage_details", "{text}");
    assert!(
        text.contains("get_usage_details(metric_type?") && text.contains("limit?: at most 1000") && text.contains("use_read_tool"),
        "{text}"
    );
    assert_eq!(found["tools"].as_array().unwrap().len(), 2);
    for query in [json!({}), json!({"query": "xylophone zebra"})] {
        let (text, _) = server.ok("find_tools", query);
        assert!(
            catalog::all().filter(|tool| tool.effect != Effect::Destroy && !catalog::is_pair(tool)).all(|tool| text.contains(tool.name)),
            "{text}"
        );
    }
    let (text, _) = server.ok("find_tools", json!({"query": "create an api key"}));
    assert!(text.contains("API keys are made, changed and deleted by people"), "{text}");
    let (text, _) = server.ok("find_tools", json!({"query": "delete for good"}));
    assert!(!text.contains("delete_") || text.contains("--allow-destructive"), "{text}");
}

#[test]
fn without_the_pair_a_tool_outside_of_the_sets_is_off() {
    for flags in [&["--toolsets", "core"][..], &["--exclude-tools", "use_read_tool"], &["--toolsets", "search"]] {
        let mut server = server(flags);
        server.tools();
        let answer = server.request("tools/call", json!({"name": "get_usage", "arguments": {}}));
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("--toolsets"), "{answer}");
    }
    let all = server(&["--toolsets", "all"]).tools();
    assert!(!all.iter().any(|name| name == "find_tools") && all.len() > 30, "{all:?}");
    assert!(server(&["--toolsets", "usage,catalog"]).tools().iter().any(|name| name == "find_tools"));
}

/// How many requests in plain words find the right tool first.
fn found_first(requests: &str) -> (usize, usize) {
    let requests: Vec<Value> = serde_json::from_str(requests).unwrap();
    let mut server = server(&["--allow-destructive"]);
    let hits = requests.iter().filter(|request| {
        let (_, found) = server.ok("find_tools", json!({"query": request["request"]}));
        let tools = request["tool"].as_str().unwrap().split(' ');
        tools.into_iter().any(|tool| found["tools"][0]["name"] == tool)
    });
    (hits.count(), requests.len())
}

#[test]
fn requests_in_plain_words_find_their_tool_first() {
    let (hits, all) = found_first(include_str!("../../benches/find_tools.json"));
    assert!(all == 30 && hits >= 27, "{hits} of {all}");
    let (hits, all) = found_first(include_str!("../../benches/find_tools_more.json"));
    assert!(all == 85 && hits >= 72, "{hits} of {all}");
    // The first 30 are somebody else's, and the words were not chosen by the last 40.
    let (hits, all) = found_first(include_str!("../../benches/find_tools_later.json"));
    assert!(all == 110 && hits >= 80, "{hits} of {all}");
    // Nothing was chosen by these.
    let (hits, all) = found_first(include_str!("../../benches/find_tools_unseen.json"));
    assert!(all == 40 && hits >= 32, "{hits} of {all}");
}

#[test]
fn the_only_text_is_the_query_and_a_tool_its_name() {
    let mut server = server(&[]);
    let (text, found) = server.ok("find_tools", json!({"request": "what did we use this month", "reasoning": "to know"}));
    assert!(found["tools"][0]["name"] == "get_usage" && text.contains("`request` was taken for `query`"), "{text}");
    let (text, _) = server.ok("find_tools", json!({"reasoning": "to know"}));
    assert!(text.contains("tools; find_tools with a query"), "{text}");
    let (text, _) = server.ok("use_read_tool", json!({"tool": "list_usage_metrics", "arguments": {}}));
    assert!(text.contains("media_tokens"), "{text}");
    let text = server.error("use_read_tool", json!({"tool": "use_read_tool", "arguments": {}}));
    assert!(text.contains("missing argument `name`"), "{text}");
}

#[test]
fn other_requests_in_plain_words_find_their_tool_first() {
    let mut server = server(&["--allow-destructive"]);
    for (request, tool) in [
        ("make a prompt from words", "define_prompt"),
        ("create a prompt from an instruction and save it", "define_prompt"),
        ("create a prompt", "create_prompt"),
        ("look at a scene", "show_moment"),
        ("compare two films", "show_moments"),
        ("who called my webhook", "list_webhook_deliveries"),
        ("import films from s3", "create_import_job"),
    ] {
        let (text, found) = server.ok("find_tools", json!({"query": request}));
        assert_eq!(found["tools"][0]["name"], tool, "{request}: {text}");
    }
}

#[test]
fn what_keeps_a_tool_out_of_reach_is_told_whole() {
    let mut server = server(&["--scopes", "search"]);
    let both = |text: &str| text.contains("VIDEOSEARCH_ALLOW_DESTRUCTIVE") && text.contains("configuration takes the scope admin away");
    let (text, _) = server.ok("find_tools", json!({"query": "delete an index", "limit": 1}));
    assert!(both(&text), "{text}");
    let text = server.error("use_write_tool", json!({"name": "delete_index", "arguments": {"index_id": "i"}}));
    assert!(both(&text), "{text}");
    let answer = server.request("tools/call", json!({"name": "delete_index", "arguments": {"index_id": "i"}}));
    assert!(both(&answer["error"]["message"].to_string()), "{answer}");
}

/// A name in other letters is recognised, whatever the tool does.
#[test]
fn a_name_in_other_letters_is_named() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &[]);
    for (tool, arguments, expected) in [
        ("use_write_tool", json!({"name": "Create_Index", "arguments": {}}), "did you mean `create_index`?"),
        ("use_read_tool", json!({"name": "GET_INDEX", "arguments": {}}), "did you mean `get_index`?"),
    ] {
        let text = server.error(tool, arguments);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_condition_is_no_wish() {
    let mut server = server(&[]);
    for request in ["send a webhook when a run ends", "notify us when an export is done", "ping our endpoint whenever a run has failed"] {
        let (text, found) = server.ok("find_tools", json!({"query": request}));
        assert_eq!(found["tools"][0]["name"], "create_webhook", "{request}: {text}");
        assert!(!text.contains("cancel_prompt_run("), "{text}");
    }
}

#[test]
fn what_no_tool_does_is_said() {
    let mut server = server(&["--allow-destructive"]);
    for (request, first, note) in [
        ("rotate my key", "get_key_info", "API keys are made, changed and deleted by people"),
        ("create a key", "get_key_info", "`videosearch-mcp keys`"),
        ("rename an index", "list_indexes", "cannot be renamed"),
        ("how much credit is left", "estimate_prompt_run", "The balance is a line of"),
        ("undo a delete", "list_indexes", "brought back"),
        ("restore a deleted video", "list_indexes", "brought back"),
        ("rename a video", "get_video", "Videos are not edited"),
        ("move video to another index", "list_videos", "stays in its index"),
        ("cut a clip out of the video", "show_moment", "No tool cuts"),
        ("change a field of a run result", "get_prompt_run_results", "is not edited"),
        ("translate the subtitles", "get_video_segments", "No tool translates"),
        ("set a spending limit", "get_key_info", "VIDEOSEARCH_MAX_MT_PER_DAY"),
    ] {
        let (text, found) = server.ok("find_tools", json!({"query": request}));
        assert_eq!(found["tools"][0]["name"], first, "{request}: {text}");
        assert!(found["notes"].to_string().contains(note) && text.contains("none of which does this"), "{text}");
        assert!(found["tools"].as_array().unwrap().iter().all(|tool| tool["effect"] == "read"), "{request}: {text}");
    }
}

/// What every tool takes beside its own arguments is taken beside the name of the tool, too.
#[test]
fn a_row_and_a_confirmation_may_stand_beside_the_name() {
    let mut server = server(&["--confirm", "always"]);
    let (text, _) = server.ok("use_read_tool", json!({"name": "list_usage_metrics", "arguments": {}, "from_row": 3}));
    assert!(text.contains("Begins with row 3") && !text.contains("ignored"), "{text}");
    let listed = server.request("tools/list", json!({}))["result"]["tools"].clone();
    let takes = |name: &str| {
        let tool = listed.as_array().unwrap().iter().find(|tool| tool["name"] == name).unwrap();
        tool["inputSchema"]["properties"].as_object().unwrap().contains_key("confirm")
    };
    assert!(takes("execute_prompt") && !takes("use_write_tool"), "{listed}");
    let given = |confirm: &str| json!({"name": "set_marker", "arguments": {"resource_type": "video", "resource_id": "vid_metropolis_1927", "color": "red"}, "confirm": confirm});
    let text = server.error("use_write_tool", given("nonsense"));
    assert!(!text.contains("unknown argument"), "{text}");
}

/// Advice about a tool that is not listed says which one calls it, in the text and in `next_tool`.
#[test]
fn advice_leads_to_tools_that_are_not_listed() {
    let playground = Playground::start(&[]);
    let on = |flags: &[&str]| Server::with_key(&playground.base_url, &playground.api_key, flags);
    let export = json!({"run_id": "run_scene_catalogue_damaged"});
    let (text, facts) = on(&[]).ok("use_write_tool", json!({"name": "export_prompt_run", "arguments": export}));
    assert!(
        text.contains("Next: use_read_tool wait_for_export follows it") && facts["next_tool"] == "use_read_tool wait_for_export",
        "{text}"
    );
    let (text, facts) = on(&["--toolsets", "all"]).ok("export_prompt_run", export.clone());
    assert!(text.contains("Next: wait_for_export follows it") && facts["next_tool"] == "wait_for_export", "{text}");
    let (text, _) = on(&["--toolsets", "exports"]).ok("export_prompt_run", export);
    assert!(text.contains("Next: wait_for_export"), "{text}");
    let (text, facts) = on(&[]).ok("diagnose_prompt_run", json!({"run_id": "run_scene_catalogue_damaged"}));
    assert!(text.contains("use_write_tool retry_prompt_run_segment {"), "{text}");
    assert_eq!(facts["next_tool"], "use_write_tool retry_prompt_run_segment", "{text}");
    // No cause is why most failed, and the cheaper way has a price.
    assert!(text.contains("failed; for ") && !text.contains("mostly"), "{text}");
    let retry = &facts["retry"];
    assert!(retry["segments_estimated_mt"].as_f64().unwrap() < retry["estimated_mt"].as_f64().unwrap(), "{retry}");
    // Where neither way is open, it says what closes it.
    let (text, _) = on(&["--toolsets", "runs", "--exclude-tools", "execute_prompt,retry_prompt_run_segment"])
        .ok("diagnose_prompt_run", json!({"run_id": "run_scene_catalogue_damaged"}));
    assert!(text.contains("switched off, see VIDEOSEARCH_EXCLUDE_TOOLS") && !text.contains("needs the scope"), "{text}");
    let (text, _) = on(&["--toolsets", "exports"]).ok("get_export_status", json!({"export_id": "exp_scene_catalogue_damaged"}));
    assert!(text.contains("download_export has no directory to save in"), "{text}");
    // Over http the API makes no links.
    assert!(!text.contains("get_export_download_url"), "{text}");
}

/// Where the tools that reach the others are switched off, no text sends a model to them.
#[test]
fn tools_that_reach_the_others_are_named_only_where_they_are() {
    const PAIR: [&str; 3] = ["find_tools", "use_read_tool", "use_write_tool"];
    for (flags, off) in [
        (&["--toolsets", "core"][..], &PAIR[..]),
        (&["--toolsets", "all", "--exclude-tools", "find_tools,use_read_tool,use_write_tool"], &PAIR),
        (&["--exclude-tools", "use_write_tool"], &["use_write_tool"]),
        (&[], &[]),
    ] {
        let mut server = Server::with_key(&shared().base_url, &shared().api_key, flags);
        let told = server.request("server/discover", modern(json!({})))["result"]["instructions"].as_str().unwrap().to_owned();
        let guide = server.request("resources/read", json!({"uri": "videosearch://guide"}));
        let guide = guide["result"]["contents"][0]["text"].as_str().unwrap().split("# What this key can do").next().unwrap().to_owned();
        let unknown = server.request("tools/call", json!({"name": "fly", "arguments": {}}))["error"]["message"].to_string();
        let listed = server.tools();
        for name in PAIR {
            let is_on = !off.contains(&name);
            assert_eq!(listed.iter().any(|tool| tool == name), is_on, "{flags:?}");
            assert_eq!((told.contains(name), guide.contains(name)), (is_on, is_on), "{flags:?} {name}: {told}");
            assert!(is_on || !unknown.contains(name), "{unknown}");
        }
        assert!(told.chars().count() <= 2048 && told.contains("has tools too"), "{told}");
    }
}
