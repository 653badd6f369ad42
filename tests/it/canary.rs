//! A secret never shows: every command and every core tool with a known key, at the most verbose log level.

use serde_json::json;
use videosearch_mcp::tools::catalog;

use crate::support::{Answer, EVERYTHING, Playground, Server, Upstream, example, run, text};

/// The whole key and every part of it that is longer than the four characters that may be shown.
pub fn assert_clean(what: &str, output: &str, key: &str) {
    assert!(!output.contains(key), "{what} shows the key");
    let body = key.trim_start_matches("sk_live_");
    for start in (0..body.len() - 8).step_by(4) {
        assert!(!output.contains(&body[start..start + 8]), "{what} shows a part of the key");
    }
}

#[test]
fn no_tool_and_no_log_line_shows_the_key() {
    let playground = Playground::start(&[]);
    let key = &playground.api_key;
    for (log_format, output) in [("text", "both"), ("json", "json")] {
        let mut server = Server::start(
            &[&["--log", "trace", "--log-format", log_format, "--output", output][..], &EVERYTHING].concat(),
            &[("VIDEOSEARCH_BASE_URL", &playground.base_url), ("VIDEOSEARCH_API_KEY", key)],
        );
        server.initialize();
        let mut said = server.request("tools/list", json!({})).to_string();
        for tool in catalog::all() {
            said.push_str(&server.call(tool.name, example(tool)).to_string());
        }
        // A key that a caller repeats as an argument must not reach the log either.
        said.push_str(&server.request("tools/call", json!({"name": "get_video", "arguments": {"video_id": "none"}})).to_string());
        let _ = server.request("tools/call", json!({"name": "search_videos", "arguments": {"query": key, "index_id": "idx_early_cinema"}}));
        let state = server.state_dir().to_owned();
        let mut kept = String::new();
        for entry in std::fs::read_dir(&state).into_iter().flatten() {
            let path = entry.unwrap().path();
            kept.push_str(&format!("{} {}", path.display(), std::fs::read_to_string(&path).unwrap_or_default()));
        }
        let (status, _, stderr) = server.finish();
        assert!(status.success());
        assert!(stderr.len() > 1000, "trace logs something: {stderr}");
        assert_clean("an answer", &said, key);
        assert_clean("the log", &stderr, key);
        assert_clean("the state directory", &kept, key);
    }
}

#[test]
fn no_command_shows_the_key() {
    let playground = Playground::start(&[]);
    let key = playground.api_key.as_str();
    let environment = [("VIDEOSEARCH_BASE_URL", playground.base_url.as_str()), ("VIDEOSEARCH_API_KEY", key), ("VIDEOSEARCH_LOG", "trace")];
    let commands: [&[&str]; 10] = [
        &["tools"],
        &["tools", "--json", "--tokens"],
        &["tools", "--tokens"],
        &["call", "get_key_info"],
        &["call", "list_indexes", "--output", "json"],
        &["call", "no_such_tool"],
        &["manifest"],
        &["doctor"],
        &["doctor", "--json"],
        &["--help"],
    ];
    for command in commands {
        let output = run(command, &environment);
        assert_clean(&format!("{command:?}"), &format!("{}{}", text(&output.stdout), text(&output.stderr)), key);
    }
}

#[test]
fn an_upstream_that_repeats_the_key_is_silenced() {
    let key = Playground::start(&[]).api_key.clone();
    let leaked = key.clone();
    let upstream = Upstream::scripted(move |seen| match seen.target.as_str() {
        "/auth/validate" => Answer::Fixed(204, vec![], vec![]),
        _ => {
            Answer::json(400, &json!({"error": {"code": "bad", "message": format!("the key {leaked} is odd"), "details": {"key": leaked}}}))
        }
    });
    let mut server = Server::start(&["--log", "trace"], &[("VIDEOSEARCH_BASE_URL", &upstream.base_url), ("VIDEOSEARCH_API_KEY", &key)]);
    server.initialize();
    let info = server.call("get_key_info", json!({})).to_string();
    let failed = server.call("list_indexes", json!({})).to_string();
    assert_clean("an answer", &(info + &failed), &key);
    assert_clean("the log", &server.finish().2, &key);
}

#[test]
fn malformed_keys_are_not_repeated() {
    let odd = format!("sk_live_{}\u{e9}{}", "a1b2c3d4e5f6", "f6e5d4c3b2a1");
    let mut server = Server::start(&["--log", "trace"], &[("VIDEOSEARCH_API_KEY", &odd)]);
    server.initialize();
    let said = server.error("list_indexes", json!({}));
    assert!(said.contains("VIDEOSEARCH_API_KEY") && said.contains("header"), "{said}");
    let (.., stderr) = server.finish();
    assert!(!said.contains("a1b2c3d4") && !stderr.contains("a1b2c3d4"));
}
