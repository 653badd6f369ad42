//! What clients, models and people are shown, as committed texts under `tests/it/snapshots`, for review.
//!
//! `UPDATE=1 cargo test --test it snapshots` rewrites them. What differs from run to run is replaced: ids, ports, keys, times.

use serde_json::{Value, json};

use crate::support::{Answer, EVERYTHING, Playground, Server, Upstream, compare, core_count, modern, run, text};

/// Where the tools are.
const TOOLS: &str = "tests/it/snapshots/tools";

/// Replaces what follows each mark, as long as it consists of such characters.
fn hide(text: &str, mark: &str, part: fn(char) -> bool, with: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(found) = rest.find(mark) {
        let (before, after) = rest.split_at(found + mark.len());
        out.push_str(before);
        let tail = after.trim_start_matches(part);
        if tail.len() < after.len() {
            out.push_str(with);
        }
        rest = tail;
    }
    out + rest
}

fn stable(text: &str) -> String {
    let hex = |c: char| c.is_ascii_hexdigit();
    let text = hide(text, "http://127.0.0.1:", |c| c.is_ascii_digit(), "PORT");
    let text = hide(&text, "req_", hex, "ID");
    let text = hide(&text, "prompt-run-execute:", hex, "ID");
    let text = hide(&text, "ending in ", hex, "FOUR");
    hide(&text, "/none-of-this-machine-", |c| c.is_ascii_alphanumeric(), "")
}

/// A JSON document with a line for each member of the objects that are less than three levels down.
fn lined(value: &Value, level: usize) -> String {
    match value.as_object() {
        Some(members) if level < 3 && !members.is_empty() => {
            let indent = " ".repeat(level);
            let lines: Vec<String> =
                members.iter().map(|(name, value)| format!("{indent} {name:?}: {}", lined(value, level + 1))).collect();
            format!("{{\n{}\n{indent}}}", lines.join(",\n"))
        }
        _ => value.to_string(),
    }
}

/// Every tool as it is listed, in a file of its own, and the lists that each kind of client and key gets.
#[test]
fn lists_of_tools() {
    let playground = Playground::start(&[]);
    let list = |key: &str, options: &[&str], params: Value| {
        let mut result = Server::with_key(&playground.base_url, key, options).request("tools/list", params)["result"].take();
        let tools = result.as_object_mut().unwrap().remove("tools").unwrap();
        (tools.as_array().unwrap().clone(), result)
    };
    let named = |tool: &Value| tool["name"].as_str().unwrap().to_owned();

    let (all, _) = list(&playground.api_key, &EVERYTHING, json!({}));
    for tool in &all {
        compare(&format!("{TOOLS}/{}.json", named(tool)), &(lined(tool, 0) + "\n"));
    }
    for file in std::fs::read_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(TOOLS)).unwrap() {
        let path = file.unwrap().path();
        if !all.iter().any(|tool| *path.file_stem().unwrap() == *named(tool)) {
            assert!(std::env::var_os("UPDATE").is_some(), "{} is of no tool; run the tests with UPDATE=1", path.display());
            std::fs::remove_file(path).unwrap();
        }
    }

    let (_, narrow) = playground.key(&["read", "search"]);
    let mut summary = String::new();
    for (label, key) in [("full key", playground.api_key.as_str()), ("read and search", narrow.as_str())] {
        for (era, params) in [("2025-11-25", json!({})), ("2026-07-28", modern(json!({})))] {
            let (tools, result) = list(key, &[], params);
            let names: Vec<String> = tools.iter().map(named).collect();
            summary.push_str(&format!("{label}, {era}: {result}\n  {}\n", names.join("\n  ")));
            for tool in &tools {
                assert!(all.contains(tool), "{label}, {era}: {} is described otherwise", tool["name"]);
            }
        }
    }
    compare("tests/it/snapshots/lists.txt", &summary);
}

/// A call that fails: how it is labelled, and what the model reads.
fn tell(out: &mut String, label: &str, text: &str) {
    out.push_str(&format!("# {label}\n{}\n\n", stable(text).trim_end()));
}

#[test]
fn refusals_and_errors() {
    let playground = Playground::start(&[]);
    let mut out = String::new();
    let execute = || json!({"prompt_id": "prompt_action_log", "target": {"type": "index", "index_id": "Early cinema"}});

    let (_, searcher) = playground.key(&["search"]);
    let mut server = Server::with_key(&playground.base_url, &searcher, &[]);
    tell(&mut out, "search key, list_videos", &server.error("list_videos", json!({"index_id": "Early cinema"})));
    tell(&mut out, "search key, execute_prompt", &server.error("execute_prompt", execute()));
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--read-only"]);
    tell(&mut out, "ceiling read, execute_prompt", &server.error("execute_prompt", execute()));
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--exclude-tools", "execute_prompt"]);
    for (label, tool) in [("excluded tool", "execute_prompt"), ("misspelt tool", "serch_videos"), ("no tool", "fly")] {
        let answer = server.request("tools/call", json!({"name": tool, "arguments": {}}));
        tell(&mut out, label, &answer["error"].to_string());
    }
    for (label, tool, arguments) in [
        ("missing argument", "search_videos", json!({"query": "clock"})),
        ("unknown argument", "search_videos", json!({"query": "clock", "index_id": "Early cinema", "topk": 3})),
        ("wrong type", "search_videos", json!({"query": "clock", "index_id": "Early cinema", "top_k": "many"})),
        ("below the minimum", "search_videos", json!({"query": "clock", "index_id": "Early cinema", "top_k": 0})),
        ("no such word", "search_videos", json!({"query": "clock", "index_id": "Early cinema", "detail": "all of it"})),
        ("no id", "get_video", json!({"video_id": "../keys"})),
        ("no such index", "list_videos", json!({"index_id": "Late cinema"})),
        ("no such video", "get_video", json!({"video_id": "vid_none"})),
        ("no moment", "show_moment", json!({"video_id": "vid_safety_last_1923", "time": 5})),
        ("several moments", "show_moment", json!({"video_id": "vid_safety_last_1923"})),
        (
            "no result of the whole",
            "get_prompt_run_video_result",
            json!({"run_id": "run_action_log_early_cinema", "video_id": "vid_metropolis_1927"}),
        ),
        ("foreign cursor", "list_videos", json!({"index_id": "Early cinema", "cursor": "c"})),
    ] {
        tell(&mut out, label, &server.error(tool, arguments));
    }

    for (label, environment) in [
        ("no key", vec![]),
        ("a placeholder for a key", vec![("VIDEOSEARCH_API_KEY", "${VIDEOSEARCH_API_KEY}")]),
        ("a key file that is not there", vec![("VIDEOSEARCH_API_KEY_FILE", "/none-of-this-machine-1")]),
        ("a key that is not known", vec![("VIDEOSEARCH_API_KEY", "sk_live_000000000000000000000000000000000000000000000000")]),
    ] {
        let mut server = Server::start(&[], &[environment, vec![("VIDEOSEARCH_BASE_URL", playground.base_url.as_str())]].concat());
        server.initialize();
        tell(&mut out, label, &server.error("list_indexes", json!({})));
    }

    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::start(
        &["--max-retries", "0"],
        &[("VIDEOSEARCH_BASE_URL", &upstream.base_url), ("VIDEOSEARCH_API_KEY", &playground.api_key)],
    );
    server.initialize();
    assert_eq!(server.tools().len(), core_count());
    server.ok("get_key_info", json!({}));
    let coded = |status: u16, code: &str| {
        Answer::json(status, &json!({"error": {"code": code, "message": "Told by the API.", "request_id": "req_1"}}))
    };
    for (label, answer) in [
        ("402", coded(402, "billing_insufficient_balance")),
        ("404 without an envelope", Answer::html(404)),
        (
            "429",
            Answer::Fixed(
                429,
                vec![("content-type", "application/json".into()), ("retry-after", "300".into())],
                br#"{"error":{"code":"rate_limit_exceeded","message":"Slow down."}}"#.to_vec(),
            ),
        ),
        ("500", coded(500, "internal_error")),
        ("403 page", Answer::html(403)),
        ("a page with status 200", Answer::html(200)),
        ("an answer of another form", Answer::json(200, &json!({"surprise": true}))),
        ("an empty answer", Answer::Fixed(200, vec![], Vec::new())),
        ("a redirect", Answer::Fixed(302, vec![("location", "https://elsewhere.example/login?x=1".into())], Vec::new())),
        ("403 with the API's code", coded(403, "authorization_insufficient_scope")),
    ] {
        upstream.script(move |_| answer.clone());
        tell(&mut out, label, &server.error("list_videos", json!({"index_id": "idx_early_cinema"})));
    }
    compare("tests/it/snapshots/errors.txt", &out);
}

/// The help of every command, whichever there are.
#[test]
fn help_of_every_command() {
    let mut out = String::new();
    let mut open: Vec<Vec<String>> = vec![vec![]];
    while let Some(path) = open.pop() {
        let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = run(&arguments, &[]);
        assert!(help.status.success(), "{arguments:?}: {}", text(&help.stderr));
        let help = text(&help.stdout);
        // Commands are the indented lines of their section; deeper lines go on with a text.
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        let names = listed.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?.split(' ').next());
        let below: Vec<Vec<String>> =
            names.filter(|name| *name != "help").map(|name| [path.clone(), vec![name.to_owned()]].concat()).collect();
        // The settings are the same everywhere, and shown once.
        let shown = if path.is_empty() { help.as_str() } else { help.split("\nSettings:\n").next().unwrap() };
        out.push_str(&format!("$ videosearch-mcp {}\n{}\n\n", arguments.join(" "), shown.trim_end()));
        open.extend(below.into_iter().rev());
    }
    compare("tests/it/snapshots/help.txt", &out);
}
