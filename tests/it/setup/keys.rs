//! Where the key comes from, and where it goes.

use std::fs;

use serde_json::{Value, json};

use super::{Home, key};
use crate::support::{Playground, Server, binary, run, text};

/// Everything that was said, without the key in it.
fn said(output: &std::process::Output, key: &str) -> String {
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(!said.contains(&key[8..20]), "{said}");
    said
}

#[test]
fn a_key_from_stdin_goes_to_a_private_file() {
    let home = Home::new();
    let output = home.setup_with(&["cursor", "--yes"], &[], &format!("{}\n", key('b')));
    let told = said(&output, &key('b'));
    assert!(output.status.success(), "{told}");
    assert_eq!(fs::read_to_string(home.key_file()).unwrap(), format!("{}\n", key('b')));
    #[cfg(unix)]
    assert_eq!(super::mode(&home.key_file()), 0o600);
    let config = fs::read_to_string(home.config("cursor")).unwrap();
    assert!(!config.contains(&key('b')) && config.contains("VIDEOSEARCH_API_KEY_FILE"));
    assert!(output.stdout.is_empty());
    // The next client uses it.
    let told = home.fine(&["zed", "--yes"]);
    assert!(told.contains("is used"), "{told}");
    assert_eq!(home.entry("zed", "videosearch").unwrap().env, home.entry("cursor", "videosearch").unwrap().env);
}

#[test]
fn what_is_no_key_is_refused_before_anything_is_written() {
    for (input, expect) in [
        ("", "there is no API key"),
        ("<your-api-key>\n", "placeholder"),
        ("two words\n", "no API key: character 4"),
        ("${KEY}", "placeholder"),
    ] {
        let home = Home::new();
        let output = home.setup_with(&["cursor", "--yes"], &[], input);
        assert_eq!(output.status.code(), Some(2), "{input}");
        assert!(text(&output.stderr).contains(expect), "{input}: {}", text(&output.stderr));
        assert!(home.files().is_empty(), "{input}");
    }
    let home = Home::new();
    let output = home.setup_with(&["cursor", "--yes"], &[], "another-form-of-key\n");
    assert!(output.status.success() && text(&output.stderr).contains("does not look like"), "{}", text(&output.stderr));
    let told = home.fine(&["zed", "--yes"]);
    assert!(told.contains("does not look like") && told.contains("To use another one, put it into that file"), "{told}");
    // A file that holds something else is not ours to overwrite.
    fs::write(home.key_file(), "my\nnotes").unwrap();
    let output = home.setup_with(&["zed", "--yes"], &[], &key('c'));
    assert_eq!((output.status.code(), fs::read_to_string(home.key_file()).unwrap().as_str()), (Some(1), "my\nnotes"));
}

#[test]
fn without_a_terminal_it_takes_a_yes() {
    let home = Home::new();
    let output = home.setup_with(&["cursor"], &[], &key('b'));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--yes"), "{}", text(&output.stderr));
    assert!(home.files().is_empty());
}

#[test]
fn the_key_of_the_environment_or_of_a_named_file_is_taken() {
    let home = Home::new();
    let output = home.setup_with(&["codex", "--yes"], &[("VIDEOSEARCH_API_KEY", &key('d'))], "");
    assert!(said(&output, &key('d')).contains("taken from VIDEOSEARCH_API_KEY"));
    assert_eq!(fs::read_to_string(home.key_file()).unwrap().trim(), key('d'));
    for flag in ["--key-file", "--api-key-file"] {
        let home = Home::new();
        let file = home.path().join("mine").join("key");
        let output = home.setup_with(&["codex", "--yes", flag, file.to_str().unwrap()], &[], &key('e'));
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(fs::read_to_string(&file).unwrap().trim(), key('e'));
        assert_eq!(home.entry("codex", "videosearch").unwrap().variable("VIDEOSEARCH_API_KEY_FILE"), file.to_str());
    }
}

#[test]
fn an_inline_key_closes_the_file_and_is_never_shown() {
    let home = Home::new();
    let path = home.write("cursor", "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"env\": {\"TOKEN\": \"hunter2-hunter2\"}}}}");
    let output = home.setup_with(&["cursor", "--yes", "--inline-key"], &[], &key('b'));
    let told = said(&output, &key('b'));
    assert!(output.status.success() && told.contains("--inline-key puts the key"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(home.entry("cursor", "videosearch").unwrap().variable("VIDEOSEARCH_API_KEY"), Some(key('b').as_str()));
    #[cfg(unix)]
    assert_eq!(super::mode(&path), 0o600);
    assert!(!home.key_file().exists());
    let files = home.files();
    assert!(home.fine(&["cursor", "--yes", "--inline-key"]).contains("already set up"));
    assert_eq!(home.files(), files);
    // Going over to a file shows the old key to nobody.
    let output = home.setup_with(&["cursor", "--yes"], &[], &key('c'));
    said(&output, &key('b'));
    said(&output, &key('c'));
    assert_eq!(home.entry("cursor", "videosearch").unwrap().variable("VIDEOSEARCH_API_KEY"), None);
    let output = home.setup(&["cursor", "--remove", "--yes"]);
    said(&output, &key('b'));
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"env\": {\"TOKEN\": \"hunter2-hunter2\"}}}}"
    );
    // A key that is left behind in a backup is told of.
    home.write("zed", "{}");
    assert!(home.setup_with(&["zed", "--yes", "--inline-key"], &[], "").status.success());
    let told = home.fine(&["zed", "--remove", "--yes"]);
    let backup = super::beside(&home.config("zed"), ".videosearch-backup.2");
    assert!(fs::read_to_string(&backup).unwrap().contains(&key('c')));
    assert!(told.contains(&format!("{} holds a copy of it", backup.display())), "{told}");
}

#[test]
fn the_secret_of_a_replaced_entry_is_not_shown() {
    for (id, before) in [
        (
            "claude-code",
            "{\n  \"mcpServers\": {\n    \"videosearch\": {\n      \"type\": \"http\",\n      \"headers\": {\"Authorization\": \"Bearer hunter2-hunter2\"}\n    }\n  }\n}\n",
        ),
        ("codex", "[mcp_servers.videosearch]\ncommand = \"x\"\n[mcp_servers.videosearch.env]\nTOKEN = \"hunter2-hunter2\"\n"),
    ] {
        let home = Home::with_key();
        let path = home.write(id, before);
        let told = home.fine(&[id, "--yes"]) + &home.fine(&[id, "--remove", "--yes"]);
        assert!(!told.contains("hunter2"), "{told}");
        assert_eq!(fs::read_to_string(path).unwrap(), before);
    }
}

#[test]
fn printing_writes_nothing_and_asks_nothing() {
    let home = Home::new();
    let output = home.setup(&["vscode", "--print", "--toolsets", "search,runs"]);
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let entry = json!({
        "type": "stdio", "command": binary(), "args": [],
        "env": {"VIDEOSEARCH_API_KEY_FILE": home.key_file(), "VIDEOSEARCH_TOOLSETS": "search,runs", "VIDEOSEARCH_OUTPUT": "lines"},
    });
    assert_eq!((output.status.code(), printed), (Some(0), json!({"servers": {"videosearch": entry}})));
    let inline = text(&home.setup_with(&["codex", "--print", "--inline-key"], &[("VIDEOSEARCH_API_KEY", &key('b'))], "").stdout);
    assert!(
        inline.starts_with("[mcp_servers.videosearch]\n") && inline.contains("<your-api-key>") && !inline.contains(&key('b')),
        "{inline}"
    );
    assert!(home.files().is_empty());
}

#[test]
fn with_a_session_token_a_key_is_made_and_used_again() {
    let playground = Playground::start(&[]);
    let home = Home::new();
    let token = [("VIDEOSEARCH_JWT", playground.jwt.as_str())];
    let owner = ["--playground", &playground.base_url, "--yes"];
    let set_up = |id: &str, more: &[&str]| home.setup_with(&[&[id], &owner[..], more].concat(), &token, "");
    let keys = || playground.as_owner("GET", "/api-keys", None).json().as_array().unwrap().clone();
    let before = keys().len();
    // What a reader of some instructions left there is no key, and nothing is lost with it.
    fs::create_dir_all(home.key_file().parent().unwrap()).unwrap();
    fs::write(home.key_file(), "<your-api-key>\n").unwrap();
    let output = set_up("cursor", &["--expires-in-days", "30"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let secret = fs::read_to_string(home.key_file()).unwrap().trim().to_owned();
    assert!(!said(&output, &secret).contains(&playground.jwt));
    let facts: Value = serde_json::from_slice(&fs::read(super::beside(&home.key_file(), ".json")).unwrap()).unwrap();
    let made = keys().into_iter().find(|key| key["key_id"] == facts["key_id"]).unwrap();
    assert_eq!(made["scopes"].as_array().unwrap().len(), 2, "{made}");
    assert!(made["name"].as_str().unwrap().starts_with("videosearch-mcp") && made["expires_at"].is_string(), "{made}");

    // The entry alone is enough for the server.
    let entry = home.entry("cursor", "videosearch").unwrap();
    let environment: Vec<(&str, &str)> = entry.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut server = Server::start(&[], &environment);
    server.initialize();
    server.ok("list_videos", json!({"index_id": "idx_early_cinema"}));
    drop(server);

    // A second client takes the same key; more scopes than it has take another one, which does not overwrite it.
    assert!(text(&set_up("zed", &[]).stderr).contains("is used"));
    assert_eq!(keys().len(), before + 1);
    let output = set_up("codex", &["--scopes", "read,write"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!((keys().len(), fs::read_to_string(home.key_file()).unwrap().trim()), (before + 2, secret.as_str()));
    let entry = home.entry("codex", "videosearch").unwrap();
    assert!(entry.variable("VIDEOSEARCH_API_KEY_FILE").unwrap().ends_with("api-key-2"));
    assert_eq!(entry.variable("VIDEOSEARCH_SCOPES"), Some("read,write"));
    // A revoked key is not used again.
    playground.as_owner("POST", &format!("/api-keys/{}/revoke", facts["key_id"].as_str().unwrap()), None);
    let output = set_up("windsurf", &["--scopes", "search"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!home.entry("windsurf", "videosearch").unwrap().variable("VIDEOSEARCH_API_KEY_FILE").unwrap().ends_with("api-key"));
}

#[test]
fn an_account_that_cannot_be_asked_changes_nothing() {
    let playground = Playground::start(&[]);
    let home = Home::new();
    let arguments = ["cursor", "--playground", &playground.base_url, "--yes"];
    let output = home.setup_with(&arguments, &[("VIDEOSEARCH_JWT", "not.a.token")], "");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(home.files().is_empty());
    // A configuration that cannot be changed is found out before a key is made.
    home.write("cursor", "{");
    let before = playground.as_owner("GET", "/api-keys", None).json().as_array().unwrap().len();
    let output = home.setup_with(&arguments, &[("VIDEOSEARCH_JWT", &playground.jwt)], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(playground.as_owner("GET", "/api-keys", None).json().as_array().unwrap().len(), before);
}

#[test]
fn the_demo_needs_no_key() {
    let home = Home::new();
    home.fine(&["claude-desktop", "--demo", "--yes"]);
    let config: Value = serde_json::from_slice(&fs::read(home.config("claude-desktop")).unwrap()).unwrap();
    assert_eq!(
        config,
        json!({"mcpServers": {"videosearch": {"command": binary(), "args": ["--playground"], "env": {"VIDEOSEARCH_OUTPUT": "lines"}}}})
    );
    let found = run(&["call", "list_indexes", "{}", "--playground"], &[]);
    assert!(found.status.success());
    assert!(!home.key_file().exists());
}
