//! Starts that go wrong, the command line, and exit codes.

use serde_json::json;

use crate::support::{Server, core_count, program, run, shared, text};

#[test]
fn without_a_key_the_server_starts_and_says_what_is_missing() {
    let mut server = Server::start(&[], &[]);
    server.initialize();
    assert_eq!(server.tools().len(), core_count());
    let text = server.error("search_videos", json!({"query": "x", "index_id": "y"}));
    for part in ["no API key is configured", "VIDEOSEARCH_API_KEY", "VIDEOSEARCH_API_KEY_FILE", "--playground"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(server.ok("get_key_info", json!({})).1["valid"], "no");
}

#[test]
fn nothing_is_asked_before_the_handshake_is_over() {
    let upstream = crate::support::Upstream::before(&shared().base_url);
    let environment = [("VIDEOSEARCH_BASE_URL", upstream.base_url.as_str()), ("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
    let mut server = Server::start(&[], &environment);
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    server.request("initialize", hello);
    assert_eq!(server.request("ping", json!({}))["result"], json!({}));
    assert!(upstream.take().is_empty());
}

#[test]
fn bad_settings_are_refused_by_name() {
    let cases: [(&[&str], &[(&str, &str)], &str); 11] = [
        (&["--scopes", "raed"], &[], "--scopes"),
        (&["--scopes", ""], &[], "--scopes"),
        (&[], &[("VIDEOSEARCH_SCOPES", "")], "VIDEOSEARCH_SCOPES"),
        (&[], &[("VIDEOSEARCH_TIMEOUT", "soon")], "VIDEOSEARCH_TIMEOUT"),
        (&[], &[("VIDEOSEARCH_BASE_URL", "http://api.example.com")], "VIDEOSEARCH_BASE_URL"),
        (&["--base-url", "not a url"], &[], "--base-url"),
        (&["--toolsets", "cores"], &[], "did you mean `core`?"),
        (&["--tools", "serch_videos"], &[], "did you mean `search_videos`?"),
        (&["--exclude-tools", "nothing"], &[], "--exclude-tools"),
        (&["--output", "xml"], &[], "--output"),
        (&["--no-such-flag"], &[], "--no-such-flag"),
    ];
    for (arguments, environment, said) in cases {
        let output = run(arguments, environment);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {environment:?}");
        assert!(text(&output.stderr).contains(said), "{said}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn tools_can_be_chosen() {
    let listed = |arguments: &[&str]| {
        let mut server = Server::with_key(&shared().base_url, &shared().api_key, arguments);
        server.tools()
    };
    assert_eq!(listed(&["--toolsets", "search"]).len(), 9);
    assert_eq!(
        listed(&["--toolsets", "markers", "--tools", "get_video", "--exclude-tools", "set_marker,get_key_info"]),
        ["get_video", "list_markers"]
    );
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &["--toolsets", "search", "--exclude-tools", "filter_videos"]);
    let off = server.request("tools/call", json!({"name": "get_video", "arguments": {"video_id": "x"}}));
    assert_eq!(off["error"]["code"], -32602);
    assert!(off["error"]["message"].as_str().unwrap().contains("--toolsets"), "{off}");
    let excluded = server.request("tools/call", json!({"name": "filter_videos", "arguments": {}}));
    assert!(excluded["error"]["message"].as_str().unwrap().contains("--exclude-tools"), "{excluded}");
}

#[test]
fn answers_name_only_tools_that_are_listed() {
    let mut server = Server::with_key(
        &shared().base_url,
        &shared().api_key,
        &["--toolsets", "runs", "--exclude-tools", "execute_prompt,diagnose_prompt_run,get_prompt_run_results"],
    );
    let (text, facts) = server.ok("get_prompt_run_status", json!({"run_id": "run_scene_catalogue_damaged"}));
    assert!(!text.contains("diagnose_prompt_run") && facts.get("next_tool").is_none(), "{text}");
    let error = server.error("get_prompt_run_status", json!({"run_id": "none"}));
    assert!(error.contains("list_prompt_runs"), "{error}");
}

#[test]
fn the_command_line_calls_tools() {
    let environment = [("VIDEOSEARCH_BASE_URL", shared().base_url.as_str()), ("VIDEOSEARCH_API_KEY", shared().api_key.as_str())];
    let found = run(&["call", "search_videos", r#"{"query":"robbers stop a train","index_id":"early cinema","top_k":3}"#], &environment);
    assert!(found.status.success() && text(&found.stdout).contains("vid_great_train_robbery_1903@"), "{}", text(&found.stderr));
    let json_form = run(&["call", "list_indexes", "--output", "json"], &environment);
    let parsed: serde_json::Value = serde_json::from_slice(&json_form.stdout).unwrap();
    assert!(parsed["total_indexes"].as_u64().unwrap() >= 2);
    let failed = run(&["call", "get_video", r#"{"video_id":"none"}"#, "--output", "json"], &environment);
    assert_eq!(failed.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_slice(&failed.stdout).unwrap();
    assert_eq!((&told["error"], &told["code"], &told["recoverable"]), (&json!(true), &json!("resource_video_not_found"), &json!(true)));
    for (arguments, code) in
        [(vec!["call", "no_such_tool"], 2), (vec!["call", "list_indexes", "{"], 2), (vec!["call", "list_indexes", "[1]"], 2)]
    {
        assert_eq!(run(&arguments, &environment).status.code(), Some(code), "{arguments:?}");
    }
    // Toolsets say what is listed. What a list of tools takes away stays away.
    let with = |more: (&'static str, &'static str)| run(&["call", "list_webhooks"], &[&environment[..], &[more]].concat());
    assert!(with(("VIDEOSEARCH_TOOLSETS", "core")).status.success());
    let off = with(("VIDEOSEARCH_EXCLUDE_TOOLS", "list_webhooks"));
    assert!(off.status.code() == Some(2) && text(&off.stderr).contains("VIDEOSEARCH_EXCLUDE_TOOLS"), "{}", text(&off.stderr));
    let dir = tempfile::tempdir().unwrap();
    let picture = dir.path().join("moment.jpg");
    let shown = run(
        &["call", "show_moment", r#"{"video_id":"vid_great_train_robbery_1903","time":10}"#, "--picture", picture.to_str().unwrap()],
        &environment,
    );
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    assert!(std::fs::read(picture).unwrap().starts_with(&[0xff, 0xd8]));
}

#[test]
fn tools_are_listed_for_people_and_programs() {
    let (_, key) = shared().key(&["search"]);
    let environment = [("VIDEOSEARCH_BASE_URL", shared().base_url.as_str()), ("VIDEOSEARCH_API_KEY", key.as_str())];
    let table = text(&run(&["tools", "--tokens"], &environment).stdout);
    let listed_count = table.lines().filter(|line| line.ends_with("  listed")).count();
    assert!(table.contains("hidden: needs write") && table.contains(&format!("tokens for the {listed_count} listed tools")), "{table}");
    assert!(listed_count >= 9, "{table}");
    let listed: serde_json::Value = serde_json::from_slice(&run(&["tools", "--json"], &environment).stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), listed_count);
    let characters: usize = listed.as_array().unwrap().iter().map(|tool| tool.to_string().chars().count()).sum();
    let (total, each) = table.split_once("About ").unwrap().1.split_once(" tokens for ").unwrap();
    let each = each.split_once(", at ").unwrap().1.split_once(" characters a token").unwrap().0;
    let share = total.parse::<f64>().unwrap() * each.parse::<f64>().unwrap() / f64::from(u32::try_from(characters).unwrap());
    assert!((0.99..1.01).contains(&share), "{total} tokens at {each} are not {characters} characters");
}

#[test]
fn arguments_can_be_piped() {
    use std::io::Write;
    let mut child = program()
        .args(["call", "list_indexes", "-", "--playground"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"{\"include_defaults\": false}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && text(&output.stdout).contains("idx_early_cinema"), "{}", text(&output.stdout));
}

#[test]
fn a_secret_of_confirmations_that_cannot_be_used_is_told_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let short = dir.path().join("short");
    std::fs::write(&short, "12345").unwrap();
    for file in [dir.path().join("missing"), short] {
        let mut server = Server::start(&["--state-secret-file", file.to_str().unwrap()], &[]);
        server.wait_until(|server| server.stderr().contains("no call can be confirmed"));
    }
}
