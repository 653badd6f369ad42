//! Concurrent runs, files that change meanwhile, the list, and what cannot be asked for.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
};

use super::{Home, PROGRAM, key};
use crate::support::{run, text};

#[test]
fn runs_at_the_same_time_lose_nothing() {
    let home = Home::with_key();
    let path = home.write("cursor", "{\n  \"mcpServers\": {\n    \"other\": { \"command\": \"x\" }\n  }\n}\n");
    let names: Vec<String> = (0..8).map(|number| format!("n{number}")).collect();
    let children: Vec<_> = names.iter().map(|name| home.command(&["cursor", "--yes", "--name", name]).spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    for name in &names {
        assert_eq!(home.entry("cursor", name).unwrap().command, PROGRAM, "{name}");
    }
    assert!(home.entry("cursor", "other").is_some());
    // Each can be taken back.
    let children: Vec<_> =
        names.iter().map(|name| home.command(&["cursor", "--yes", "--remove", "--name", name]).spawn().unwrap()).collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let left = fs::read_to_string(path).unwrap();
    assert!(left.contains("\"other\"") && !left.contains("\"n"), "{left}");
}

#[test]
fn a_file_that_changes_while_the_key_is_asked_for_keeps_the_change() {
    let home = Home::new();
    let path = home.write("claude-code", "{\"mcpServers\": {}, \"count\": 1}");
    let mut child = home.command(&["claude-code", "--yes"]).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("stdin") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended without asking");
    }
    // The configuration has been read by now.
    fs::write(&path, "{\"mcpServers\": {\"new\": {\"command\": \"y\"}}, \"count\": 2}").unwrap();
    child.stdin.take().unwrap().write_all(key('b').as_bytes()).unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    let after = fs::read_to_string(path).unwrap();
    assert!(after.contains("\"count\": 2") && home.entry("claude-code", "new").is_some(), "{after}");
    assert!(home.entry("claude-code", "videosearch").is_some());
}

#[test]
fn the_list_tells_how_each_client_stands() {
    let home = Home::with_key();
    home.fine(&["cursor", "--yes"]);
    home.fine(&["cursor", "--yes", "--name", "second"]);
    home.write("zed", "{\"context_servers\": {\"videosearch\": {\"command\": \"/opt/videosearch-mcp\"}}}");
    home.write("gemini-cli", "{\"mcpServers\": {}}");
    home.write("codex", "= 1");
    let files = home.files();
    let output = home.setup(&[]);
    let list = text(&output.stdout);
    let row = |id: &str| list.lines().find(|line| line.starts_with(id)).unwrap_or_else(|| panic!("{list}")).to_owned();
    assert!(row("cursor").contains("yes") && row("cursor").contains("set up; set up as second"), "{list}");
    assert!(row("zed").contains("another copy: /opt/videosearch-mcp"), "{list}");
    assert!(row("gemini-cli").contains("no entry") && row("codex").contains("unreadable: line 1"), "{list}");
    assert!(row("windsurf").contains("no ") && list.lines().count() == 9, "{list}");
    assert_eq!(home.files(), files);
}

#[test]
fn settings_of_the_command_line_go_into_the_entry() {
    let home = Home::with_key();
    home.fine(&["gemini-cli", "--yes", "--read-only", "--toolsets", "all", "--base-url", "https://api.example/v2", "--name", "films"]);
    let entry = home.entry("gemini-cli", "films").unwrap();
    let value = |name: &str| entry.variable(name);
    assert_eq!(
        (value("VIDEOSEARCH_READ_ONLY"), value("VIDEOSEARCH_TOOLSETS"), value("VIDEOSEARCH_BASE_URL"), entry.env.len()),
        (Some("true"), Some("all"), Some("https://api.example/v2"), 4)
    );
    // Without them, they go again.
    home.fine(&["gemini-cli", "--yes", "--name", "films"]);
    assert_eq!(home.entry("gemini-cli", "films").unwrap().env.len(), 1);
}

#[test]
fn a_file_may_be_named() {
    let home = Home::with_key();
    let file = home.path().join("project/.cursor/mcp.json");
    home.fine(&["cursor", "--yes", "--config", file.to_str().unwrap()]);
    assert!(fs::read_to_string(file).unwrap().contains("VIDEOSEARCH_API_KEY_FILE"));
    assert!(!home.config("cursor").exists());
}

#[test]
fn what_cannot_be_meant_is_bad_usage() {
    let home = Home::new();
    for arguments in [
        &["emacs"][..],
        &["cursor", "--name", "two words", "--yes"],
        &["cursor", "--toolsets", "nonsense", "--yes"],
        &["--remove"],
        &["cursor", "--print", "--remove"],
        &["cursor", "--demo", "--inline-key"],
        &["cursor", "--expires-in-days", "0"],
    ] {
        let output = home.setup(arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {}", text(&output.stderr));
        assert!(home.files().is_empty());
    }
    // Without a home there is no place, and that is said.
    let output = run(&["setup", "cursor", "--yes"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--config"));
    assert_eq!(run(&["setup"], &[]).status.code(), Some(0));
}
